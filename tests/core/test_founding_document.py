"""The founding document's SQL, word for word, gives its figures.

Source: “OpenAI Agents + HatiData: Branch-Based Exploration”, seed/openai-agents-hatidata-branch-exploration.txt.
"""

from __future__ import annotations

import pytest

from hati_core import Repository

pytestmark = pytest.mark.every_backend


def set_up(repo: Repository) -> None:
    repo.sql("""
CREATE TABLE portfolio (
ticker VARCHAR, shares INTEGER,
avg_cost DOUBLE, current_price DOUBLE
)
""")
    repo.sql("""
INSERT INTO portfolio VALUES
('AAPL', 100, 150.0, 185.0),
('GOOGL', 50, 120.0, 175.0),
('MSFT', 75, 310.0, 420.0)
""")


def explore(repo: Repository) -> None:
    repo.sql("SELECT branch_create('aggressive-growth')")
    repo.sql("SELECT branch_create('conservative-hedge')")
    repo.sql("""
SELECT branch_query(
'aggressive-growth',
'INSERT INTO portfolio VALUES (''NVDA'', 200, 800.0, 950.0)'
)
""")
    repo.sql("""
SELECT branch_query(
'aggressive-growth',
'UPDATE portfolio SET shares = 200 WHERE ticker = ''AAPL'''
)
""")
    repo.sql("""
SELECT branch_query(
'conservative-hedge',
'INSERT INTO portfolio VALUES (''BND'', 500, 72.0, 74.0)'
)
""")


def values_on(repo: Repository, branch: str) -> dict[str, float]:
    rows = repo.sql(f"""
SELECT branch_query(
'{branch}',
'SELECT ticker, shares, current_price, shares * current_price AS value FROM portfolio'
)
""")
    return {row["ticker"]: float(row["value"]) for row in rows}


def test_the_baseline_is_read_back(repo: Repository) -> None:
    set_up(repo)
    rows = repo.sql("SELECT ticker, shares, current_price FROM portfolio")
    assert rows == [
        {"ticker": "AAPL", "shares": 100, "current_price": 185.0},
        {"ticker": "GOOGL", "shares": 50, "current_price": 175.0},
        {"ticker": "MSFT", "shares": 75, "current_price": 420.0},
    ]


def test_the_branches_have_its_values_and_main_is_unchanged(repo: Repository) -> None:
    set_up(repo)
    explore(repo)
    aggressive, conservative = values_on(repo, "aggressive-growth"), values_on(repo, "conservative-hedge")
    assert aggressive == {"AAPL": 37_000, "GOOGL": 8_750, "MSFT": 31_500, "NVDA": 190_000}
    assert conservative == {"AAPL": 18_500, "GOOGL": 8_750, "MSFT": 31_500, "BND": 37_000}
    assert (sum(aggressive.values()), sum(conservative.values())) == (267_250, 95_750)
    assert repo.sql("SELECT COUNT(*) AS cnt FROM portfolio") == [{"cnt": 3}]


def test_the_merge_and_the_discard_leave_its_final_rows(repo: Repository) -> None:
    set_up(repo)
    explore(repo)
    repo.sql("SELECT branch_merge('aggressive-growth', 'branch_wins')")
    repo.sql("SELECT branch_discard('conservative-hedge')")
    assert repo.sql("SELECT ticker, shares, current_price FROM portfolio ORDER BY ticker") == [
        {"ticker": "AAPL", "shares": 200, "current_price": 185.0},
        {"ticker": "GOOGL", "shares": 50, "current_price": 175.0},
        {"ticker": "MSFT", "shares": 75, "current_price": 420.0},
        {"ticker": "NVDA", "shares": 200, "current_price": 950.0},
    ]
    assert [info.name for info in repo.branches()] == ["main", "aggressive-growth"]
    assert [info.name for info in repo.branches("discarded")] == ["conservative-hedge"]
