"""Conflicts of a plan as a sequence that reads pages, never the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import overload

from hati_core.merge.classify import IS_CONFLICT
from hati_core.merge.context import Scratch
from hati_core.merge.rows import fetch, key_tuple
from hati_core.merge.states import Shape
from hati_core.model import Conflict, ConflictKind, Row
from hati_core.storage.engine import Engine

_PAGE = 500


@dataclass(frozen=True)
class ConflictSource:
    """The classified rows of one table, and how many of them conflict."""

    engine: Engine
    branch_id: str
    shape: Shape
    classified: Scratch
    count: int

    def page(self, offset: int, limit: int, without: Sequence[str]) -> list[Conflict]:
        """Conflicts in key order, leaving out some ids."""
        rows = fetch(
            self.engine,
            self.branch_id,
            f"SELECT * FROM {self.classified.name} WHERE {IS_CONFLICT} AND NOT list_contains($without::VARCHAR[], id) "
            f"ORDER BY position LIMIT {int(limit)} OFFSET {int(offset)}",
            {"without": list(without)},
        )
        return [self._conflict(row) for row in rows]

    def find(self, ids: Sequence[str]) -> list[Conflict]:
        """The conflicts of those ids, as far as they are in this table."""
        rows = fetch(
            self.engine,
            self.branch_id,
            f"SELECT * FROM {self.classified.name} WHERE {IS_CONFLICT} AND list_contains($ids::VARCHAR[], id)",
            {"ids": list(ids)},
        )
        return [self._conflict(row) for row in rows]

    def known(self, ids: Sequence[str]) -> list[str]:
        """Those of the ids that are conflicts of this table."""
        rows = fetch(
            self.engine,
            self.branch_id,
            f"SELECT id FROM {self.classified.name} WHERE {IS_CONFLICT} AND list_contains($ids::VARCHAR[], id)",
            {"ids": list(ids)},
        )
        return [row["id"] for row in rows]

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

    def __init__(self, sources: Sequence[ConflictSource], without: dict[str, frozenset[str]] | None = None) -> None:
        self._sources = tuple(sources)
        self._without = without or {}

    def __len__(self) -> int:
        return sum(self._size(source) for source in self._sources)

    def _left_out(self, source: ConflictSource) -> frozenset[str]:
        return self._without.get(source.shape.table, frozenset())

    def _size(self, source: ConflictSource) -> int:
        return source.count - len(self._left_out(source))

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
        for source in self._sources:
            size = self._size(source)
            if offset < size and len(found) < limit:
                found += source.page(offset, limit - len(found), sorted(self._left_out(source)))
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
        return ConflictList([source for source in self._sources if source.shape.table == table], self._without)
