"""Tables that come, go or change their columns in a merge, tables without a key, and views."""

from __future__ import annotations

import pytest
from merge_desk import Desk

from hati_core import ConflictKind, Side
from hati_core.errors import InvalidKey, KeyViolation
from hati_core.model import KeyOrigin

pytestmark = pytest.mark.every_backend


def test_a_table_made_on_the_branch_comes_with_its_rows_and_its_key(desk: Desk) -> None:
    branch = desk.fork(
        "CREATE TABLE notes (day DATE, id INTEGER, text VARCHAR DEFAULT 'none' NOT NULL, PRIMARY KEY (id, day))",
        "INSERT INTO notes VALUES ('2026-01-01', 1, 'buy')",
    )
    plan = desk.plan(branch).tables["notes"]
    assert (plan.inserts, plan.key, [row.key[0] for row in plan.rows()]) == (1, ("id", "day"), [1])
    desk.merge(branch)
    notes = desk.trunk.tables()["notes"]
    assert (notes.key, notes.key_origin) == (("id", "day"), KeyOrigin.DECLARED)
    desk.trunk.execute("INSERT INTO notes (day, id) VALUES ('2026-01-02', 1)")
    assert [row["text"] for row in desk.trunk.query("FROM notes ORDER BY day")] == ["buy", "none"]
    with pytest.raises(KeyViolation):
        desk.trunk.execute("INSERT INTO notes (day, id) VALUES ('2026-01-02', 1)")


def test_a_table_that_came_by_a_merge_goes_on_merging(desk: Desk) -> None:
    branch = desk.fork(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)", "INSERT INTO notes VALUES (1, 1, 1)"
    )
    desk.merge(branch)
    branch.execute("UPDATE notes SET a = 2")
    desk.trunk.execute("UPDATE notes SET b = 3")
    desk.merge(branch)
    assert desk.trunk.query("FROM notes") == [{"id": 1, "a": 2, "b": 3}]
    branch.execute("UPDATE notes SET a = 5")
    desk.trunk.execute("UPDATE notes SET a = 6")
    assert [conflict.kind for conflict in desk.plan(branch).conflicts] == [ConflictKind.EDIT_EDIT]


def test_an_empty_table_made_on_the_branch_comes_too(desk: Desk) -> None:
    desk.merge(desk.fork("CREATE TABLE notes (id INTEGER PRIMARY KEY)"))
    assert desk.trunk.tables()["notes"].key == ("id",)


def test_a_table_dropped_on_the_branch_goes_when_nobody_changed_it(desk: Desk) -> None:
    branch = desk.fork("DROP TABLE portfolio")
    plan = desk.plan(branch)
    assert plan.tables["portfolio"].deletes == 3
    desk.repo.apply_merge(plan)
    assert desk.trunk.tables() == {}


def test_a_table_dropped_on_the_branch_goes_when_an_edit_was_undone(desk: Desk) -> None:
    branch = desk.fork("DROP TABLE portfolio")
    desk.trunk.execute("UPDATE portfolio SET shares = shares + 1")
    desk.trunk.execute("UPDATE portfolio SET shares = shares - 1")
    desk.merge(branch)
    assert desk.trunk.tables() == {}


def test_a_table_dropped_on_the_trunk_stays_dropped_when_the_branch_left_it_alone(desk: Desk) -> None:
    branch = desk.fork("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
    desk.trunk.execute("DROP TABLE portfolio")
    desk.merge(branch)
    assert set(desk.trunk.tables()) == {"notes"}


def test_an_added_column_keeps_its_default_after_the_merge(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio ADD COLUMN sector VARCHAR DEFAULT 'unknown'")
    desk.trunk.execute("INSERT INTO portfolio VALUES ('NEW', 1, 1)")
    plan = desk.plan(branch)
    assert plan.tables["portfolio"].schema_changes == ("column sector added",)
    assert plan.query("SELECT DISTINCT sector FROM portfolio") == [{"sector": "unknown"}]
    desk.repo.apply_merge(plan)
    desk.trunk.execute("INSERT INTO portfolio (ticker, shares) VALUES ('LAST', 1)")
    assert desk.trunk.query("SELECT DISTINCT sector FROM portfolio") == [{"sector": "unknown"}]
    assert not desk.plan(branch).tables


def test_a_column_added_on_the_trunk_is_kept_beside_edits_of_the_branch(desk: Desk) -> None:
    branch = desk.fork("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    desk.trunk.execute("ALTER TABLE portfolio ADD COLUMN sector VARCHAR")
    desk.trunk.execute("UPDATE portfolio SET sector = 'Tech' WHERE ticker = 'AAPL'")
    desk.merge(branch)
    assert desk.rows()["AAPL"] == (1, 1.5, "Tech")


def keyless(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE log (a INTEGER, b INTEGER)")
    desk.trunk.execute("INSERT INTO log VALUES (1, 1), (1, 1), (2, 2), (2, 2)")


def log(desk: Desk) -> list[tuple[int, int]]:
    return sorted((row["a"], row["b"]) for row in desk.trunk.query("FROM log"))


def test_rows_without_a_key_are_merged_by_their_lineage(desk: Desk) -> None:
    keyless(desk)
    branch = desk.fork("UPDATE log SET b = 9 WHERE a = 2", "INSERT INTO log VALUES (3, 3)")
    desk.trunk.execute("UPDATE log SET a = 8 WHERE b = 2")
    desk.trunk.execute("INSERT INTO log VALUES (3, 3)")
    plan = desk.plan(branch)
    assert (plan.tables["log"].key, plan.tables["log"].key_origin) == ((), KeyOrigin.LINEAGE)
    preview = sorted((row["a"], row["b"]) for row in plan.query("FROM log"))
    desk.repo.apply_merge(plan)
    assert log(desk) == preview == [(1, 1), (1, 1), (3, 3), (3, 3), (8, 9), (8, 9)]


def test_rows_without_a_key_can_conflict(desk: Desk) -> None:
    keyless(desk)
    branch = desk.fork("UPDATE log SET b = 9 WHERE a = 2")
    desk.trunk.execute("UPDATE log SET b = 8 WHERE a = 2")
    assert len(desk.plan(branch).conflicts) == 2
    desk.merge(branch, side=Side.THEIRS)
    assert log(desk) == [(1, 1), (1, 1), (2, 9), (2, 9)]


def test_deleting_one_of_two_equal_rows_without_a_key_deletes_one(desk: Desk) -> None:
    keyless(desk)
    branch = desk.fork("DELETE FROM log WHERE rowid = (SELECT min(rowid) FROM log)")
    desk.trunk.execute("INSERT INTO log VALUES (5, 5)")
    desk.merge(branch)
    assert log(desk) == [(1, 1), (2, 2), (2, 2), (5, 5)]


def test_rows_that_share_a_row_number_are_an_error_not_a_wrong_merge(desk: Desk) -> None:
    """DuckLake gives rows inserted and updated in one transaction numbers that the next such transaction repeats."""
    keyless(desk)

    def insert_and_update(who: object, a: int) -> None:
        with who.transaction() as tx:  # type: ignore[attr-defined]
            tx.execute(f"INSERT INTO log VALUES ({a}, {a})")
            tx.execute(f"UPDATE log SET b = 0 WHERE a = {a}")

    insert_and_update(desk.trunk, 5)
    branch = desk.fork("UPDATE log SET b = 7 WHERE a = 5")
    desk.merge(branch)
    insert_and_update(desk.trunk, 6)
    branch.execute("UPDATE log SET b = 8 WHERE a = 5")
    with pytest.raises(InvalidKey, match="cannot be told apart"):
        desk.plan(branch)
    assert log(desk) == [(1, 1), (1, 1), (2, 2), (2, 2), (5, 7), (6, 0)]


def test_views_are_said_to_be_left_out(desk: Desk) -> None:
    branch = desk.fork("CREATE VIEW large AS SELECT * FROM portfolio WHERE shares > 50")
    (note,) = desk.plan(branch).notes
    assert "“large” is not merged" in note
    desk.trunk.execute("CREATE VIEW large AS SELECT * FROM portfolio WHERE shares > 50")
    assert desk.plan(branch).notes == ()


def test_a_row_written_as_it_was_and_deleted_in_one_commit_is_deleted(desk: Desk) -> None:
    branch = desk.fork()
    with branch.transaction() as tx:
        tx.execute("UPDATE portfolio SET shares = shares WHERE ticker IN ('AAPL', 'XOM')")
        tx.execute("DELETE FROM portfolio WHERE ticker = 'AAPL'")
    desk.merge(branch)
    assert set(desk.rows()) == {"MSFT", "XOM"}
