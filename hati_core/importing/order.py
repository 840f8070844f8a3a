"""What a person asks for with a file, what would come of it, and which rows cannot be taken in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from hati_core.importing.reading import Dates, Numbers
from hati_core.model import Column, RowChange
from hati_core.scenarios.roles import is_numeric


class ImportMode(Enum):
    """What the rows of a file do to a table."""

    NEW = "new"
    """They become a table of their own."""
    APPEND = "append"
    """They are added to those that are there."""
    UPSERT = "upsert"
    """A row of the same key is changed, any other added."""
    REPLACE = "replace"
    """They take the place of all rows: as an upsert, and what the file does not have is removed."""


@dataclass(frozen=True)
class TakenColumn:
    """A column of the file that is taken in, and the column of the table that it becomes."""

    source: str
    name: str
    type: str


@dataclass(frozen=True)
class ImportOrder:
    """Which columns of a file go where; ``key`` is that of a new table, and others have their own."""

    table: str
    mode: ImportMode
    columns: tuple[TakenColumn, ...]
    key: tuple[str, ...] = ()
    numbers: Numbers = Numbers.POINT
    dates: Dates = Dates.DAY_FIRST

    @property
    def numeric(self) -> tuple[str, ...]:
        """The columns of the table that are numbers by the types chosen, those of the key last."""
        names = [taken.name for taken in self.columns if is_numeric(Column(taken.name, taken.type))]
        return tuple(sorted(names, key=lambda name: name in self.key))


@dataclass(frozen=True)
class RejectedRow:
    """A row that cannot be taken in: the line of the file where it begins, why not, and its values as written."""

    line: int
    reason: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do to a branch at ``version``; all counts are in rows.

    ``rejects`` are the first of the rejected rows, and ``changes`` of those that would change, in the order of the
    file; the latter are not there once it is done.
    """

    order: ImportOrder
    version: int
    rows: int
    added: int
    changed: int
    unchanged: int
    removed: int
    rejected: int
    rejects: Sequence[RejectedRow] = ()
    place: str = "line"
    changes: Sequence[RowChange] = ()

    @property
    def good(self) -> int:
        """How many rows of the file can be taken in."""
        return self.rows - self.rejected

    @property
    def is_idle(self) -> bool:
        """Whether it would change nothing."""
        return self.order.mode is not ImportMode.NEW and not (self.added or self.changed or self.removed)
