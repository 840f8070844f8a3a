"""Return and risk of a series of values, against examples that were worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from math import sqrt

import pytest

from hati_core.scenarios.performance import DAYS_A_YEAR, Performance, Point, performance


def yearly(*values: float) -> list[Point]:
    return [Point(date(2020 + year, 1, 1), value) for year, value in enumerate(values)]


def test_the_return_is_what_one_became() -> None:
    assert performance(yearly(100, 110, 121)).total == pytest.approx(0.21)


def test_a_year_earns_the_same_as_the_next() -> None:
    # 731 days are 2.0014 years of 365.25 days.
    assert performance(yearly(100, 110, 121)).annual == pytest.approx(1.21 ** (DAYS_A_YEAR / 731) - 1)


def test_less_than_a_year_is_not_scaled_up() -> None:
    points = [Point(date(2024, 1, 1), 100), Point(date(2024, 7, 1), 120), Point(date(2024, 12, 30), 121)]
    assert performance(points).annual is None
    assert performance(points).total == pytest.approx(0.21)
    assert performance([Point(date(2023, 1, 1), 100), Point(date(2024, 1, 1), 121)]).annual is not None


def test_volatility_is_the_deviation_of_returns_at_their_own_frequency() -> None:
    # Returns of +10 % and -10 %: their mean is 0, their deviation sqrt((0.01 + 0.01) / 1).
    days = [date(2024, 1, 1), date(2024, 1, 31), date(2024, 3, 1)]
    found = performance([Point(day, value) for day, value in zip(days, (100, 110, 99), strict=True)])
    assert found.volatility == pytest.approx(sqrt(0.02) * sqrt(2 / (60 / DAYS_A_YEAR)))


def test_steady_growth_has_no_risk() -> None:
    found = performance([Point(date(2024, 1, 1) + timedelta(days=at), 2.0**at) for at in range(10)])
    assert found.volatility == pytest.approx(0)
    assert found.drawdown == 0


def test_the_drawdown_is_from_the_highest_before_to_the_lowest_after() -> None:
    assert performance(yearly(100, 80, 120, 90, 60, 150)).drawdown == pytest.approx(60 / 120 - 1)


@pytest.mark.parametrize("values", [(), (100,)])
def test_fewer_than_two_values_come_to_nothing(values: tuple[float, ...]) -> None:
    assert performance(yearly(*values)) == Performance(problem="There are prices for fewer than two days.")


def test_two_values_have_a_return_and_no_volatility() -> None:
    found = performance(yearly(100, 90))
    assert found.volatility is None
    assert (found.total, found.drawdown) == (pytest.approx(-0.1), pytest.approx(-0.1))


@pytest.mark.parametrize("values", [(100, 0, 50), (-100, -50), (0, 0)])
def test_a_value_that_is_not_above_nought_has_no_return(values: tuple[float, ...]) -> None:
    found = performance(yearly(*values))
    assert (found.total, found.annual, found.volatility, found.drawdown) == (None, None, None, None)
    assert found.problem
    assert "not above nought" in found.problem
