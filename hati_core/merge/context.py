"""What planning, comparing and applying need to know of a repository."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hati_core.merge.keys import infer_key
from hati_core.merge.lineage import Lineage, Point
from hati_core.merge.states import LINEAGE_KEY, Shape, StateBuilder, TableAt
from hati_core.model import Column, KeyOrigin, TableInfo
from hati_core.storage.catalog import Catalog
from hati_core.storage.engine import Engine


class Scratch:
    """A table in memory that goes away with the last value that uses it."""

    def __init__(self, engine: Engine, purpose: str) -> None:
        self.name = engine.scratch_name(purpose)
        self._finalizer = weakref.finalize(self, engine.drop, self.name)


@dataclass(frozen=True)
class MergeContext:
    """The parts of a repository that merging works on."""

    engine: Engine
    lineage: Lineage
    catalog: Callable[[str], Catalog]
    keys: Mapping[str, tuple[str, ...]]

    def tables(self, point: Point) -> dict[str, TableInfo]:
        """Every table at a point, by name."""
        return self.catalog(point.branch_id).tables(point.version)

    def key_for(
        self, name: str, columns: tuple[Column, ...], candidates: list[TableAt]
    ) -> tuple[tuple[str, ...], KeyOrigin]:
        """The key of a table: declared for any of its lineages, else inferred from the first candidate."""
        names = {column.name for column in columns}
        for candidate in candidates:
            key = self.keys.get(candidate.info.uuid, ()) if candidate.info else ()
            if key and set(key) <= names:
                return key, KeyOrigin.DECLARED
        first = next((candidate for candidate in candidates if candidate.info), None)
        if first and first.info:
            relation = first.catalog.at(name, first.point.version)
            with self.engine.session(first.point.branch_id) as cursor:
                key = infer_key(cursor, relation, first.info.columns)
            if key:
                return key, KeyOrigin.INFERRED
        return LINEAGE_KEY, KeyOrigin.LINEAGE

    def states(self, shape: Shape, ancestor: TableAt, points: Mapping[str, TableAt]) -> Scratch:
        """A table of what the touched rows look like at each of ``points``."""
        scratch = Scratch(self.engine, "states")
        with self.engine.session(ancestor.point.branch_id) as cursor:
            StateBuilder(cursor, self.lineage, ancestor, points, shape).build(scratch.name)
        return scratch
