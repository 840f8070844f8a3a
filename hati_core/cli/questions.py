"""What a merge asks: a question for each cell in conflict, or one for a row, column or table as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hati_core.merge.agenda import agenda
from hati_core.merge.cell_versions import CellVersions
from hati_core.merge.plan import MergePlan
from hati_core.model import Commit, Conflict, ConflictKind, Resolution, Row, Side
from hati_core.names import folded
from hati_core.repository import Repository

VALUE = "value"
BASE = "base"
SIDES = (Side.BASE, Side.OURS, Side.THEIRS)
_BY_CELL = (ConflictKind.EDIT_EDIT, ConflictKind.INSERT_INSERT, ConflictKind.VIOLATION)


@dataclass(frozen=True)
class Question:
    """One thing to decide: ``column`` is None where it is about the row as a whole.

    ``sides`` has what each side says: a cell, or a row, which is None where there is none. ``choice`` is what was
    chosen for it: a side, ``VALUE`` with ``value`` beside it, or nothing yet.
    """

    conflict: Conflict
    key: Mapping[str, Any]
    column: str | None
    sides: Mapping[Side, Any]
    choice: Side | str | None = None
    value: Any = None

    @property
    def name(self) -> str:
        """What it is about, for a person: table, row and column."""
        parts = (self.conflict.table, *map(str, self.conflict.key), self.column or "")
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class Labels:
    """What choices are called: by the branches' names, unless these would mean something else."""

    base: str
    target: str
    source: str

    @classmethod
    def of(cls, plan: MergePlan) -> Labels:
        """The labels for one plan."""

        def label(name: str) -> str:
            return f"branch {name}" if folded(name) in (BASE, VALUE) else name

        return cls(BASE, label(plan.target), label(plan.source))

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be written."""
        return (self.target, self.source, self.base, VALUE)

    def text(self, choice: Side | str | None) -> str:
        """A choice as it is written; nothing for none."""
        words = {Side.BASE: self.base, Side.OURS: self.target, Side.THEIRS: self.source}
        return words[choice] if isinstance(choice, Side) else choice or ""

    def read(self, text: str) -> Side | str | None:
        """What somebody wrote, as a side or ``VALUE``; None where it is none of them."""
        known = {folded(self.base): Side.BASE, folded(self.target): Side.OURS, folded(self.source): Side.THEIRS}
        return known.get(folded(text)) or (VALUE if folded(text) == VALUE else None)


def questions(plan: MergePlan) -> Iterator[Question]:
    """Everything that a plan asks: its conflicts, and the cells of rows that break a rule; settled ones too."""
    for conflict in agenda(plan).everything:
        yield from _asked(plan, conflict)


def _asked(plan: MergePlan, conflict: Conflict) -> Iterator[Question]:
    key, chosen = _key(plan, conflict), plan.resolutions.get(conflict.id)
    columns: Sequence[str | None] = conflict.columns
    if conflict.kind not in (*_BY_CELL, ConflictKind.SCHEMA):
        columns = (None,)
    for column in columns:
        sides = {side: _cell(_row(conflict, side), column) for side in SIDES}
        yield Question(conflict, key, column, sides, *_chosen(chosen, column))


def _key(plan: MergePlan, conflict: Conflict) -> Mapping[str, Any]:
    if conflict.kind is ConflictKind.SCHEMA:
        return {"column": conflict.key[0]} if conflict.key else {}
    shape = plan.work()[conflict.table].shape
    names: Sequence[str] = ("rowid",) if shape.by_lineage else shape.key
    return dict(zip(names, conflict.key, strict=True))


def _row(conflict: Conflict, side: Side) -> Row | None:
    return {Side.BASE: conflict.base, Side.OURS: conflict.ours, Side.THEIRS: conflict.theirs}[side]


def _cell(row: Row | None, column: str | None) -> Any:
    return row if column is None or row is None else row.get(column)


def _chosen(resolution: Resolution | None, column: str | None) -> tuple[Side | str | None, Any]:
    if resolution is None or isinstance(resolution, Side):
        return resolution, None
    if column is None or column not in resolution:
        return None, None
    choice = resolution[column]
    return (choice, None) if isinstance(choice, Side) else (VALUE, choice)


class Makers:
    """Who made what stands on the two sides of a merge, and when; each commit is looked up once."""

    def __init__(self, repo: Repository, plan: MergePlan) -> None:
        self._plan = plan
        self._branches = {Side.OURS: repo.branch(plan.target), Side.THEIRS: repo.branch(plan.source)}
        self._known: dict[tuple[Side, int], Commit | None] = {}

    @cached_property
    def _cells(self) -> Mapping[str, Mapping[Side, CellVersions]]:
        return self._plan.cell_versions(list(self._plan.conflicts))

    def of(self, conflict: Conflict, side: Side, column: str | None = None) -> Commit | None:
        """The commit that made a cell on a side, or else the last that touched the row; None where nobody knows."""
        version = conflict.version(side)
        if column is not None and version is not None and conflict.kind is not ConflictKind.SCHEMA:
            version = self._cells.get(conflict.id, {}).get(side, {}).get(column, version)
        if version is None:
            return None
        place = (side, version)
        if place not in self._known:
            self._known[place] = self._branches[side].commit(version)
        return self._known[place]
