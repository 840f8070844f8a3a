"""Everything a merge would do, worked out without writing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from hati_core.errors import InvalidResolution
from hati_core.merge.alter import is_widening
from hati_core.merge.checks import merged_violations
from hati_core.merge.conflicts import ConflictList, ConflictSource, RowConflicts, SchemaConflicts
from hati_core.merge.context import MergeContext, Scratch
from hati_core.merge.lineage import Point
from hati_core.merge.resolve import completed, is_decided, require_fit, resolved_row, schema_side, side_row_sql
from hati_core.merge.rows import fetch
from hati_core.merge.schema import TableAction
from hati_core.merge.states import Shape
from hati_core.merge.table_plan import TablePlan, TableWork
from hati_core.model import (
    Conflict,
    ConflictKind,
    Resolution,
    Row,
    Side,
    Violation,
)
from hati_core.quote import identifier
from hati_core.values import fitting


class PlanKind(Enum):
    """What a plan is for."""

    MERGE = "merge"
    REVERT = "revert"
    RESTORE = "restore"


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
    _plan_again: Callable[[Mapping[str, Resolution], Side | None], MergePlan] = field(repr=False, compare=False)

    @property
    def source_version(self) -> int:
        return self.theirs.version

    @property
    def target_version(self) -> int:
        return self.ours.version

    @property
    def is_lost(self) -> bool:
        """Whether the rows that were worked out are gone, because DuckDB failed inside; it has to be planned again."""
        return self._context.generation != self._context.engine.generation

    @property
    def row_level(self) -> bool:
        """Whether two edits of one row conflict even in different cells."""
        return self._context.row_level

    @property
    def default_message(self) -> str:
        """What the commit is called unless somebody says otherwise."""
        if self.kind is PlanKind.REVERT:
            return f"Undo version {self.base.version} of {self.target}"
        if self.kind is PlanKind.RESTORE:
            return f"Restore version {self.theirs.version} of {self.target}"
        return f"Merge {self.source} into {self.target}"

    @cached_property
    def conflicts(self) -> ConflictList:
        """Every conflict, settled or not, by table; in one table those about its columns first, then by key."""
        return ConflictList(self._sources)

    @cached_property
    def open_conflicts(self) -> ConflictList:
        """The conflicts that neither a resolution nor the default settles."""
        if self.default:
            return ConflictList([])
        return ConflictList(self._sources, self._decided)

    @cached_property
    def _sources(self) -> tuple[ConflictSource, ...]:
        return tuple(source for work in self._work.values() for source in self._sources_of(work))

    def _sources_of(self, work: TableWork) -> Iterator[ConflictSource]:
        if work.schema_conflicts:
            yield SchemaConflicts(work.shape.table, work.schema_conflicts)
        if work.classified and work.row_conflicts:
            yield RowConflicts(
                self._context.engine, self.ours.branch_id, work.shape, work.classified, work.row_conflicts
            )

    @cached_property
    def _row_sources(self) -> tuple[RowConflicts, ...]:
        return tuple(source for source in self._sources if isinstance(source, RowConflicts))

    @cached_property
    def _decided(self) -> frozenset[str]:
        """The ids of the conflicts that a resolution settles in whole."""
        sides = [key for key, choice in self.resolutions.items() if isinstance(choice, Side)]
        by_cell = (
            conflict.id
            for source in self._row_sources
            for conflict in self._by_cell(source)
            if is_decided(conflict, self.resolutions[conflict.id])
        )
        return self.conflicts.known(sides) | frozenset(by_cell)

    def _by_cell(self, source: RowConflicts) -> list[Conflict]:
        """The conflicts of a table that are resolved cell by cell, wholly or in part."""
        ids = [key for key, choice in self.resolutions.items() if not isinstance(choice, Side)]
        return source.find(ids) if ids else []

    def _is_about_schema(self, conflict_id: str) -> bool:
        conflict = self.conflicts.get(conflict_id)
        return conflict is not None and conflict.kind is ConflictKind.SCHEMA

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
        if conflict.kind is ConflictKind.SCHEMA:
            return self._plan_again({**self.resolutions, conflict_id: schema_side(conflict, resolution)}, self.default)
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
        about_schema = [c for work in self._work.values() for c in work.schema_conflicts if c.id in sides]
        for conflict in about_schema:
            schema_side(conflict, sides[conflict.id])
        settled = {**self.resolutions, **sides}
        plan = self._plan_again(settled, self.default) if about_schema else replace(self, resolutions=settled)
        for conflict_id, resolution in resolutions.items():
            if not isinstance(resolution, Side):
                plan = plan.with_resolution(conflict_id, resolution)
        return plan

    def without_resolution(self, conflict_id: str) -> MergePlan:
        """A plan in which that conflict is open again."""
        left = {key: value for key, value in self.resolutions.items() if key != conflict_id}
        if self._is_about_schema(conflict_id):
            return self._plan_again(left, self.default)
        return replace(self, resolutions=left)

    def with_default(self, side: Side | None) -> MergePlan:
        """A plan in which every conflict without a resolution takes that side."""
        # A copy would work out its tables anew.
        if side is self.default:
            return self
        undecided = any(c.id not in self.resolutions for work in self._work.values() for c in work.schema_conflicts)
        return self._plan_again(self.resolutions, side) if undecided else replace(self, default=side)

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
            schema_changes=_schema_changes(work),
            conflicts=work.conflicts,
            _context=self._context,
            _work=work,
            final=final,
            **counts,
        )

    def _final(self, work: TableWork) -> str:
        """The query of what the merge writes to one table."""
        return work.final(self._picks.get(work.shape.table), self.default)

    @cached_property
    def _picks(self) -> dict[str, Scratch]:
        """By table, the rows that resolutions left, as a table in memory."""
        ids = list(self.resolutions)
        return {source.shape.table: self._picked(source) for source in self._row_sources if ids and source.known(ids)}

    def _picked(self, source: RowConflicts) -> Scratch:
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
            if work.action is TableAction.MERGE_ROWS:
                required = [column.name for column in work.shape.columns if not column.nullable]
                found += self._missing_values(name, self._final(work), required)
                found += self._lost_values(work)
            found += merged_violations(self._context, work, self._final(work))
        return tuple(found)

    def _missing_values(self, table: str, final: str, required: Sequence[str]) -> list[Violation]:
        found = []
        for column in required:
            empty = f"result IS NOT NULL AND result.{identifier(column)} IS NULL"
            rows = self._fetch(f"SELECT result FROM ({final}) WHERE {empty} LIMIT 5")
            if rows:
                message = f"“{column}” of “{table}” cannot be empty, and the merge would leave it empty."
                found.append(Violation(table, f"NOT NULL {column}", message, tuple(row["result"] for row in rows)))
        return found

    def _lost_values(self, work: TableWork) -> list[Violation]:
        """Values of a side that do not fit the type that the merged column has."""
        found = []
        for column in work.shape.columns:
            for there in (work.ours, work.theirs):
                source = column.at.get(there.label)
                if source is None or source.type == column.type or is_widening(source.type, column.type):
                    continue
                value = identifier(source.name)
                back = f"TRY_CAST(TRY_CAST({value} AS {column.type}) AS {source.type})"
                rows = self._fetch(f"SELECT * FROM {there.relation} WHERE {value} IS DISTINCT FROM {back} LIMIT 5")
                if rows:
                    message = (
                        f"“{column.name}” of “{work.shape.table}” would be {column.type}, and values of "
                        f"“{there.catalog.name}” do not fit it, such as {rows[0][source.name]!r}."
                    )
                    found.append(Violation(work.shape.table, f"{column.name} {column.type}", message, tuple(rows)))
        return found

    def _fetch(self, sql: str) -> list[Row]:
        return fetch(self._context.engine, self.ours.branch_id, sql)

    def query(self, sql: str) -> list[Row]:
        """Run a query of our own on the tables of the target as the merge would leave them."""
        previews = [
            f"{identifier(name)} AS ({work.preview(self._final(work))})"
            for name, work in self._work.items()
            if work.action not in (TableAction.DROP, TableAction.KEEP)
            and identifier(name)[1:-1].casefold() in sql.casefold()
        ]
        with_clause = f"WITH {', '.join(previews)} " if previews else ""
        return fetch(self._context.engine, self.ours.branch_id, f"{with_clause}SELECT * FROM ({sql})")

    @property
    def context(self) -> MergeContext:
        """What the plan was made in."""
        return self._context

    def work(self) -> Mapping[str, TableWork]:
        """What applying needs, by table."""
        return self._work


def _schema_changes(work: TableWork) -> tuple[str, ...]:
    renamed = (f"renamed from {work.renamed_from}",) if work.renamed_from else ()
    return (*renamed, *(step.told for step in work.alterations if step.told))
