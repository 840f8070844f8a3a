"""The conflicts of one table, held in memory or read from the classified rows a page at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from hati_core.merge.classify import CONFLICTS, IS_CONFLICT
from hati_core.merge.conflict_filter import ConflictFilter
from hati_core.merge.context import Scratch
from hati_core.merge.rows import fetch, key_tuple
from hati_core.merge.shape import Shape
from hati_core.model import Conflict, ConflictKind, Row
from hati_core.quote import literal
from hati_core.storage.engine import Engine

_IS_ONE_OF = "id IN (SELECT unnest($ids::VARCHAR[]))"


class ConflictSource(Protocol):
    """Conflicts of one table, in order."""

    @property
    def table(self) -> str: ...
    @property
    def count(self) -> int: ...
    def page(self, offset: int, limit: int, without: Collection[str]) -> list[Conflict]:
        """Conflicts in order, leaving out some ids."""

    def find(self, ids: Collection[str]) -> list[Conflict]:
        """The conflicts of those ids, as far as they are here."""

    def known(self, ids: Collection[str]) -> list[str]:
        """Those of the ids that are conflicts here."""

    def place(self, conflict_id: str, without: Collection[str]) -> int | None:
        """How many come before that one, leaving out some ids, if need be its own; None where it is not here."""

    def where(self, wanted: ConflictFilter) -> ConflictSource:
        """Only those that a filter takes."""

    def among(self, ids: Collection[str]) -> ConflictSource:
        """Only those of some ids."""

    def facets(self, without: Collection[str]) -> list[tuple[ConflictKind, tuple[str, ...], int]]:
        """How many there are of each kind with each set of columns, leaving out some ids."""


@dataclass(frozen=True)
class HeldConflicts:
    """Conflicts of one table that are in memory, such as those about its columns."""

    table: str
    conflicts: tuple[Conflict, ...]

    @property
    def count(self) -> int:
        return len(self.conflicts)

    def _others(self, without: Collection[str]) -> list[Conflict]:
        return [conflict for conflict in self.conflicts if conflict.id not in without]

    def page(self, offset: int, limit: int, without: Collection[str]) -> list[Conflict]:
        """Conflicts in order, leaving out some ids."""
        return self._others(without)[offset : offset + limit]

    def find(self, ids: Collection[str]) -> list[Conflict]:
        """The conflicts of those ids, as far as they are here."""
        return [conflict for conflict in self.conflicts if conflict.id in ids]

    def known(self, ids: Collection[str]) -> list[str]:
        """Those of the ids that are conflicts here."""
        return [conflict.id for conflict in self.find(ids)]

    def place(self, conflict_id: str, without: Collection[str]) -> int | None:
        """How many come before that one, leaving out some ids, if need be its own; None where it is not here."""
        ids = [conflict.id for conflict in self.conflicts]
        if conflict_id not in ids:
            return None
        return sum(other not in without for other in ids[: ids.index(conflict_id)])

    def where(self, wanted: ConflictFilter) -> HeldConflicts:
        """Only those that a filter takes."""
        return replace(self, conflicts=tuple(filter(wanted.takes, self.conflicts)))

    def among(self, ids: Collection[str]) -> HeldConflicts:
        """Only those of some ids."""
        return replace(self, conflicts=tuple(self.find(ids)))

    def facets(self, without: Collection[str]) -> list[tuple[ConflictKind, tuple[str, ...], int]]:
        """How many there are of each kind with each set of columns, leaving out some ids."""
        return [(conflict.kind, conflict.columns, 1) for conflict in self._others(without)]


@dataclass(frozen=True)
class RowConflicts:
    """The classified rows of one table, and how many of them are conflicts that meet a condition."""

    engine: Engine
    branch_id: str
    shape: Shape
    classified: Scratch
    count: int
    condition: str = IS_CONFLICT
    only: frozenset[str] | None = None

    @property
    def table(self) -> str:
        return self.shape.table

    def _fetch(self, what: str, condition: str, ids: Collection[str], rest: str = "") -> list[Row]:
        params = {"ids": list(ids)}
        if self.only is not None:
            condition += " AND id IN (SELECT unnest($only::VARCHAR[]))"
            params["only"] = list(self.only)
        sql = f"SELECT {what} FROM {self.classified.name} WHERE {condition} {rest}"
        return fetch(self.engine, self.branch_id, sql, params)

    def page(self, offset: int, limit: int, without: Collection[str]) -> list[Conflict]:
        """Conflicts in key order, leaving out some ids."""
        part = f"ORDER BY position LIMIT {int(limit)} OFFSET {int(offset)}"
        return [
            self._conflict(row) for row in self._fetch("*", f"{self.condition} AND NOT {_IS_ONE_OF}", without, part)
        ]

    def find(self, ids: Collection[str]) -> list[Conflict]:
        """The conflicts of those ids, as far as they are in this table."""
        return [self._conflict(row) for row in self._fetch("*", f"{self.condition} AND {_IS_ONE_OF}", ids)]

    def rows(self, ids: Collection[str]) -> list[Conflict]:
        """As :meth:`find`, with rows that are no conflict: a resolution can mend one that breaks a rule."""
        return [self._conflict(row) for row in self._fetch("*", _IS_ONE_OF, ids)]

    def known(self, ids: Collection[str]) -> list[str]:
        """Those of the ids that are conflicts of this table."""
        return [row["id"] for row in self._fetch("id", f"{self.condition} AND {_IS_ONE_OF}", ids)]

    def known_rows(self, ids: Collection[str]) -> list[str]:
        """Those of the ids that are rows here, in conflict or not."""
        return [row["id"] for row in self._fetch("id", _IS_ONE_OF, ids)]

    def place(self, conflict_id: str, without: Collection[str]) -> int | None:
        """How many come before that one, leaving out some ids, if need be its own; None where it is not here."""
        own = f"(SELECT position FROM {self.classified.name} WHERE id = {literal(conflict_id)})"
        is_here = f"bool_or(id = {literal(conflict_id)})"
        what = f"count(*) FILTER (position < {own} AND NOT {_IS_ONE_OF}) AS earlier, {is_here} AS is_here"
        (found,) = self._fetch(what, self.condition, without)
        return int(found["earlier"]) if found["is_here"] else None

    def where(self, wanted: ConflictFilter) -> RowConflicts:
        """Only those that a filter takes."""
        condition = wanted.condition(self.shape)
        (row,) = self._fetch("count(*) AS count", f"{condition} AND NOT {_IS_ONE_OF}", ())
        return replace(self, condition=condition, count=row["count"])

    def among(self, ids: Collection[str]) -> RowConflicts:
        """Only those of some ids."""
        known = frozenset(self.known(ids))
        return replace(self, only=known, count=len(known))

    def facets(self, without: Collection[str]) -> list[tuple[ConflictKind, tuple[str, ...], int]]:
        """How many there are of each kind with each set of columns, leaving out some ids."""
        what, rest = "outcome, columns, count(*) AS count", "GROUP BY outcome, columns"
        rows = self._fetch(what, f"{self.condition} AND NOT {_IS_ONE_OF}", without, rest)
        return [(ConflictKind(row["outcome"]), tuple(row["columns"]), row["count"]) for row in rows]

    def _conflict(self, row: Row) -> Conflict:
        is_conflict = row["outcome"] in CONFLICTS
        cells = tuple(column.name for column in self.shape.columns if column.name not in self.shape.key)
        return Conflict(
            id=row["id"],
            table=self.shape.table,
            key=key_tuple(row["key"], self.shape.by_lineage),
            kind=ConflictKind(row["outcome"]) if is_conflict else ConflictKind.VIOLATION,
            columns=tuple(row["columns"]) if is_conflict else cells,
            base=row["base"],
            ours=row["ours"],
            theirs=row["theirs"],
            merged=row["merged"],
            ours_version=row["ours_version"],
            theirs_version=row["theirs_version"],
        )
