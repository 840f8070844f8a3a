"""Looking at some conflicts out of many: which, and how many there are of what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hati_core.merge.classify import IS_CONFLICT
from hati_core.merge.row_filter import has_text
from hati_core.merge.shape import Shape
from hati_core.model import Conflict, ConflictKind
from hati_core.quote import literal


@dataclass(frozen=True)
class ConflictFilter:
    """Which conflicts to look at: of one table, one kind, one column, with a text in the key or a value of the row.

    What is None or empty leaves all of them.
    """

    table: str | None = None
    kind: ConflictKind | None = None
    column: str | None = None
    text: str = ""

    def __bool__(self) -> bool:
        return self != ConflictFilter()

    def takes(self, conflict: Conflict) -> bool:
        """Whether it lets a conflict through."""
        rows = (conflict.base, conflict.ours, conflict.theirs)
        values = (value for row in rows if row for value in row.values())
        words = " ".join(str(part) for part in (*conflict.key, *values))
        return (
            self.table in (None, conflict.table)
            and self.kind in (None, conflict.kind)
            and (self.column is None or self.column in conflict.columns)
            and self.text.casefold() in words.casefold()
        )

    def condition(self, shape: Shape) -> str:
        """The same for the classified rows of a table, as SQL."""
        conditions = [IS_CONFLICT]
        if self.kind:
            conditions.append(f"outcome = {literal(self.kind.value)}")
        if self.column is not None:
            conditions.append(f"list_contains(columns, {literal(self.column)})")
        if self.text:
            conditions.append(has_text(self.text, ("base", "ours", "theirs"), (c.name for c in shape.columns)))
        return " AND ".join(conditions)


@dataclass(frozen=True)
class Facets:
    """How many conflicts there are by table, by kind and by column."""

    tables: Counter[str]
    kinds: Counter[ConflictKind]
    columns: Counter[str]
