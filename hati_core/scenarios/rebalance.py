"""Buying and selling until parts have the weights that they should have."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from hati_core.errors import InvalidAction
from hati_core.model import Column, TableInfo
from hati_core.quote import identifier
from hati_core.scenarios.action import Action, Kind, Named, Takes, cost_caveat, role_column, written
from hati_core.scenarios.conditions import column_of
from hati_core.scenarios.roles import Role, is_whole
from hati_core.scenarios.sql_text import counted, decimal, number, shown, typed, worth

_LISTED = 6


@dataclass(frozen=True)
class Rebalance(Action):
    """Buy and sell until parts of a table, by name or by group, have target weights in percent of its whole value.

    What the weights leave of 100 % is shared by all other rows in the proportions that they have. Inside a group rows
    keep their proportions. Quantities that are whole numbers are rounded down, so the sum of all positions never
    exceeds what it was; what is left over is told. Rows without a price above 0 are not touched.
    """

    name: ClassVar[str] = "rebalance"
    title: ClassVar[str] = "Rebalance to weights"

    by: Annotated[str, Takes(Kind.COLUMN, "Weights by", "The column that names the parts.", role=Role.GROUP)]
    weights: Annotated[
        Any, Takes(Kind.WEIGHTS, "Target weights", "Percent of the whole value, by value of that column.")
    ]
    quantity: Annotated[
        str | None, Takes(Kind.COLUMN, "Quantity column", "The column that holds quantities.", role=Role.QUANTITY)
    ] = None
    price: Annotated[
        str | None, Takes(Kind.COLUMN, "Price column", "The column that holds prices.", role=Role.PRICE)
    ] = None

    def require_sense(self) -> None:
        for part, weight in self._weights():
            if weight < 0:
                raise InvalidAction(f"The weight of {part} is below 0. Weights are 0 to 100 %.")
        if self._sum() > 100:
            raise InvalidAction(f"The weights come to {shown(self._sum())} %, which is more than all. Lower some.")

    def statements(self, table: TableInfo) -> tuple[str, ...]:
        by = column_of(table, self.by)
        quantity, price = self._columns(table)
        home, goal = identifier(table.name), _other_than(table, "goal")
        held, unit = f"{home}.{identifier(quantity.name)}", f"{home}.{identifier(price.name)}"
        bought = counted(
            quantity, f"CASE WHEN {goal}.held <> 0 THEN {held} * {goal}.factor ELSE {goal}.each / {unit} END"
        )
        return (
            f"UPDATE {home} SET {identifier(quantity.name)} = {bought} "
            f"FROM ({self._goals(table, by, quantity, price)}) AS {goal} "
            f"WHERE {home}.{identifier(by.name)} IS NOT DISTINCT FROM {goal}.part AND {unit} > 0 "
            f"AND {goal}.total > 0 AND {held} IS DISTINCT FROM {bought}",
        )

    def _goals(self, table: TableInfo, by: Column, quantity: Column, price: Column) -> str:
        """The query of each part: what it holds, its factor, and what each row of it gets if it holds nothing."""
        wanted, held = _other_than(table, "wanted"), _other_than(table, "held_now")
        weights = ", ".join(
            f"({typed(by, part)}, {number(weight / Decimal(100))}::DOUBLE)" for part, weight in self._weights()
        )
        rest = number(1 - self._sum() / Decimal(100))
        others = "sum(held) FILTER (WHERE weight IS NULL) OVER ()"
        weighed = (
            f"SELECT {held}.part, held, rows, sum(held) OVER () AS total, "
            f"coalesce(weight, {rest}::DOUBLE * held / nullif({others}, 0), 0) AS weight "
            f"FROM {held} LEFT JOIN {wanted} ON {wanted}.part = {held}.part"
        )
        return (
            f"WITH {wanted}(part, weight) AS (VALUES {weights}), "
            f"{held} AS (SELECT {identifier(by.name)} AS part, sum({worth(quantity, price)}) AS held, count(*) AS rows "
            f"FROM {identifier(table.name)} WHERE {identifier(price.name)} > 0 GROUP BY {identifier(by.name)}) "
            "SELECT part, held, total, weight * total / nullif(held, 0) AS factor, weight * total / rows AS each "
            f"FROM ({weighed})"
        )

    def _sum(self) -> Decimal:
        return sum((weight for _, weight in self._weights()), Decimal(0))

    def _weights(self) -> list[tuple[str, Decimal]]:
        return [(part, decimal(weight, f"the weight of {part}")) for part, weight in self.weights.items()]

    def _columns(self, table: TableInfo) -> tuple[Column, Column]:
        quantity = written(table, role_column(table, self.quantity, Role.QUANTITY))
        return quantity, role_column(table, self.price, Role.PRICE)

    def sentence(self, table: TableInfo) -> str:
        parts = [f"{part} {shown(weight)} %" for part, weight in self._weights()]
        more = f" and {len(parts) - _LISTED} more" if len(parts) > _LISTED else ""
        return f"Rebalance {table.name} by {self.by}: {', '.join(parts[:_LISTED])}{more}"

    def named(self, table: TableInfo) -> tuple[Named, ...]:
        return (Named(column_of(table, self.by), tuple(self.weights)),)

    def caveats(self, table: TableInfo) -> tuple[str, ...]:
        return cost_caveat(table, self._columns(table)[0])

    def watched(self, table: TableInfo) -> str:
        quantity, price = self._columns(table)
        return (
            f"SELECT coalesce(sum({worth(quantity, price)}), 0) FROM {identifier(table.name)} "
            f"WHERE {identifier(price.name)} > 0"
        )

    def told(self, table: TableInfo, before: float, after: float) -> tuple[str, ...]:
        left = before - after
        if before <= 0:
            return ("Nothing is held at a price above 0, so there is nothing to rebalance.",)
        if abs(left) < 0.005:
            return ()
        quantity, _ = self._columns(table)
        share = (100 - self._sum()) / 100
        if share and left > 0.999 * before * float(share):
            why = f"no other row holds anything that could take the other {shown(share * 100)} %"
        elif is_whole(quantity):
            why = f"{quantity.name} holds whole numbers"
        else:
            why = f"{quantity.name} is rounded to its places"
        return (f"{left:,.2f} of {before:,.2f} is left over: {why}.",)


def _other_than(table: TableInfo, name: str) -> str:
    """A name for a part of a statement that the table does not have."""
    return f"{name}_" if table.name.casefold() == name else name
