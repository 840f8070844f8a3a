"""Named numbers that every branch is measured by, and the ready-made ones for common columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hati_core.model import Column, TableInfo
from hati_core.quote import identifier

_QUANTITIES = ("shares", "quantity", "qty", "units", "position")
_PRICES = ("current_price", "market_price", "last_price", "price", "unit_price", "close")
_COSTS = ("avg_cost", "average_cost", "unit_cost", "cost", "cost_basis", "purchase_price")
_LABELS = ("ticker", "symbol", "product", "item", "name")
_NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_FRACTIONAL = ("FLOAT", "DOUBLE", "DECIMAL")


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
        quantity, price = _numeric(table, _QUANTITIES), _numeric(table, _PRICES)
        if quantity and price:
            return _holdings(table, quantity, price, _numeric(table, _COSTS))
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


def label_columns(table: TableInfo) -> tuple[str, ...]:
    """The columns that name a row to a person: its key, else the first that looks like a name."""
    if table.key:
        return table.key
    by_name = {column.name.casefold(): column.name for column in table.columns}
    named = next((by_name[label] for label in _LABELS if label in by_name), None)
    texts = [column.name for column in table.columns if column.type == "VARCHAR"]
    return (named or next(iter(texts), table.columns[0].name),)


def is_numeric(column: Column) -> bool:
    """Whether the column holds numbers."""
    return column.type in _NUMERIC or column.type.startswith(_FRACTIONAL)


def _numeric(table: TableInfo, wanted: Sequence[str]) -> str | None:
    by_name = {column.name.casefold(): column for column in table.columns}
    found = (by_name[name] for name in wanted if name in by_name)
    return next((column.name for column in found if is_numeric(column)), None)


def _sum(breakdown: Breakdown) -> str:
    return f"SELECT coalesce(sum({breakdown.amount}), 0) FROM {identifier(breakdown.table)}"
