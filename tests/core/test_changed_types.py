"""A column can be filtered after its type was changed, at every version, whatever rows there are or were.

DuckLake (of DuckDB 1.5.5) keeps one set of statistics for all versions and types of a column.
"""

from __future__ import annotations

import uuid

import pytest

from hati_core import Branch, BranchView, Repository

pytestmark = pytest.mark.every_backend

CREATE = "CREATE TABLE t (k INTEGER PRIMARY KEY, a INTEGER)"
INSERT = "INSERT INTO t VALUES (1, 1), (2, 2)"
WIDEN = "ALTER TABLE t ALTER COLUMN a SET DATA TYPE BIGINT"
LATER = "INSERT INTO t VALUES (5, 5000000002)"
HISTORIES = {
    "never any row": [CREATE, WIDEN],
    "rows in the same commit": [CREATE, (INSERT, WIDEN)],
    "no row left": [CREATE, INSERT, "DELETE FROM t", WIDEN],
    "no row left, in the same commit": [CREATE, INSERT, (WIDEN, "DELETE FROM t")],
    "rows": [CREATE, INSERT, WIDEN],
}


@pytest.fixture
def empty(shared_repo: Repository) -> Branch:
    """A branch without any table, so that no other table has rows."""
    return shared_repo.create_branch(f"types {uuid.uuid4()}")


def filtered(view: BranchView) -> list[int]:
    """The keys of rows with an even value, by several ways to use statistics."""
    found = [row["k"] for row in view.query("SELECT k FROM t WHERE a % 2 = 0 ORDER BY k")]
    assert [row["k"] for row in view.query("SELECT k FROM t WHERE a IN (2, 5000000002) ORDER BY k")] == found
    assert view.query("SELECT max(a) AS a FROM t") == [{"a": max((r["a"] for r in view.query("FROM t")), default=None)}]
    return found


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_a_column_can_be_filtered_after_its_type_was_changed(
    shared_repo: Repository, empty: Branch, history: list[str | tuple[str, ...]]
) -> None:
    for statements in history:
        with empty.transaction() as tx:
            for statement in [statements] if isinstance(statements, str) else statements:
                tx.execute(statement)
    versions = [1, empty.head]
    before = [filtered(empty.at(version)) for version in versions]
    assert filtered(empty) == before[-1]
    empty.execute("UPDATE t SET k = k + 10 WHERE a = 7")
    empty.execute(LATER)
    assert filtered(empty) == [*before[-1], 5]
    shared_repo._store.engine.detach(empty.id)
    assert [filtered(empty.at(version)) for version in versions] == before
    fork = shared_repo.create_branch(f"older {uuid.uuid4()}", empty.name, at=versions[-1])
    assert filtered(fork) == before[-1]


def test_values_that_fit_a_merged_type_only_leave_older_versions_readable(
    shared_repo: Repository, empty: Branch
) -> None:
    for statement in (CREATE, INSERT):
        empty.execute(statement)
    older = empty.head
    branch = shared_repo.create_branch(f"wider {uuid.uuid4()}", empty.name)
    branch.execute(WIDEN)
    branch.execute(LATER)
    shared_repo.merge(branch.name, into=empty.name)
    shared_repo._store.engine.detach(empty.id)
    assert filtered(empty.at(older)) == [2]
    assert filtered(empty) == filtered(branch) == [2, 5]
