"""What planning, comparing and applying need to know of a repository."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hati_core.errors import InvalidKey
from hati_core.merge.keys import duplicate_message, empty_message, infer_key
from hati_core.merge.lineage import Lineage, Point
from hati_core.merge.states import LINEAGE_KEY, Shape, TableAt, states_query
from hati_core.merge.touched import touched_tables
from hati_core.model import Check, Column, KeyOrigin, Row, TableInfo
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
    tables_at: Callable[[str, int], dict[str, TableInfo]]
    keys: Mapping[str, tuple[str, ...]]
    checks: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)
    row_level: bool = False
    infers: bool = True

    def tables(self, point: Point) -> dict[str, TableInfo]:
        """Every table at a point, by name."""
        return self.tables_at(point.branch_id, point.version)

    def views(self, point: Point) -> dict[str, str]:
        """Name and definition of every view at a point."""
        return self.catalog(point.branch_id).views(point.version)

    def tables_by_name(self, points: Mapping[str, Point]) -> dict[str, dict[str, TableAt]]:
        """Every table that exists at one of ``points``, there and at their common ancestor, by label."""
        ancestor = self.lineage.common_ancestor(points.values())
        labelled = {"ancestor": ancestor, **points}
        catalogs = {label: self.catalog(point.branch_id) for label, point in labelled.items()}
        infos = {label: self.tables(point) for label, point in labelled.items()}
        touched = {
            label: touched_tables(catalogs[label], ancestor.version, point.version) for label, point in labelled.items()
        }
        names = {name for label in points for name in infos[label]}
        tables: dict[str, dict[str, TableAt]] = {}
        for name in sorted(names, key=lambda name: (name.casefold(), name)):
            tables[name] = {}
            before = infos["ancestor"].get(name)
            for label, point in labelled.items():
                info = infos[label].get(name)
                same = before and info and before.uuid == info.uuid and info.uuid not in touched[label]
                tables[name][label] = TableAt(point, catalogs[label], info, moved=not same)
        return tables

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
        if first and first.info and self.infers:
            relation = first.catalog.at(name, first.point.version)
            with self.engine.session(first.point.branch_id) as cursor:
                key = infer_key(cursor, relation, first.info.columns)
            if key:
                return key, KeyOrigin.INFERRED
        return LINEAGE_KEY, KeyOrigin.LINEAGE

    def states(self, shape: Shape, ancestor: TableAt, points: Mapping[str, TableAt]) -> Scratch:
        """A table of what the touched rows look like at each of ``points``.

        Raises:
            InvalidKey: the key does not identify the rows on one of the points.
        """
        scratch = Scratch(self.engine, "states")
        with self.engine.session(ancestor.point.branch_id) as cursor:
            cursor.execute(f"CREATE TABLE {scratch.name} AS {states_query(shape, self.lineage, ancestor, points)}")
            faults = f"SELECT fault, key FROM {scratch.name} WHERE fault IS NOT NULL ORDER BY fault, key LIMIT 5"
            found = cursor.execute(faults).fetchall()
        if found:
            where = found[0][0]
            keys = [key for label, key in found if label == where]
            raise _key_fault(shape, {"ancestor": ancestor, **points}[where].catalog.name, keys)
        return scratch


def _key_fault(shape: Shape, branch: str, keys: list[Row]) -> InvalidKey:
    if shape.by_lineage:
        message = (
            f"The rows of “{shape.table}” on “{branch}” cannot be told apart. Choose the columns that identify a row "
            "as its key, then try again."
        )
        return InvalidKey(message, branch=branch, table=shape.table)
    empty = [key for key in keys if None in key.values()]
    message = (empty_message if empty else duplicate_message)(shape.table, f"“{branch}”", shape.key, empty or keys)
    return InvalidKey(message, rows=empty or keys, branch=branch, table=shape.table)
