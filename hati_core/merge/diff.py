"""What is different between two points, table by table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from hati_core.merge.context import MergeContext, Scratch
from hati_core.merge.lineage import Point
from hati_core.merge.rows import fetch, row_change
from hati_core.merge.states import Shape, TableAt, shared_columns
from hati_core.model import ChangeKind, KeyOrigin, RowChange, TableInfo
from hati_core.quote import identifier, literal

_KIND = "CASE WHEN before IS NULL THEN 'added' WHEN after IS NULL THEN 'removed' ELSE 'changed' END"


@dataclass(frozen=True)
class TableDiff:
    """How one table differs; counts are rows, ``rows`` come in pages ordered by key."""

    table: str
    key: tuple[str, ...]
    key_origin: KeyOrigin
    columns: tuple[str, ...]
    added: int
    removed: int
    changed: int
    schema_changes: tuple[str, ...]
    _context: MergeContext = field(repr=False, compare=False)
    _branch_id: str = field(repr=False, compare=False)
    _relation: str = field(repr=False, compare=False)
    _scratch: Scratch | None = field(repr=False, compare=False)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.schema_changes)

    def rows(self, kind: ChangeKind | None = None, offset: int = 0, limit: int = 100) -> list[RowChange]:
        """A page of changed rows: of one kind, or all."""
        wanted = f"WHERE kind = {literal(kind.value)}" if kind else ""
        sql = f"SELECT * FROM ({self._relation}) {wanted} ORDER BY key LIMIT {int(limit)} OFFSET {int(offset)}"
        by_lineage = self.key_origin is KeyOrigin.LINEAGE
        return [row_change(row, by_lineage, self.columns) for row in fetch(self._context.engine, self._branch_id, sql)]


@dataclass(frozen=True)
class Diff:
    """How ``source`` differs from ``target``; rows go from target (before) to source (after)."""

    source: str
    target: str
    source_version: int
    target_version: int
    tables: Mapping[str, TableDiff]

    def __bool__(self) -> bool:
        return any(self.tables.values())

    @cached_property
    def changed_rows(self) -> int:
        """Rows added, removed or changed, over all tables."""
        return sum(table.added + table.removed + table.changed for table in self.tables.values())


def diff_points(context: MergeContext, before: Point, after: Point) -> Diff:
    """Work out how ``after`` differs from ``before``.

    Raises:
        InvalidKey: rows of a table cannot be told apart.
    """
    tables = {
        name: _diff_table(context, name, there["ancestor"], there["before"], there["after"])
        for name, there in context.tables_by_name({"before": before, "after": after}).items()
    }
    return Diff(
        context.catalog(after.branch_id).name,
        context.catalog(before.branch_id).name,
        after.version,
        before.version,
        tables,
    )


def _diff_table(context: MergeContext, name: str, ancestor: TableAt, before: TableAt, after: TableAt) -> TableDiff:
    infos = [table.info for table in (before, after) if table.info]
    columns = shared_columns(infos)
    if len(infos) == 1:
        return _diff_whole_table(context, name, before if before.info else after, removed=bool(before.info))
    key, origin = context.key_for(name, columns, [before, after])
    shape = Shape(name, columns, key, origin)
    scratch = context.states(shape, ancestor, {"before": before, "after": after})
    cells = ", ".join(
        f"CASE WHEN before.{identifier(c.name)} IS DISTINCT FROM after.{identifier(c.name)} THEN {literal(c.name)} END"
        for c in columns
    )
    relation = (
        f"SELECT key, before, after, {_KIND} AS kind, list_filter([{cells}], lambda c: c IS NOT NULL) AS columns "
        f"FROM {scratch.name} WHERE before IS DISTINCT FROM after"
    )
    branch_id = after.point.branch_id
    counted = {
        row["kind"]: row["rows"]
        for row in fetch(context.engine, branch_id, f"SELECT kind, count(*) AS rows FROM ({relation}) GROUP BY kind")
    }
    return TableDiff(
        name,
        () if shape.by_lineage else key,
        origin,
        tuple(column.name for column in columns),
        counted.get("added", 0),
        counted.get("removed", 0),
        counted.get("changed", 0),
        _schema_changes(infos[0], infos[1]),
        context,
        branch_id,
        relation,
        scratch,
    )


def _diff_whole_table(context: MergeContext, name: str, there: TableAt, *, removed: bool) -> TableDiff:
    assert there.info is not None
    key, origin = context.key_for(name, there.info.columns, [there])
    shape = Shape(name, there.info.columns, key, origin)
    relation = there.catalog.at(name, there.point.version)
    row = shape.row(there.info)
    struct = shape.key_of("row") if not shape.by_lineage else "struct_pack(rowid := row_id, branch := '')"
    before, after, kind = ("row", "NULL", "removed") if removed else ("NULL", "row", "added")
    source = (
        f"SELECT {struct} AS key, {before} AS before, {after} AS after, '{kind}' AS kind, []::VARCHAR[] AS columns "
        f"FROM (SELECT rowid AS row_id, {row} AS row FROM {relation})"
    )
    branch_id = there.point.branch_id
    count = fetch(context.engine, branch_id, f"SELECT count(*) AS rows FROM (FROM {relation})")[0]["rows"]
    return TableDiff(
        name,
        () if shape.by_lineage else key,
        origin,
        there.info.column_names,
        0 if removed else count,
        count if removed else 0,
        0,
        ("table dropped",) if removed else ("table created",),
        context,
        branch_id,
        source,
        None,
    )


def _schema_changes(before: TableInfo, after: TableInfo) -> tuple[str, ...]:
    changes = []
    for column in after.columns:
        old = before.column(column.name)
        if old is None:
            changes.append(f"column {column.name} added")
        elif old.type != column.type:
            changes.append(f"column {column.name} is {column.type}, was {old.type}")
    changes += [f"column {column.name} removed" for column in before.columns if after.column(column.name) is None]
    return tuple(changes)
