"""Changing what is held: scaling, trimming and adding positions. Whole numbers stay whole: fractions are dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, ClassVar

from hati_core.errors import InvalidAction
from hati_core.model import Column, TableInfo
from hati_core.names import key_text
from hati_core.quote import identifier, identifiers
from hati_core.scenarios.action import (
    Action,
    Kind,
    Takes,
    Varies,
    cost_caveat,
    role_column,
    rows_meant,
    update,
    written,
)
from hati_core.scenarios.conditions import Condition, column_of
from hati_core.scenarios.roles import Role, is_whole, label_columns
from hati_core.scenarios.sql_text import counted, decimal, number, shown, typed


def _quantity(table: TableInfo, chosen: str | None) -> Column:
    return written(table, role_column(table, chosen, Role.QUANTITY))


def _rest_watched(table: TableInfo, quantity: Column, where: Condition | None) -> str | None:
    """How much the rows that are meant hold; unknown where they are found by what an action changes."""
    if not is_whole(quantity) or (where and column_of(table, where.column) == quantity):
        return None
    name = identifier(quantity.name)
    met = f" AND ({where.sql(table)})" if where else ""
    return f"SELECT coalesce(sum({name}), 0)::DOUBLE FROM {identifier(table.name)} WHERE {name} > 0{met}"


def _rest_told(quantity: Column, before: float, after: float, factor: Decimal) -> tuple[str, ...]:
    """What dropped fractions come to, as they make a change another one than was asked for."""
    wanted = before * float(factor)
    if wanted - after < 0.005:
        return ()
    change = f"{(after / before - 1) * 100:+.1f} %".replace("-", "−")
    return (
        f"{quantity.name} holds whole numbers, so fractions of {wanted - after:,.2f} in all are dropped: "
        f"{before:,.0f} become {after:,.0f}, {change}.",
    )


@dataclass(frozen=True)
class ScalePositions(Action):
    """Multiply quantities by a factor, of all rows or of some: 2 doubles them, 0.5 halves them."""

    name: ClassVar[str] = "scale_positions"
    title: ClassVar[str] = "Scale quantities"

    factor: Annotated[Any, Takes(Kind.NUMBER, "Factor", "What quantities are multiplied by; at least 0.")] = 2
    where: Annotated[Condition | None, Takes(Kind.CONDITION, "Rows", "Which rows; all of them by default.")] = None
    quantity: Annotated[
        str | None, Takes(Kind.COLUMN, "Quantity column", "The column that holds quantities.", role=Role.QUANTITY)
    ] = None

    def require_sense(self) -> None:
        factor = decimal(self.factor, "the factor")
        if factor < 0:
            raise InvalidAction("A factor below 0 would turn what is held into what is owed. Give 0 or more.")
        if factor == 1:
            raise InvalidAction("A factor of 1 leaves every quantity as it is. Give another factor.")

    def statements(self, table: TableInfo) -> tuple[str, ...]:
        quantity = _quantity(table, self.quantity)
        name = identifier(quantity.name)
        scaled = counted(quantity, f"{name} * {number(decimal(self.factor, 'the factor'))}")
        return (
            update(table, quantity, scaled, [self.where.sql(table) if self.where else None, f"{name} IS NOT NULL"]),
        )

    def sentence(self, table: TableInfo) -> str:
        factor = shown(decimal(self.factor, "the factor"))
        return f"Multiply {_quantity(table, self.quantity).name} by {factor}{rows_meant(self.where)}"

    def caveats(self, table: TableInfo) -> tuple[str, ...]:
        grows = decimal(self.factor, "the factor") > 1
        return cost_caveat(table, _quantity(table, self.quantity)) if grows else ()

    def watched(self, table: TableInfo) -> str | None:
        return _rest_watched(table, _quantity(table, self.quantity), self.where)

    def told(self, table: TableInfo, before: float, after: float) -> tuple[str, ...]:
        return _rest_told(_quantity(table, self.quantity), before, after, decimal(self.factor, "the factor"))


class TrimTo(Enum):
    """What a position is trimmed by, or to."""

    BY_PERCENT = "by percent"
    TO_QUANTITY = "to a quantity"
    TO_VALUE = "to a value"


_HALF = 50
_AMOUNTS = Varies(
    "how",
    {
        TrimTo.BY_PERCENT.value: "Sell of each row, in %",
        TrimTo.TO_QUANTITY.value: "Keep at most, quantity per row",
        TrimTo.TO_VALUE.value: "Keep at most, value per row",
    },
    {TrimTo.BY_PERCENT.value: _HALF},
)


@dataclass(frozen=True)
class TrimPositions(Action):
    """Sell part of what is held: a percentage of it, or what exceeds a quantity or a value. Nothing is ever bought."""

    name: ClassVar[str] = "trim_positions"
    title: ClassVar[str] = "Trim quantities"

    where: Annotated[Condition | None, Takes(Kind.CONDITION, "Rows", "Which rows; all of them by default.")] = None
    how: Annotated[Any, Takes(Kind.CHOICE, "Trim", "By percent, to a quantity, or to a value.", choices=TrimTo)] = (
        TrimTo.BY_PERCENT
    )
    amount: Annotated[
        Any,
        Takes(
            Kind.NUMBER,
            "Amount",
            "The percentage; or the most of the quantity or the value that each row keeps.",
            varies=_AMOUNTS,
        ),
    ] = None
    quantity: Annotated[
        str | None, Takes(Kind.COLUMN, "Quantity column", "The column that holds quantities.", role=Role.QUANTITY)
    ] = None
    price: Annotated[
        str | None,
        Takes(Kind.COLUMN, "Price column", "The column that holds prices, for trimming to a value.", role=Role.PRICE),
    ] = None

    def require_sense(self) -> None:
        if self.amount is None and self.how is not TrimTo.BY_PERCENT:
            raise InvalidAction("Say what each row is trimmed to.")
        amount = self._amount
        if amount < 0 or (self.how is TrimTo.BY_PERCENT and not 0 < amount <= 100):
            raise InvalidAction(
                "A quantity is trimmed by more than 0 and at most 100 %."
                if self.how is TrimTo.BY_PERCENT
                else "A quantity is trimmed to 0 or more."
            )

    def statements(self, table: TableInfo) -> tuple[str, ...]:
        quantity = _quantity(table, self.quantity)
        name, amount = identifier(quantity.name), self._amount
        positive = [f"{name} > 0"]
        if self.how is TrimTo.BY_PERCENT:
            left = f"{name} * {number(1 - amount / Decimal(100))}"
        elif self.how is TrimTo.TO_QUANTITY:
            left = number(amount)
        else:
            price = role_column(table, self.price, Role.PRICE)
            left = f"{number(amount)} / CAST({identifier(price.name)} AS DOUBLE)"
            positive.append(f"{identifier(price.name)} > 0")
        kept = counted(quantity, left)
        return (
            update(
                table, quantity, kept, [self.where.sql(table) if self.where else None, *positive, f"{kept} < {name}"]
            ),
        )

    def sentence(self, table: TableInfo) -> str:
        amount = shown(self._amount)
        quantity = _quantity(table, self.quantity).name
        ends = {
            TrimTo.BY_PERCENT: f"by {amount} %",
            TrimTo.TO_QUANTITY: f"to at most {amount} a row",
            TrimTo.TO_VALUE: f"to a value of at most {amount} a row",
        }
        return f"Trim {quantity} {ends[self.how]}{rows_meant(self.where)}"

    def watched(self, table: TableInfo) -> str | None:
        is_share = self.how is TrimTo.BY_PERCENT
        return _rest_watched(table, _quantity(table, self.quantity), self.where) if is_share else None

    def told(self, table: TableInfo, before: float, after: float) -> tuple[str, ...]:
        return _rest_told(_quantity(table, self.quantity), before, after, 1 - self._amount / Decimal(100))

    @property
    def _amount(self) -> Decimal:
        return decimal(_HALF if self.amount is None else self.amount, "the amount")


@dataclass(frozen=True)
class AddPosition(Action):
    """Add one row to a table, such as a new position or a new product; columns that are not named stay empty."""

    name: ClassVar[str] = "add_position"
    title: ClassVar[str] = "Add a row"

    values: Annotated[Any, Takes(Kind.CELLS, "Values", "The cells of the new row, by column.")]

    def statements(self, table: TableInfo) -> tuple[str, ...]:
        cells = self._cells(table)
        given = {column.name for column, value in cells if value is not None}
        for column in table.columns:
            needed = column.name in table.key or not column.nullable
            if needed and column.default is None and column.name not in given:
                raise InvalidAction(f"“{column.name}” of the new row cannot be empty. Give it a value.")
        names = identifiers(column.name for column, _ in cells)
        values = ", ".join(typed(column, value) for column, value in cells)
        return (f"INSERT INTO {identifier(table.name)} ({names}) VALUES ({values})",)

    def _cells(self, table: TableInfo) -> list[tuple[Column, Any]]:
        values: Mapping[str, Any] = self.values
        cells = [(column_of(table, name), None if value == "" else value) for name, value in values.items()]
        if all(value is None for _, value in cells):
            raise InvalidAction("The new row has no values. Fill in at least one.")
        return cells

    def sentence(self, table: TableInfo) -> str:
        cells = [(column.name, value) for column, value in self._cells(table) if value is not None]
        labels = label_columns(table)
        called = key_text(value for name, value in cells if name in labels)
        rest = ", ".join(f"{name} {value}" for name, value in cells if name not in labels)
        return f"Add {called or 'a row'}{' with ' if rest else ''}{rest}"
