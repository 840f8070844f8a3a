"""Named numbers that every branch is measured by, and the ready-made ones for common columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hati_core.model import TableInfo
from hati_core.quote import identifier
from hati_core.scenarios.roles import Role, guessed, label_columns


class Unit(Enum):
    """How a metric reads on a screen."""

    MONEY = "money"
    NUMBER = "number"
    PERCENT = "percent"


@dataclass(frozen=True)
class Breakdown:
    """What a metric is the sum of: an SQL expression per row of a table, and the columns that name its parts."""

    table: str
    amount: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Metric:
    """A query that gives one number; percentages are fractions of 1."""

    name: str
    sql: str
    unit: Unit = Unit.NUMBER
    breakdown: Breakdown | None = None

    def definition(self) -> dict[str, Any]:
        """As plain values, for keeping."""
        parts = self.breakdown
        return {
            "name": self.name,
            "sql": self.sql,
            "unit": self.unit.value,
            "breakdown": {"table": parts.table, "amount": parts.amount, "labels": list(parts.labels)}
            if parts
            else None,
        }

    @classmethod
    def from_definition(cls, definition: dict[str, Any]) -> Metric:
        """From what :meth:`definition` gave."""
        parts = definition["breakdown"]
        breakdown = Breakdown(parts["table"], parts["amount"], tuple(parts["labels"])) if parts else None
        return cls(definition["name"], definition["sql"], Unit(definition["unit"]), breakdown)


def value_metric(name: str, breakdown: Breakdown, unit: Unit = Unit.MONEY) -> Metric:
    """The sum of an amount over the rows of a table."""
    return Metric(name, _sum(breakdown), unit, breakdown)


def ready_made(tables: Iterable[TableInfo]) -> list[Metric]:
    """Metrics for the first table with a quantity and a price; none where there is no such table."""
    for table in tables:
        quantity, price = guessed(table, Role.QUANTITY), guessed(table, Role.PRICE)
        if quantity and price:
            return _holdings(table, quantity, price, guessed(table, Role.COST))
    return []


def row_counts(tables: Sequence[TableInfo]) -> list[Metric]:
    """The number of rows of the first table, for data that nothing else is known to measure."""
    return [Metric(f"Rows in {t.name}", f"SELECT count(*) FROM {identifier(t.name)}") for t in tables[:1]]


def _holdings(table: TableInfo, quantity: str, price: str, cost: str | None) -> list[Metric]:
    labels = label_columns(table)
    amount = f"{identifier(quantity)} * {identifier(price)}"
    name = "Portfolio value" if quantity in ("shares", "units", "position") else "Total value"
    value = value_metric(name, Breakdown(table.name, amount, labels))
    metrics = [value]
    if cost:
        gain = f"{identifier(quantity)} * ({identifier(price)} - {identifier(cost)})"
        metrics.append(value_metric("Unrealised P&L", Breakdown(table.name, gain, labels)))
    source = identifier(table.name)
    metrics.append(Metric("Positions" if name == "Portfolio value" else "Rows", f"SELECT count(*) FROM {source}"))
    metrics.append(
        Metric(
            "Largest weight",
            f"SELECT coalesce(max({amount}) / nullif(sum({amount}), 0), 0) FROM {source}",
            Unit.PERCENT,
        )
    )
    return metrics


def _sum(breakdown: Breakdown) -> str:
    return f"SELECT coalesce(sum({breakdown.amount}), 0) FROM {identifier(breakdown.table)}"
