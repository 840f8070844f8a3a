"""Planning a merge, deciding its conflicts, and applying it."""

from __future__ import annotations

import pytest
from merge_desk import Desk

from hati_core import Branch, ChangeKind, Conflict, ConflictKind, MergePlan, Side, Strategy
from hati_core.errors import (
    BranchMoved,
    CheckViolation,
    InvalidKey,
    InvalidResolution,
    InvalidValue,
    MergeConflict,
    MergeError,
    UnknownStrategy,
    UnresolvedConflicts,
)

START = {"AAPL": (100, 1.5), "MSFT": (75, 2.5), "XOM": (10, 4.5)}


def conflicted(desk: Desk) -> tuple[Branch, MergePlan]:
    """One conflict of each kind, on AAPL (two cells), MSFT, XOM and NEW."""
    branch = desk.fork(
        "UPDATE portfolio SET shares = 1, price = 1 WHERE ticker = 'AAPL'",
        "DELETE FROM portfolio WHERE ticker = 'MSFT'",
        "UPDATE portfolio SET shares = 1 WHERE ticker = 'XOM'",
        "INSERT INTO portfolio VALUES ('NEW', 1, 1)",
    )
    with desk.trunk.transaction() as tx:
        tx.execute("UPDATE portfolio SET shares = 2, price = 2 WHERE ticker = 'AAPL'")
        tx.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'MSFT'")
        tx.execute("DELETE FROM portfolio WHERE ticker = 'XOM'")
        tx.execute("INSERT INTO portfolio VALUES ('NEW', 2, 1)")
    return branch, desk.plan(branch)


def of(plan: MergePlan, ticker: str) -> Conflict:
    return next(conflict for conflict in plan.conflicts if conflict.key == (ticker,))


def test_conflicts_are_a_sequence_that_reads_pages(desk: Desk) -> None:
    _, plan = conflicted(desk)
    conflicts = plan.conflicts
    everything = list(conflicts)
    assert len(conflicts) == len(everything) == 4
    assert [conflict.key for conflict in everything] == [("AAPL",), ("MSFT",), ("NEW",), ("XOM",)]
    assert conflicts[1:3] == everything[1:3]
    assert conflicts[::-1] == everything[::-1]
    assert conflicts[-1] == conflicts[3] == everything[3]
    assert conflicts[2:2] == []
    assert conflicts.get(everything[2].id) == everything[2]
    assert conflicts.get("nothing") is None
    assert conflicts.known([everything[0].id, "nothing"]) == {everything[0].id}
    with pytest.raises(IndexError):
        conflicts[4]


def test_conflicts_carry_all_three_rows_and_who_touched_them_last(desk: Desk) -> None:
    branch, plan = conflicted(desk)
    aapl = of(plan, "AAPL")
    assert (aapl.kind, aapl.table, aapl.columns) == (ConflictKind.EDIT_EDIT, "portfolio", ("shares", "price"))
    assert aapl.base == {"ticker": "AAPL", "shares": 100, "price": 1.5}
    assert aapl.ours == {"ticker": "AAPL", "shares": 2, "price": 2.0}
    assert aapl.theirs == {"ticker": "AAPL", "shares": 1, "price": 1.0}
    assert (aapl.ours_version, aapl.theirs_version) == (desk.trunk.head, branch.head - 3)
    assert of(plan, "MSFT").kind is ConflictKind.EDIT_DELETE
    assert of(plan, "MSFT").theirs is None
    assert of(plan, "XOM").kind is ConflictKind.DELETE_EDIT
    assert of(plan, "XOM").ours is None
    assert of(plan, "NEW").kind is ConflictKind.INSERT_INSERT
    assert of(plan, "NEW").base is None


def test_sides_and_values_settle_conflicts_of_every_kind(desk: Desk) -> None:
    _, plan = conflicted(desk)
    plan = (
        plan.with_resolution(of(plan, "AAPL").id, {"shares": Side.BASE, "price": 7})
        .with_resolution(of(plan, "MSFT").id, Side.THEIRS)
        .with_resolution(of(plan, "XOM").id, {"shares": 5})
        .with_resolution(of(plan, "NEW").id, {"shares": Side.OURS})
    )
    assert not plan.open_conflicts
    expected = {"AAPL": (100, 7.0), "XOM": (5, 4.5), "NEW": (2, 1.0)}
    assert desk.rows(plan) == expected
    desk.repo.apply_merge(plan)
    assert desk.rows() == expected


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        (Side.BASE, START),
        (Side.OURS, {"AAPL": (2, 2.0), "MSFT": (2, 2.5), "NEW": (2, 1.0)}),
        (Side.THEIRS, {"AAPL": (1, 1.0), "XOM": (1, 4.5), "NEW": (1, 1.0)}),
    ],
)
def test_every_conflict_can_take_one_side(desk: Desk, side: Side, expected: object) -> None:
    _, plan = conflicted(desk)
    by_default = plan.with_default(side)
    one_by_one = plan.with_resolutions({conflict.id: side for conflict in plan.conflicts})
    assert desk.rows(by_default) == desk.rows(one_by_one) == expected
    desk.repo.apply_merge(one_by_one)
    assert desk.rows() == expected


def test_a_conflict_stays_open_until_each_of_its_cells_is_settled(desk: Desk) -> None:
    _, plan = conflicted(desk)
    aapl = of(plan, "AAPL")
    half = plan.with_resolution(aapl.id, {"shares": Side.THEIRS})
    assert aapl.id in {conflict.id for conflict in half.open_conflicts}
    whole = half.with_resolution(aapl.id, {"price": 9})
    assert aapl.id not in {conflict.id for conflict in whole.open_conflicts}
    assert len(whole.open_conflicts) == 3
    assert desk.rows(whole.with_default(Side.OURS))["AAPL"] == (1, 9.0)
    assert len(whole.without_resolution(aapl.id).open_conflicts) == 4


def test_until_all_cells_are_settled_those_that_are_count_and_the_others_are_the_targets(desk: Desk) -> None:
    _, plan = conflicted(desk)
    half = plan.with_resolution(of(plan, "AAPL").id, {"shares": Side.THEIRS})
    assert desk.rows(half)["AAPL"] == desk.rows(half.with_default(Side.OURS))["AAPL"] == (1, 2.0)


def test_the_default_settles_the_cells_that_a_resolution_leaves_open(desk: Desk) -> None:
    _, plan = conflicted(desk)
    half = plan.with_resolution(of(plan, "AAPL").id, {"price": 9})
    assert desk.rows(half.with_default(Side.THEIRS))["AAPL"] == (1, 9.0)
    assert desk.rows(half.with_default(Side.OURS))["AAPL"] == (2, 9.0)


def test_a_cell_settled_again_leaves_the_others_as_they_were_settled(desk: Desk) -> None:
    _, plan = conflicted(desk)
    aapl = of(plan, "AAPL")
    plan = plan.with_resolution(aapl.id, Side.THEIRS).with_resolution(aapl.id, {"price": 9})
    assert desk.rows(plan.with_default(Side.OURS))["AAPL"] == (1, 9.0)


def test_resolving_makes_a_new_plan_and_leaves_the_old_one(desk: Desk) -> None:
    _, plan = conflicted(desk)
    plan.with_resolution(of(plan, "AAPL").id, Side.THEIRS)
    assert not plan.resolutions
    assert len(plan.open_conflicts) == 4


@pytest.mark.parametrize(
    ("column", "value"),
    [("shares", "many"), ("shares", 1.5), ("shares", 10**12), ("shares", None), ("price", "a lot")],
)
def test_a_value_that_does_not_fit_its_column_is_refused(desk: Desk, column: str, value: object) -> None:
    _, plan = conflicted(desk)
    with pytest.raises(InvalidValue) as error:
        plan.with_resolution(of(plan, "AAPL").id, {column: value})
    assert error.value.column == column


@pytest.mark.parametrize(("given", "kept"), [("120", 120), (120.0, 120), (120, 120)])
def test_a_value_that_fits_is_kept_in_the_type_of_its_column(desk: Desk, given: object, kept: int) -> None:
    _, plan = conflicted(desk)
    aapl = of(plan, "AAPL")
    assert plan.with_resolution(aapl.id, {"shares": given}).resolutions[aapl.id] == {"shares": kept}


def test_resolutions_speak_of_conflicts_and_their_columns_only(desk: Desk) -> None:
    _, plan = conflicted(desk)
    msft, new = of(plan, "MSFT"), of(plan, "NEW")
    with pytest.raises(InvalidResolution, match="no such conflict"):
        plan.with_resolution("nothing", Side.OURS)
    with pytest.raises(InvalidResolution, match="no such conflict"):
        plan.with_resolutions({"nothing": Side.OURS})
    with pytest.raises(InvalidResolution, match="“price” is not in conflict"):
        plan.with_resolution(new.id, {"price": 3})
    with pytest.raises(InvalidResolution, match="“ticker” is not in conflict"):
        plan.with_resolution(msft.id, {"ticker": "MSFT"})
    with pytest.raises(InvalidResolution, match="does not exist on the side"):
        plan.with_resolution(msft.id, {"shares": Side.THEIRS})
    with pytest.raises(InvalidResolution, match="neither"):
        plan.with_resolution(msft.id, "theirs")  # type: ignore[arg-type]


def test_open_conflicts_write_nothing(desk: Desk) -> None:
    _, plan = conflicted(desk)
    before = desk.trunk.head
    with pytest.raises(UnresolvedConflicts) as error:
        desk.repo.apply_merge(plan.with_resolution(of(plan, "AAPL").id, Side.OURS))
    assert [conflict.key for conflict in error.value.conflicts] == [("MSFT",), ("NEW",), ("XOM",)]
    assert desk.trunk.head == before


def test_abort_writes_nothing_and_carries_the_conflicts(desk: Desk) -> None:
    branch, _ = conflicted(desk)
    before = desk.trunk.head
    with pytest.raises(MergeConflict) as error:
        desk.repo.merge(branch.name, Strategy.ABORT, into=desk.trunk.name)
    assert len(error.value.conflicts) == 4
    assert desk.trunk.head == before


def test_strategies_settle_conflicts_only(desk: Desk) -> None:
    branch = desk.fork("UPDATE portfolio SET shares = 1 WHERE ticker <> 'XOM'")
    desk.trunk.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    desk.repo.merge(branch.name, "main_wins", into=desk.trunk.name)
    assert desk.rows() == {"AAPL": (2, 1.5), "MSFT": (1, 2.5), "XOM": (10, 4.5)}


def test_resolutions_come_before_the_strategy(desk: Desk) -> None:
    branch, plan = conflicted(desk)
    chosen = {of(plan, "AAPL").id: Side.OURS}
    desk.repo.merge(branch.name, "branch_wins", into=desk.trunk.name, resolutions=chosen)
    assert desk.rows() == {"AAPL": (2, 2.0), "XOM": (1, 4.5), "NEW": (1, 1.0)}


def test_an_unknown_strategy_is_an_error_before_anything_happens(desk: Desk) -> None:
    with pytest.raises(UnknownStrategy, match="branch_wins, main_wins, manual, abort"):
        desk.repo.merge("no such branch", "ours", into=desk.trunk.name)


def test_a_branch_cannot_be_merged_into_itself(desk: Desk) -> None:
    with pytest.raises(MergeError, match="into itself"):
        desk.plan(desk.trunk)


def test_planning_again_keeps_resolutions_that_fit_and_names_the_others(desk: Desk) -> None:
    branch, plan = conflicted(desk)
    plan = plan.with_resolutions({conflict.id: Side.THEIRS for conflict in plan.conflicts})
    desk.trunk.execute("UPDATE portfolio SET price = 99 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET price = 99 WHERE ticker = 'NEW'")
    again = desk.repo.plan_merge(branch.name, into=desk.trunk.name, resolutions=plan.resolutions)
    assert set(again.dropped_resolutions) == {of(plan, "AAPL").id, of(plan, "NEW").id}
    assert [conflict.key for conflict in again.open_conflicts] == [("AAPL",), ("NEW",)]
    assert {of(again, ticker).id for ticker in ("MSFT", "XOM")} == set(again.resolutions)


def test_a_change_beside_a_conflict_does_not_make_it_another_conflict(desk: Desk) -> None:
    branch = desk.fork("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    before = desk.plan(branch).conflicts[0]
    desk.trunk.execute("UPDATE portfolio SET price = 9")
    assert desk.plan(branch).conflicts[0].id == before.id


@pytest.mark.parametrize("who", ["source", "target"])
def test_a_plan_is_not_applied_when_either_side_has_moved(desk: Desk, who: str) -> None:
    branch = desk.fork("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    plan = desk.plan(branch)
    moved = branch if who == "source" else desk.trunk
    moved.execute("UPDATE portfolio SET price = 9 WHERE ticker = 'XOM'")
    before = desk.trunk.head
    with pytest.raises(BranchMoved) as error:
        desk.repo.apply_merge(plan)
    assert (error.value.branch, error.value.actual) == (moved.name, moved.head)
    assert desk.trunk.head == before


def test_a_merge_is_one_commit_that_says_what_it_did(desk: Desk) -> None:
    branch = desk.fork(
        "UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'",
        "DELETE FROM portfolio WHERE ticker = 'XOM'",
        "INSERT INTO portfolio VALUES ('NEW', 1, 1)",
    )
    before = desk.trunk.head
    commit = desk.repo.apply_merge(desk.plan(branch), "Take the new plan", author="grace")
    assert (commit.version, commit.message, commit.author) == (before + 1, "Take the new plan", "grace")
    assert commit.merged_from == branch.name
    assert commit.summary == "portfolio +1 ~1 −1"
    assert desk.rows(desk.trunk.at(before)) == START


def test_a_plan_counts_and_pages_what_it_would_write(desk: Desk) -> None:
    branch = desk.fork(
        "UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'",
        "DELETE FROM portfolio WHERE ticker = 'XOM'",
        "INSERT INTO portfolio VALUES ('NEW', 1, 1), ('TOO', 2, 2)",
    )
    desk.trunk.execute("UPDATE portfolio SET price = 9 WHERE ticker = 'AAPL'")
    plan = desk.plan(branch).tables["portfolio"]
    assert (plan.inserts, plan.updates, plan.deletes, plan.merged_cells, plan.conflicts) == (2, 1, 1, 1, 0)
    assert [row.key for row in plan.rows()] == [("AAPL",), ("NEW",), ("TOO",), ("XOM",)]
    assert [row.key for row in plan.rows(ChangeKind.ADDED, offset=1, limit=5)] == [("TOO",)]
    (changed,) = plan.rows(ChangeKind.CHANGED)
    assert (changed.columns, changed.before, changed.after) == (
        ("shares",),
        {"ticker": "AAPL", "shares": 100, "price": 9.0},
        {"ticker": "AAPL", "shares": 1, "price": 9.0},
    )
    assert [row.key for row in plan.rows(ChangeKind.REMOVED)] == [("XOM",)]


def test_a_preview_answers_queries_over_tables_that_the_merge_leaves_alone_too(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE rates (ticker VARCHAR PRIMARY KEY, rate DOUBLE)")
    desk.trunk.execute("INSERT INTO rates VALUES ('AAPL', 2.0)")
    plan = desk.plan(desk.fork("UPDATE portfolio SET shares = 1"))
    assert plan.query("SELECT sum(shares * rate) AS worth FROM portfolio JOIN rates USING (ticker)") == [{"worth": 2.0}]


def test_an_empty_cell_that_must_not_be_empty_is_a_violation(desk: Desk) -> None:
    branch = desk.fork("UPDATE portfolio SET price = NULL WHERE ticker = 'MSFT'")
    desk.trunk.execute("ALTER TABLE portfolio ALTER COLUMN price SET NOT NULL")
    plan = desk.plan(branch)
    assert [violation.rule for violation in plan.violations] == ["NOT NULL price"]
    before = desk.trunk.head
    with pytest.raises(CheckViolation) as error:
        desk.repo.apply_merge(plan)
    assert error.value.violations[0].rows[0]["ticker"] == "MSFT"
    assert desk.trunk.head == before


def test_all_tables_are_written_in_one_commit_or_none(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text VARCHAR)")
    branch = desk.fork("UPDATE portfolio SET shares = 1", "INSERT INTO notes VALUES (1, 'sell')")
    desk.trunk.execute("INSERT INTO notes VALUES (1, 'keep')")
    before = desk.trunk.head
    with pytest.raises(UnresolvedConflicts):
        desk.merge(branch)
    assert desk.rows() == START
    desk.merge(branch, side=Side.THEIRS)
    assert desk.trunk.head == before + 1
    assert desk.trunk.query("FROM notes") == [{"id": 1, "text": "sell"}]
    assert desk.rows()["XOM"] == (1, 4.5)


def test_declaring_a_key_over_rows_that_repeat_at_the_base_is_an_error_not_a_wrong_merge(desk: Desk) -> None:
    trunk = desk.trunk
    trunk.execute("CREATE TABLE loose (k INTEGER, v INTEGER)")
    trunk.execute("INSERT INTO loose VALUES (1, 1), (1, 2), (2, 2)")
    branch = desk.fork("DELETE FROM loose WHERE v = 1")
    trunk.execute("DELETE FROM loose WHERE k = 1 AND v = 2")
    desk.repo.set_key("loose", ["k"])
    with pytest.raises(InvalidKey, match="k = 1"):
        desk.plan(branch)
