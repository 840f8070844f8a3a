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
from hati_core.scenarios.action import Action, Kind, Takes, role_column, rows_meant, update, written
from hati_core.scenarios.conditions import Condition, column_of
from hati_core.scenarios.roles import Role, label_columns
from hati_core.scenarios.sql_text import counted, decimal, number, shown, typed


def _quantity(table: TableInfo, chosen: str | None) -> Column:
    return written(table, role_column(table, chosen, Role.QUANTITY))


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


class TrimTo(Enum):
    """What a position is trimmed by, or to."""

    BY_PERCENT = "by percent"
    TO_QUANTITY = "to a quantity"
    TO_VALUE = "to a value"


@dataclass(frozen=True)
class TrimPositions(Action):
    """Sell part of what is held: a percentage of it, or what exceeds a quantity or a value. Nothing is ever bought."""

    name: ClassVar[str] = "trim_positions"
    title: ClassVar[str] = "Trim quantities"

    where: Annotated[Condition | None, Takes(Kind.CONDITION, "Rows", "Which rows; all of them by default.")] = None
    how: Annotated[Any, Takes(Kind.CHOICE, "Trim", "By percent, to a quantity, or to a value.", choices=TrimTo)] = (
        TrimTo.BY_PERCENT
    )
    amount: Annotated[Any, Takes(Kind.NUMBER, "Amount", "The percentage, the quantity or the value; at least 0.")] = 50
    quantity: Annotated[
        str | None, Takes(Kind.COLUMN, "Quantity column", "The column that holds quantities.", role=Role.QUANTITY)
    ] = None
    price: Annotated[
        str | None,
        Takes(Kind.COLUMN, "Price column", "The column that holds prices, for trimming to a value.", role=Role.PRICE),
    ] = None

    def require_sense(self) -> None:
        amount = decimal(self.amount, "the amount")
        if amount < 0 or (self.how is TrimTo.BY_PERCENT and not 0 < amount <= 100):
            raise InvalidAction(
                "A quantity is trimmed by more than 0 and at most 100 %."
                if self.how is TrimTo.BY_PERCENT
                else "A quantity is trimmed to 0 or more."
            )

    def statements(self, table: TableInfo) -> tuple[str, ...]:
        quantity = _quantity(table, self.quantity)
        name, amount = identifier(quantity.name), decimal(self.amount, "the amount")
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
        amount = shown(decimal(self.amount, "the amount"))
        quantity = _quantity(table, self.quantity).name
        ends = {
            TrimTo.BY_PERCENT: f"by {amount} %",
            TrimTo.TO_QUANTITY: f"to at most {amount}",
            TrimTo.TO_VALUE: f"to a value of at most {amount}",
        }
        return f"Trim {quantity} {ends[self.how]}{rows_meant(self.where)}"


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
