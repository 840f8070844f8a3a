"""What a merge does to one table, as queries over the classified rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from hati_core.merge.alter import Alteration, alterations
from hati_core.merge.classify import IS_CONFLICT
from hati_core.merge.context import MergeContext, Scratch
from hati_core.merge.resolve import side_row_sql
from hati_core.merge.rows import fetch, row_change
from hati_core.merge.schema import TableAction
from hati_core.merge.shape import MergedColumn, Shape, TableAt
from hati_core.model import ChangeKind, Conflict, KeyOrigin, RowChange, Side
from hati_core.quote import identifier, identifiers, literal

_NOTHING = (
    "SELECT NULL AS id, NULL AS key, NULL AS ours, NULL AS result, false AS both_edited, []::VARCHAR[] AS columns, "
    "'' AS action WHERE false"
)


@dataclass(frozen=True)
class TableWork:
    """What does not depend on resolutions of rows: the classified rows of one table and what becomes of it as a whole.

    ``schema_conflicts`` are those about its columns and the table itself; ``notes`` say what
    the merge leaves alone.
    """

    action: TableAction
    shape: Shape
    ancestor: TableAt
    ours: TableAt
    theirs: TableAt
    classified: Scratch | None = None
    row_conflicts: int = 0
    schema_conflicts: tuple[Conflict, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def conflicts(self) -> int:
        """How many conflicts there are, about the table's rows, its columns and itself."""
        return self.row_conflicts + len(self.schema_conflicts)

    @cached_property
    def alterations(self) -> tuple[Alteration, ...]:
        """What has to be done to the target's columns."""
        if self.action is not TableAction.MERGE_ROWS or self.ours.info is None:
            return ()
        return alterations(self.shape.table, self.shape.columns, self.ours.info)

    @property
    def renamed_from(self) -> str | None:
        """What the target calls the table now, where the merge renames it."""
        info = self.ours.info
        is_renamed = info and self.action is not TableAction.DROP and info.name != self.shape.table
        return info.name if info and is_renamed else None

    @property
    def restored(self) -> tuple[MergedColumn, ...]:
        """Columns that the target has dropped and gets back with their values."""
        if self.action is not TableAction.MERGE_ROWS:
            return ()
        return tuple(column for column in self.shape.columns if column.is_lost_at(self.ours.label))

    @property
    def schema_changes(self) -> tuple[str, ...]:
        """What happens to the table's name and columns, a sentence each."""
        renamed = (f"renamed from {self.renamed_from}",) if self.renamed_from else ()
        return (*renamed, *(step.told for step in self.alterations if step.told))

    def final(self, picks: Scratch | None, default: Side | None) -> str:
        """The rows that the merge writes: ``ours``, ``result`` and ``action`` (insert, update, delete) by key and id.

        ``picks`` holds the rows that resolutions left; ``default`` settles the other conflicts,
        which without one stay as ours has them.
        """
        if self.action is TableAction.KEEP:
            return _NOTHING
        if self.classified is None:
            return self._whole_table()
        undecided = side_row_sql(self.shape, default) if default else "ours"
        settled = f"CASE WHEN {IS_CONFLICT} THEN {undecided} WHEN outcome = 'delete' THEN NULL ELSE merged END"
        rows = self.classified.name
        if picks:
            settled = f"CASE WHEN picked THEN row ELSE {settled} END"
            joined = f"{rows} AS c LEFT JOIN {picks.name} AS p USING (id)"
            rows = f"(SELECT c.*, p.row, p.id IS NOT NULL AS picked FROM {joined})"
        return (
            "SELECT *, "
            "CASE WHEN ours IS NULL THEN 'insert' WHEN result IS NULL THEN 'delete' ELSE 'update' END AS action "
            f"FROM (SELECT id, key, ours, {settled} AS result, both_edited, columns FROM {rows}) "
            "WHERE result IS DISTINCT FROM ours"
        )

    def _whole_table(self) -> str:
        """The rows of a table that the merge creates or drops, read where they are."""
        created = self.action is TableAction.CREATE
        there = self.theirs if created else self.ours
        assert there.info is not None
        by_lineage = "struct_pack(rowid := row_id, branch := '')"
        key = by_lineage if self.shape.by_lineage else self.shape.key_of("row")
        ours, result, action = ("NULL", "row", "insert") if created else ("row", "NULL", "delete")
        return (
            f"SELECT NULL AS id, {key} AS key, {ours} AS ours, {result} AS result, false AS both_edited, "
            f"[]::VARCHAR[] AS columns, '{action}' AS action "
            f"FROM (SELECT rowid AS row_id, {self.shape.row(there)} AS row FROM {there.relation})"
        )

    def preview(self, final: str) -> str:
        """The table as the merge would leave it, given what it writes."""
        changed = f"SELECT unnest(result) FROM ({final}) WHERE result IS NOT NULL"
        if self.ours.info is None:
            return changed
        key = "key.rowid" if self.shape.by_lineage else identifiers(self.shape.key, "key.")
        touched = f"SELECT ({key}) FROM ({final}) WHERE ours IS NOT NULL"
        if self.restored and self.ancestor.info:
            own = "row_id" if self.shape.by_lineage else identifiers(self.shape.key, "row.")
            untouched = (
                f"SELECT own.row_id, {self.shape.row(self.ours, 'own.cells.', 'past.cells.')} AS row "
                f"FROM ({self.ours.rows}) AS own LEFT JOIN ({self.ancestor.rows}) AS past "
                f"ON {self.shape.same_row('own', self.ours, 'past', self.ancestor)}"
            )
            kept = f"SELECT unnest(row) FROM ({untouched}) WHERE ({own}) NOT IN ({touched})"
        else:
            own = "rowid" if self.shape.by_lineage else identifiers(self.shape.key_at(self.ours.label))
            kept = (
                f"SELECT unnest({self.shape.row(self.ours)}) FROM {self.ours.relation} WHERE ({own}) NOT IN ({touched})"
            )
        return f"{kept} UNION ALL {changed}"


@dataclass(frozen=True)
class TablePlan:
    """What a merge does to one table; counts are rows and include what resolutions decide.

    ``merged_cells`` counts cells that come from the other side in rows that both sides edited;
    ``schema_changes`` say what happens to the table's name and columns, a sentence each.
    """

    table: str
    action: TableAction
    key: tuple[str, ...]
    key_origin: KeyOrigin
    columns: tuple[str, ...]
    schema_changes: tuple[str, ...]
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
        return created_or_dropped or bool(self.inserts or self.updates or self.deletes or self.schema_changes)

    def rows(self, kind: ChangeKind | None = None, offset: int = 0, limit: int = 100) -> list[RowChange]:
        """A page of rows as the merge would leave them, in key order: of one kind, or all."""
        if not (self.inserts or self.updates or self.deletes):
            return []
        actions = {ChangeKind.ADDED: "insert", ChangeKind.CHANGED: "update", ChangeKind.REMOVED: "delete"}
        wanted = f"WHERE action = '{actions[kind]}'" if kind else ""
        cells = ", ".join(
            f"CASE WHEN ours.{identifier(c)} IS DISTINCT FROM result.{identifier(c)} THEN {literal(c)} END"
            for c in self.columns
        )
        sql = (
            f"SELECT key, ours AS before, result AS after, list_filter([{cells}], lambda c: c IS NOT NULL) AS columns "
            f"FROM ({self.final}) {wanted} ORDER BY key LIMIT {int(limit)} OFFSET {int(offset)}"
        )
        by_lineage = self.key_origin is KeyOrigin.LINEAGE
        branch_id = self._work.ours.point.branch_id
        return [row_change(row, by_lineage, self.columns) for row in fetch(self._context.engine, branch_id, sql)]
