"""Several statements are one commit, or nothing."""

from __future__ import annotations

import duckdb
import pytest

from hati_core import Branch, Repository
from hati_core.errors import DataError, HatiError, QueryError, StatementRefused, SyntaxRefused, TableExists
from tests.core.shares import shares

pytestmark = pytest.mark.every_backend


def test_several_statements_are_one_commit(branch: Branch) -> None:
    before = branch.head
    with branch.transaction("Rebalance", author="eve") as tx:
        tx.execute("UPDATE portfolio SET shares = shares + 1")
        tx.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
        assert tx.query("SELECT sum(shares) AS n FROM portfolio") == [{"n": 152}]
    assert branch.head == before + 1
    commit = branch.log(1)[0]
    assert (commit.author, commit.message, commit.summary) == ("eve", "Rebalance", "portfolio ~3 −1")


def test_an_error_undoes_all_of_it(branch: Branch) -> None:
    before = branch.head

    def delete_and_fail() -> None:
        with branch.transaction() as tx:
            tx.execute("DELETE FROM portfolio")
            tx.execute("UPDATE portfolio SET nothing = 1")

    with pytest.raises(QueryError):
        delete_and_fail()
    assert (branch.head, len(shares(branch))) == (before, 3)


def test_a_transaction_that_starts_over_has_only_what_it_writes_afterwards(branch: Branch) -> None:
    head = branch.head
    with branch.transaction() as tx:
        tx.execute("CREATE TABLE gone (a INTEGER PRIMARY KEY)")
        tx.execute("INSERT INTO gone VALUES (1), (1)")
        with pytest.raises(duckdb.Error):
            tx.execute("UPDATE portfolio SET nope = 1")
        tx.start_over()
        tx.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    (commit,) = branch.log(1)
    assert (branch.head, commit.message) == (head + 1, "UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    assert [touch.table for touch in commit.touched] == ["portfolio"]
    assert "gone" not in [table.name for table in branch.declared_tables()]


def test_an_error_of_the_caller_undoes_all_of_it(branch: Branch) -> None:
    def delete_and_fail() -> None:
        with branch.transaction() as tx:
            tx.execute("DELETE FROM portfolio")
            raise KeyError

    with pytest.raises(KeyError):
        delete_and_fail()
    assert len(shares(branch)) == 3
    branch.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    assert len(shares(branch)) == 2


@pytest.mark.parametrize(
    "sql", ["UPDATE portfolio SET shares = 1 WHERE ticker = 'NONE'", "DELETE FROM portfolio WHERE false"]
)
def test_nothing_written_is_no_version(branch: Branch, sql: str) -> None:
    before = branch.head
    assert branch.execute(sql) == 0
    assert branch.head == before


def test_a_statement_is_its_own_message(branch: Branch) -> None:
    assert branch.execute("UPDATE portfolio\n   SET shares = 1") == 3
    commit = branch.log(1)[0]
    assert (commit.author, commit.message) == ("ada", "UPDATE portfolio SET shares = 1")
    assert (commit.branch, commit.version) == (branch.name, branch.head)


def test_parameters_are_bound(branch: Branch) -> None:
    assert branch.execute("UPDATE portfolio SET shares = $n WHERE ticker = $t", {"n": 5, "t": "AAPL"}) == 1
    assert branch.execute("DELETE FROM portfolio WHERE ticker = ?", ["x' OR true --"]) == 0
    assert shares(branch)["AAPL"] == 5


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELEC 1", SyntaxRefused),
        ("", SyntaxRefused),
        ("ATTACH 'other.db'", StatementRefused),
        ("CREATE TABLE portfolio (a INTEGER)", TableExists),
        ("INSERT INTO nowhere VALUES (1)", HatiError),
        ("INSERT INTO portfolio VALUES ('NVDA', 'many', 1, 1)", DataError),
        ("INSERT INTO portfolio VALUES (1)", QueryError),
    ],
)
def test_what_cannot_run_says_so_and_leaves_the_branch_usable(branch: Branch, sql: str, kind: type[HatiError]) -> None:
    with pytest.raises(kind) as caught:
        branch.execute(sql)
    assert caught.value.message
    assert "b_000000000000" not in caught.value.message
    assert branch.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'") == 1


def test_the_log_has_the_newest_first_and_the_parents_before_the_fork(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    branch.execute("UPDATE portfolio SET shares = 1", message="on the branch")
    main.execute("UPDATE portfolio SET shares = 2", message="on main")
    assert [commit.message for commit in branch.log()] == ["on the branch", "Set up", "Create the repository"]
    assert [commit.version for commit in main.log(2)] == [main.head, main.head - 1]
    assert main.log(1)[0].at.utcoffset().total_seconds() == 0  # type: ignore[union-attr]


def test_an_older_version_reads_as_it_was(branch: Branch) -> None:
    then = branch.head
    branch.execute("ALTER TABLE portfolio ADD COLUMN sector VARCHAR DEFAULT 'Tech'")
    branch.execute("UPDATE portfolio SET shares = 0")
    assert shares(branch.at(then)) == {"AAPL": 100, "GOOGL": 50, "MSFT": 75}
    assert "sector" not in branch.at(then).tables()["portfolio"].column_names
    assert branch.at(0).tables() == {}
    assert "sector" in branch.table("PORTFOLIO").column_names


def test_looking_at_many_versions_keeps_few_of_them_open(repo: Repository, main: Branch) -> None:
    for number in range(3):
        main.execute(f"UPDATE portfolio SET shares = {number}")
    branches = [repo.create_branch(f"b{number}") for number in range(5)]
    for branch in branches:
        for version in range(2, branch.head + 1):
            branch.at(version).query("SELECT 1")
    assert len([alias for alias in repo._store.engine._instance.attached if "_v" in alias]) <= 16
    assert shares(branches[0].at(2))["AAPL"] == 0


@pytest.mark.parametrize("change", ["ADD COLUMN b INTEGER", "RENAME COLUMN a TO b", "ALTER COLUMN a SET DEFAULT 1"])
def test_a_table_is_not_renamed_after_its_columns_in_one_commit(repo: Repository, place: str, change: str) -> None:
    main = repo.main
    main.execute("CREATE TABLE t (k INTEGER, a INTEGER)")
    branch = repo.create_branch("late")
    with branch.transaction() as tx:
        tx.execute(f"ALTER TABLE t {change}")
        with pytest.raises(StatementRefused, match="Rename the table first"):
            tx.execute("ALTER TABLE t RENAME TO u")
    with main.transaction() as tx:
        tx.execute("ALTER TABLE t RENAME TO u")
        tx.execute(f"ALTER TABLE u {change}")
    with Repository.open(place) as again:
        again.main.execute("INSERT INTO u (k) VALUES (1)")
        assert again.main.query("SELECT k FROM u") == [{"k": 1}]


def test_a_table_made_in_the_commit_may_be_changed_and_renamed(repo: Repository) -> None:
    with repo.main.transaction() as tx:
        tx.execute("CREATE TABLE t (k INTEGER)")
        tx.execute("ALTER TABLE t ADD COLUMN a INTEGER")
        tx.execute("ALTER TABLE t RENAME TO u")
        tx.execute("INSERT INTO u VALUES (1, 2)")
    assert repo.main.query("FROM u") == [{"k": 1, "a": 2}]


def test_a_table_may_be_dropped_by_another_spelling_after_a_column_got_another_type(main: Branch) -> None:
    with main.transaction() as tx:
        tx.execute("ALTER TABLE portfolio ALTER shares SET DATA TYPE BIGINT")
        tx.execute("DROP TABLE PORTFOLIO")
    assert main.tables() == {}


@pytest.mark.parametrize("rows", ["1, 1", "2, NULL"], ids=["in the table", "in another table"])
def test_a_column_can_be_filtered_after_its_type_was_changed(repo: Repository, rows: str) -> None:
    """DuckLake of DuckDB 1.5.5 keeps statistics of the old type, and a filter then closes the database."""
    main = repo.main
    main.execute("CREATE TABLE other AS SELECT 1 AS a")
    main.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, a INTEGER)")
    main.execute(f"INSERT INTO t VALUES ({rows})")
    if rows != "1, 1":
        main.execute("DELETE FROM t")
    assert main.query("SELECT k FROM t WHERE a = 7") == []
    main.execute("ALTER TABLE t ALTER COLUMN a SET DATA TYPE BIGINT")
    found = main.query("SELECT k FROM t WHERE a = 1 AND a % 2 = 1")
    assert found == ([{"k": 1}] if rows == "1, 1" else [])
    main.execute("INSERT INTO t VALUES (5, 5000000001)")
    assert main.query("SELECT k FROM t WHERE a > 5000000000") == [{"k": 5}]


def test_altering_a_table_if_it_exists_passes_over_one_that_does_not(repo: Repository) -> None:
    repo.main.execute("ALTER TABLE IF EXISTS nowhere ADD COLUMN a INTEGER")
    assert repo.main.tables() == {}
