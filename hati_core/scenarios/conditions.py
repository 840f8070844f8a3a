"""Which rows an action is about: one comparison of a column, without SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hati_core.errors import InvalidAction
from hati_core.model import Column, TableInfo
from hati_core.quote import identifier, literal
from hati_core.scenarios.sql_text import typed


class Operator(Enum):
    """How a cell is compared."""

    IS = "is"
    IS_NOT = "is not"
    ONE_OF = "is one of"
    LESS = "is less than"
    AT_MOST = "is at most"
    MORE = "is more than"
    AT_LEAST = "is at least"
    CONTAINS = "contains"
    BEGINS = "begins with"
    EMPTY = "is empty"
    FILLED = "is not empty"


_COMPARED = {Operator.LESS: "<", Operator.AT_MOST: "<=", Operator.MORE: ">", Operator.AT_LEAST: ">="}
_IN_TEXT = {Operator.CONTAINS: "contains", Operator.BEGINS: "starts_with"}
_WITHOUT_VALUE = (Operator.EMPTY, Operator.FILLED)
_LISTED = 4


@dataclass(frozen=True)
class Condition:
    """The rows whose cell in a column compares so with a value; with ``ONE_OF`` with any of several.

    Text is found without regard to case by ``CONTAINS`` and ``BEGINS`` alone.

    Raises:
        InvalidAction: no such comparison, or a value is missing or too many.
    """

    column: str
    operator: Operator | str = Operator.IS
    value: Any = None

    def __post_init__(self) -> None:
        try:
            operator = Operator(self.operator)
        except ValueError as error:
            known = ", ".join(choice.value for choice in Operator)
            raise InvalidAction(f"There is no comparison “{self.operator}”. Those are: {known}.") from error
        value = self.value
        if operator is Operator.ONE_OF:
            value = tuple(dict.fromkeys([value] if isinstance(value, str) or not hasattr(value, "__iter__") else value))
        many = isinstance(value, tuple | list | set | dict) and operator is not Operator.ONE_OF
        missing = value is None or value in ((), (None,)) or (isinstance(value, str) and not value.strip())
        if operator not in _WITHOUT_VALUE and (many or missing):
            raise InvalidAction(f"Say what “{self.column}” is compared with: “{operator.value}” takes a value.")
        object.__setattr__(self, "operator", operator)
        object.__setattr__(self, "value", None if operator in _WITHOUT_VALUE else value)

    @classmethod
    def read(cls, value: object) -> Condition:
        """From plain values: an object with ``column``, ``operator`` and ``value``.

        Raises:
            InvalidAction: it has no column, or something else.
        """
        if isinstance(value, Condition):
            return value
        if not isinstance(value, Mapping) or "column" not in value or value.keys() - {"column", "operator", "value"}:
            raise InvalidAction("Say which rows by a column, an operator and a value.")
        return cls(str(value["column"]), value.get("operator") or Operator.IS, value.get("value"))

    def sql(self, table: TableInfo) -> str:
        """As a condition in SQL.

        Raises:
            InvalidAction: the table has no such column, or a value does not fit it.
        """
        column = column_of(table, self.column)
        cell = identifier(column.name)
        match self.operator:
            case Operator.EMPTY:
                return f"{cell} IS NULL"
            case Operator.FILLED:
                return f"{cell} IS NOT NULL"
            case Operator.IS_NOT:
                return f"{cell} IS DISTINCT FROM {typed(column, self.value)}"
            case Operator.ONE_OF:
                return f"{cell} IN ({', '.join(typed(column, value) for value in self.value)})"
            case Operator.CONTAINS | Operator.BEGINS as found:
                text = literal(str(self.value))
                return f"{_IN_TEXT[found]}(lower(CAST({cell} AS VARCHAR)), lower({text}))"
            case Operator.IS:
                return f"{cell} = {typed(column, self.value)}"
            case _:
                return f"{cell} {_COMPARED[Operator(self.operator)]} {typed(column, self.value)}"

    @property
    def sentence(self) -> str:
        """In words, such as “sector is Tech”."""
        operator = Operator(self.operator)
        if operator in _WITHOUT_VALUE:
            return f"{self.column} {operator.value}"
        if operator is not Operator.ONE_OF:
            return f"{self.column} {operator.value} {self.value}"
        if len(self.value) == 1:
            return f"{self.column} is {self.value[0]}"
        more = f" and {len(self.value) - _LISTED} more" if len(self.value) > _LISTED else ""
        return f"{self.column} is one of {', '.join(map(str, self.value[:_LISTED]))}{more}"

    @property
    def named(self) -> tuple[Any, ...]:
        """The values that it names one by one, which a row should have."""
        found: dict[Operator | str, tuple[Any, ...]] = {Operator.IS: (self.value,), Operator.ONE_OF: self.value}
        return found.get(self.operator, ())


def column_of(table: TableInfo, name: str) -> Column:
    """The column of that name, without regard to case as in SQL.

    Raises:
        InvalidAction: there is none.
    """
    found = table.column(name) or next((c for c in table.columns if c.name.casefold() == name.casefold()), None)
    if found is None:
        raise InvalidAction(
            f"“{table.name}” has no column “{name}”. Its columns are: {', '.join(table.column_names)}.",
            table=table.name,
        )
    return found
