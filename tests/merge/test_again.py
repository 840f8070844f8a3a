"""Merging more than once, in other directions, and taking back: where the merge base lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merge_desk import Desk, numbers

from hati_core import ConflictKind, Repository, Side

pytestmark = pytest.mark.every_backend

START = {"AAPL": (100, 1.5), "MSFT": (75, 2.5), "XOM": (10, 4.5)}
SHARES = "UPDATE portfolio SET shares = {} WHERE ticker = '{}'"


def test_merging_again_at_once_is_a_no_op(desk: Desk) -> None:
    branch = desk.fork(SHARES.format(1, "AAPL"))
    desk.merge(branch)
    plan, before = desk.plan(branch), desk.trunk.head
    assert not plan.tables
    assert desk.repo.apply_merge(plan).version == before == desk.trunk.head


def test_a_branch_can_be_edited_and_merged_again(desk: Desk) -> None:
    branch = desk.fork(SHARES.format(1, "AAPL"))
    desk.merge(branch)
    branch.execute(SHARES.format(2, "AAPL"))
    desk.merge(branch)
    assert desk.rows()["AAPL"] == (2, 1.5)


def test_an_edit_of_a_cell_that_came_from_the_branch_stands(desk: Desk) -> None:
    branch = desk.fork(SHARES.format(1, "AAPL"))
    desk.merge(branch)
    desk.trunk.execute(SHARES.format(5, "AAPL"))
    branch.execute(SHARES.format(9, "XOM"))
    desk.merge(branch)
    assert desk.rows() == {**START, "AAPL": (5, 1.5), "XOM": (9, 4.5)}


def test_after_a_merge_both_editing_the_merged_cell_is_a_conflict_against_what_was_merged(desk: Desk) -> None:
    branch = desk.fork(SHARES.format(1, "AAPL"))
    desk.merge(branch)
    desk.trunk.execute(SHARES.format(5, "AAPL"))
    branch.execute(SHARES.format(6, "AAPL"))
    (conflict,) = desk.plan(branch).conflicts
    assert [row and row["shares"] for row in (conflict.base, conflict.ours, conflict.theirs)] == [1, 5, 6]


def test_a_later_edit_of_a_cell_that_the_trunk_changed_unseen_is_a_conflict(desk: Desk) -> None:
    branch = desk.fork(SHARES.format(1, "XOM"))
    desk.trunk.execute(SHARES.format(5, "AAPL"))
    desk.merge(branch)
    branch.execute(SHARES.format(6, "AAPL"))
    (conflict,) = desk.plan(branch).conflicts
    assert conflict.key == ("AAPL",)


def test_a_conflict_settled_for_the_trunk_stays_settled(desk: Desk) -> None:
    branch = desk.fork(SHARES.format(1, "AAPL"))
    desk.trunk.execute(SHARES.format(5, "AAPL"))
    before = desk.trunk.head
    desk.merge(branch, side=Side.OURS)
    assert desk.trunk.head == before
    assert not desk.plan(branch).conflicts
    branch.execute(SHARES.format(9, "XOM"))
    desk.merge(branch)
    assert desk.rows() == {**START, "AAPL": (5, 1.5), "XOM": (9, 4.5)}


def test_a_fork_made_before_a_conflict_was_settled_for_the_trunk_can_still_take_the_branch(desk: Desk) -> None:
    branch = desk.fork(SHARES.format(1, "AAPL"))
    desk.trunk.execute(SHARES.format(5, "AAPL"))
    fork = desk.fork()
    desk.merge(branch, side=Side.OURS)
    assert [conflict.key for conflict in desk.plan(branch, into=fork).conflicts] == [("AAPL",)]


def test_merging_back_and_forth_with_nothing_to_write_goes_on(desk: Desk) -> None:
    branch = desk.fork()
    desk.trunk.execute(SHARES.format(5, "XOM"))
    for _ in range(2):
        desk.merge(desk.trunk, into=branch)
        desk.merge(branch)
    branch.execute(SHARES.format(6, "XOM"))
    desk.merge(branch)
    assert desk.rows() == desk.rows(branch) == {**START, "XOM": (6, 4.5)}


def test_the_trunk_can_be_merged_into_the_branch_and_the_branch_back(desk: Desk) -> None:
    branch = desk.fork(SHARES.format(1, "AAPL"))
    desk.trunk.execute(SHARES.format(5, "XOM"))
    desk.merge(desk.trunk, into=branch)
    assert desk.rows(branch) == {**START, "AAPL": (1, 1.5), "XOM": (5, 4.5)}
    branch.execute(SHARES.format(6, "XOM"))
    desk.merge(branch)
    assert desk.rows() == desk.rows(branch) == {**START, "AAPL": (1, 1.5), "XOM": (6, 4.5)}
    assert not desk.plan(desk.trunk, into=branch).tables


def test_a_row_deleted_after_it_was_merged_stays_deleted(desk: Desk) -> None:
    branch = desk.fork("INSERT INTO portfolio VALUES ('NEW', 1, 1)")
    desk.merge(branch)
    desk.trunk.execute("DELETE FROM portfolio WHERE ticker = 'NEW'")
    branch.execute(SHARES.format(9, "XOM"))
    desk.merge(branch)
    assert desk.rows() == {**START, "XOM": (9, 4.5)}
    branch.execute(SHARES.format(9, "NEW"))
    assert [conflict.kind for conflict in desk.plan(branch).conflicts] == [ConflictKind.DELETE_EDIT]


def test_a_fork_of_a_fork_merges_into_its_parent_and_into_the_trunk(desk: Desk) -> None:
    parent = desk.fork(SHARES.format(1, "AAPL"))
    child = desk.fork(SHARES.format(2, "MSFT"), parent=parent)
    parent.execute(SHARES.format(3, "XOM"))
    desk.merge(child)
    assert desk.rows() == {**START, "AAPL": (1, 1.5), "MSFT": (2, 2.5)}
    desk.merge(child, into=parent)
    assert desk.rows(parent) == {"AAPL": (1, 1.5), "MSFT": (2, 2.5), "XOM": (3, 4.5)}
    desk.merge(parent)
    assert desk.rows() == desk.rows(parent)


def test_siblings_merge_into_each_other(desk: Desk) -> None:
    one, other = desk.fork(SHARES.format(1, "AAPL")), desk.fork(SHARES.format(2, "AAPL"), SHARES.format(2, "XOM"))
    (conflict,) = desk.plan(other, into=one).conflicts
    assert (conflict.ours or {})["shares"], (conflict.theirs or {})["shares"] == (1, 2)
    desk.merge(other, into=one, side=Side.THEIRS)
    assert desk.rows(one) == {**START, "AAPL": (2, 1.5), "XOM": (2, 4.5)}
    assert desk.rows() == START


def test_a_fork_from_an_old_version_merges_against_that_version(desk: Desk) -> None:
    old = desk.trunk.head
    desk.trunk.execute(SHARES.format(5, "AAPL"))
    branch = desk.repo.create_branch(f"old {next(numbers)}", desk.trunk.name, at=old)
    branch.execute(SHARES.format(6, "XOM"))
    desk.merge(branch)
    assert desk.rows() == {**START, "AAPL": (5, 1.5), "XOM": (6, 4.5)}


def test_undoing_an_edit_keeps_what_came_later(desk: Desk) -> None:
    desk.trunk.execute(SHARES.format(1, "AAPL"))
    undone = desk.trunk.head
    desk.trunk.execute(SHARES.format(2, "XOM"))
    desk.repo.apply_merge(desk.repo.plan_revert(desk.trunk.name, undone))
    assert desk.rows() == {**START, "XOM": (2, 4.5)}
    assert desk.trunk.log(1)[0].message == f"Undo version {undone} of {desk.trunk.name}"


def test_undoing_an_edit_of_a_cell_that_changed_again_is_a_conflict(desk: Desk) -> None:
    desk.trunk.execute(SHARES.format(1, "AAPL"))
    undone = desk.trunk.head
    desk.trunk.execute(SHARES.format(2, "AAPL"))
    (conflict,) = desk.repo.plan_revert(desk.trunk.name, undone).conflicts
    assert [row and row["shares"] for row in (conflict.base, conflict.ours, conflict.theirs)] == [1, 2, 100]


def test_undoing_a_merge_keeps_what_came_later_and_the_branch(desk: Desk) -> None:
    branch = desk.fork(SHARES.format(1, "AAPL"), "INSERT INTO portfolio VALUES ('NEW', 1, 1)")
    desk.merge(branch)
    merged = desk.trunk.head
    desk.trunk.execute(SHARES.format(2, "XOM"))
    desk.repo.apply_merge(desk.repo.plan_revert(desk.trunk.name, merged))
    assert desk.rows() == {**START, "XOM": (2, 4.5)}
    assert desk.rows(branch)["AAPL"] == (1, 1.5)


def test_undoing_an_undo_brings_the_change_back(desk: Desk) -> None:
    desk.trunk.execute("DELETE FROM portfolio WHERE ticker = 'XOM'")
    for _ in range(2):
        desk.repo.apply_merge(desk.repo.plan_revert(desk.trunk.name, desk.trunk.head))
    assert desk.rows() == {"AAPL": (100, 1.5), "MSFT": (75, 2.5)}


def test_undoing_the_commit_that_made_a_table_drops_it_and_dropping_it_brings_it_back(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
    desk.repo.apply_merge(desk.repo.plan_revert(desk.trunk.name, desk.trunk.head))
    assert set(desk.trunk.tables()) == {"portfolio"}
    desk.repo.apply_merge(desk.repo.plan_revert(desk.trunk.name, desk.trunk.head))
    assert desk.trunk.tables()["notes"].key == ("id",)


steps = st.lists(
    st.tuples(st.sampled_from(["edit trunk", "edit branch", "merge", "sync"]), st.sampled_from(["AAPL", "MSFT"])),
    min_size=3,
    max_size=7,
)


@given(steps=steps)
def test_with_cells_of_their_own_two_branches_never_conflict_however_they_merge(
    shared_repo: Repository, steps: list[tuple[str, str]]
) -> None:
    """The trunk edits shares and the branch prices; after both directions both have everything."""
    trunk = shared_repo.create_branch(f"trunk {next(numbers)}")
    trunk.execute("CREATE TABLE portfolio AS SELECT * FROM (VALUES ('AAPL', 0, 0), ('MSFT', 0, 0)) AS v (ticker, s, p)")
    branch = shared_repo.create_branch(f"branch {next(numbers)}", trunk.name)
    expected = {"AAPL": [0, 0], "MSFT": [0, 0]}
    for number, (step, ticker) in enumerate([*steps, ("merge", ""), ("sync", "")], start=1):
        if step.startswith("edit"):
            who, column = (trunk, "s") if step == "edit trunk" else (branch, "p")
            who.execute(f"UPDATE portfolio SET {column} = {number} WHERE ticker = '{ticker}'")
            expected[ticker]["sp".index(column)] = number
        else:
            source, target = (branch, trunk) if step == "merge" else (trunk, branch)
            shared_repo.merge(source.name, "abort", into=target.name)
    for side in (trunk, branch):
        assert {row["ticker"]: [row["s"], row["p"]] for row in side.query("FROM portfolio")} == expected
