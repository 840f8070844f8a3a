"""Going back to an old version, as one more commit."""

from __future__ import annotations

import pytest
from merge_desk import Desk, set_up

from hati_core import Repository
from hati_core.errors import BranchMoved, BranchNotFound, CheckViolation, InvalidKey, KeyViolation
from hati_core.merge.plan import PlanKind
from hati_core.model import Column, KeyOrigin

START = {"AAPL": (100, 1.5), "MSFT": (75, 2.5), "XOM": (10, 4.5)}


@pytest.fixture
def desk(repo: Repository) -> Desk:
    """A desk in a repository of its own, since checks hold for every table of a name."""
    return set_up(repo)


def test_rows_are_what_they_were_and_later_versions_stay_readable(desk: Desk) -> None:
    old = desk.trunk.head
    desk.trunk.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    desk.trunk.execute("DELETE FROM portfolio WHERE ticker = 'XOM'")
    desk.trunk.execute("INSERT INTO portfolio VALUES ('NEW', 1, 1)")
    late = desk.trunk.head
    commit = desk.trunk.restore(old)
    assert desk.rows() == START
    assert (commit.version, commit.message) == (late + 1, f"Restore version {old} of {desk.trunk.name}")
    assert commit.summary == "portfolio +1 ~1 −1"
    assert desk.rows(desk.trunk.at(late)) == {"AAPL": (1, 1.5), "MSFT": (75, 2.5), "NEW": (1, 1.0)}
    desk.trunk.restore(late, "Forth again", author="grace")
    assert desk.rows() == desk.rows(desk.trunk.at(late))
    assert (desk.trunk.log(1)[0].message, desk.trunk.log(1)[0].author) == ("Forth again", "grace")


def test_what_a_restore_would_do_can_be_looked_at_and_nothing_is_written(desk: Desk) -> None:
    old = desk.trunk.head
    desk.trunk.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    before = desk.trunk.head
    plan = desk.trunk.plan_restore(old)
    assert (plan.kind, plan.tables["portfolio"].updates, len(plan.conflicts)) == (PlanKind.RESTORE, 1, 0)
    assert desk.rows(plan) == START
    assert desk.trunk.head == before
    desk.trunk.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    with pytest.raises(BranchMoved):
        desk.repo.apply_merge(plan)


def test_tables_made_since_go_and_dropped_ones_come_back_with_key_and_checks(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, size INTEGER DEFAULT 3 CHECK (size < 9))")
    desk.trunk.execute("INSERT INTO notes VALUES (1, 1)")
    old = desk.trunk.head
    desk.trunk.execute("DROP TABLE notes")
    desk.trunk.execute("CREATE TABLE later AS SELECT 1 AS a")
    desk.trunk.restore(old)
    assert set(desk.trunk.tables()) == {"notes", "portfolio"}
    assert desk.trunk.query("FROM notes") == [{"id": 1, "size": 1}]
    assert desk.trunk.table("notes").key_origin is KeyOrigin.DECLARED
    with pytest.raises(KeyViolation):
        desk.trunk.execute("INSERT INTO notes VALUES (1, 2)")
    with pytest.raises(CheckViolation, match="size = 10"):
        desk.trunk.execute("INSERT INTO notes VALUES (2, 10)")
    desk.trunk.execute("INSERT INTO notes (id) VALUES (2)")
    assert {"id": 2, "size": 3} in desk.trunk.query("FROM notes")


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE portfolio ADD COLUMN sector VARCHAR DEFAULT 'none'",
        "ALTER TABLE portfolio DROP COLUMN price",
        "ALTER TABLE portfolio RENAME COLUMN price TO cost",
        "ALTER TABLE portfolio RENAME TO positions",
    ],
)
def test_columns_and_names_are_what_they_were(desk: Desk, change: str) -> None:
    old = desk.trunk.head
    desk.trunk.execute(change)
    desk.trunk.restore(old)
    assert set(desk.trunk.tables()) == {"portfolio"}
    assert desk.trunk.table("portfolio").column_names == ("ticker", "shares", "price")
    assert desk.rows() == START


def test_a_column_that_was_widened_comes_back_as_the_last_one_and_the_plan_says_so(desk: Desk) -> None:
    old = desk.trunk.head
    desk.trunk.execute("ALTER TABLE portfolio ALTER COLUMN shares SET DATA TYPE BIGINT")
    plan = desk.trunk.plan_restore(old)
    assert plan.tables["portfolio"].schema_changes == ("column shares BIGINT → INTEGER, moved to the end",)
    desk.repo.apply_merge(plan)
    found = desk.trunk.table("portfolio")
    assert found.column_names == ("ticker", "price", "shares")
    assert found.column("shares") == Column("shares", "INTEGER")
    assert desk.trunk.query("FROM portfolio WHERE ticker = 'AAPL'") == [{"ticker": "AAPL", "price": 1.5, "shares": 100}]


def test_a_last_column_that_was_widened_stays_the_last_one(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE sizes (id INTEGER, size INTEGER)")
    old = desk.trunk.head
    desk.trunk.execute("ALTER TABLE sizes ALTER COLUMN size SET DATA TYPE BIGINT")
    plan = desk.trunk.plan_restore(old)
    assert plan.tables["sizes"].schema_changes == ("column size BIGINT → INTEGER",)
    desk.repo.apply_merge(plan)
    assert desk.trunk.table("sizes").column_names == ("id", "size")


def test_rows_without_a_key_are_what_they_were(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE log (a INTEGER, b INTEGER)")
    desk.trunk.execute("INSERT INTO log VALUES (1, 1), (1, 1), (2, 2)")
    old = desk.trunk.head
    desk.trunk.execute("DELETE FROM log WHERE rowid = (SELECT min(rowid) FROM log)")
    desk.trunk.execute("UPDATE log SET b = 9 WHERE a = 2")
    desk.trunk.execute("INSERT INTO log VALUES (3, 3)")
    desk.trunk.restore(old)
    assert sorted(desk.trunk.query("FROM log"), key=str) == [{"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 2, "b": 2}]


def test_a_branch_goes_back_behind_its_fork_when_its_parent_was_discarded(desk: Desk) -> None:
    parent = desk.fork("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    at_first = parent.head - 1
    child = desk.fork("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'", parent=parent)
    desk.repo.discard(parent.name)
    desk.repo.apply_merge(desk.repo.plan_revert(child.name, child.head))
    assert desk.rows(child)["AAPL"] == (1, 1.5)
    child.restore(at_first)
    assert desk.rows(child) == START


def test_a_merge_is_taken_back_whole_and_what_the_branch_does_next_still_merges(desk: Desk) -> None:
    old = desk.trunk.head
    branch = desk.fork("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    desk.merge(branch)
    desk.trunk.restore(old)
    assert desk.rows() == START
    branch.execute("UPDATE portfolio SET shares = 9 WHERE ticker = 'XOM'")
    desk.merge(branch)
    assert desk.rows() == {**START, "XOM": (9, 4.5)}


def test_restoring_the_version_that_is_there_writes_nothing(desk: Desk) -> None:
    before = desk.trunk.head
    assert desk.trunk.restore(before).version == before == desk.trunk.head


def test_rows_that_break_a_rule_set_since_do_not_come_back(desk: Desk) -> None:
    old = desk.trunk.head
    desk.trunk.execute("UPDATE portfolio SET shares = 50 WHERE ticker = 'AAPL'")
    desk.repo.set_check("portfolio", "few", "shares < 80")
    before = desk.trunk.head
    with pytest.raises(CheckViolation, match="ticker = “AAPL”, shares = 100"):
        desk.trunk.restore(old)
    desk.trunk.execute("CREATE TABLE t AS SELECT 1 AS k, 1 AS v UNION ALL SELECT 1, 2")
    twice = desk.trunk.head
    desk.trunk.execute("DELETE FROM t WHERE v = 2")
    desk.repo.set_key("t", ["k"])
    with pytest.raises(InvalidKey, match="k = 1"):
        desk.trunk.restore(twice)
    assert desk.trunk.head == before + 2


@pytest.mark.parametrize("version", [-1, 10_000])
def test_a_version_that_is_not_there_is_refused(desk: Desk, version: int) -> None:
    with pytest.raises(BranchNotFound, match=f"no version {version}"):
        desk.trunk.restore(version)
