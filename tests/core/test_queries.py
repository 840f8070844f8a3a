"""Reads: rows, limits, time, and what types survive."""

from __future__ import annotations

import time

import pytest

from hati_core import Branch, Repository
from hati_core.errors import InvalidMetric, QueryTimeout, StatementRefused
from hati_core.exports import ExportFormat
from hati_core.scenarios.metrics import Metric
from tests.core.shares import shares


def test_rows_come_as_dicts_up_to_the_limit(branch: Branch) -> None:
    assert branch.query("SELECT ticker FROM portfolio ORDER BY ticker", limit=2) == [
        {"ticker": "AAPL"},
        {"ticker": "GOOGL"},
    ]
    assert branch.query("SELECT $n + 1 AS n", {"n": 1}) == [{"n": 2}]


def test_a_repeated_column_name_gets_a_number(branch: Branch) -> None:
    assert branch.query("SELECT 1 AS a, 2 AS a, 3 AS a") == [{"a": 1, "a_2": 2, "a_3": 3}]


def test_a_frame_has_the_same_rows(branch: Branch) -> None:
    assert branch.df("SELECT * FROM portfolio ORDER BY ticker")["shares"].tolist() == [100, 50, 75]


def test_a_query_that_takes_too_long_is_stopped(branch: Branch) -> None:
    begun = time.monotonic()
    with pytest.raises(QueryTimeout, match=r"ran for 0\.2 seconds"):
        branch.query("SELECT count(*) FROM range(1e7::BIGINT) AS a, range(1e7::BIGINT) AS b", timeout=0.2)
    assert time.monotonic() - begun < 10
    assert len(shares(branch)) == 3


def test_a_read_does_not_write(branch: Branch) -> None:
    with pytest.raises(StatementRefused, match="use execute"):
        branch.query("DELETE FROM portfolio")


def test_an_unfinished_read_does_not_keep_old_rows(branch: Branch) -> None:
    assert len(branch.query("SELECT r.range FROM range(1000000) AS r, portfolio", limit=1)) == 1
    branch.execute("UPDATE portfolio SET shares = 0")
    assert set(shares(branch).values()) == {0}


def test_a_sum_of_integers_is_stored_without_loss(repo: Repository) -> None:
    """``sum`` gives a HUGEINT, which Parquet would keep as a DOUBLE."""
    repo.main.execute("CREATE TABLE t AS SELECT sum(n) AS total FROM (VALUES (9007199254740993::BIGINT), (0)) AS v (n)")
    assert repo.main.query("FROM t") == [{"total": 9007199254740993}]
    assert repo.main.table("t").column("total").type == "DECIMAL(38,0)"  # type: ignore[union-attr]


def test_tables_are_known_after_each_kind_of_definition(branch: Branch) -> None:
    for sql, columns in (
        (
            "ALTER TABLE portfolio ADD COLUMN a INTEGER DEFAULT 5",
            ["ticker", "shares", "avg_cost", "current_price", "a"],
        ),
        ("ALTER TABLE portfolio RENAME COLUMN a TO b", ["ticker", "shares", "avg_cost", "current_price", "b"]),
        ("ALTER TABLE portfolio ALTER b TYPE BIGINT", ["ticker", "shares", "avg_cost", "current_price", "b"]),
        ("ALTER TABLE portfolio DROP COLUMN b", ["ticker", "shares", "avg_cost", "current_price"]),
    ):
        branch.execute(sql)
        assert list(branch.table("portfolio").column_names) == columns
    branch.execute("ALTER TABLE portfolio ALTER shares SET DEFAULT 7")
    assert branch.table("portfolio").column("shares").default == "'7'"  # type: ignore[union-attr]
    branch.execute("DROP TABLE portfolio")
    assert branch.tables() == {}


def test_main_in_front_of_a_table_never_means_another_branchs_rows(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    sql = "SELECT count(*) AS n FROM main.portfolio"
    assert repo.main.query(sql) == [{"n": 3}]
    for refused in (
        lambda: branch.query(sql),
        lambda: branch.at(branch.head).df(sql),
        lambda: branch.execute("UPDATE main.portfolio SET shares = 1"),
        lambda: branch.preview("UPDATE main.portfolio SET shares = 1"),
        lambda: repo.sql(f"SELECT branch_query('{branch.name}', '{sql}')"),
        lambda: repo.export(branch, sql, ExportFormat.CSV, "rows"),
    ):
        with pytest.raises(StatementRefused, match=f"here, but of “{branch.name}”"):
            refused()
    assert shares(branch) == shares(repo.main)


def test_what_was_made_on_main_goes_on_to_work_on_a_branch(repo: Repository, main: Branch) -> None:
    repo.main.execute("CREATE VIEW held AS SELECT sum(shares) AS n FROM main.portfolio")
    later = repo.create_branch("later")
    later.execute("DELETE FROM portfolio WHERE ticker = 'AAPL'")
    assert later.query("FROM held") == [{"n": 125}]
    with pytest.raises(InvalidMetric, match="Write portfolio alone"):
        repo.set_metric("Held", "SELECT sum(shares) FROM main.portfolio")
    repo._store.registry.metrics.set("Old", Metric("Old", "SELECT sum(shares) FROM main.portfolio").definition())
    assert [one.value for one in repo.measures.values(later, repo.measures.metrics(later))][-1] == 125
