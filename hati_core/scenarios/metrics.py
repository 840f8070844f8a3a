"""Named numbers that every branch is measured by, and the ready-made ones for common columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from hati_core.model import Column, TableInfo
from hati_core.quote import identifier
from hati_core.scenarios.roles import SHARES, Role, guessed, is_offer, label_columns
from hati_core.scenarios.sql_text import worth
from hati_core.scenarios.units import Unit, UnitKind

_HELD = (*SHARES, "units")
"""Quantities of what is held, by name."""


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
    is_spent: bool = False

    @property
    def more_is_better(self) -> bool:
        """Whether growing is good: of a count or a weight nobody can say, and of what is spent it is not."""
        return self.breakdown is not None and not self.is_spent

    def in_currency(self, symbol: str) -> Metric:
        """The same metric, with amounts of money in another currency."""
        return replace(self, unit=self.unit.in_currency(symbol))

    def definition(self) -> dict[str, Any]:
        """As plain values, for keeping; the currency is the repository's, and is not among them."""
        parts = self.breakdown
        return {
            "name": self.name,
            "sql": self.sql,
            "unit": self.unit.kind.value,
            "is_spent": self.is_spent,
            "breakdown": {"table": parts.table, "amount": parts.amount, "labels": list(parts.labels)}
            if parts
            else None,
        }

    @classmethod
    def from_definition(cls, definition: dict[str, Any]) -> Metric:
        """From what :meth:`definition` gave."""
        parts = definition["breakdown"]
        breakdown = Breakdown(parts["table"], parts["amount"], tuple(parts["labels"])) if parts else None
        return cls(
            definition["name"],
            definition["sql"],
            Unit.of(UnitKind(definition["unit"])),
            breakdown,
            definition.get("is_spent", False),
        )


def value_metric(name: str, breakdown: Breakdown, unit: Unit = Unit.MONEY) -> Metric:
    """The sum of an amount over the rows of a table."""
    return Metric(name, _sum(breakdown), unit, breakdown)


def held_by(table: TableInfo, by: str, quantity: Column, price: Column) -> Breakdown:
    """What positions are worth by the values of a column."""
    return Breakdown(table.name, worth(quantity, price), (by,))


def ready_made(tables: Iterable[TableInfo]) -> list[Metric]:
    """Metrics for tables with a quantity and a price: all for the table made first, its sum for later ones.

    A table that comes later leaves those that are there in their places. There are none where there is no such table.
    """
    found = [positions for table in _by_age(tables) if (positions := _positions(table))]
    metrics: list[Metric] = []
    for positions in found:
        names = {metric.name for metric in metrics}
        own = positions.metrics() if not metrics else positions.metrics()[:1]
        source = positions.table.name
        metrics += [replace(m, name=f"{m.name} of {source}") if m.name in names else m for m in own]
    return metrics


def row_counts(tables: Iterable[TableInfo]) -> list[Metric]:
    """The number of rows of the table made first, for data that nothing else is known to measure."""
    return [Metric(f"Rows in {t.name}", f"SELECT count(*) FROM {identifier(t.name)}") for t in _by_age(tables)[:1]]


def _by_age(tables: Iterable[TableInfo]) -> list[TableInfo]:
    return sorted(tables, key=lambda table: table.number)


@dataclass(frozen=True)
class _Positions:
    """A table whose rows are worth a quantity times a price."""

    table: TableInfo
    quantity: str
    price: str
    cost: str | None

    @property
    def is_portfolio(self) -> bool:
        return self.quantity.casefold() in _HELD and not self.is_offer

    @property
    def is_offer(self) -> bool:
        """Whether its rows are what somebody sells, not what somebody holds."""
        return is_offer(self.table, self.quantity)

    def metrics(self) -> list[Metric]:
        amount = self._per_row(f"{identifier(self.quantity)} * {identifier(self.price)}")
        gain = self._per_row(
            f"{identifier(self.quantity)} * ({identifier(self.price)} - {identifier(self.cost or '')})"
        )
        if self.is_offer:
            units = Metric("Units", _sum(self._per_row(identifier(self.quantity))))
            profit = [value_metric("Gross profit", gain)] if self.cost else []
            return [value_metric("Revenue", amount), *profit, units, self._average_price(amount)]
        value = value_metric("Portfolio value" if self.is_portfolio else "Total value", amount)
        profit = [value_metric("Unrealised P&L", gain)] if self.cost else []
        spent = self._per_row(f"{identifier(self.quantity)} * {identifier(self.cost or '')}")
        cost = [replace(value_metric("Cost", spent), is_spent=True)] if self.cost else []
        return [value, *profit, self._count(), *self._weights(amount), *cost]

    def _per_row(self, amount: str) -> Breakdown:
        return Breakdown(self.table.name, amount, label_columns(self.table))

    @property
    def _source(self) -> str:
        return identifier(self.table.name)

    def _count(self) -> Metric:
        """A position that was sold off keeps its row and is none any more."""
        if not self.is_portfolio:
            return Metric("Rows", f"SELECT count(*) FROM {self._source}")
        return Metric("Positions", f"SELECT count(*) FROM {self._source} WHERE {identifier(self.quantity)} <> 0")

    def _weights(self, parts: Breakdown) -> list[Metric]:
        """The largest weight, and the Herfindahl-Hirschman index: the sum of squared weights in percent, to 10,000."""
        amount = parts.amount
        largest = f"SELECT coalesce(max({amount}) / nullif(sum({amount}), 0), 0) FROM {self._source}"
        squares = f"sum(pow(CAST({amount} AS DOUBLE), 2)) / nullif(pow(sum(CAST({amount} AS DOUBLE)), 2), 0)"
        index = f"SELECT coalesce(round(10000 * {squares}), 0) FROM {self._source}"
        return [Metric("Largest weight", largest, Unit.PERCENT), Metric("Concentration (HHI)", index)]

    def _average_price(self, parts: Breakdown) -> Metric:
        units = f"sum({identifier(self.quantity)})"
        average = f"SELECT coalesce(sum({parts.amount}) / nullif({units}, 0), 0) FROM {self._source}"
        return Metric("Average price", average, Unit.MONEY)


def _positions(table: TableInfo) -> _Positions | None:
    quantity, price = guessed(table, Role.QUANTITY), guessed(table, Role.PRICE)
    return _Positions(table, quantity, price, guessed(table, Role.COST)) if quantity and price else None


def _sum(breakdown: Breakdown) -> str:
    return f"SELECT coalesce(sum({breakdown.amount}), 0) FROM {identifier(breakdown.table)}"
