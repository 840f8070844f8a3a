"""Conflicts of a plan as a sequence that reads pages, never the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, overload

from hati_core.merge.conflict_filter import ConflictFilter, Facets
from hati_core.merge.conflict_sources import ConflictSource, HeldConflicts
from hati_core.model import Conflict, ConflictKind

_PAGE = 500


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
