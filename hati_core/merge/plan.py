"""Everything a merge would do, worked out without writing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from hati_core.errors import InvalidResolution
from hati_core.merge.classify import IS_CONFLICT
from hati_core.merge.conflicts import ConflictList, ConflictSource
from hati_core.merge.context import MergeContext, Scratch
from hati_core.merge.lineage import Point
from hati_core.merge.resolve import completed, is_decided, require_fit, resolved_row, side_row_sql
from hati_core.merge.rows import fetch, row_change
from hati_core.merge.schema import TableAction
from hati_core.merge.states import Shape, TableAt
from hati_core.model import (
    ChangeKind,
    Column,
    Conflict,
    KeyOrigin,
    Resolution,
    Row,
    RowChange,
    Side,
    Violation,
)
from hati_core.quote import identifier
from hati_core.values import fitting


class PlanKind(Enum):
    """What a plan is for."""

    MERGE = "merge"
    REVERT = "revert"


@dataclass(frozen=True)
class TableWork:
    """What does not depend on resolutions: the classified rows of one table and what happens to it as a whole."""

    action: TableAction
    shape: Shape
    ours: TableAt
    theirs: TableAt
    classified: Scratch | None = None
    conflicts: int = 0
    added_columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class TablePlan:
    """What a merge does to one table; counts are rows and include what resolutions decide.

    ``merged_cells`` counts cells that come from the other side in rows that both sides edited.
    """

    table: str
    action: TableAction
    key: tuple[str, ...]
    key_origin: KeyOrigin
    columns: tuple[str, ...]
    added_columns: tuple[str, ...]
    conflicts: int
    inserts: int
    updates: int
    deletes: int
    merged_cells: int
    _context: MergeContext = field(repr=False, compare=False)
    _work: TableWork = field(repr=False, compare=False)
    final: str = field(repr=False, compare=False, default="")
    """A query of ours, result and action (insert, update, delete) by key: what the merge writes."""

    def __bool__(self) -> bool:
        created_or_dropped = self.action in (TableAction.CREATE, TableAction.DROP)
        return created_or_dropped or bool(self.inserts or self.updates or self.deletes or self.added_columns)

    def rows(self, kind: ChangeKind | None = None, offset: int = 0, limit: int = 100) -> list[RowChange]:
        """A page of rows as the merge would leave them, in key order: of one kind, or all."""
        actions = {ChangeKind.ADDED: "insert", ChangeKind.CHANGED: "update", ChangeKind.REMOVED: "delete"}
        wanted = f"WHERE action = '{actions[kind]}'" if kind else ""
        cells = ", ".join(
            f"CASE WHEN ours.{identifier(c)} IS DISTINCT FROM result.{identifier(c)} "
            f"THEN '{c.replace(chr(39), chr(39) * 2)}' END"
            for c in self.columns
        )
        sql = (
            f"SELECT key, ours AS before, result AS after, list_filter([{cells}], lambda c: c IS NOT NULL) AS columns "
            f"FROM ({self.final}) {wanted} ORDER BY key LIMIT {int(limit)} OFFSET {int(offset)}"
        )
        by_lineage = self.key_origin is KeyOrigin.LINEAGE
        branch_id = self._work.ours.point.branch_id
        return [row_change(row, by_lineage, self.columns) for row in fetch(self._context.engine, branch_id, sql)]


@dataclass(frozen=True)
class MergePlan:
    """A merge of ``source`` into ``target`` at the versions it saw; immutable.

    ``base`` is the merge base. Resolutions are by conflict id; ``default`` settles the
    conflicts that have none. ``notes`` say what the merge leaves alone.
    """

    kind: PlanKind
    source: str
    target: str
    base: Point
    ours: Point
    theirs: Point
    notes: tuple[str, ...]
    resolutions: Mapping[str, Resolution]
    default: Side | None
    dropped_resolutions: tuple[str, ...]
    _context: MergeContext = field(repr=False, compare=False)
    _work: Mapping[str, TableWork] = field(repr=False, compare=False)

    @property
    def source_version(self) -> int:
        return self.theirs.version

    @property
    def target_version(self) -> int:
        return self.ours.version

    @property
    def default_message(self) -> str:
        """What the commit is called unless somebody says otherwise."""
        if self.kind is PlanKind.REVERT:
            return f"Undo version {self.base.version} of {self.target}"
        return f"Merge {self.source} into {self.target}"

    @cached_property
    def conflicts(self) -> ConflictList:
        """Every conflict, settled or not, by table and key."""
        return ConflictList(self._sources)

    @cached_property
    def open_conflicts(self) -> ConflictList:
        """The conflicts that neither a resolution nor the default settles."""
        if self.default:
            return ConflictList([])
        return ConflictList(self._sources, self._decided)

    @cached_property
    def _sources(self) -> tuple[ConflictSource, ...]:
        return tuple(
            ConflictSource(self._context.engine, self.ours.branch_id, work.shape, work.classified, work.conflicts)
            for work in self._work.values()
            if work.classified and work.conflicts
        )

    @cached_property
    def _decided(self) -> dict[str, frozenset[str]]:
        """By table, the ids of the conflicts that a resolution settles in whole."""
        sides = [key for key, choice in self.resolutions.items() if isinstance(choice, Side)]
        decided = {}
        for source in self._sources:
            by_cell = (c.id for c in self._by_cell(source) if is_decided(c, self.resolutions[c.id]))
            decided[source.shape.table] = frozenset(source.known(sides)) | frozenset(by_cell)
        return decided

    def _by_cell(self, source: ConflictSource) -> list[Conflict]:
        """The conflicts of a table that are resolved cell by cell, wholly or in part."""
        ids = [key for key, choice in self.resolutions.items() if not isinstance(choice, Side)]
        return source.find(ids) if ids else []

    def with_resolution(self, conflict_id: str, resolution: Resolution) -> MergePlan:
        """A plan in which that conflict is settled so: by a side, or cell by cell by sides and values.

        Cells settled before stay settled unless they are named again.

        Raises:
            InvalidResolution: no such conflict, or a column that is not in conflict.
            InvalidValue: a value that does not fit the type of its column.
        """
        conflict = self.conflicts.get(conflict_id)
        if conflict is None:
            raise InvalidResolution("There is no such conflict any more. Look at the merge again and choose anew.")
        shape = self._work[conflict.table].shape
        require_fit(conflict, resolution, shape)
        if isinstance(resolution, Mapping):
            values = self._typed(shape, resolution)
            resolved_row(conflict, values)
            before = self.resolutions.get(conflict_id) or {}
            resolution = {**(completed(conflict, {}, before) if isinstance(before, Side) else before), **values}
        return replace(self, resolutions={**self.resolutions, conflict_id: resolution})

    def _typed(self, shape: Shape, cells: Mapping[str, object]) -> dict[str, object]:
        typed: dict[str, object] = {}
        with self._context.engine.session(self.ours.branch_id) as cursor:
            for name, value in cells.items():
                column = next(column for column in shape.columns if column.name == name)
                typed[name] = value if isinstance(value, Side) else fitting(cursor, shape.table, column, value)
        return typed

    def with_resolutions(self, resolutions: Mapping[str, Resolution]) -> MergePlan:
        """A plan in which each of those conflicts is settled; checks each as :meth:`with_resolution` does."""
        sides = {key: value for key, value in resolutions.items() if isinstance(value, Side)}
        if unknown := set(sides) - self.conflicts.known(list(sides)):
            raise InvalidResolution(f"There is no conflict {sorted(unknown)[0]!r} in this merge. Plan it again.")
        plan = replace(self, resolutions={**self.resolutions, **sides})
        for conflict_id, resolution in resolutions.items():
            if not isinstance(resolution, Side):
                plan = plan.with_resolution(conflict_id, resolution)
        return plan

    def without_resolution(self, conflict_id: str) -> MergePlan:
        """A plan in which that conflict is open again."""
        return replace(self, resolutions={key: value for key, value in self.resolutions.items() if key != conflict_id})

    def with_default(self, side: Side | None) -> MergePlan:
        """A plan in which every conflict without a resolution takes that side."""
        return replace(self, default=side)

    @cached_property
    def tables(self) -> dict[str, TablePlan]:
        """What happens to each table that the merge touches or that has conflicts, by name."""
        plans = {name: self._table_plan(work) for name, work in self._work.items()}
        return {name: plan for name, plan in plans.items() if plan or plan.conflicts}

    def _table_plan(self, work: TableWork) -> TablePlan:
        final = self._final(work)
        counts = fetch(
            self._context.engine,
            self.ours.branch_id,
            "SELECT count(*) FILTER (action = 'insert') AS inserts, count(*) FILTER (action = 'update') AS updates, "
            "count(*) FILTER (action = 'delete') AS deletes, "
            f"coalesce(sum(len(columns)) FILTER (both_edited), 0)::BIGINT AS merged_cells FROM ({final})",
        )[0]
        shape = work.shape
        return TablePlan(
            table=shape.table,
            action=work.action,
            key=() if shape.by_lineage else shape.key,
            key_origin=shape.origin,
            columns=tuple(column.name for column in shape.columns),
            added_columns=tuple(column.name for column in work.added_columns),
            conflicts=work.conflicts,
            _context=self._context,
            _work=work,
            final=final,
            **counts,
        )

    def _final(self, work: TableWork) -> str:
        """The query of what the merge writes to one table."""
        if work.classified is None:
            return _whole_table(work)
        picks = self._picks.get(work.shape.table)
        undecided = side_row_sql(work.shape, self.default) if self.default else "ours"
        settled = f"CASE WHEN {IS_CONFLICT} THEN {undecided} WHEN outcome = 'delete' THEN NULL ELSE merged END"
        rows = work.classified.name
        if picks:
            settled = f"CASE WHEN picked THEN row ELSE {settled} END"
            rows = f"(SELECT c.*, p.row, p.id IS NOT NULL AS picked FROM {rows} AS c LEFT JOIN {picks.name} AS p USING (id))"
        return (
            "SELECT *, CASE WHEN ours IS NULL THEN 'insert' WHEN result IS NULL THEN 'delete' ELSE 'update' END AS action "
            f"FROM (SELECT key, ours, {settled} AS result, both_edited, columns FROM {rows}) "
            "WHERE result IS DISTINCT FROM ours"
        )

    @cached_property
    def _picks(self) -> dict[str, Scratch]:
        """By table, the rows that resolutions left, as a table in memory."""
        ids = list(self.resolutions)
        return {source.shape.table: self._picked(source) for source in self._sources if ids and source.known(ids)}

    def _picked(self, source: ConflictSource) -> Scratch:
        scratch = Scratch(self._context.engine, "picks")
        fields = ", ".join(f"{identifier(column.name)} {column.type}" for column in source.shape.columns)
        with self._context.engine.session(self.ours.branch_id) as cursor:
            cursor.execute(f"CREATE TABLE {scratch.name} (id VARCHAR, row STRUCT({fields}))")
            for side in set(Side) & {choice for choice in self.resolutions.values() if isinstance(choice, Side)}:
                ids = [key for key, choice in self.resolutions.items() if choice is side]
                cursor.execute(
                    f"INSERT INTO {scratch.name} SELECT id, {side_row_sql(source.shape, side)} "
                    f"FROM {source.classified.name} WHERE list_contains($1::VARCHAR[], id)",
                    [ids],
                )
            for conflict in self._by_cell(source):
                decided = self.resolutions[conflict.id]
                cells = completed(conflict, decided if isinstance(decided, Mapping) else {}, self.default)
                if self.default or is_decided(conflict, cells):
                    row = resolved_row(conflict, cells)
                    cursor.execute(
                        f"INSERT INTO {scratch.name} VALUES ($1, CAST($2 AS STRUCT({fields})))", [conflict.id, row]
                    )
        return scratch

    @cached_property
    def violations(self) -> tuple[Violation, ...]:
        """The rules of tables that the merged rows would break; a merge with any is not applied."""
        found: list[Violation] = []
        for name, work in self._work.items():
            if work.action is TableAction.MERGE_ROWS and work.ours.info:
                required = [column.name for column in work.ours.info.columns if not column.nullable]
                found += self._missing_values(name, self._final(work), required)
        return tuple(found)

    def _missing_values(self, table: str, final: str, required: Sequence[str]) -> list[Violation]:
        found = []
        for column in required:
            rows = fetch(
                self._context.engine,
                self.ours.branch_id,
                f"SELECT result FROM ({final}) WHERE result IS NOT NULL AND result.{identifier(column)} IS NULL LIMIT 5",
            )
            if rows:
                message = f"“{column}” of “{table}” cannot be empty, and the merge would leave it empty."
                found.append(Violation(table, f"NOT NULL {column}", message, tuple(row["result"] for row in rows)))
        return found

    def query(self, sql: str) -> list[Row]:
        """Run a query of our own on the tables of the target as the merge would leave them."""
        previews = [
            f"{identifier(name)} AS ({self._preview(work)})"
            for name, work in self._work.items()
            if work.action is not TableAction.DROP and identifier(name)[1:-1].casefold() in sql.casefold()
        ]
        with_clause = f"WITH {', '.join(previews)} " if previews else ""
        return fetch(self._context.engine, self.ours.branch_id, f"{with_clause}SELECT * FROM ({sql})")

    def _preview(self, work: TableWork) -> str:
        final = self._final(work)
        changed = f"SELECT unnest(result) FROM ({final}) WHERE result IS NOT NULL"
        if work.ours.info is None:
            return changed
        there = work.ours.catalog.at(work.ours.info.name, work.ours.point.version)
        shape = work.shape
        key = (
            "rowid"
            if shape.by_lineage
            else f"struct_pack({', '.join(f'{identifier(c)} := {identifier(c)}' for c in shape.key)})"
        )
        touched = "key.rowid" if shape.by_lineage else "key"
        kept = f"SELECT unnest({shape.row(work.ours.info)}) FROM {there}"
        return f"{kept} WHERE {key} NOT IN (SELECT {touched} FROM ({final}) WHERE ours IS NOT NULL) UNION ALL {changed}"

    @property
    def context(self) -> MergeContext:
        """What the plan was made in."""
        return self._context

    def work(self) -> Mapping[str, TableWork]:
        """What applying needs, by table."""
        return self._work


def _whole_table(work: TableWork) -> str:
    """The rows of a table that the merge creates or drops, read where they are."""
    there = work.theirs if work.action is TableAction.CREATE else work.ours
    assert there.info is not None
    row = work.shape.row(there.info)
    key = "struct_pack(rowid := row_id, branch := '')" if work.shape.by_lineage else work.shape.key_of("row")
    ours, result, action = ("NULL", "row", "insert") if work.action is TableAction.CREATE else ("row", "NULL", "delete")
    return (
        f"SELECT {key} AS key, {ours} AS ours, {result} AS result, false AS both_edited, []::VARCHAR[] AS columns, "
        f"'{action}' AS action FROM "
        f"(SELECT rowid AS row_id, {row} AS row FROM {there.catalog.at(there.info.name, there.point.version)})"
    )
