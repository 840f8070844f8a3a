"""Laws that merges of changed columns and tables obey, on random changes of both sides.

More examples: ``HYPOTHESIS_PROFILE=soak``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from hati_core import Branch, BranchView, MergePlan, Repository, Side
from hati_core.merge.schema import TableAction

NAMES = ["a", "b", "c", "d"]
TABLES = ["t", "u"]
numbers = itertools.count()

Tables = dict[str, tuple[object, object]]


@dataclass(frozen=True)
class Step:
    """Something a person does; names are taken as they come, and what cannot be done is left out."""

    what: str
    column: str
    name: str
    key: int
    value: int | None


steps = st.builds(
    Step,
    st.sampled_from(
        ["update", "update", "insert", "delete", "drop", "rename", "add", "widen", "default", "rename table", "replace"]
    ),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.integers(1, 4),
    st.sampled_from([None, 1, 2]),
)
work = st.lists(steps, max_size=4)


@dataclass
class Worker:
    """Does steps on a branch, each as a commit."""

    branch: Branch
    table: str = "t"
    kinds: dict[str, str] = field(default_factory=lambda: {"a": "INTEGER", "b": "INTEGER", "c": "INTEGER"})
    keys: set[int] = field(default_factory=lambda: {1, 2, 3})

    def do(self, given_steps: Sequence[Step]) -> None:
        for step in given_steps:
            statement = self._statement(step)
            if statement:
                self.branch.execute(statement)

    def _statement(self, step: Step) -> str | None:
        value = "NULL" if step.value is None else str(step.value)
        has, free = step.column in self.kinds, step.name not in self.kinds
        alter = f"ALTER TABLE {self.table}"
        if step.what == "update" and has:
            return f"UPDATE {self.table} SET {step.column} = {value} WHERE k = {step.key}"
        if step.what == "insert" and has and step.key not in self.keys:
            self.keys.add(step.key)
            return f"INSERT INTO {self.table} (k, {step.column}) VALUES ({step.key}, {value})"
        if step.what == "delete" and step.key in self.keys:
            self.keys.remove(step.key)
            return f"DELETE FROM {self.table} WHERE k = {step.key}"
        if step.what == "drop" and has:
            del self.kinds[step.column]
            return f"{alter} DROP COLUMN {step.column}"
        if step.what == "rename" and has and free:
            self.kinds[step.name] = self.kinds.pop(step.column)
            return f"{alter} RENAME COLUMN {step.column} TO {step.name}"
        if step.what == "add" and free:
            self.kinds[step.name] = "INTEGER"
            return f"{alter} ADD COLUMN {step.name} INTEGER DEFAULT {value}"
        if step.what == "widen" and has and self.kinds[step.column] == "INTEGER":
            self.kinds[step.column] = "DOUBLE" if step.value is None else "BIGINT"
            return f"{alter} ALTER COLUMN {step.column} SET DATA TYPE {self.kinds[step.column]}"
        if step.what == "default" and has:
            return f"{alter} ALTER COLUMN {step.column} SET DEFAULT {value}"
        if step.what == "rename table":
            before, self.table = self.table, TABLES[1 - TABLES.index(self.table)]
            return f"ALTER TABLE {before} RENAME TO {self.table}"
        if step.what == "replace":
            return f"CREATE OR REPLACE TABLE {self.table} AS FROM {self.table} WHERE k <> {step.key}"
        return None


def fork(repo: Repository, ours: Sequence[Step], theirs: Sequence[Step]) -> tuple[Branch, Branch]:
    number = next(numbers)
    base = repo.create_branch(f"base {number}")
    base.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER)")
    base.execute("INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, NULL, 2), (3, NULL, 3, 3)")
    branches = []
    for name, given_steps in (("ours", ours), ("theirs", theirs)):
        branch = repo.create_branch(f"{name} {number}", base.name)
        Worker(branch).do(given_steps)
        branches.append(branch)
    return branches[0], branches[1]


def state(branch: BranchView) -> Tables:
    """Columns with types and defaults, and rows by key, of every table."""
    found: Tables = {}
    for name, info in branch.tables().items():
        columns = {column.name: (column.type, column.default) for column in info.columns}
        found[name] = (columns, rows(branch, name))
    return found


def rows(where: BranchView | MergePlan, table: str) -> dict[int, dict[str, object]]:
    return {row["k"]: row for row in where.query(f"SELECT * FROM {table}")}


def merged(repo: Repository, source: Branch, target: Branch, side: Side) -> Tables:
    """What a merge leaves on a copy of the target; its preview must have told."""
    copy = repo.create_branch(f"copy {next(numbers)}", target.name)
    plan = repo.plan_merge(source.name, into=copy.name).with_default(side)
    assert not plan.open_conflicts
    kept = [name for name, table in plan.tables.items() if table and table.action is not TableAction.DROP]
    preview = {name: rows(plan, name) for name in kept}
    repo.apply_merge(plan)
    after = state(copy)
    assert preview == {name: after[name][1] for name in preview}
    assert not repo.plan_merge(source.name, into=copy.name).tables
    return after


@given(ours=work)
def test_merging_what_only_one_side_did_gives_that(shared_repo: Repository, ours: list[Step]) -> None:
    changed, base = fork(shared_repo, ours, [])
    plan = shared_repo.plan_merge(changed.name, into=base.name)
    assert not plan.conflicts
    assert merged(shared_repo, changed, base, Side.OURS) == state(changed)
    assert not shared_repo.plan_merge(base.name, into=changed.name).tables


@given(both=work)
def test_merging_the_same_work_of_both_sides_changes_nothing(shared_repo: Repository, both: list[Step]) -> None:
    ours, theirs = fork(shared_repo, both, both)
    assert not shared_repo.plan_merge(theirs.name, into=ours.name).conflicts
    assert merged(shared_repo, theirs, ours, Side.THEIRS) == state(ours)


@given(left=work, right=work)
def test_swapping_the_sides_swaps_who_wins(shared_repo: Repository, left: list[Step], right: list[Step]) -> None:
    ours, theirs = fork(shared_repo, left, right)
    there = shared_repo.plan_merge(theirs.name, into=ours.name)
    back = shared_repo.plan_merge(ours.name, into=theirs.name)
    assert len(there.conflicts) == len(back.conflicts)
    assert merged(shared_repo, theirs, ours, Side.THEIRS) == merged(shared_repo, ours, theirs, Side.OURS)
    assert merged(shared_repo, theirs, ours, Side.OURS) == merged(shared_repo, ours, theirs, Side.THEIRS)


@given(left=work, right=work)
def test_undoing_a_merge_gives_back_what_was(shared_repo: Repository, left: list[Step], right: list[Step]) -> None:
    ours, theirs = fork(shared_repo, left, right)
    before = state(ours)
    plan = shared_repo.plan_merge(theirs.name, into=ours.name).with_default(Side.THEIRS)
    commit = shared_repo.apply_merge(plan)
    if commit.version > plan.target_version:
        undo = shared_repo.plan_revert(ours.name, commit.version)
        assert not undo.conflicts
        shared_repo.apply_merge(undo)
    assert state(ours) == before
