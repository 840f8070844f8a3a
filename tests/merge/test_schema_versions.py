"""A conflict about a column or a table says which commit it comes from on each side."""

from __future__ import annotations

import pytest
from merge_desk import Desk

from hati_core import Conflict, ConflictKind


@pytest.mark.parametrize(
    ("mine", "theirs", "by_rows"),
    [
        (
            "ALTER TABLE portfolio RENAME COLUMN price TO cost",
            "ALTER TABLE portfolio RENAME COLUMN price TO paid",
            False,
        ),
        ("ALTER TABLE portfolio ALTER price SET DEFAULT 1", "ALTER TABLE portfolio ALTER price SET DEFAULT 2", False),
        ("ALTER TABLE portfolio RENAME TO holdings", "ALTER TABLE portfolio RENAME TO positions", False),
        ("UPDATE portfolio SET price = 9", "ALTER TABLE portfolio DROP COLUMN price", True),
        ("UPDATE portfolio SET price = 9", "DROP TABLE portfolio", True),
    ],
)
def test_each_side_names_the_commit_that_changed_it(desk: Desk, mine: str, theirs: str, by_rows: bool) -> None:
    branch = desk.fork("CREATE TABLE other (id INTEGER)")
    branch.execute(theirs)
    branch.execute("INSERT INTO other VALUES (1)")
    desk.trunk.execute("INSERT INTO portfolio VALUES ('NEW', 1, 1)")
    desk.trunk.execute(mine)
    desk.trunk.execute("CREATE TABLE another (id INTEGER)")
    conflict = _about_schema(desk.plan(branch).conflicts)
    assert conflict.theirs_version == branch.head - 1
    assert conflict.ours_version == (None if by_rows else desk.trunk.head - 1)


def test_other_columns_of_the_table_are_nobodys_change_of_this_one(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio RENAME COLUMN price TO paid")
    renamed = branch.head
    branch.execute("ALTER TABLE portfolio ADD COLUMN note VARCHAR")
    desk.trunk.execute("ALTER TABLE portfolio RENAME COLUMN price TO cost")
    desk.trunk.execute("ALTER TABLE portfolio ADD COLUMN more VARCHAR")
    conflict = _about_schema(desk.plan(branch).conflicts)
    assert (conflict.ours_version, conflict.theirs_version) == (desk.trunk.head - 1, renamed)


def _about_schema(conflicts: object) -> Conflict:
    (found,) = [conflict for conflict in conflicts if conflict.kind is ConflictKind.SCHEMA]  # type: ignore[attr-defined]
    return found
