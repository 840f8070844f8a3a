"""What is different between two points, table by table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from hati_core.merge.columns import Group, as_it_is, common
from hati_core.merge.context import MergeContext, Scratch
from hati_core.merge.lineage import Point
from hati_core.merge.rows import fetch, row_change
from hati_core.merge.shape import TableAt
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
    found = [diff_table(context, there) for there in context.paired_tables({"before": before, "after": after})]
    tables = {table.table: table for table in found}
    return Diff(
        context.catalog(after.branch_id).name,
        context.catalog(before.branch_id).name,
        after.version,
        before.version,
        tables,
    )


def diff_table(context: MergeContext, there: Mapping[str, TableAt]) -> TableDiff:
    """Work out how one table differs; ``there`` is what it is at ``before``, ``after`` and their common ancestor.

    Raises:
        InvalidKey: its rows cannot be told apart.
        QueryTimeout: it ran over the limits of the context, or was stopped.
    """
    before, after = there["before"], there["after"]
    groups = context.groups(there)
    if not before.info or not after.info:
        return _diff_whole_table(context, before if before.info else after, groups, removed=bool(before.info))
    columns = common(groups, "after", "before")
    shape = context.shape(after.info.name, columns, [before, after])
    scratch = context.states(shape, there["ancestor"], {"before": before, "after": after})
    cells = ", ".join(
        f"CASE WHEN before.{identifier(c.name)} IS DISTINCT FROM after.{identifier(c.name)} THEN {literal(c.name)} END"
        for c in columns
    )
    relation = (
        f"SELECT key, before, after, {_KIND} AS kind, list_filter([{cells}], lambda c: c IS NOT NULL) AS columns "
        f"FROM {scratch.name} WHERE before IS DISTINCT FROM after"
    )
    branch_id = after.point.branch_id
    with context.session(branch_id) as cursor:
        counts = cursor.execute(f"SELECT kind, count(*) FROM ({relation}) GROUP BY kind").fetchall()
    counted: dict[str, int] = dict(counts)
    return TableDiff(
        shape.table,
        () if shape.by_lineage else shape.key,
        shape.origin,
        tuple(column.name for column in columns),
        counted.get("added", 0),
        counted.get("removed", 0),
        counted.get("changed", 0),
        _schema_changes(before.info, after.info, groups),
        context,
        branch_id,
        relation,
        scratch,
    )


def _diff_whole_table(context: MergeContext, there: TableAt, groups: Sequence[Group], *, removed: bool) -> TableDiff:
    assert there.info is not None
    shape = context.shape(there.info.name, as_it_is(groups, there.label), [there])
    relation = there.relation
    row = shape.row(there)
    struct = shape.key_of("row") if not shape.by_lineage else "struct_pack(rowid := row_id, branch := '')"
    before, after, kind = ("row", "NULL", "removed") if removed else ("NULL", "row", "added")
    source = (
        f"SELECT {struct} AS key, {before} AS before, {after} AS after, '{kind}' AS kind, []::VARCHAR[] AS columns "
        f"FROM (SELECT rowid AS row_id, {row} AS row FROM {relation})"
    )
    branch_id = there.point.branch_id
    with context.session(branch_id) as cursor:
        (count,) = cursor.execute(f"SELECT count(*) FROM (FROM {relation})").fetchall()[0]
    return TableDiff(
        shape.table,
        () if shape.by_lineage else shape.key,
        shape.origin,
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


def _schema_changes(before: TableInfo, after: TableInfo, groups: Sequence[Group]) -> tuple[str, ...]:
    changes = [f"renamed from {before.name}"] if before.name != after.name else []
    for group in groups:
        old, new = group.at.get("before"), group.at.get("after")
        if new and old is None:
            changes.append(f"column {new.name} added")
        elif old and new is None:
            changes.append(f"column {old.name} removed")
        elif old and new:
            changes += [f"column {new.name}, was {old.name}"] if old.name != new.name else []
            changes += [f"column {new.name} is {new.type}, was {old.type}"] if old.type != new.type else []
            changes += [f"default of {new.name} changed"] if old.default != new.default else []
    return tuple(changes)
