"""What planning, comparing and applying need to know of a repository."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from hati_core.errors import InvalidKey
from hati_core.merge.classify import classified
from hati_core.merge.columns import Group, grouped
from hati_core.merge.keys import duplicate_message, empty_message, infer_key
from hati_core.merge.lineage import Lineage, Point
from hati_core.merge.pairing import paired
from hati_core.merge.shape import LINEAGE_KEY, MergedColumn, Shape, TableAt
from hati_core.merge.states import states_query
from hati_core.merge.touched import touched_tables
from hati_core.model import Check, KeyOrigin, Row, TableInfo
from hati_core.storage.catalog import Catalog
from hati_core.storage.engine import Engine
from hati_core.storage.limits import Limits


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
    generation: int = 0
    limits: Limits = field(default_factory=Limits)
    _known: weakref.WeakValueDictionary[str, Scratch] = field(default_factory=weakref.WeakValueDictionary)

    @contextmanager
    def session(self, branch_id: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """As the engine's, under the limits of this context.

        Raises:
            QueryTimeout: the time is over, or somebody stopped it.
        """
        with self.engine.session(branch_id) as cursor, self.limits.over(cursor):
            yield cursor

    def tables(self, point: Point) -> dict[str, TableInfo]:
        """Every table at a point, by name."""
        return self.tables_at(point.branch_id, point.version)

    def views(self, point: Point) -> dict[str, str]:
        """Name and definition of every view at a point."""
        return self.catalog(point.branch_id).views(point.version)

    def paired_tables(self, points: Mapping[str, Point]) -> list[dict[str, TableAt]]:
        """Every table that exists at one of ``points``, there and at their common ancestor, by label."""
        ancestor = self.lineage.common_ancestor(points.values())
        labelled = {"ancestor": ancestor, **points}
        catalogs = {label: self.catalog(point.branch_id) for label, point in labelled.items()}
        infos = {label: self.tables(point) for label, point in labelled.items()}
        touched = {
            label: touched_tables(catalogs[label], ancestor.version, point.version) for label, point in labelled.items()
        }
        pairs = paired({label: tuple(found.values()) for label, found in infos.items()}, lambda _, info: info.uuid)
        tables = []
        for pair in (pair for pair in pairs if pair.keys() & points.keys()):
            before = pair.get("ancestor")
            there = {}
            for label, point in labelled.items():
                info = pair.get(label)
                same = before and info and (before.uuid, before.name) == (info.uuid, info.name)
                moved = not same or bool(info and info.uuid in touched[label])
                there[label] = TableAt(label, point, catalogs[label], info, moved)
            tables.append(there)
        return sorted(tables, key=lambda there: _first_name(there, points))

    def groups(self, there: Mapping[str, TableAt]) -> list[Group]:
        """The columns of a table at several points, each once."""
        return grouped(self.lineage, there)

    def shape(self, name: str, columns: tuple[MergedColumn, ...], candidates: list[TableAt]) -> Shape:
        """The columns with a key: declared for any lineage of the table, else inferred from the first candidate.

        An inferred key is a column that every candidate has.

        Raises:
            InvalidKey: there is no key, and a column hides the numbers that would tell rows apart.
        """
        there = [candidate for candidate in candidates if candidate.info]
        names = {column.name for column in columns}
        for candidate in there:
            key = self.keys.get(candidate.info.uuid, ()) if candidate.info else ()
            if key and set(key) <= names:
                return Shape(name, columns, key, KeyOrigin.DECLARED)
        if there and self.infers:
            first = there[0]
            shared = {
                column.at[first.label].name: column.name
                for column in columns
                if all(candidate.label in column.at for candidate in there)
            }
            inferable = tuple(c for c in first.info.columns if c.name in shared) if first.info else ()
            with self.session(first.point.branch_id) as cursor:
                inferred = infer_key(cursor, first.relation, inferable)
            if inferred:
                return Shape(name, columns, tuple(shared[c] for c in inferred), KeyOrigin.INFERRED)
        if any(column.name.casefold() == "rowid" for column in columns):
            raise InvalidKey(
                f"“{name}” has no key, and its column “rowid” hides the numbers by which rows are told apart. "
                "Choose the columns that identify a row as its key, then try again.",
                table=name,
            )
        return Shape(name, columns, LINEAGE_KEY, KeyOrigin.LINEAGE)

    def states(self, shape: Shape, ancestor: TableAt, points: Mapping[str, TableAt]) -> Scratch:
        """A table of what the touched rows look like at each of ``points``.

        Raises:
            InvalidKey: the key does not identify the rows on one of the points.
        """
        scratch = Scratch(self.engine, "states")
        with self.session(ancestor.point.branch_id) as cursor:
            cursor.execute(f"CREATE TABLE {scratch.name} AS {states_query(shape, self.lineage, ancestor, points)}")
            faults = f"SELECT fault, key FROM {scratch.name} WHERE fault IS NOT NULL ORDER BY fault, key LIMIT 5"
            found = cursor.execute(faults).fetchall()
        if found:
            where = found[0][0]
            keys = [key for label, key in found if label == where]
            raise _key_fault(shape, {"ancestor": ancestor, **points}[where].catalog.name, keys)
        return scratch

    def outcomes(self, shape: Shape, ancestor: TableAt, points: Mapping[str, TableAt]) -> Scratch:
        """A table of what the merge makes of each touched row.

        Versions never change, so what was asked before has the same answer: a choice about one table's columns
        makes a new plan, which shares every other table with the plan before it.

        Raises:
            InvalidKey: the key does not identify the rows on one of the points.
        """
        asked = states_query(shape, self.lineage, ancestor, points) + classified("", shape, self.row_level)
        known = self._known.get(asked)
        if known:
            return known
        states = self.states(shape, ancestor, points)
        result = Scratch(self.engine, "classified")
        with self.session(points["ours"].point.branch_id) as cursor:
            cursor.execute(f"CREATE TABLE {result.name} AS {classified(states.name, shape, self.row_level)}")
        return self._known.setdefault(asked, result)


def _first_name(there: Mapping[str, TableAt], labels: Iterable[str]) -> tuple[str, str]:
    name = next(table.info.name for table in map(there.__getitem__, labels) if table.info)
    return name.casefold(), name


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
