"""What the rows that were touched look like at several points, without reading the rest of the table.

Every point is reached from the common ancestor of all by a feed of changes. For each key in
any feed, the row at a point is what that point's feed left, or else what the ancestor had;
what the ancestor had is in any feed that touched the key. The cost follows the change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from hati_core.errors import InvalidKey
from hati_core.merge.keys import duplicate_message
from hati_core.merge.lineage import Lineage, Point
from hati_core.model import Column, KeyOrigin, TableInfo
from hati_core.quote import identifier, identifiers, literal
from hati_core.storage.catalog import Catalog

LINEAGE_KEY = ("rowid", "branch")
_BEFORE = "('delete', 'update_preimage')"
_AFTER = "('insert', 'update_postimage')"


@dataclass(frozen=True)
class TableAt:
    """A table at a point; ``info`` is None where the table does not exist there."""

    point: Point
    catalog: Catalog
    info: TableInfo | None


@dataclass(frozen=True)
class Shape:
    """The columns that rows are compared in, and those that identify a row."""

    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    origin: KeyOrigin

    @property
    def by_lineage(self) -> bool:
        return self.origin is KeyOrigin.LINEAGE

    def row(self, info: TableInfo, prefix: str = "") -> str:
        """A row of ``info`` as a struct of these columns; a column it lacks has its default."""
        return f"struct_pack({', '.join(self._cell(column, info, prefix) for column in self.columns)})"

    def _cell(self, column: Column, info: TableInfo, prefix: str) -> str:
        present = info.column(column.name) is not None
        value = f"{prefix}{identifier(column.name)}" if present else column.default or "NULL"
        return f"{identifier(column.name)} := CAST({value} AS {column.type})"

    def key_of(self, row: str) -> str:
        """The key of a row struct, as a struct."""
        return f"struct_pack({', '.join(f'{identifier(c)} := {row}.{identifier(c)}' for c in self.key)})"


class StateBuilder:
    """Builds the table of states for one table name; ``names`` label the points, in order."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        lineage: Lineage,
        ancestor: TableAt,
        points: Mapping[str, TableAt],
        shape: Shape,
    ) -> None:
        self._cursor = cursor
        self._lineage = lineage
        self._ancestor = ancestor
        self._points = points
        self._shape = shape
        self._made: list[str] = []

    def build(self, target: str) -> None:
        """Create ``target`` with ``key``, a row struct per point, and per point the last version that touched it.

        Raises:
            InvalidKey: the key does not identify the rows on one of the points.
        """
        feeds = {name: self._feed(name, table, f"{target[:-1]}_{name}{target[-1]}") for name, table in self._points.items()}
        try:
            live = {name: feed for name, feed in feeds.items() if feed}
            self._cursor.execute(f"CREATE TABLE {target} AS {self._joined(live)}")
        finally:
            for feed in self._made:
                self._cursor.execute(f"DROP TABLE IF EXISTS {feed}")

    def _joined(self, feeds: Mapping[str, str]) -> str:
        if not feeds:
            nothing = ", ".join(f"NULL AS {name}, NULL AS {name}_version" for name in self._points)
            return f"SELECT NULL AS key, {nothing} WHERE false"
        keys = " UNION ".join(f"SELECT key FROM {feed}" for feed in feeds.values())
        origin = f"coalesce({', '.join(f'{name}_feed.before' for name in feeds)})"
        columns = []
        for name in self._points:
            if name in feeds:
                columns.append(f"CASE WHEN {name}_feed.key IS NULL THEN {origin} ELSE {name}_feed.after END AS {name}")
                columns.append(f"{name}_feed.version AS {name}_version")
            else:
                columns.append(f"{origin} AS {name}, NULL::BIGINT AS {name}_version")
        joins = " ".join(f"LEFT JOIN {feed} AS {name}_feed ON {name}_feed.key = keys.key" for name, feed in feeds.items())
        return f"SELECT keys.key, {', '.join(columns)} FROM ({keys}) AS keys {joins}"

    def _feed(self, name: str, there: TableAt, target: str) -> str | None:
        """A table of (key, before, after, version) from the ancestor to a point; None where nothing happened."""
        start, end = self._ancestor.point.version, there.point.version
        same_line = self._lineage.normal(there.point) == self._ancestor.point
        if same_line or (self._ancestor.info is None and there.info is None):
            return None
        if self._ancestor.info and there.info and self._ancestor.info.uuid == there.info.uuid:
            events = self._events(there, there.info, start + 1, end)
        else:
            events = self._wholesale(there)
        self._made.append(target)
        key = self._event_key(there) if self._shape.by_lineage else self._shape.key_of("image")
        self._cursor.execute(f"CREATE TABLE {target} AS SELECT *, {key} AS key FROM ({events})")
        self._require_unique(there, target)
        folded = f"{target[:-1]}_net{target[-1]}"
        self._made.append(folded)
        self._cursor.execute(
            f"CREATE TABLE {folded} AS SELECT key, max(version) AS version, "
            f"CASE WHEN min(version) = min(version) FILTER (kind IN {_BEFORE}) "
            f"THEN arg_min(image, version) FILTER (kind IN {_BEFORE}) END AS before, "
            f"CASE WHEN max(version) = max(version) FILTER (kind IN {_AFTER}) "
            f"THEN arg_max(image, version) FILTER (kind IN {_AFTER}) END AS after "
            f"FROM {target} GROUP BY key"
        )
        return folded

    def _events(self, there: TableAt, info: TableInfo, first: int, last: int) -> str:
        changes = f"{identifier(there.catalog.alias)}.table_changes({literal(info.name)}, {first}, {last})"
        return (
            f"SELECT snapshot_id AS version, rowid AS row_id, change_type AS kind, "
            f"{self._shape.row(info)} AS image FROM {changes}"
        )

    def _wholesale(self, there: TableAt) -> str:
        """Events for a table that was created, dropped or replaced on the way: every row goes, every row comes."""
        parts = []
        for table, kind in ((self._ancestor, "delete"), (there, "insert")):
            if table.info:
                relation = table.catalog.at(table.info.name, table.point.version)
                parts.append(
                    f"SELECT {there.point.version}::BIGINT AS version, rowid AS row_id, '{kind}' AS kind, "
                    f"{self._shape.row(table.info)} AS image FROM (SELECT rowid, * FROM {relation})"
                )
        return " UNION ALL ".join(parts)

    def _event_key(self, there: TableAt) -> str:
        """Row lineage: a row of the ancestor by its rowid, a row born later by its rowid and the branch that made it."""
        born = "min(version) FILTER (kind = 'insert') OVER (PARTITION BY row_id)"
        line = self._lineage.line(there.point)
        owners = sorted(((version, branch_id) for branch_id, version in line.items()), key=lambda owner: owner[0])
        cases = " ".join(f"WHEN {born} <= {version} THEN {literal(branch_id)}" for version, branch_id in owners)
        return f"struct_pack(rowid := row_id, branch := CASE WHEN {born} IS NULL THEN '' {cases} END)"

    def _require_unique(self, there: TableAt, events: str) -> None:
        """Two rows of one state must not share a key; declared keys are held by every commit."""
        if self._shape.by_lineage:
            repeated = self._cursor.execute(
                f"SELECT key, version FROM {events} WHERE kind IN {_AFTER} GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
            ).fetchall()
            if repeated:
                raise InvalidKey(
                    f"The rows of “{self._shape.table}” on {there.catalog.name} cannot be told apart. "
                    "Choose the columns that identify a row as its key, then try again.",
                    branch=there.catalog.name,
                    table=self._shape.table,
                )
            return
        self._require_unique_events(there, events)
        if self._shape.origin is KeyOrigin.INFERRED:
            for side in (there, self._ancestor):
                self._require_unique_rows(side, events)

    def _require_unique_events(self, there: TableAt, events: str) -> None:
        """No version may have left, or found, two rows with one key."""
        for kinds in (_BEFORE, _AFTER):
            self._refuse_repeated(
                there,
                f"SELECT DISTINCT key FROM (SELECT key FROM {events} WHERE kind IN {kinds} "
                f"GROUP BY key, version HAVING count(*) > 1) ORDER BY key LIMIT 5",
            )

    def _require_unique_rows(self, side: TableAt, events: str) -> None:
        if side.info is None:
            return
        names, relation = identifiers(self._shape.key), side.catalog.at(side.info.name, side.point.version)
        key = self._shape.key_of("row")
        self._refuse_repeated(
            side,
            f"SELECT {key} AS key FROM (SELECT {names} FROM (FROM {relation}) AS row "
            f"WHERE {key} IN (SELECT key FROM {events})) AS row GROUP BY ALL HAVING count(*) > 1 ORDER BY key LIMIT 5",
        )

    def _refuse_repeated(self, side: TableAt, repeated: str) -> None:
        rows = [key for (key,) in self._cursor.execute(repeated).fetchall()]
        if rows:
            message = duplicate_message(self._shape.table, side.catalog.name, self._shape.key, rows)
            raise InvalidKey(message, rows=rows, branch=side.catalog.name, table=self._shape.table)


def shared_columns(tables: Sequence[TableInfo]) -> tuple[Column, ...]:
    """The columns of all the tables, in the order in which they first come."""
    found: dict[str, Column] = {}
    for table in tables:
        for column in table.columns:
            found.setdefault(column.name, column)
    return tuple(found.values())
