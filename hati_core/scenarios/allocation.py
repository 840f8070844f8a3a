"""How what a branch holds is spread over its parts, and the queries for it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hati_core.model import TableInfo
from hati_core.quote import identifier, literal
from hati_core.scenarios.metrics import Breakdown

MOST_GROUPS = 12


@dataclass(frozen=True)
class Holding:
    """One part of a metric on a branch, its amount on the reference, and the group that it belongs to, if any."""

    label: str
    amount: float
    before: float
    group: str | None = None

    @property
    def delta(self) -> float:
        """How far it is from the reference; sums that differ by rounding alone are the same."""
        return 0.0 if math.isclose(self.amount, self.before, rel_tol=1e-9) else self.amount - self.before


@dataclass(frozen=True)
class Allocation:
    """The chosen parts above nought, largest first; ``rest`` are the ``rest_parts`` others that are above it together.

    ``below`` parts are below nought, of ``below_amount`` in all: they are no share of anything.
    """

    shown: tuple[Holding, ...]
    rest: Holding | None
    rest_parts: int
    below: int
    below_amount: float

    @property
    def total(self) -> float:
        """The sum of all parts above nought."""
        return math.fsum(part.amount for part in (*self.shown, *([self.rest] if self.rest else [])))

    @classmethod
    def of(cls, shown: Sequence[Holding], sums: Mapping[str, Any]) -> Allocation:
        """From the shown parts and a row with the sums of all."""
        parts = tuple(part for part in shown if part.amount > 0)
        more = sums.get("rest") or 0
        rest = None
        if more:
            rest = Holding("other", sums["rest_amount"], sums["rest_before"] or 0.0)
        return cls(parts, rest, more, sums.get("below") or 0, sums.get("below_amount") or 0.0)


def largest_parts(branches: Iterable[Mapping[str, float]], limit: int) -> tuple[str, ...]:
    """The parts that are largest on any of several branches, which are given as amounts by label."""
    most: dict[str, float] = {}
    for parts in branches:
        for label, amount in parts.items():
            most[label] = max(amount, most.get(label, amount))
    return tuple(sorted(most, key=lambda label: (-most[label], label))[:limit])


def largest_query(parts: str, limit: int) -> str:
    """The largest parts of a query by label."""
    return (
        f"SELECT label, amount::DOUBLE AS amount FROM ({parts}) "
        f"WHERE amount > 0 AND isfinite(amount::DOUBLE) ORDER BY amount DESC, label LIMIT {max(1, int(limit))}"
    )


def allocation_query(before: str, after: str, groups: str, labels: Sequence[str]) -> str:
    """The parts of these labels in ``after`` beside those in ``before``, each with sums over all parts.

    The three are queries by label. There is one row without a part where none of them is above nought.
    """
    named = f"label IN ({', '.join(map(literal, labels))})" if labels else "false"
    return f"""
        WITH joined AS MATERIALIZED (
            SELECT label, coalesce(a.amount, 0)::DOUBLE AS amount, coalesce(b.amount, 0)::DOUBLE AS before
            FROM ({after}) AS a FULL JOIN ({before}) AS b USING (label)
            WHERE isfinite(coalesce(a.amount, 0)::DOUBLE)),
        sums AS (
            SELECT count(*) FILTER (amount > 0 AND NOT {named}) AS rest,
                sum(amount) FILTER (amount > 0 AND NOT {named}) AS rest_amount,
                sum(before) FILTER (before > 0 AND isfinite(before) AND NOT {named}) AS rest_before,
                count(*) FILTER (amount < 0) AS below,
                sum(amount) FILTER (amount < 0) AS below_amount
            FROM joined),
        shown AS (SELECT * FROM joined LEFT JOIN ({groups}) USING (label) WHERE amount > 0 AND {named})
        SELECT * FROM sums LEFT JOIN shown ON true ORDER BY amount DESC, label"""


def possible_groups(table: TableInfo, breakdown: Breakdown) -> list[str]:
    """Columns of text or truth that do not name the parts themselves."""
    return [
        column.name
        for column in table.columns
        if column.type in ("VARCHAR", "BOOLEAN") and column.name not in breakdown.labels
    ]


def groups_query(columns: Sequence[str], source: str) -> str:
    """One row that says of each column whether a few of its values are shared by many rows."""
    cells = (
        f"count(DISTINCT {identifier(name)}) BETWEEN 2 AND {MOST_GROUPS} "
        f"AND count(DISTINCT {identifier(name)}) < count(*) AS is_group_{at}"
        for at, name in enumerate(columns)
    )
    return f"SELECT {', '.join(cells)} FROM {source}"
