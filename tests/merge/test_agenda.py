"""What a person has to look at before a merge, as one list: conflicts and rows that break a rule."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from merge_desk import Desk

from hati_core import ConflictFilter, ConflictKind, MergePlan, Side
from hati_core.merge.agenda import agenda


@pytest.fixture
def plan(desk: Desk) -> Iterator[MergePlan]:
    """AAPL breaks a check, MSFT and XOM conflict, and so does a row of a table that comes later."""
    desk.trunk.execute("CREATE TABLE zinc (name VARCHAR PRIMARY KEY, tons INTEGER)")
    desk.trunk.execute("INSERT INTO zinc VALUES ('A', 1)")
    desk.repo.set_check("portfolio", "not too much", "shares * price <= 1000")
    branch = desk.fork(
        "UPDATE portfolio SET shares = 500 WHERE ticker = 'AAPL'",
        "UPDATE portfolio SET shares = 1 WHERE ticker <> 'AAPL'",
        "UPDATE zinc SET tons = 2",
    )
    desk.trunk.execute("UPDATE portfolio SET price = 9 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 2 WHERE ticker <> 'AAPL'")
    desk.trunk.execute("UPDATE zinc SET tons = 3")
    yield desk.plan(branch)
    desk.repo.drop_check("portfolio", "not too much")


def _keys(conflicts: object) -> list[str]:
    return [row.key[0] for row in conflicts]  # type: ignore[attr-defined]


def test_rows_that_break_a_rule_follow_the_conflicts_of_their_table(plan: MergePlan) -> None:
    found = agenda(plan)
    assert _keys(found.everything) == ["MSFT", "XOM", "AAPL", "A"]
    assert (_keys(found.left), _keys(found.settled)) == (["MSFT", "XOM", "AAPL", "A"], [])
    row = found.everything[2]
    assert (row.kind, row.columns) == (ConflictKind.VIOLATION, ("shares", "price"))
    assert [violation.rule for violation in found.broken[row.id]] == ["not too much"]
    assert found.everything.facets().kinds == {ConflictKind.EDIT_EDIT: 3, ConflictKind.VIOLATION: 1}
    assert _keys(found.everything.where(ConflictFilter(kind=ConflictKind.VIOLATION))) == ["AAPL"]


def test_what_was_mended_stays_in_the_list_as_settled(plan: MergePlan) -> None:
    row = agenda(plan).everything[2]
    mended = agenda(plan.with_resolution(row.id, {"shares": 100}))
    assert (_keys(mended.left), _keys(mended.settled)) == (["MSFT", "XOM", "A"], ["AAPL"])
    assert mended.broken == {}
    assert mended.everything[2].columns == ("shares",)


def test_a_conflict_that_is_settled_so_that_it_breaks_a_rule_is_still_left(plan: MergePlan) -> None:
    conflict = plan.conflicts[0]
    chosen = plan.with_resolution(conflict.id, {"shares": 5000})
    found = agenda(chosen)
    assert _keys(found.left) == ["MSFT", "XOM", "AAPL", "A"]
    assert conflict.id in found.broken
    found = agenda(plan.with_resolution(conflict.id, Side.OURS))
    assert (_keys(found.left), _keys(found.settled)) == (["XOM", "AAPL", "A"], ["MSFT"])


def test_a_settled_row_keeps_its_place_among_those_that_are_left(plan: MergePlan) -> None:
    everything = list(agenda(plan).everything)
    settled = agenda(plan.with_resolution(everything[1].id, Side.OURS))
    assert [settled.left.place(row) for row in everything] == [0, 1, 1, 2]
    assert [settled.settled.place(row) for row in everything] == [None, 0, None, None]
    with pytest.raises(ValueError, match="not among"):
        settled.left.index(everything[1])


def test_a_rule_that_no_choice_can_mend_is_named_apart(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio DROP COLUMN price")
    desk.repo.set_check("portfolio", "positive", "price > 0")
    found = agenda(desk.plan(branch))
    assert len(found.everything) == 0
    assert [violation.rule for violation in found.elsewhere] == ["positive"]
    desk.repo.drop_check("portfolio", "positive")
