"""Writing one value into the rows that meet a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from hati_core.errors import InvalidAction
from hati_core.model import TableInfo
from hati_core.quote import identifier
from hati_core.scenarios.action import Action, Kind, Takes, rows_meant, update, written
from hati_core.scenarios.conditions import Condition, column_of
from hati_core.scenarios.sql_text import typed


@dataclass(frozen=True)
class SetValue(Action):
    """Write one value into a column, or empty its cells, in all rows or in those that meet a condition."""

    name: ClassVar[str] = "set_value"
    title: ClassVar[str] = "Set a value"

    column: Annotated[str, Takes(Kind.COLUMN, "Column", "The column to write.")]
    value: Annotated[Any, Takes(Kind.VALUE, "Value", "What to write; null empties the cell.")] = None
    where: Annotated[Condition | None, Takes(Kind.CONDITION, "Rows", "Which rows; all of them by default.")] = None

    def statements(self, table: TableInfo) -> tuple[str, ...]:
        column = written(table, column_of(table, self.column))
        if self.value is None and not column.nullable:
            raise InvalidAction(f"“{column.name}” of “{table.name}” cannot be empty. Give it a value.")
        value = typed(column, self.value)
        differs = f"{identifier(column.name)} IS DISTINCT FROM {value}"
        return (update(table, column, value, [self.where.sql(table) if self.where else None, differs]),)

    def sentence(self, table: TableInfo) -> str:
        name = column_of(table, self.column).name
        does = f"Empty {name}" if self.value is None else f"Set {name} to {self.value}"
        return f"{does}{rows_meant(self.where)}"
