"""What settling one row this way or that does to a sum."""

from __future__ import annotations

from merge_desk import Desk

from hati_core import Side
from hati_core.merge.effects import choice_amounts


def test_a_row_adds_what_each_side_would_leave_of_it(desk: Desk) -> None:
    branch = desk.fork("UPDATE portfolio SET shares = 200, price = 2 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'")
    plan = desk.plan(branch)
    (conflict,) = plan.conflicts
    # The price, which only one side changed, is that side's whichever shares are taken.
    assert choice_amounts(plan, conflict, "shares * price") == {Side.BASE: 200.0, Side.OURS: 180.0, Side.THEIRS: 400.0}


def test_a_row_that_a_side_deleted_adds_nothing(desk: Desk) -> None:
    branch = desk.fork("DELETE FROM portfolio WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'")
    plan = desk.plan(branch)
    assert choice_amounts(plan, plan.conflicts[0], "shares") == {Side.BASE: 100.0, Side.OURS: 90.0, Side.THEIRS: 0.0}
