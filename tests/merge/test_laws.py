"""Laws that every merge obeys, on random tables, against an oracle in plain Python.

An example holds several merges at once, each in a table of its own: commits and plans cost
about the same for one table as for a few. More examples: ``HYPOTHESIS_PROFILE=soak``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merge_oracle import Cells, Clash, Table, changed, merge

from hati_core import Branch, BranchView, MergePlan, Repository, Side
from hati_core.errors import BranchMoved, UnresolvedConflicts

pytestmark = pytest.mark.every_backend

KEYS = range(1, 6)
numbers = itertools.count()

cells = st.builds(
    lambda a, b, c: {"a": a, "b": b, "c": c},
    st.sampled_from([None, 0, 1, 2]),
    st.sampled_from([None, 0.0, 1.5, "nan"]),
    st.sampled_from([None, "", "x", "it's"]),
)
tables = st.dictionaries(st.sampled_from(KEYS), cells)


@st.composite
def edited(draw: st.DrawFn, table: Table) -> Table:
    """What becomes of a table when somebody works on it: few rows go or come, some cells change."""
    after = {}
    for key in KEYS:
        fate = draw(st.sampled_from(["keep", "keep", "edit", "edit", "delete", "insert"]))
        if key in table and fate != "delete":
            parts = draw(st.sets(st.sampled_from("abc"))) if fate == "edit" else set()
            fresh = draw(cells) if parts else {}
            after[key] = {**table[key], **{part: fresh[part] for part in parts}}
        elif key not in table and fate == "insert":
            after[key] = draw(cells)
    return after


@dataclass(frozen=True)
class Triple:
    """A merge: three states of a table."""

    base: Table
    ours: Table
    theirs: Table


@st.composite
def triples(draw: st.DrawFn) -> Triple:
    base = draw(tables)
    return Triple(base, draw(edited(base)), draw(edited(base)))


batches = st.lists(triples(), min_size=1, max_size=4)


@dataclass(frozen=True)
class Sides:
    """Two branches on which the tables ``t0``, ``t1``, … are as the triples say."""

    repo: Repository
    ours: Branch
    theirs: Branch

    def plan(self) -> MergePlan:
        return self.repo.plan_merge(self.theirs.name, into=self.ours.name)

    def mirrored(self) -> MergePlan:
        return self.repo.plan_merge(self.ours.name, into=self.theirs.name)


def fork(repo: Repository, batch: Sequence[Triple]) -> Sides:
    number = next(numbers)
    base = repo.create_branch(f"base {number}")
    with base.transaction() as tx:
        for i, triple in enumerate(batch):
            tx.execute(f"CREATE TABLE t{i} (k INTEGER PRIMARY KEY, a INTEGER, b DOUBLE, c VARCHAR)")
            for statement in statements(f"t{i}", {}, triple.base):
                tx.execute(statement)
    branches = []
    for name in ("ours", "theirs"):
        branch = repo.create_branch(f"{name} {number}", base.name)
        with branch.transaction() as tx:
            for i, triple in enumerate(batch):
                for statement in statements(f"t{i}", triple.base, getattr(triple, name)):
                    tx.execute(statement)
        branches.append(branch)
    return Sides(repo, *branches)


def statements(name: str, before: Table, after: Table) -> Iterable[str]:
    """The statements that make one state of a table into another, as a person would: only what differs."""
    gone = [str(key) for key in before.keys() - after.keys()]
    if gone:
        yield f"DELETE FROM {name} WHERE k IN ({', '.join(gone)})"
    for key in before.keys() & after.keys():
        parts = changed(before[key], after[key])
        if parts:
            assignments = ", ".join(f"{part} = {literal(after[key][part])}" for part in parts)
            yield f"UPDATE {name} SET {assignments} WHERE k = {key}"
    new = [f"({key}, {', '.join(literal(after[key][part]) for part in 'abc')})" for key in after.keys() - before.keys()]
    if new:
        yield f"INSERT INTO {name} VALUES {', '.join(new)}"


def literal(value: object) -> str:
    if value is None:
        return "NULL"
    if value == "nan":
        return "'nan'::DOUBLE"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def state(where: BranchView | MergePlan, number: int) -> Table:
    """One table on a branch, or as a plan would leave it."""
    rows = {}
    for row in where.query(f"SELECT k, a, b, c FROM t{number}"):
        key = row.pop("k")
        assert key not in rows
        rows[key] = {name: comparable(value) for name, value in row.items()}
    return rows


def comparable(value: Any) -> object:
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def clashes(plan: MergePlan, number: int) -> set[Clash]:
    return {Clash(c.kind.value, c.key[0], c.columns) for c in plan.conflicts.of(f"t{number}")}


@given(batch=batches)
def test_a_merge_is_what_the_oracle_says_and_swapping_sides_swaps_labels_only(
    shared_repo: Repository, batch: list[Triple]
) -> None:
    sides = fork(shared_repo, batch)
    plan, mirrored = sides.plan(), sides.mirrored()
    ours_wins, theirs_wins = plan.with_default(Side.OURS), plan.with_default(Side.THEIRS)
    ours_win_mirrored = mirrored.with_default(Side.THEIRS)
    for i, triple in enumerate(batch):
        expected = merge(triple.base, triple.ours, triple.theirs)
        assert clashes(plan, i) == expected.clashes
        assert clashes(mirrored, i) == {clash.swapped() for clash in expected.clashes}
        assert state(ours_wins, i) == state(ours_win_mirrored, i) == expected.ours_wins
        assert state(theirs_wins, i) == expected.theirs_wins


@given(base=tables, data=st.data())
def test_what_one_side_or_both_did_alike_comes_out(shared_repo: Repository, base: Table, data: st.DataObject) -> None:
    """merge(b, x, x) = x, merge(b, b, x) = x, merge(b, x, b) = x, and merging again changes nothing."""
    x = data.draw(edited(base))
    sides = fork(shared_repo, [Triple(base, x, x), Triple(base, base, x), Triple(base, x, base)])
    plan = sides.plan()
    assert not plan.conflicts
    shared_repo.apply_merge(plan)
    assert [state(sides.ours, i) for i in range(3)] == [x, x, x]
    assert not sides.plan().tables


@given(base=tables, data=st.data())
def test_disjoint_cells_never_conflict(shared_repo: Repository, base: Table, data: st.DataObject) -> None:
    mine = data.draw(
        st.sets(st.sampled_from([(key, part) for key in base for part in "abc"])) if base else st.just(set())
    )
    fresh = {key: data.draw(cells) for key in base}
    ours, theirs = (
        {
            key: {part: (fresh if ((key, part) in mine) is side else base)[key][part] for part in row}
            for key, row in base.items()
        }
        for side in (True, False)
    )
    plan = fork(shared_repo, [Triple(base, ours, theirs)]).plan()
    assert not plan.conflicts
    assert state(plan, 0) == fresh


@given(row=cells, data=st.data())
def test_delete_against_edit_always_conflicts(shared_repo: Repository, row: Cells, data: st.DataObject) -> None:
    after = data.draw(cells.filter(lambda other: other != row))
    sides = fork(shared_repo, [Triple({1: row}, {}, {1: after}), Triple({1: row}, {1: after}, {})])
    plan = sides.plan()
    assert clashes(plan, 0) == {Clash("delete_edit", 1, changed(row, after))}
    assert clashes(plan, 1) == {Clash("edit_delete", 1, changed(row, after))}


@given(batch=batches, data=st.data())
def test_resolving_all_for_ours_keeps_every_other_change_of_theirs(
    shared_repo: Repository, batch: list[Triple], data: st.DataObject
) -> None:
    """And the order of resolutions does not matter, and a preview is what applying leaves."""
    sides = fork(shared_repo, batch)
    plan = sides.plan()
    ids = [conflict.id for conflict in plan.conflicts]
    one_way, other_way = plan, plan
    for conflict_id in data.draw(st.permutations(ids)):
        one_way = one_way.with_resolution(conflict_id, Side.OURS)
    for conflict_id in data.draw(st.permutations(ids)):
        other_way = other_way.with_resolution(conflict_id, Side.OURS)
    previews = [state(one_way, i) for i in range(len(batch))]
    assert previews == [state(other_way, i) for i in range(len(batch))]
    shared_repo.apply_merge(other_way)
    for i, triple in enumerate(batch):
        after = state(sides.ours, i)
        assert after == previews[i] == merge(triple.base, triple.ours, triple.theirs).ours_wins
        in_conflict = {clash.key for clash in clashes(plan, i)}
        for key in (triple.base.keys() | triple.theirs.keys()) - in_conflict:
            before, theirs = triple.base.get(key), triple.theirs.get(key)
            if before is None or theirs is None:
                assert before == theirs or after.get(key) == theirs
            else:
                assert all(after[key][part] == theirs[part] for part in changed(before, theirs))


@given(batch=batches)
def test_a_failed_apply_leaves_both_sides_as_they_were(shared_repo: Repository, batch: list[Triple]) -> None:
    clashing = Triple({}, {1: {"a": 1, "b": None, "c": ""}}, {1: {"a": 2, "b": None, "c": ""}})
    batch = [*batch, clashing]
    sides = fork(shared_repo, batch)
    plan = sides.plan()
    heads = sides.ours.head, sides.theirs.head
    with pytest.raises(UnresolvedConflicts):
        shared_repo.apply_merge(plan)
    assert (sides.ours.head, sides.theirs.head) == heads
    sides.theirs.execute("INSERT INTO t0 (k) VALUES (99)")
    with pytest.raises(BranchMoved):
        shared_repo.apply_merge(plan.with_default(Side.THEIRS))
    assert (sides.ours.head, sides.theirs.head) == (heads[0], heads[1] + 1)
    assert [state(sides.ours, i) for i in range(len(batch))] == [triple.ours for triple in batch]
    assert [state(sides.theirs.at(heads[1]), i) for i in range(len(batch))] == [triple.theirs for triple in batch]
