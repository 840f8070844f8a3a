"""Looking at some rows out of many: those that differ in one column, those with a text in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hati_core.quote import identifier, literal


@dataclass(frozen=True)
class RowFilter:
    """Which changed rows to look at: those that differ in a column, with a text in a cell before or after.

    What is None or empty leaves all of them. A row that is there on one side only differs in every column.
    """

    column: str | None = None
    text: str = ""

    def __bool__(self) -> bool:
        return self != RowFilter()

    def condition(self, columns: Iterable[str]) -> str:
        """The same as SQL over ``before``, ``after`` and the ``columns`` that differ."""
        conditions = ["true"]
        if self.column is not None:
            conditions.append(f"(kind <> 'changed' OR list_contains(columns, {literal(self.column)}))")
        if self.text:
            conditions.append(has_text(self.text, ("before", "after"), columns))
        return " AND ".join(conditions)


def has_text(text: str, rows: Iterable[str], columns: Iterable[str]) -> str:
    """Whether a cell of one of several rows, given as structs, contains a text, whatever the case."""
    names = list(columns)
    cells = ", ".join(f"{row}.{identifier(name)}::VARCHAR" for row in rows for name in names)
    return f"contains(lower(concat_ws(' ', {cells})), lower({literal(text)}))"
