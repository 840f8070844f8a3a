"""A check holds on every branch and on every commit, and names the rows that break it."""

from __future__ import annotations

import duckdb
import pytest

from hati_core import Branch, Check, Repository
from hati_core.errors import CheckViolation, HatiError, InvalidCheck, StatementRefused, TableNotFound
from hati_core.model import TableEdits
from hati_core.sql import checks as sql_checks
from hati_core.sql.checks import columns_of
from hati_core.sql.functions_allowed import SCALARS_AND_AGGREGATES, WINDOWS
from tests.core.shares import shares

POSITIVE = Check("positive", "shares > 0")


BREAKING = [
    "INSERT INTO portfolio VALUES ('NVDA', -5, 1, 1)",
    "INSERT INTO \"PORTFOLIO\" SELECT 'NVDA', -5, 1, 1",
    "UPDATE portfolio SET shares = -5 WHERE ticker = 'AAPL'",
    "MERGE INTO portfolio AS p USING (SELECT 'MSFT' AS t) AS s ON p.ticker = s.t "
    "WHEN MATCHED THEN UPDATE SET shares = -5",
]


@pytest.mark.parametrize("sql", BREAKING)
def test_a_commit_that_breaks_a_check_names_rule_branch_and_rows_and_writes_nothing(checked: Branch, sql: str) -> None:
    before = checked.head
    with pytest.raises(CheckViolation, match=r"“positive” of “portfolio” on “main”.*shares > 0 is false") as caught:
        checked.execute(sql)
    (violation,) = caught.value.violations
    assert (violation.rule, violation.rows[0]["shares"]) == ("positive", -5)
    assert "ticker = " in caught.value.message
    assert "Nothing was written to “main”" in caught.value.message
    assert (checked.head, shares(checked)) == (before, {"AAPL": 100, "GOOGL": 50, "MSFT": 75})


def test_an_edit_in_the_grid_is_held_to_checks(checked: Branch) -> None:
    with pytest.raises(CheckViolation, match="ticker = “AAPL”, shares = −1"):
        checked.edit("portfolio", TableEdits(updates={("AAPL",): {"shares": -1}}))
    checked.edit("portfolio", TableEdits(updates={("AAPL",): {"shares": 1}}))
    assert shares(checked)["AAPL"] == 1


def test_null_passes_a_check_as_in_sql(checked: Branch) -> None:
    checked.execute("UPDATE portfolio SET shares = NULL WHERE ticker = 'AAPL'")
    assert shares(checked)["AAPL"] is None


def test_a_row_that_is_mended_before_the_commit_breaks_nothing(checked: Branch) -> None:
    with checked.transaction() as tx:
        tx.execute("UPDATE portfolio SET shares = -5")
        tx.execute("UPDATE portfolio SET shares = 5")
    assert set(shares(checked).values()) == {5}


def test_only_the_rows_that_a_commit_writes_are_looked_at(repo: Repository, checked: Branch) -> None:
    """A fork of an old version may hold rows from before the check; they do not stand in the way of others."""
    repo.drop_check("portfolio", "positive")
    checked.execute("UPDATE portfolio SET shares = -5 WHERE ticker = 'AAPL'")
    old = checked.head
    checked.execute("UPDATE portfolio SET shares = 5 WHERE ticker = 'AAPL'")
    repo.set_check("portfolio", "positive", "shares > 0")
    fork = repo.create_branch("old", at=old)
    fork.execute("UPDATE portfolio SET shares = 51 WHERE ticker = 'GOOGL'")
    assert shares(fork) == {"AAPL": -5, "GOOGL": 51, "MSFT": 75}
    with pytest.raises(CheckViolation, match="AAPL"):
        fork.execute("UPDATE portfolio SET avg_cost = 1 WHERE ticker = 'AAPL'")


def test_a_column_called_as_ducklakes_own_hides_no_row(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, snapshot_id INTEGER CHECK (snapshot_id > 0), rowid INT)")
    repo.main.execute("INSERT INTO t VALUES (1, 1, 1)")
    with pytest.raises(CheckViolation, match="k = 2, snapshot_id = −1"):
        repo.main.execute("INSERT INTO t VALUES (2, -1, 1)")
    with pytest.raises(HatiError, match="More than one row would have k = 1"):
        repo.main.execute("INSERT INTO t VALUES (1, 2, 1)")


def test_a_check_holds_on_branches_there_were_and_on_new_ones(repo: Repository, main: Branch) -> None:
    before = repo.create_branch("before")
    assert repo.set_check("PORTFOLIO", " positive ", "shares > 0") == POSITIVE
    for branch in (before, repo.create_branch("after")):
        with pytest.raises(CheckViolation, match=f"on “{branch.name}”"):
            branch.execute("UPDATE portfolio SET shares = 0")
    assert repo.checks("portfolio") == (POSITIVE,)


def test_setting_a_check_is_refused_with_the_rows_of_every_branch_that_break_it(repo: Repository, main: Branch) -> None:
    repo.create_branch("short").execute("UPDATE portfolio SET shares = -7 WHERE ticker = 'MSFT'")
    repo.create_branch("gone").execute("UPDATE portfolio SET shares = -8 WHERE ticker = 'MSFT'")
    repo.discard("gone")
    main.execute("UPDATE portfolio SET shares = -6 WHERE ticker = 'AAPL'")
    with pytest.raises(CheckViolation, match=r"on “main”.*AAPL.*on “short”.*MSFT.*was not set") as caught:
        repo.set_check("portfolio", "positive", "shares > 0")
    assert [violation.rows[0]["shares"] for violation in caught.value.violations] == [-6, -7]
    assert repo.checks("portfolio") == ()


def test_a_check_of_the_same_name_is_replaced_and_a_dropped_one_holds_no_longer(
    repo: Repository, checked: Branch
) -> None:
    repo.set_check("portfolio", "Positive", "shares > -10")
    checked.execute("UPDATE portfolio SET shares = -5 WHERE ticker = 'AAPL'")
    assert repo.checks("portfolio") == (Check("Positive", "shares > -10"),)
    repo.drop_check("portfolio", "POSITIVE")
    assert repo.checks("portfolio") == ()
    checked.execute("UPDATE portfolio SET shares = -50 WHERE ticker = 'AAPL'")
    with pytest.raises(InvalidCheck, match=r"has no check “positive”. Its checks are: none"):
        repo.drop_check("portfolio", "positive")
    with pytest.raises(TableNotFound, match="“nowhere”"):
        repo.set_check("nowhere", "positive", "shares > 0")


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("", "cannot be read"),
        ("shares >", "cannot be read"),
        ("shares > 0; DROP TABLE portfolio", "several statements"),
        ("shares) FROM portfolio WHERE (true", "not one expression"),
        ("1 = 1", "reads no column"),
        ("price > 0", "no column “price”"),
        ("shares", "gives INTEGER"),
        ("shares > 0, shares < 9", "gives STRUCT"),
        ("shares > (SELECT avg(shares) FROM portfolio)", "a query inside"),
        ("ticker IN (SELECT ticker FROM portfolio)", "a query inside"),
        ("shares < sum(shares)", "cannot call sum"),
        ("count(*) > shares", "cannot call count_star"),
        ("json_group_array(shares) IS NOT NULL", "cannot be asked"),
        ("row_number() OVER () < shares", "a window function"),
        ("COLUMNS(*) > 0", "a star"),
        ("shares > $1", "a parameter"),
        ("shares > #1", "the number of a column"),
        ("shares > random()", "cannot call random"),
        ("current_date > DATE '2020-01-01' + shares", "cannot call current_date"),
        ("unnest([shares]) > 0", "cannot call unnest"),
        ("shares > getenv('HOME')::INTEGER", "getenv is not allowed"),
        ("portfolio.shares > 0", "no column “portfolio”"),
        ("shares > 'many'::BLOB", "cannot be asked"),
    ],
)
def test_what_cannot_be_a_check_is_refused_with_what_to_write(
    shared_repo: Repository, shared_main: Branch, expression: str, sentence: str
) -> None:
    with pytest.raises((InvalidCheck, StatementRefused), match=sentence):
        shared_repo.set_check("portfolio", "rule", expression)
    assert shared_repo.checks("portfolio") == ()


def test_a_check_needs_a_name(shared_repo: Repository, shared_main: Branch) -> None:
    with pytest.raises(InvalidCheck, match="a name"):
        shared_repo.set_check("portfolio", "  ", "shares > 0")


def test_an_expression_that_fails_on_a_row_is_a_violation_with_a_reason(repo: Repository, main: Branch) -> None:
    main.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text VARCHAR CHECK (text::INTEGER > 0))")
    main.execute("INSERT INTO notes VALUES (1, '7')")
    with pytest.raises(CheckViolation, match=r"cannot be worked out on “main”.*“seven”"):
        main.execute("INSERT INTO notes VALUES (2, 'seven')")
    assert main.query("SELECT count(*) AS n FROM notes") == [{"n": 1}]


def test_no_function_that_a_check_may_call_is_unsteady_or_an_aggregate() -> None:
    functions = duckdb.sql(
        "SELECT function_name, bool_or(function_type = 'aggregate'), "
        "bool_or(stability <> 'CONSISTENT') FROM duckdb_functions() "
        "WHERE function_type IN ('scalar', 'aggregate') GROUP BY ALL"
    ).fetchall()
    without_clock = {"error", "stats"}
    may_call = SCALARS_AND_AGGREGATES - WINDOWS - sql_checks.UNSTABLE - sql_checks.AGGREGATES - without_clock
    assert not {name for name, aggregate, unsteady in functions if name in may_call and (aggregate or unsteady)}


def test_lambdas_and_fields_read_the_columns_around_them() -> None:
    assert columns_of("len(list_filter(lots, lambda lot: lot.size > least)) > 0") == {"lots", "least"}
    assert columns_of('place."street name" = "a ""b"""') == {"place", 'a "b"'}
    assert columns_of("age > 18 -- years") == {"age"}


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE portfolio DROP COLUMN shares",
        "ALTER TABLE Portfolio DROP COLUMN SHARES",
        "ALTER TABLE portfolio RENAME COLUMN shares TO amount",
    ],
)
def test_a_column_of_a_check_cannot_be_dropped_or_renamed(checked: Branch, sql: str) -> None:
    with pytest.raises(InvalidCheck, match=r"part of the check “positive”.*\(shares > 0\)"):
        checked.execute(sql)
    checked.execute("ALTER TABLE portfolio DROP COLUMN avg_cost")


def test_a_check_of_a_column_that_one_branch_has_so_far_holds_there_and_hinders_nobody_else(
    repo: Repository, main: Branch
) -> None:
    branch = repo.create_branch("growth")
    branch.execute("ALTER TABLE portfolio ADD COLUMN sector VARCHAR DEFAULT 'none'")
    repo.set_check("portfolio", "sector known", "sector <> ''")
    with pytest.raises(CheckViolation, match="on “growth”"):
        branch.execute("UPDATE portfolio SET sector = ''")
    main.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    main.execute("ALTER TABLE portfolio RENAME COLUMN avg_cost TO cost")
    with pytest.raises(InvalidCheck, match="part of the check “sector known”"):
        branch.execute("ALTER TABLE portfolio DROP COLUMN sector")


def test_a_branch_that_replaced_the_table_by_another_is_no_hindrance(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("other")
    branch.execute("CREATE OR REPLACE TABLE portfolio AS SELECT 1 AS a")
    repo.set_check("portfolio", "positive", "shares > 0")
    branch.execute("UPDATE portfolio SET a = -1")
    with pytest.raises(CheckViolation):
        main.execute("UPDATE portfolio SET shares = -1")


def test_a_new_type_of_a_column_puts_every_row_to_the_test(repo: Repository, main: Branch) -> None:
    main.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, a SMALLINT CHECK (a::VARCHAR <> '7.0'))")
    main.execute("INSERT INTO t VALUES (1, 7)")
    with pytest.raises(CheckViolation, match=r"k = 1, a = 7"):
        main.execute("ALTER TABLE t ALTER COLUMN a SET DATA TYPE DOUBLE")
    assert main.table("t").columns[1].type == "SMALLINT"


def test_a_check_follows_its_table_through_a_new_name_and_a_replacement(repo: Repository, checked: Branch) -> None:
    checked.execute("ALTER TABLE portfolio RENAME TO positions")
    with pytest.raises(CheckViolation, match="“positions”"):
        checked.execute("UPDATE positions SET shares = -5")
    checked.execute("CREATE OR REPLACE TABLE positions AS SELECT ticker, shares FROM positions")
    assert repo.checks("positions") == (POSITIVE,)
    with pytest.raises(CheckViolation):
        checked.execute("CREATE OR REPLACE TABLE positions AS SELECT 'AAPL' AS ticker, -5 AS shares")
    checked.execute("CREATE OR REPLACE TABLE positions AS SELECT 1 AS a")
    assert repo.checks("positions") == ()
