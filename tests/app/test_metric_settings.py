"""Settings: the metrics, what each gives on the branch in view, adding and changing one."""

from __future__ import annotations

import pytest

from hati_core import Repository, Unit
from tests.app.screen import Screen


def _names(repository: Repository, branch: str = "main") -> list[str]:
    return [metric.name for metric in repository.measures.metrics(repository.branch(branch))]


def _card(screen: Screen, name: str) -> str:
    return "\n".join(str(piece.value) for piece in screen.part(f"metric-{name}", "markdown", "caption"))


def test_without_tables_there_is_nothing_to_measure(empty: Repository, screen: Screen) -> None:
    screen.open("Settings")
    assert "main has nothing to measure yet" in screen.text
    assert "Begin on the overview" in screen.text


def test_each_metric_shows_its_value_on_the_branch_in_view(branches: Repository, screen: Screen) -> None:
    screen.open("Settings", branch="aggressive-growth")
    assert "ready-made" in _card(screen, "Portfolio value")
    assert "267,250" in _card(screen, "Portfolio value")
    assert "by ticker" in _card(screen, "Portfolio value")


def test_one_that_fails_on_this_branch_says_so_there(branches: Repository, screen: Screen) -> None:
    branches.main.execute("CREATE TABLE dividends AS SELECT 5 AS cash")
    branches.set_metric("Dividends", "SELECT sum(cash) FROM dividends")
    assert "**5**" in _card(screen.open("Settings", branch="main"), "Dividends")
    screen.choose_branch("aggressive-growth")
    assert "On aggressive\\-growth" in _card(screen, "Dividends")
    assert "dividends" in _card(screen, "Dividends")
    assert screen.problems == []


def test_a_sum_is_added_after_its_value_was_seen(branches: Repository, screen: Screen) -> None:
    screen.open("Settings", branch="main")
    with screen.dialog("Add a metric"):
        assert "Save for every branch" not in screen.buttons
        screen.fill("Name", "Cost").fill("What each row adds", "shares * avg_cost")
        assert screen.metrics["On main now"] == "$44,250"
        screen.press("Save for every branch")
    (metric,) = [m for m in branches.measures.metrics(branches.main) if m.name == "Cost"]
    assert metric.unit is Unit.MONEY
    assert metric.breakdown is not None
    assert metric.breakdown.labels == ("ticker",)
    assert "44,250" in _card(screen.run(), "Cost")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT shares FROM portfolio", "must give one number"),
        ("SELECT nothing FROM portfolio", "Referenced column"),
        ("SELECT ticker FROM portfolio LIMIT 1", "is not a number"),
        ("DELETE FROM portfolio", "This writes"),
        ("SELECT (*b*", "syntax error"),
    ],
)
def test_a_query_that_cannot_be_measured_says_why_and_is_not_saved(
    query: str, sentence: str, portfolio: Repository, screen: Screen
) -> None:
    screen.open("Settings")
    with screen.dialog("Add a metric"):
        screen.pick("Computed as", "query").fill("Name", "Odd").fill("Query", query)
        assert sentence in screen.text
        assert "Save for every branch" not in screen.buttons
    assert "Odd" not in _names(portfolio)
    assert portfolio.main.query("SELECT count(*) AS rows FROM portfolio") == [{"rows": 3}]


def test_a_metric_is_changed_under_its_name_and_place(portfolio: Repository, screen: Screen) -> None:
    before = _names(portfolio)
    screen.open("Settings")
    with screen.dialog("change-Positions"):
        screen.fill("Query", "SELECT sum(shares) FROM portfolio").press("Save for every branch")
    assert _names(portfolio) == before
    assert "**225**" in _card(screen.run(), "Positions")
    assert "ready-made" not in _card(screen, "Positions")
