"""Conflicts of a plan as a sequence that reads pages, never the whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, overload

from hati_core.merge.classify import IS_CONFLICT
from hati_core.merge.context import Scratch
from hati_core.merge.rows import fetch, key_tuple
from hati_core.merge.shape import Shape
from hati_core.model import Conflict, ConflictKind, Row
from hati_core.storage.engine import Engine

_PAGE = 500


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


@dataclass(frozen=True)
class SchemaConflicts:
    """The conflicts about one table and its columns."""

    table: str
    conflicts: tuple[Conflict, ...]

    @property
    def count(self) -> int:
        return len(self.conflicts)

    def page(self, offset: int, limit: int, without: Collection[str]) -> list[Conflict]:
        """Conflicts in order, leaving out some ids."""
        return [conflict for conflict in self.conflicts if conflict.id not in without][offset : offset + limit]

    def find(self, ids: Collection[str]) -> list[Conflict]:
        """The conflicts of those ids, as far as they are here."""
        return [conflict for conflict in self.conflicts if conflict.id in ids]

    def known(self, ids: Collection[str]) -> list[str]:
        """Those of the ids that are conflicts here."""
        return [conflict.id for conflict in self.find(ids)]


@dataclass(frozen=True)
class RowConflicts:
    """The classified rows of one table, and how many of them conflict."""

    engine: Engine
    branch_id: str
    shape: Shape
    classified: Scratch
    count: int

    @property
    def table(self) -> str:
        return self.shape.table

    def page(self, offset: int, limit: int, without: Collection[str]) -> list[Conflict]:
        """Conflicts in key order, leaving out some ids."""
        rows = fetch(
            self.engine,
            self.branch_id,
            f"SELECT * FROM {self.classified.name} WHERE {IS_CONFLICT} AND NOT list_contains($without::VARCHAR[], id) "
            f"ORDER BY position LIMIT {int(limit)} OFFSET {int(offset)}",
            {"without": list(without)},
        )
        return [self._conflict(row) for row in rows]

    def find(self, ids: Collection[str]) -> list[Conflict]:
        """The conflicts of those ids, as far as they are in this table."""
        return [self._conflict(row) for row in self._rows("*", ids)]

    def known(self, ids: Collection[str]) -> list[str]:
        """Those of the ids that are conflicts of this table."""
        return [row["id"] for row in self._rows("id", ids)]

    def _rows(self, columns: str, ids: Collection[str]) -> list[Row]:
        return fetch(
            self.engine,
            self.branch_id,
            f"SELECT {columns} FROM {self.classified.name} WHERE {IS_CONFLICT} AND list_contains($ids::VARCHAR[], id)",
            {"ids": list(ids)},
        )

    def _conflict(self, row: Row) -> Conflict:
        return Conflict(
            id=row["id"],
            table=self.shape.table,
            key=key_tuple(row["key"], self.shape.by_lineage),
            kind=ConflictKind(row["outcome"]),
            columns=tuple(row["columns"]),
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

    def get(self, conflict_id: str) -> Conflict | None:
        """The conflict of that id, or None."""
        return next(islice((c for source in self._sources for c in source.find([conflict_id])), 1), None)

    def known(self, ids: Sequence[str]) -> frozenset[str]:
        """Those of the ids that are conflicts here."""
        return frozenset(key for source in self._sources for key in source.known(ids)) if ids else frozenset()

    def of(self, table: str) -> ConflictList:
        """Only those of one table."""
        left_out = frozenset[str]().union(*self._without)
        return ConflictList([source for source in self._sources if source.table == table], left_out)
