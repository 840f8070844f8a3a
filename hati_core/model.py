"""The values that pass between layers. All are frozen; none knows the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

Row = dict[str, Any]
Key = tuple[Any, ...]


class BranchStatus(Enum):
    """Where a branch is in its life."""

    ACTIVE = "active"
    DISCARDED = "discarded"
    COLLECTED = "collected"


class KeyOrigin(Enum):
    """How the key of a table came to be known."""

    DECLARED = "declared"
    INFERRED = "inferred"
    LINEAGE = "lineage"


class Side(Enum):
    """Whose value a resolution takes; *ours* is the branch merged into, *theirs* the one merged from."""

    BASE = "base"
    OURS = "ours"
    THEIRS = "theirs"


class ConflictKind(Enum):
    """What both sides did to the row; ours comes first."""

    EDIT_EDIT = "edit_edit"
    EDIT_DELETE = "edit_delete"
    DELETE_EDIT = "delete_edit"
    INSERT_INSERT = "insert_insert"
    SCHEMA = "schema"
    VIOLATION = "violation"
    """No conflict: both sides agree on the row, and it breaks a rule of its table."""


class ChangeKind(Enum):
    """What happened to a row between two states."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Strategy(Enum):
    """How conflicts are settled; everything else merges the same way under each."""

    BRANCH_WINS = "branch_wins"
    MAIN_WINS = "main_wins"
    MANUAL = "manual"
    ABORT = "abort"


@dataclass(frozen=True)
class Column:
    """A column of a table at one version; ``type`` is DuckDB's name for it, ``default`` an SQL expression.

    ``id`` stays with a column through renaming and retyping; ``born`` is the version that made it.
    ``initial`` is the SQL expression for its value in rows that are older than it.
    """

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    id: int | None = field(default=None, compare=False, repr=False)
    born: int = field(default=0, compare=False, repr=False)
    initial: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class TableInfo:
    """A table at one version of one branch; ``key`` is empty where rows are told apart by lineage.

    ``number`` grows from table to table of a branch in the order in which they were made.
    """

    name: str
    uuid: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    key_origin: KeyOrigin = KeyOrigin.LINEAGE
    number: int = field(default=0, compare=False)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class ViewInfo:
    """A view at one version of one branch; ``sql`` is how it was made."""

    name: str
    sql: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Touch:
    """How many rows of a table one commit inserted, updated and deleted."""

    table: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    note: str = ""

    @property
    def summary(self) -> str:
        """The touch in a few characters, such as ``portfolio +1 ~2``."""
        parts = [("+", self.inserted), ("~", self.updated), ("−", self.deleted)]
        counts = " ".join(f"{sign}{count:,}" for sign, count in parts if count)
        return " ".join(part for part in (self.table, self.note, counts) if part)


@dataclass(frozen=True)
class Origin:
    """The run of an agent that a commit comes from, and the number of its step; None where no one step made it."""

    run: str
    step: int | None = None


@dataclass(frozen=True)
class Commit:
    """One atomic change to one branch; ``at`` is in UTC.

    ``merged_from`` names the branch that it merged, ``reverts`` the version that it undid, ``restores`` the version
    that it went back to, ``origin`` the run of an agent that it comes from.
    """

    branch: str
    version: int
    author: str
    message: str
    at: datetime
    touched: tuple[Touch, ...] = ()
    merged_from: str | None = None
    reverts: int | None = None
    restores: int | None = None
    origin: Origin | None = None

    @property
    def summary(self) -> str:
        """What the commit touched, table by table."""
        return ", ".join(touch.summary for touch in self.touched)


@dataclass(frozen=True)
class BranchInfo:
    """What the list of branches shows. ``base`` is the version of ``parent`` that it was forked at; times are UTC."""

    id: str
    name: str
    parent: str | None
    base: int | None
    head: int
    status: BranchStatus
    created_at: datetime
    author: str
    description: str = ""
    expires_at: datetime | None = None
    discarded_at: datetime | None = None

    @property
    def is_main(self) -> bool:
        """Whether it is the branch that all others come from."""
        return self.parent is None


@dataclass(frozen=True)
class PastStatement:
    """A statement that ``author`` ran on a branch; ``at`` is in UTC."""

    sql: str
    author: str
    at: datetime


@dataclass(frozen=True)
class TableEdits:
    """What a grid saves: rows to insert, cells to change by row key, and the keys of rows to delete."""

    inserts: Sequence[Row] = ()
    updates: Mapping[Key, Row] = field(default_factory=dict)
    deletes: Sequence[Key] = ()

    def __bool__(self) -> bool:
        return bool(self.inserts or self.updates or self.deletes)


@dataclass(frozen=True)
class RowChange:
    """One row before and after; ``columns`` are those that differ, all of them for a whole row."""

    key: Key
    before: Row | None
    after: Row | None
    columns: tuple[str, ...]

    @property
    def kind(self) -> ChangeKind:
        """What happened to the row."""
        if self.before is None:
            return ChangeKind.ADDED
        return ChangeKind.REMOVED if self.after is None else ChangeKind.CHANGED


@dataclass(frozen=True)
class Conflict:
    """A row that both sides changed differently since the base; an absent row is None.

    ``id`` stays the same as long as the same values stand against each other. ``columns``
    are the cells in conflict; for a delete against an edit, the cells that were edited.
    ``ours_version`` and ``theirs_version`` are the last commits that touched the row on
    each side.

    Of kind SCHEMA it is about a column, which ``key`` names, or with an empty ``key`` about the
    whole table; ``columns`` names what is at stake (``column``, ``name``, ``type``, ``default``,
    ``table``), and the three values are dicts with it.
    """

    id: str
    table: str
    key: Key
    kind: ConflictKind
    columns: tuple[str, ...]
    base: Row | None
    ours: Row | None
    theirs: Row | None
    merged: Row | None = None
    ours_version: int | None = None
    theirs_version: int | None = None

    def version(self, side: Side) -> int | None:
        """The last commit of a side that touched the row; None for what was there before, or where nobody knows."""
        return {Side.OURS: self.ours_version, Side.THEIRS: self.theirs_version}.get(side)

    @property
    def is_by_cell(self) -> bool:
        """Whether it is about cells, each of which can be settled by itself."""
        return self.kind in (ConflictKind.EDIT_EDIT, ConflictKind.INSERT_INSERT)


Resolution = Side | Mapping[str, Any]
"""A side for the whole conflict, or for each column in conflict a side or a value."""


@dataclass(frozen=True)
class Check:
    """A rule of a table: an SQL expression over the cells of one row that must not be false; NULL passes."""

    name: str
    expression: str


@dataclass(frozen=True)
class Violation:
    """A rule of a table that rows break, with some of those rows.

    ``columns`` are those that the rule reads. ``row_ids`` are by what a merge plan knows those of the rows that it
    writes, so that a resolution can mend them.
    """

    table: str
    rule: str
    message: str
    rows: tuple[Row, ...] = ()
    columns: tuple[str, ...] = ()
    row_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class GcReport:
    """What a collection removed, or would remove; sizes in bytes."""

    branches: tuple[str, ...]
    files: int
    bytes: int
    kept_files: int
    kept_bytes: int
    dry_run: bool


@dataclass(frozen=True)
class CompactReport:
    """How many small files of which branches became how many; ``busy`` branches were left for the next time."""

    branches: tuple[str, ...]
    files_before: int
    files_after: int
    busy: tuple[str, ...] = ()
