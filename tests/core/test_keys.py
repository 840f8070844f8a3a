"""A declared key holds on every branch and on every commit."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from hati_core.errors import InvalidKey, KeyViolation, TableNotFound
from hati_core.model import KeyOrigin
from tests.core.shares import shares

DUPLICATES = [
    "INSERT INTO portfolio VALUES ('AAPL', 1, 1, 1)",
    "INSERT INTO \"PORTFOLIO\" VALUES ('AAPL', 1, 1, 1)",
    "INSERT INTO portfolio VALUES ('NEW', 1, 1, 1), ('NEW', 2, 2, 2)",
    "INSERT INTO portfolio SELECT * FROM portfolio",
    "UPDATE portfolio SET ticker = 'AAPL'",
    "UPDATE portfolio SET Ticker = 'AAPL' WHERE shares = 50",
    "MERGE INTO portfolio AS p USING (SELECT 'MSFT' AS t) AS s ON p.ticker = 'none' "
    "WHEN NOT MATCHED THEN INSERT VALUES (s.t, 1, 1, 1)",
]


@pytest.mark.parametrize("sql", DUPLICATES)
def test_a_second_row_with_a_key_is_refused_by_name(branch: Branch, sql: str) -> None:
    before = branch.head
    with pytest.raises(KeyViolation, match=r"AAPL|NEW|MSFT") as caught:
        branch.execute(sql)
    assert caught.value.rows
    assert "Nothing was written" in caught.value.message
    assert (branch.head, len(shares(branch))) == (before, 3)


@pytest.mark.parametrize(
    "sql", ["INSERT INTO portfolio (shares) VALUES (1)", "UPDATE portfolio SET ticker = NULL WHERE shares = 50"]
)
def test_a_row_without_a_key_is_refused(branch: Branch, sql: str) -> None:
    with pytest.raises(Exception, match=r"ticker"):
        branch.execute(sql)
    assert len(shares(branch)) == 3


def test_a_key_set_later_refuses_rows_without_it(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE t (k INTEGER, v INTEGER)")
    repo.set_key("t", ["k"])
    with pytest.raises(KeyViolation, match="cannot be empty"):
        repo.main.execute("INSERT INTO t VALUES (NULL, 1)")


def test_keys_may_be_swapped_and_taken_over_within_a_commit(branch: Branch) -> None:
    branch.execute(
        "UPDATE portfolio SET ticker = CASE ticker WHEN 'AAPL' THEN 'MSFT' WHEN 'MSFT' THEN 'AAPL' ELSE ticker END"
    )
    with branch.transaction() as tx:
        tx.execute("DELETE FROM portfolio WHERE ticker = 'GOOGL'")
        tx.execute("INSERT INTO portfolio VALUES ('GOOGL', 1, 1, 1)")
    assert shares(branch) == {"AAPL": 75, "GOOGL": 1, "MSFT": 100}


def test_a_composite_key_counts_as_a_whole(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE prices (day DATE, ticker VARCHAR, price DOUBLE, PRIMARY KEY (day, ticker))")
    repo.main.execute(
        "INSERT INTO prices VALUES ('2024-01-01', 'A', 1), ('2024-01-01', 'B', 1), ('2024-01-02', 'A', 1)"
    )
    assert repo.main.table("prices").key == ("day", "ticker")
    with pytest.raises(KeyViolation, match="“B”"):
        repo.main.execute("INSERT INTO prices VALUES ('2024-01-01', 'B', 2)")


def test_a_key_declared_on_main_holds_on_every_branch(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    assert branch.table("portfolio").key_origin is KeyOrigin.DECLARED
    with pytest.raises(KeyViolation):
        branch.execute(DUPLICATES[0])


def test_a_key_is_inferred_where_none_is_declared(repo: Repository) -> None:
    repo.main.execute(
        "CREATE TABLE t AS SELECT * FROM (VALUES (1.5::DOUBLE, 'a', 1), (2.5, 'b', 1)) AS v (measure, name, n)"
    )
    info = repo.main.table("t")
    assert (info.key, info.key_origin) == (("name",), KeyOrigin.INFERRED)


def test_set_key_replaces_an_inferred_key(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE t AS SELECT range AS a, range AS b FROM range(3)")
    repo.create_branch("growth")
    repo.set_key("T", ["b"])
    for branch in (repo.main, repo.branch("growth")):
        assert (branch.table("t").key, branch.table("t").key_origin) == (("b",), KeyOrigin.DECLARED)


def test_set_key_names_the_branch_and_the_rows_that_break_it(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE t AS SELECT range AS k FROM range(3)")
    repo.create_branch("growth").execute("INSERT INTO t VALUES (2)")
    with pytest.raises(InvalidKey, match=r"on “growth”.*k = 2") as caught:
        repo.set_key("t", ["k"])
    assert caught.value.rows[0]["k"] == 2
    assert repo.main.table("t").key_origin is KeyOrigin.INFERRED


@pytest.mark.parametrize(("columns", "sentence"), [(["nothing"], "no column “nothing”"), ([], "at least one column")])
def test_set_key_wants_columns_of_the_table(repo: Repository, main: Branch, columns: list[str], sentence: str) -> None:
    with pytest.raises(InvalidKey, match=sentence):
        repo.set_key("portfolio", columns)
    with pytest.raises(TableNotFound, match=r"no table “nowhere”.*portfolio"):
        repo.set_key("nowhere", ["k"])


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE portfolio DROP COLUMN ticker",
        "ALTER TABLE portfolio DROP COLUMN TICKER",
        "ALTER TABLE Portfolio RENAME COLUMN ticker TO symbol",
        "ALTER TABLE portfolio RENAME Ticker TO symbol",
    ],
)
def test_a_key_column_cannot_be_dropped_or_renamed(branch: Branch, sql: str) -> None:
    with pytest.raises(InvalidKey, match="part of the key"):
        branch.execute(sql)
    assert "ticker" in branch.table("portfolio").column_names


def test_a_key_follows_its_table_through_a_new_name(branch: Branch) -> None:
    def rename_and_insert() -> None:
        with branch.transaction() as tx:
            tx.execute("ALTER TABLE portfolio RENAME TO positions")
            tx.execute("INSERT INTO positions VALUES ('AAPL', 1, 1, 1)")

    with pytest.raises(KeyViolation):
        rename_and_insert()
    branch.execute("ALTER TABLE portfolio RENAME TO positions")
    with pytest.raises(KeyViolation):
        branch.execute("INSERT INTO positions VALUES ('AAPL', 1, 1, 1)")


def test_a_replaced_table_keeps_the_key_that_it_still_has_columns_for(branch: Branch) -> None:
    branch.execute("CREATE OR REPLACE TABLE portfolio AS SELECT * REPLACE (shares * 2 AS shares) FROM portfolio")
    assert branch.table("portfolio").key_origin is KeyOrigin.DECLARED
    with pytest.raises(KeyViolation):
        branch.execute(DUPLICATES[0])
    branch.execute("CREATE OR REPLACE TABLE portfolio AS SELECT 1 AS a FROM range(2)")
    assert branch.table("portfolio").key_origin is KeyOrigin.LINEAGE


def test_create_if_not_exists_leaves_the_key_of_what_exists(branch: Branch) -> None:
    branch.execute("CREATE TABLE IF NOT EXISTS portfolio (ticker VARCHAR, shares INTEGER PRIMARY KEY)")
    assert branch.table("portfolio").key == ("ticker",)


def test_a_table_dropped_after_a_write_needs_no_key_check(branch: Branch) -> None:
    with branch.transaction() as tx:
        tx.execute("INSERT INTO portfolio VALUES ('AAPL', 1, 1, 1)")
        tx.execute("DROP TABLE portfolio")
    assert branch.tables() == {}
