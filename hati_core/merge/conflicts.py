"""Conflicts of a plan as a sequence that reads pages, never the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol, overload

from hati_core.merge.classify import CONFLICTS, IS_CONFLICT
from hati_core.merge.conflict_filter import ConflictFilter, Facets
from hati_core.merge.context import Scratch
from hati_core.merge.rows import fetch, key_tuple
from hati_core.merge.shape import Shape
from hati_core.model import Conflict, ConflictKind, Row
from hati_core.quote import literal
from hati_core.storage.engine import Engine

_PAGE = 500
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


class ConflictList(Sequence[Conflict]):
    """Conflicts ordered by table and key: length, items, slices, iteration, and lookup by id."""

    def __init__(self, sources: Sequence[ConflictSource], without: Collection[str] = ()) -> None:
        self._sources = tuple(sources)
        self._without = [frozenset(source.known(without)) if without else frozenset[str]() for source in sources]

    def __len__(self) -> int:
        return sum(source.count - len(left_out) for source, left_out in self._parts())

    def _parts(self) -> Iterator[tuple[ConflictSource, frozenset[str]]]:
        return zip(self._sources, self._without, strict=True)

    @overload
    def __getitem__(self, index: int) -> Conflict: ...
    @overload
    def __getitem__(self, index: slice) -> list[Conflict]: ...
    def __getitem__(self, index: int | slice) -> Conflict | list[Conflict]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step < 0:
                return [self[i] for i in range(start, stop, step)]
            return self._page(start, stop - start)[::step]
        position = index + len(self) if index < 0 else index
        found = self._page(position, 1) if position >= 0 else []
        if not found:
            raise IndexError(f"conflict {index} of {len(self)}")
        return found[0]

    def _page(self, offset: int, limit: int) -> list[Conflict]:
        found: list[Conflict] = []
        for source, left_out in self._parts():
            size = source.count - len(left_out)
            if offset < size and len(found) < limit:
                found += source.page(offset, limit - len(found), left_out)
            offset = max(0, offset - size)
        return found

    def __iter__(self) -> Iterator[Conflict]:
        for start in range(0, len(self), _PAGE):
            yield from self._page(start, _PAGE)

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Where a conflict stands.

        Raises:
            ValueError: it is not here.
        """
        place = self.place(value) if isinstance(value, Conflict) else None
        if place is None or any(value.id in left_out for left_out in self._without):
            raise ValueError(f"{value!r} is not among these conflicts")
        return place

    def place(self, conflict: Conflict) -> int | None:
        """How many come before a conflict, also where it was left out of the list; None where it never was in it."""
        before = 0
        for source, left_out in self._parts():
            place = source.place(conflict.id, left_out)
            if place is not None:
                return before + place
            before += source.count - len(left_out)
        return None

    def get(self, conflict_id: str) -> Conflict | None:
        """The conflict of that id, or None."""
        return next(islice((c for source in self._sources for c in source.find([conflict_id])), 1), None)

    def known(self, ids: Sequence[str]) -> frozenset[str]:
        """Those of the ids that are conflicts here."""
        return frozenset(key for source in self._sources for key in source.known(ids)) if ids else frozenset()

    def of(self, table: str) -> ConflictList:
        """Only those of one table."""
        return self.where(ConflictFilter(table=table))

    def where(self, wanted: ConflictFilter) -> ConflictList:
        """Only those that a filter takes."""
        sources = [source for source in self._sources if wanted.table in (None, source.table)]
        return ConflictList([source.where(wanted) for source in sources], self._left_out)

    def among(self, ids: Collection[str]) -> ConflictList:
        """Only those of some ids."""
        return ConflictList([source.among(ids) for source in self._sources], self._left_out)

    def without(self, ids: Collection[str]) -> ConflictList:
        """All but some ids."""
        return ConflictList(self._sources, self._left_out | set(ids))

    def with_rows(self, rows: Sequence[Conflict]) -> ConflictList:
        """With some rows more, each behind the conflicts of its table."""
        held = {table: HeldConflicts(table, tuple(own)) for table, own in _by_table(rows).items()}
        sources: list[ConflictSource] = sorted(
            [*self._sources, *held.values()], key=lambda source: source.table.casefold()
        )
        return ConflictList(sources, self._left_out)

    @property
    def _left_out(self) -> frozenset[str]:
        return frozenset[str]().union(*self._without)

    def facets(self) -> Facets:
        """How many there are by table, by kind and by column."""
        tables, kinds, columns = Counter[str](), Counter[ConflictKind](), Counter[str]()
        for source, left_out in self._parts():
            for kind, names, count in source.facets(left_out):
                tables[source.table] += count
                kinds[kind] += count
                columns.update(dict.fromkeys(names, count))
        return Facets(tables, kinds, columns)


def _by_table(rows: Sequence[Conflict]) -> dict[str, list[Conflict]]:
    found: dict[str, list[Conflict]] = {}
    for row in rows:
        found.setdefault(row.table, []).append(row)
    return found
