"""A value that somebody types for one row is held to the checks of its table before it is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from merge_desk import Desk

from hati_core import MergePlan, Side
from hati_core.errors import CheckViolation, InvalidResolution, InvalidValue
from hati_core.merge.row_checks import require_checks


@pytest.fixture
def plan(desk: Desk) -> Iterator[MergePlan]:
    """Both branches changed both cells of AAPL, none of which the checks forbid."""
    desk.repo.set_check("portfolio", "some shares", "shares > 0")
    desk.repo.set_check("portfolio", "not too much", "shares * price <= 1000")
    branch = desk.fork("UPDATE portfolio SET shares = 200, price = 2 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 90, price = 3 WHERE ticker = 'AAPL'")
    yield desk.plan(branch)
    for name in ("some shares", "not too much"):
        desk.repo.drop_check("portfolio", name)


def test_a_value_that_breaks_a_check_is_refused_in_the_words_of_the_check(plan: MergePlan) -> None:
    (conflict,) = plan.conflicts
    with pytest.raises(CheckViolation, match=r"“some shares”.*shares > 0 is false where ticker = “AAPL”, shares = −5"):
        require_checks(plan, conflict.id, {"shares": -5})
    assert plan.resolutions == {}


def test_a_check_waits_for_the_other_cells_that_it_reads(plan: MergePlan) -> None:
    (conflict,) = plan.conflicts
    require_checks(plan, conflict.id, {"shares": 5000})
    priced = plan.with_resolution(conflict.id, {"price": Side.THEIRS})
    with pytest.raises(CheckViolation, match="“not too much”"):
        require_checks(priced, conflict.id, {"shares": 5000})
    require_checks(priced, conflict.id, {"shares": 500})


def test_a_check_that_reads_none_of_the_cells_is_not_asked(desk: Desk, plan: MergePlan) -> None:
    (conflict,) = plan.conflicts
    wrong = plan.with_resolution(conflict.id, {"shares": -5})
    require_checks(wrong, conflict.id, {"price": 1})


def test_what_does_not_fit_its_column_is_refused_first(plan: MergePlan) -> None:
    (conflict,) = plan.conflicts
    with pytest.raises(InvalidValue, match="lots"):
        require_checks(plan, conflict.id, {"shares": "lots"})
    with pytest.raises(InvalidResolution, match="ticker"):
        require_checks(plan, conflict.id, {"ticker": "X"})


def test_a_row_that_breaks_a_rule_is_mended_by_several_cells_at_once(desk: Desk) -> None:
    desk.repo.set_check("portfolio", "not too much", "shares * price <= 1000")
    branch = desk.fork("UPDATE portfolio SET shares = 500 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET price = 9 WHERE ticker = 'AAPL'")
    plan = desk.plan(branch)
    (row_id,) = plan.violations[0].row_ids
    with pytest.raises(CheckViolation, match=r"shares = 200, price = 9"):
        require_checks(plan, row_id, {"shares": 200})
    require_checks(plan, row_id, {"shares": 200, "price": "5"})
    desk.repo.drop_check("portfolio", "not too much")
