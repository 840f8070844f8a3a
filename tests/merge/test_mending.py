"""Rows that both sides agree on and that break a rule can be mended in the plan, as conflicts can be settled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from merge_desk import Desk

from hati_core import ConflictKind, MergePlan, Side
from hati_core.errors import CheckViolation, InvalidResolution, InvalidValue


@pytest.fixture
def plan(desk: Desk) -> Iterator[MergePlan]:
    """A check over two cells that two branches edited, each without breaking it."""
    desk.repo.set_check("portfolio", "not too much", "shares * price <= 1000")
    branch = desk.fork("UPDATE portfolio SET shares = 500 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET price = 9 WHERE ticker = 'AAPL'")
    yield desk.plan(branch)
    desk.repo.drop_check("portfolio", "not too much")


def test_a_violation_names_the_rows_that_a_choice_can_mend(desk: Desk, plan: MergePlan) -> None:
    (violation,) = plan.violations
    assert (len(plan.conflicts), set(violation.columns)) == (0, {"shares", "price"})
    (row_id,) = violation.row_ids
    row = plan.row(row_id)
    assert row is not None
    assert (row.kind, row.key, row.columns) == (ConflictKind.VIOLATION, ("AAPL",), ("shares", "price"))
    assert row.merged == {"ticker": "AAPL", "shares": 500, "price": 9.0}
    assert plan.conflicts.get(row_id) is None
    with pytest.raises(CheckViolation):
        desk.repo.apply_merge(plan)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"shares": 100}, (100, 9.0)),
        ({"price": Side.BASE}, (500, 1.5)),
        (Side.OURS, (100, 9.0)),
        (Side.THEIRS, (500, 1.5)),
        (Side.BASE, (100, 1.5)),
    ],
)
def test_a_value_or_a_side_mends_it(desk: Desk, plan: MergePlan, choice: object, expected: object) -> None:
    (row_id,) = plan.violations[0].row_ids
    mended = plan.with_resolution(row_id, choice)  # type: ignore[arg-type]
    assert mended.violations == ()
    assert desk.rows(mended)["AAPL"] == expected
    assert plan.violations
    desk.repo.apply_merge(mended)
    assert desk.rows()["AAPL"] == expected


def test_a_choice_that_does_not_mend_leaves_the_violation(plan: MergePlan) -> None:
    (row_id,) = plan.violations[0].row_ids
    worse = plan.with_resolution(row_id, {"shares": 5000})
    assert worse.violations[0].row_ids == (row_id,)
    assert worse.without_resolution(row_id).violations == plan.violations
    with pytest.raises(InvalidValue):
        plan.with_resolution(row_id, {"shares": "many"})
    with pytest.raises(InvalidResolution, match="ticker"):
        plan.with_resolution(row_id, {"ticker": "X"})


def test_strategies_leave_what_breaks_a_rule_to_a_person(plan: MergePlan) -> None:
    for side in Side:
        assert plan.with_default(side).violations == plan.violations


def test_mending_is_kept_as_choices_are(desk: Desk, plan: MergePlan) -> None:
    choices = desk.repo.choices(plan.source, plan.target)
    choices.choose(plan, {plan.violations[0].row_ids[0]: {"shares": 100}})
    again = choices.taken_in(desk.repo.plan_merge(plan.source, plan.target))
    assert again.violations == ()
    assert choices.unfit(again) == []


def test_in_a_row_in_conflict_the_cells_that_a_check_reads_can_be_mended_too(desk: Desk) -> None:
    desk.trunk.execute("ALTER TABLE portfolio ADD COLUMN note VARCHAR")
    desk.repo.set_check("portfolio", "cheap", "price <= 100")
    branch = desk.fork("UPDATE portfolio SET price = 90, note = 'b' WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET note = 'm' WHERE ticker = 'AAPL'")
    desk.repo.drop_check("portfolio", "cheap")
    desk.repo.set_check("portfolio", "cheaper", "price <= 50 OR note = 'm' OR note = 'b'")
    (conflict,) = desk.plan(branch).conflicts
    plan = desk.plan(branch).with_resolution(conflict.id, {"note": "other"})
    assert plan.violations[0].row_ids == (conflict.id,)
    assert plan.with_resolution(conflict.id, {"price": 20}).violations == ()
    desk.repo.drop_check("portfolio", "cheaper")


def test_rows_that_would_leave_a_required_cell_empty_can_be_mended(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE bonds (name VARCHAR PRIMARY KEY, coupon DOUBLE)")
    desk.trunk.execute("INSERT INTO bonds VALUES ('Gilt', 1)")
    branch = desk.fork("INSERT INTO bonds VALUES ('Bund', NULL)")
    desk.trunk.execute("ALTER TABLE bonds ALTER COLUMN coupon SET NOT NULL")
    (violation,) = desk.plan(branch).violations
    mended = desk.plan(branch).with_resolution(violation.row_ids[0], {"coupon": 2})
    assert mended.violations == ()
    assert desk.plan(branch).with_resolution(violation.row_ids[0], Side.OURS).violations == ()
    desk.repo.apply_merge(mended)
    assert desk.trunk.query("SELECT coupon FROM bonds WHERE name = 'Bund'") == [{"coupon": 2.0}]
