"""Return and risk of a series of values. Pure.

The value is that of holdings which stay as they are, so nothing is paid in or out, and the return between two days is
the change of the value. Definitions as in Bodie, Kane, Marcus, "Investments" (12th ed.), chapter 5, and for the
drawdown Magdon-Ismail, Atiya, "Maximum drawdown", Risk 17 (2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise
from math import sqrt
from statistics import stdev

DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Point:
    """What something is worth at the end of a day."""

    day: date
    value: float


@dataclass(frozen=True)
class Performance:
    """Fractions of 1; None where the series is too short for it, all None with the sentence why where it has no sense.

    ``total``: V_end / V_begin - 1.
    ``annual``: (V_end / V_begin) ** (1 / years) - 1; None for less than a year, which is not to be scaled up (GIPS
    standards for firms, 2020, section 2.A).
    ``volatility``: standard deviation of the returns from value to value (n - 1 degrees of freedom), times the root of
    how many returns were observed a year.
    ``drawdown``: the lowest V_t / max(V_s, s <= t) - 1, nought where the value never falls.
    """

    total: float | None = None
    annual: float | None = None
    volatility: float | None = None
    drawdown: float | None = None
    problem: str | None = None


def performance(points: Sequence[Point]) -> Performance:
    """What a series in order of time comes to."""
    if len(points) < 2:
        return Performance(problem="There are prices for fewer than two days.")
    values = [point.value for point in points]
    if min(values) <= 0:
        return Performance(problem="The value is not above nought on every day, so that a return has no meaning.")
    years = (points[-1].day - points[0].day).days / DAYS_A_YEAR
    growth = values[-1] / values[0]
    returns = [after / before - 1 for before, after in pairwise(values)]
    return Performance(
        total=growth - 1,
        # 365 days are a year too.
        annual=growth ** (1 / years) - 1 if years >= 365 / DAYS_A_YEAR else None,
        volatility=stdev(returns) * sqrt(len(returns) / years) if len(returns) > 1 else None,
        drawdown=min(value / peak - 1 for value, peak in zip(values, accumulate(values, max), strict=True)),
    )
