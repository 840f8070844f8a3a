"""Which merge landed last on a branch, and whether it still stands."""

from __future__ import annotations

import pytest
from merge_desk import Desk

from hati_core import Commit, Side
from hati_core.landing import Landed, last_merge

pytestmark = pytest.mark.every_backend

BUY = "UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'"
PRICE = "UPDATE portfolio SET price = 9 WHERE ticker = 'XOM'"


def landed(desk: Desk) -> Landed:
    found = last_merge(desk.trunk.log(20))
    assert found is not None
    return found


def undo(desk: Desk, version: int) -> Commit:
    plan = desk.repo.plan_revert(desk.trunk.name, version)
    return desk.repo.apply_merge(plan.with_default(Side.OURS))


def test_before_any_merge_there_is_none(desk: Desk) -> None:
    desk.trunk.execute(BUY)
    assert last_merge(desk.trunk.log(20)) is None


def test_the_last_merge_is_found_behind_later_commits(desk: Desk) -> None:
    branch = desk.fork(BUY)
    desk.merge(branch)
    merge = desk.trunk.log(1)[0]
    desk.trunk.execute(PRICE)
    assert landed(desk) == Landed(merge, merge, is_undone=False)
    assert merge.merged_from == branch.name


def test_a_merge_that_was_undone_says_so_and_one_that_was_made_again_stands(desk: Desk) -> None:
    desk.merge(desk.fork(BUY))
    merge = desk.trunk.log(1)[0]
    undone = undo(desk, merge.version)
    assert undone.reverts == merge.version
    assert landed(desk) == Landed(merge, undone, is_undone=True)
    again = undo(desk, undone.version)
    assert landed(desk) == Landed(merge, again, is_undone=False)
    assert desk.rows()["AAPL"] == (1, 1.5)


def test_undoing_something_else_leaves_the_merge_the_last_one(desk: Desk) -> None:
    desk.merge(desk.fork(BUY))
    merge = desk.trunk.log(1)[0]
    desk.trunk.execute(PRICE)
    undo(desk, desk.trunk.head)
    assert landed(desk) == Landed(merge, merge, is_undone=False)
