"""A plan names the merges that were undone, and what becomes of their work."""

from __future__ import annotations

import pytest
from merge_desk import Desk

from hati_core import Branch, Commit, MergePlan, Side

pytestmark = pytest.mark.every_backend

BUY = "UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'"
PRICE = "UPDATE portfolio SET price = 9 WHERE ticker = 'XOM'"


def undo(desk: Desk, where: Branch, version: int | None = None) -> Commit:
    plan = desk.repo.plan_revert(where.name, where.head if version is None else version)
    return desk.repo.apply_merge(plan.with_default(Side.OURS))


def told(plan: MergePlan) -> list[tuple[int, int, bool]]:
    return [(found.landed.merge.version, found.landed.last.version, found.is_taken_out) for found in plan.undone]


@pytest.fixture
def branch(desk: Desk) -> Branch:
    """Its work was merged into the trunk and undone there."""
    branch = desk.fork(BUY)
    desk.merge(branch)
    undo(desk, desk.trunk)
    return branch


def test_before_anything_is_undone_a_plan_names_nothing(desk: Desk) -> None:
    branch = desk.fork(BUY)
    assert desk.plan(branch).undone == ()
    desk.merge(branch)
    desk.trunk.execute(PRICE)
    assert desk.plan(desk.trunk, into=branch).undone == ()


def test_a_sync_that_takes_the_branch_s_own_work_out_says_so(desk: Desk, branch: Branch) -> None:
    plan, head = desk.plan(desk.trunk, into=branch), desk.trunk.head
    assert told(plan) == [(head - 1, head, True)]
    assert plan.undone[0].message == (
        f"The merge of “{branch.name}” into “{desk.trunk.name}” (version {head - 1}) was undone (version {head}). "
        f"Merging this takes what it had brought out of “{branch.name}” too."
    )
    assert desk.rows(plan)["AAPL"] == (100, 1.5)


def test_a_merge_that_leaves_out_what_was_undone_says_so(desk: Desk, branch: Branch) -> None:
    branch.execute(PRICE)
    plan = desk.plan(branch)
    assert [found.is_taken_out for found in plan.undone] == [False]
    assert plan.undone[0].message.endswith("What it had brought counts as merged, so it is not part of this.")
    assert desk.rows(plan) == {"AAPL": (100, 1.5), "MSFT": (75, 2.5), "XOM": (10, 9.0)}


def test_a_merge_that_was_made_again_is_named_no_more(desk: Desk, branch: Branch) -> None:
    undo(desk, desk.trunk)
    assert desk.plan(desk.trunk, into=branch).undone == ()
    assert desk.rows(desk.plan(desk.trunk, into=branch))["AAPL"] == (1, 1.5)
    undo(desk, desk.trunk)
    assert told(desk.plan(desk.trunk, into=branch)) == [(desk.trunk.head - 3, desk.trunk.head, True)]


def test_once_the_undoing_was_taken_in_it_is_named_no_more(desk: Desk, branch: Branch) -> None:
    desk.merge(desk.trunk, into=branch)
    assert desk.rows(branch)["AAPL"] == (100, 1.5)
    desk.trunk.execute(PRICE)
    assert desk.plan(desk.trunk, into=branch).undone == desk.plan(branch).undone == ()


def test_a_sync_that_was_undone_takes_the_trunk_s_work_out_of_the_trunk(desk: Desk) -> None:
    branch = desk.fork()
    desk.trunk.execute(PRICE)
    desk.merge(desk.trunk, into=branch)
    undo(desk, branch)
    plan = desk.plan(branch)
    assert told(plan) == [(branch.head - 1, branch.head, True)]
    assert desk.rows(plan)["XOM"] == (10, 4.5)


def test_it_is_named_to_whoever_has_the_work_by_way_of_another_branch(desk: Desk, branch: Branch) -> None:
    child = desk.fork(PRICE, parent=branch)
    assert [found.is_taken_out for found in desk.plan(desk.trunk, into=child).undone] == [True]
    other = desk.fork(PRICE)
    assert desk.plan(other).undone == desk.plan(desk.trunk, into=other).undone == ()


def test_work_of_others_that_was_undone_is_no_loss_of_the_branch(desk: Desk) -> None:
    bystander = desk.fork(PRICE)
    desk.merge(desk.fork(BUY))
    undo(desk, desk.trunk)
    assert desk.plan(desk.trunk, into=bystander).undone == ()


def test_undoing_a_plain_commit_is_named_nowhere(desk: Desk) -> None:
    branch = desk.fork(BUY)
    desk.merge(branch)
    desk.trunk.execute(PRICE)
    undo(desk, desk.trunk)
    assert desk.plan(desk.trunk, into=branch).undone == ()
