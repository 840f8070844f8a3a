"""Checks that CREATE TABLE and ALTER TABLE declare, and what of these statements is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hati_core import Branch, Check, Repository
from hati_core.errors import CheckViolation, HatiError, InvalidCheck

DECLARED = """CREATE TABLE lots (
    id INTEGER PRIMARY KEY CHECK (id > 0), -- numbered from 1, CHECK (no)
    size INTEGER NOT NULL CONSTRAINT small CHECK (size < 100) DEFAULT 1,
    label VARCHAR DEFAULT 'CHECK (x)', "low (er)" DOUBLE CHECK ("low (er)" > (0)), high DOUBLE,
    CHECK ("low (er)" < high /* ) */), CONSTRAINT "Fits in" CHECK (size < high), CHECK (size > -1)
)"""


def test_checks_of_create_table_are_taken_out_and_held(repo: Repository, main: Branch) -> None:
    main.execute(DECLARED)
    assert {check.name: check.expression for check in repo.checks("lots")} == {
        "Fits in": "size < high",
        "id_check": "id > 0",
        "lots_check": '"low (er)" < high /* ) */',
        "low (er)_check": '"low (er)" > (0)',
        "size_check": "size > -1",
        "small": "size < 100",
    }
    assert main.table("lots").key == ("id",)
    main.execute("INSERT INTO lots (id, high) VALUES (1, 5)")
    assert main.query("SELECT size, label FROM lots") == [{"size": 1, "label": "CHECK (x)"}]
    for row, rule in (("(2, 101, 500)", "small"), ("(-2, 1, 500)", "id_check"), ("(2, 9, 8)", "Fits in")):
        with pytest.raises(CheckViolation, match=f"“{rule.replace('(', '.').replace(')', '.')}”"):
            main.execute(f"INSERT INTO lots (id, size, high) VALUES {row}")


def test_the_rows_written_in_the_transaction_that_makes_the_table_are_checked(main: Branch) -> None:
    def create_and_fill(shares: int) -> None:
        with main.transaction() as tx:
            tx.execute("CREATE TABLE t (a INTEGER CHECK (a > 0))")
            tx.execute(f"INSERT INTO t VALUES ({shares})")

    with pytest.raises(CheckViolation, match="a = −1"):
        create_and_fill(-1)
    create_and_fill(1)
    with pytest.raises(CheckViolation, match="a = −2"):
        main.execute("INSERT INTO t VALUES (-2)")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ("a INTEGER CHECK (b > 0)", "no column “b”"),
        ("a INTEGER CHECK (a > (SELECT 1))", "subqueries prohibited"),
        ("a INTEGER CHECK (a > sum(a))", "cannot call sum"),
        ("a INTEGER, CONSTRAINT c CHECK (a > 0), CONSTRAINT C CHECK (a < 9)", "Two checks are called"),
        ("a INTEGER CHECK (a > read_text('/etc/passwd'))", "read_text"),
        ("a INTEGER UNIQUE", "Declare it as PRIMARY KEY"),
    ],
)
def test_a_create_table_whose_checks_cannot_be_held_makes_no_table(branch: Branch, columns: str, sentence: str) -> None:
    with pytest.raises(HatiError, match=sentence):
        branch.execute(f"CREATE TABLE t ({columns})")
    assert "t" not in branch.tables()


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("ALTER TABLE portfolio ADD CONSTRAINT positive CHECK (shares > 0)", "positive"),
        ('alter table if exists "Portfolio" add check (shares > 0 -- always\n);', "shares_check"),
    ],
)
def test_alter_table_adds_a_check_for_every_branch(repo: Repository, main: Branch, sql: str, name: str) -> None:
    branch = repo.create_branch("growth")
    branch.execute(sql)
    assert [check.name for check in repo.checks("portfolio")] == [name]
    with pytest.raises(CheckViolation, match="on “main”"):
        main.execute("UPDATE portfolio SET shares = -5")


def test_alter_table_is_refused_a_check_that_rows_of_any_branch_break(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    main.execute("UPDATE portfolio SET shares = -5 WHERE ticker = 'AAPL'")
    with pytest.raises(CheckViolation, match=r"on “main”.*AAPL.*was not set"):
        branch.execute("ALTER TABLE portfolio ADD CHECK (shares > 0)")
    with pytest.raises(CheckViolation, match=r"on “main”.*AAPL"):
        main.execute("ALTER TABLE portfolio ADD CHECK (shares > 0)")
    assert repo.checks("portfolio") == ()


def test_alter_table_does_not_replace_a_check(repo: Repository, checked: Branch) -> None:
    with pytest.raises(InvalidCheck, match="already"):
        checked.execute("ALTER TABLE portfolio ADD CONSTRAINT Positive CHECK (shares > -10)")
    checked.execute("ALTER TABLE portfolio ADD CHECK (shares < 1000)")
    checked.execute("ALTER TABLE portfolio ADD CHECK (shares < 2000)")
    assert [check.name for check in repo.checks("portfolio")] == ["positive", "shares_check", "shares_check_2"]


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("ALTER TABLE portfolio ADD CHECK (shares > 0) x", "not allowed at this place"),
        ("ALTER TABLE portfolio ADD CHECK (shares > 0", "ends too early"),
        ("ALTER TABLE portfolio ADD CHECK (shares > 0), ADD CHECK (shares > 0)", "not allowed at this place"),
        ("ALTER TABLE portfolio ADD CHECK ()", "cannot be read|Line"),
        ("ALTER TABLE other.portfolio ADD CHECK (shares > 0)", "outside this branch"),
        ("ALTER TABLE portfolio ADD CHECK (shares > (SELECT count(*) FROM read_csv('/etc/passwd')))", "read_csv"),
        ("ALTER TABLE nowhere ADD CHECK (shares > 0)", "nowhere"),
        ("ALTER TABLE portfolio DROP CONSTRAINT positive", "drop_check.'portfolio', 'positive'.*page Data"),
        ("ALTER TABLE portfolio ADD UNIQUE (shares)", "only the key of a table is kept unique"),
        ("ALTER TABLE portfolio ADD CONSTRAINT u UNIQUE (shares)", "only the key of a table is kept unique"),
        ("ALTER TABLE portfolio ADD FOREIGN KEY (shares) REFERENCES portfolio (ticker)", "foreign keys are not kept"),
        ("ALTER TABLE portfolio ADD COLUMN a INTEGER CHECK (a > 0)", "constraints"),
    ],
)
def test_other_forms_of_changing_constraints_are_refused_with_a_sentence(
    branch: Branch, sql: str, sentence: str
) -> None:
    with pytest.raises(HatiError, match=sentence):
        branch.execute(sql)
    branch.execute("UPDATE portfolio SET shares = -5")


def test_create_if_not_exists_leaves_the_checks_of_what_exists(repo: Repository, checked: Branch) -> None:
    checked.execute("CREATE TABLE IF NOT EXISTS portfolio (ticker VARCHAR, shares INTEGER CHECK (shares > 9000))")
    assert repo.checks("portfolio") == (Check("positive", "shares > 0"),)


def test_checks_outlast_closing_the_repository(tmp_path: Path) -> None:
    with Repository.open(tmp_path) as repo:
        repo.main.execute("CREATE TABLE t (a INTEGER CHECK (a > 0))")
        repo.main.execute("ALTER TABLE t ADD CONSTRAINT small CHECK (a < 9)")
    with Repository.open(tmp_path) as repo:
        assert repo.checks("t") == (Check("a_check", "a > 0"), Check("small", "a < 9"))
