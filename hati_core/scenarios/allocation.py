"""How what a branch holds is spread over its parts, and the queries for it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hati_core.model import TableInfo
from hati_core.quote import identifier
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
    """The parts above nought, largest first; ``rest`` are ``rest_parts`` smaller ones together.

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
        more = (sums.get("above") or 0) - len(parts)
        rest = None
        if more:
            amount = sums["above_amount"] - math.fsum(part.amount for part in parts)
            rest = Holding("other", amount, sums["above_before"] - math.fsum(part.before for part in parts))
        return cls(parts, rest, more, sums.get("below") or 0, sums.get("below_amount") or 0.0)


def allocation_query(before: str, after: str, groups: str, limit: int) -> str:
    """The largest parts of ``after`` beside those of ``before``, with sums over all; the three are queries by label."""
    return f"""
        WITH joined AS MATERIALIZED (
            SELECT a.label, a.amount::DOUBLE AS amount, coalesce(b.amount, 0)::DOUBLE AS before
            FROM ({after}) AS a LEFT JOIN ({before}) AS b USING (label)
            WHERE a.amount <> 0 AND isfinite(a.amount::DOUBLE)),
        sums AS (
            SELECT count(*) FILTER (amount > 0) AS above,
                sum(amount) FILTER (amount > 0) AS above_amount,
                sum(before) FILTER (amount > 0) AS above_before,
                count(*) FILTER (amount < 0) AS below,
                sum(amount) FILTER (amount < 0) AS below_amount
            FROM joined),
        largest AS (FROM joined ORDER BY amount DESC, label LIMIT {max(1, int(limit))})
        SELECT * FROM largest LEFT JOIN ({groups}) USING (label) CROSS JOIN sums ORDER BY amount DESC, label"""


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
