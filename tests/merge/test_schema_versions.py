"""A conflict, also one about a column or a table, says which commit it comes from on each side."""

from __future__ import annotations

import pytest
from merge_desk import Desk

from hati_core import Conflict, ConflictKind


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (
            "ALTER TABLE portfolio RENAME COLUMN price TO cost",
            "ALTER TABLE portfolio RENAME COLUMN price TO paid",
        ),
        ("ALTER TABLE portfolio ALTER price SET DEFAULT 1", "ALTER TABLE portfolio ALTER price SET DEFAULT 2"),
        ("ALTER TABLE portfolio RENAME TO holdings", "ALTER TABLE portfolio RENAME TO positions"),
        ("UPDATE portfolio SET price = 9", "ALTER TABLE portfolio DROP COLUMN price"),
        ("UPDATE portfolio SET price = 9", "DROP TABLE portfolio"),
    ],
)
def test_each_side_names_the_commit_that_changed_it(desk: Desk, mine: str, theirs: str) -> None:
    branch = desk.fork("CREATE TABLE other (id INTEGER)")
    branch.execute(theirs)
    branch.execute("INSERT INTO other VALUES (1)")
    desk.trunk.execute("INSERT INTO portfolio VALUES ('NEW', 1, 1)")
    desk.trunk.execute(mine)
    desk.trunk.execute("CREATE TABLE another (id INTEGER)")
    conflict = _about_schema(desk.plan(branch).conflicts)
    assert conflict.theirs_version == branch.head - 1
    assert conflict.ours_version == desk.trunk.head - 1


def test_other_columns_of_the_table_are_nobodys_change_of_this_one(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio RENAME COLUMN price TO paid")
    renamed = branch.head
    branch.execute("ALTER TABLE portfolio ADD COLUMN note VARCHAR")
    desk.trunk.execute("ALTER TABLE portfolio RENAME COLUMN price TO cost")
    desk.trunk.execute("ALTER TABLE portfolio ADD COLUMN more VARCHAR")
    conflict = _about_schema(desk.plan(branch).conflicts)
    assert (conflict.ours_version, conflict.theirs_version) == (desk.trunk.head - 1, renamed)


def test_a_row_that_was_changed_and_then_removed_names_the_commit_that_removed_it(desk: Desk) -> None:
    branch = desk.fork(
        "UPDATE portfolio SET shares = 7 WHERE ticker = 'AAPL'",
        "DELETE FROM portfolio WHERE ticker = 'AAPL'",
        "INSERT INTO portfolio VALUES ('NEW', 1, 1)",
    )
    desk.trunk.execute("UPDATE portfolio SET shares = 8 WHERE ticker = 'AAPL'")
    (aapl,) = desk.plan(branch).conflicts
    assert (aapl.ours_version, aapl.theirs_version) == (desk.trunk.head, branch.head - 1)


def test_rows_of_a_table_that_was_replaced_name_the_last_commit_that_touched_it(desk: Desk) -> None:
    branch = desk.fork(
        "DROP TABLE portfolio",
        "CREATE TABLE portfolio (ticker VARCHAR PRIMARY KEY, shares INTEGER NOT NULL, price DOUBLE)",
        "INSERT INTO portfolio VALUES ('AAPL', 7, 1.5)",
    )
    filled = branch.head
    branch.execute("CREATE TABLE other (id INTEGER)")
    desk.trunk.execute("UPDATE portfolio SET shares = 8 WHERE ticker = 'AAPL'")
    desk.trunk.execute("CREATE TABLE another (id INTEGER)")
    (aapl,) = [found for found in desk.plan(branch).conflicts if found.key == ("AAPL",)]
    assert (aapl.ours_version, aapl.theirs_version) == (desk.trunk.head - 1, filled)


def _about_schema(conflicts: object) -> Conflict:
    (found,) = [conflict for conflict in conflicts if conflict.kind is ConflictKind.SCHEMA]  # type: ignore[attr-defined]
    return found
