"""Everything a merge would do, worked out without writing anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from hati_core.errors import InvalidResolution
from hati_core.merge.cell_versions import CellVersions, cell_versions
from hati_core.merge.conflict_sources import ConflictSource, HeldConflicts, RowConflicts
from hati_core.merge.conflicts import ConflictList
from hati_core.merge.context import MergeContext, Scratch
from hati_core.merge.lineage import Point
from hati_core.merge.picks import by_cell, picked_rows
from hati_core.merge.resolve import is_decided, require_fit, schema_side, with_cells
from hati_core.merge.rows import fetch
from hati_core.merge.schema import TableAction
from hati_core.merge.table_plan import TablePlan, TableWork
from hati_core.merge.typed_cells import typed_cells
from hati_core.merge.undone import UndoneMerge
from hati_core.merge.violations import checks_of, violations
from hati_core.model import Conflict, ConflictKind, Resolution, Row, Side, Violation
from hati_core.quote import identifier
from hati_core.sql.checks import columns_of


class PlanKind(Enum):
    """What a plan is for."""

    MERGE = "merge"
    REVERT = "revert"
    RESTORE = "restore"


@dataclass(frozen=True)
class MergePlan:
    """A merge of ``source`` into ``target`` at the versions it saw; immutable.

    ``base`` is the merge base. Resolutions are by conflict id; ``default`` settles the
    conflicts that have none. ``notes`` say what the merge leaves alone, and ``undone`` names earlier merges
    that were undone and what becomes of their work.
    """

    kind: PlanKind
    source: str
    target: str
    base: Point
    ours: Point
    theirs: Point
    notes: tuple[str, ...]
    undone: tuple[UndoneMerge, ...]
    resolutions: Mapping[str, Resolution]
    default: Side | None
    dropped_resolutions: tuple[str, ...]
    _context: MergeContext = field(repr=False, compare=False)
    _work: Mapping[str, TableWork] = field(repr=False, compare=False)
    _plan_again: Callable[[Mapping[str, Resolution], Side | None], MergePlan] = field(repr=False, compare=False)

    @property
    def source_version(self) -> int:
        """The version of the source that was planned with."""
        return self.theirs.version

    @property
    def target_version(self) -> int:
        """The version of the target that was planned with."""
        return self.ours.version

    @property
    def is_lost(self) -> bool:
        """Whether the rows that were worked out are gone, because DuckDB failed inside; it has to be planned again."""
        return self._context.is_lost

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
        return ConflictList(self._sources, self.decided)

    @cached_property
    def _sources(self) -> tuple[ConflictSource, ...]:
        return tuple(source for work in self._work.values() for source in self._sources_of(work))

    def _sources_of(self, work: TableWork) -> Iterator[ConflictSource]:
        if work.schema_conflicts:
            yield HeldConflicts(work.shape.table, work.schema_conflicts)
        if work.row_conflicts:
            yield self._row_sources[work.shape.table]

    @cached_property
    def _row_sources(self) -> dict[str, RowConflicts]:
        """The rows of each table that are planned one by one, by its name."""
        engine, branch_id = self._context.engine, self.ours.branch_id
        return {
            name: RowConflicts(engine, branch_id, work.shape, work.classified, work.row_conflicts)
            for name, work in self._work.items()
            if work.classified
        }

    @cached_property
    def decided(self) -> frozenset[str]:
        """The ids of the conflicts that a resolution settles in whole."""
        sides = [key for key, choice in self.resolutions.items() if isinstance(choice, Side)]
        in_whole = (
            conflict.id
            for source in self._row_sources.values()
            for conflict in by_cell(source, self.resolutions)
            if is_decided(conflict, self.resolutions[conflict.id])
        )
        return self.conflicts.known(sides) | frozenset(in_whole)

    def row(self, row_id: str) -> Conflict | None:
        """The conflict of that id, or the row that a violation names so; None where neither is here (any more)."""
        return self.rows([row_id]).get(row_id)

    def rows(self, ids: Collection[str]) -> dict[str, Conflict]:
        """As :meth:`row`, for several ids."""
        schema = (c for work in self._work.values() for c in work.schema_conflicts if c.id in ids)
        rows = (c for source in self._row_sources.values() for c in source.rows(ids)) if ids else ()
        return {conflict.id: conflict for conflict in (*schema, *rows)}

    def fitting(self, ids: Collection[str]) -> frozenset[str]:
        """Those of the ids that a resolution can be of."""
        schema = (c.id for work in self._work.values() for c in work.schema_conflicts if c.id in ids)
        rows = (id_ for source in self._row_sources.values() for id_ in source.known_rows(ids)) if ids else ()
        return frozenset((*schema, *rows))

    def with_resolution(self, conflict_id: str, resolution: Resolution) -> MergePlan:
        """A plan in which that conflict is settled so: by a side, or cell by cell by sides and values.

        Cells settled before stay settled unless they are named again. A row that breaks a rule of its table is
        mended in the same way.

        Raises:
            InvalidResolution: no such conflict, or a column that is not in conflict.
            InvalidValue: a value that does not fit the type of its column.
        """
        return self.with_resolutions({conflict_id: resolution})

    def with_resolutions(self, resolutions: Mapping[str, Resolution]) -> MergePlan:
        """A plan in which each of those conflicts is settled.

        Raises:
            InvalidResolution, InvalidValue: as :meth:`with_resolution`, for any of them.
        """
        if resolutions.keys() - self.fitting(resolutions.keys()):
            raise InvalidResolution("There is no such conflict any more. Look at the merge again and choose anew.")
        about_schema = [c for work in self._work.values() for c in work.schema_conflicts if c.id in resolutions]
        by_cell = [key for key, choice in resolutions.items() if not isinstance(choice, Side)]
        settled = {**self.resolutions, **resolutions}
        settled |= {conflict.id: schema_side(conflict, resolutions[conflict.id]) for conflict in about_schema}
        rows = [conflict for conflict in self.rows(by_cell).values() if conflict.kind is not ConflictKind.SCHEMA]
        for conflict in rows:
            work = self._work[conflict.table]
            require_fit(conflict, resolutions[conflict.id], work.shape, self._checked_columns(work))
        with self._context.engine.session(self.ours.branch_id) as cursor:
            chosen = typed_cells(cursor, self._work, rows, resolutions)
        for conflict, cells in zip(rows, chosen, strict=True):
            settled[conflict.id] = with_cells(conflict, self.resolutions.get(conflict.id), cells)
        return self._plan_again(settled, self.default) if about_schema else replace(self, resolutions=settled)

    def _checked_columns(self, work: TableWork) -> frozenset[str]:
        """The columns that a check reads: where the merged row breaks it, mending takes any of them."""
        checks = checks_of(self._context.checks, [work.ours.info, work.theirs.info])
        names = {name.casefold() for check in checks for name in columns_of(check.expression)}
        return frozenset(column.name for column in work.shape.columns if column.name.casefold() in names)

    def without_resolution(self, conflict_id: str) -> MergePlan:
        """A plan in which that conflict is open again."""
        return self.with_changes({conflict_id: None})

    def with_changes(self, changes: Mapping[str, Resolution | None]) -> MergePlan:
        """A plan in which each of those conflicts is settled so and not otherwise, or with None is open again.

        Raises:
            InvalidResolution, InvalidValue: as :meth:`with_resolution`.
        """
        left = {key: value for key, value in self.resolutions.items() if key not in changes}
        settled = {key: choice for key, choice in changes.items() if choice is not None}
        if any(c.id in changes for work in self._work.values() for c in work.schema_conflicts):
            return self._plan_again(left, self.default).with_resolutions(settled)
        return replace(self, resolutions=left).with_resolutions(settled)

    def with_choices(self, changes: Mapping[str, Resolution | None]) -> MergePlan:
        """As :meth:`with_resolutions`, which keeps cells settled before; with None a conflict is open again.

        Raises:
            InvalidResolution, InvalidValue: as :meth:`with_resolution`.
        """
        opened = {key: None for key, choice in changes.items() if choice is None}
        settled = {key: choice for key, choice in changes.items() if choice is not None}
        return self.with_changes(opened).with_resolutions(settled)

    def with_default(self, side: Side | None) -> MergePlan:
        """A plan in which every conflict without a resolution takes that side."""
        # A copy would work out its tables anew.
        if side is self.default:
            return self
        undecided = any(c.id not in self.resolutions for work in self._work.values() for c in work.schema_conflicts)
        return self._plan_again(self.resolutions, side) if undecided else replace(self, default=side)

    @cached_property
    def tables(self) -> dict[str, TablePlan]:
        """What happens to each table that the merge touches, or of which rows have to be settled or were, by name."""
        plans = {name: self._table_plan(work) for name, work in self._work.items()}
        return {name: plan for name, plan in plans.items() if plan or plan.conflicts or name in self._picks}

    def _table_plan(self, work: TableWork) -> TablePlan:
        final = self.final(work)
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
            schema_changes=work.schema_changes,
            conflicts=work.conflicts,
            _context=self._context,
            _work=work,
            final=final,
            **counts,
        )

    def final(self, work: TableWork) -> str:
        """The query of what the merge writes to one table, as :meth:`TableWork.final`."""
        return work.final(self._picks.get(work.shape.table), self.default)

    @cached_property
    def _picks(self) -> dict[str, Scratch]:
        """By table, the rows that resolutions left, as a table in memory."""
        ids = list(self.resolutions)
        return {
            source.table: picked_rows(source, self.resolutions, self.default)
            for source in self._row_sources.values()
            if ids and source.known_rows(ids)
        }

    @cached_property
    def violations(self) -> tuple[Violation, ...]:
        """The rules of tables that the merged rows would break; a merge with any is not applied."""
        return tuple(
            found for work in self._work.values() for found in violations(self._context, work, self.final(work))
        )

    def query(self, sql: str) -> list[Row]:
        """Run a query of our own on the tables of the target as the merge would leave them."""
        previews = [
            f"{identifier(name)} AS ({work.preview(self.final(work))})"
            for name, work in self._work.items()
            if work.action not in (TableAction.DROP, TableAction.KEEP)
            and identifier(name)[1:-1].casefold() in sql.casefold()
        ]
        with_clause = f"WITH {', '.join(previews)} " if previews else ""
        return fetch(self._context.engine, self.ours.branch_id, f"{with_clause}SELECT * FROM ({sql})")

    def cell_versions(self, conflicts: Sequence[Conflict]) -> dict[str, dict[Side, CellVersions]]:
        """Which version of each side made each cell in conflict, by conflict and side, as far as commits tell."""
        found: dict[str, dict[Side, CellVersions]] = {}
        for table in dict.fromkeys(conflict.table for conflict in conflicts):
            of_table = [conflict for conflict in conflicts if conflict.table == table]
            found |= cell_versions(self._context, self._work[table], of_table)
        return found

    @property
    def context(self) -> MergeContext:
        """What the plan was made in."""
        return self._context

    def work(self) -> Mapping[str, TableWork]:
        """What applying needs, by table."""
        return self._work
