"""Changing prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from hati_core.errors import InvalidAction
from hati_core.model import TableInfo
from hati_core.quote import identifier
from hati_core.scenarios.action import Action, Kind, Takes, role_column, rows_meant, update, written
from hati_core.scenarios.conditions import Condition
from hati_core.scenarios.roles import Role
from hati_core.scenarios.sql_text import decimal, number, shown, stored


@dataclass(frozen=True)
class ShockPrices(Action):
    """Raise or lower prices by a percentage, of all rows or of some, such as one sector, one tier or one name."""

    name: ClassVar[str] = "shock_prices"
    title: ClassVar[str] = "Shock prices"

    percent: Annotated[Any, Takes(Kind.PERCENT, "Change", "By how many percent: −20 lowers a price by a fifth.")] = -10
    where: Annotated[Condition | None, Takes(Kind.CONDITION, "Rows", "Which rows; all of them by default.")] = None
    price: Annotated[
        str | None, Takes(Kind.COLUMN, "Price column", "The column that holds prices.", role=Role.PRICE)
    ] = None

    def require_sense(self) -> None:
        percent = decimal(self.percent, "the change")
        if percent == 0:
            raise InvalidAction("A change of 0 % leaves every price as it is. Give another percentage.")
        if percent < -100:
            raise InvalidAction("A price cannot fall by more than 100 %. Give −100 or more.")

    def statements(self, table: TableInfo) -> tuple[str, ...]:
        price = written(table, role_column(table, self.price, Role.PRICE))
        factor = 1 + decimal(self.percent, "the change") / Decimal(100)
        changed = stored(price, f"{identifier(price.name)} * {number(factor)}")
        condition = self.where.sql(table) if self.where else None
        return (update(table, price, changed, [condition, f"{identifier(price.name)} IS NOT NULL"]),)

    def sentence(self, table: TableInfo) -> str:
        percent = decimal(self.percent, "the change")
        price = role_column(table, self.price, Role.PRICE)
        verb = "Raise" if percent > 0 else "Lower"
        return f"{verb} {price.name} by {shown(abs(percent))} %{rows_meant(self.where)}"
