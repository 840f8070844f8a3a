"""Writing a plan: one commit on the target, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType

import duckdb

from hati_core.errors import CheckViolation, UnresolvedConflicts
from hati_core.merge.alter import renames
from hati_core.merge.context import Scratch
from hati_core.merge.plan import MergePlan
from hati_core.merge.schema import TableAction
from hati_core.merge.shape import TableAt
from hati_core.merge.table_plan import TablePlan, TableWork
from hati_core.model import Column, KeyOrigin, Touch
from hati_core.quote import identifier, identifiers
from hati_core.storage.catalog import Catalog
from hati_core.storage.engine import Engine


def require_complete(plan: MergePlan) -> None:
    """Check that a plan can be written as it is.

    Raises:
        UnresolvedConflicts: conflicts are open.
        CheckViolation: the merged rows break a rule.
    """
    left = plan.open_conflicts
    if left:
        rows = "row is" if len(left) == 1 else "rows are"
        raise UnresolvedConflicts(
            f"{len(left):,} {rows} in conflict between “{plan.target}” and “{plan.source}”. Nothing was written. "
            "Choose a side or a value for each, or merge with branch_wins or main_wins.",
            conflicts=left,
            branch=plan.target,
        )
    if plan.violations:
        sentences = " ".join(violation.message for violation in plan.violations)
        raise CheckViolation(f"{sentences} Nothing was written.", violations=plan.violations, branch=plan.target)


class PlanWriter:
    """Carries out a plan inside an open transaction on the target.

    What is to be written is worked out beforehand, in :meth:`prepare`: a transaction writes
    to one catalog only, and tables in memory are another.
    """

    def __init__(self, engine: Engine, plan: MergePlan) -> None:
        self._engine = engine
        self._plan = plan
        self._finals: dict[str, Scratch] = {}
        self._works: dict[str, TableWork] = {}
        self._held = ExitStack()

    def __enter__(self) -> PlanWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def prepare(self) -> None:
        """Work out the rows to write to each table."""
        for name, table in self._plan.tables.items():
            if table and table.action is TableAction.MERGE_ROWS:
                final = Scratch(self._engine, "final")
                with self._engine.session(self._plan.ours.branch_id) as cursor:
                    cursor.execute(f"CREATE TABLE {final.name} AS SELECT key, result, action FROM ({table.final})")
                self._finals[name] = final
        self._works = {
            name: self._outside_of_transaction(self._plan.work()[name])
            for name, table in self._plan.tables.items()
            if table
        }

    def _outside_of_transaction(self, work: TableWork) -> TableWork:
        """The work with what it reads of the target's own past attached beside it.

        A transaction that has changed a table sees its own state of it, whatever version it asks for.
        """
        if work.restored:
            return replace(work, ancestor=self._beside(work.ancestor))
        return replace(work, theirs=self._beside(work.theirs)) if work.action is TableAction.CREATE else work

    def _beside(self, there: TableAt) -> TableAt:
        point = there.point
        if there.info is None or point.branch_id != self._plan.ours.branch_id:
            return there
        self._held.enter_context(self._engine.session(point.branch_id, point.version))
        return replace(there, catalog=Catalog(self._engine, point.branch_id, there.catalog.name, point.version))

    def write(self, cursor: duckdb.DuckDBPyConnection) -> tuple[list[Touch], dict[str, tuple[str, ...]]]:
        """Write every table; returns what was touched, and the keys of tables that are new under their names."""
        for work in self._works.values():
            if work.action is TableAction.DROP and work.ours.info:
                cursor.execute(f"DROP TABLE {identifier(work.ours.info.name)}")
        _rename(cursor, list(self._works.values()))
        touched: list[Touch] = []
        keys: dict[str, tuple[str, ...]] = {}
        for name, work in self._works.items():
            table = self._plan.tables[name]
            if table.action is TableAction.CREATE or work.renamed_from:
                keys[name] = table.key if table.key_origin is KeyOrigin.DECLARED else ()
            if table.action is TableAction.CREATE:
                _create(cursor, work)
                touched.append(Touch(name, table.inserts, note="created"))
            elif table.action is TableAction.DROP:
                touched.append(Touch(name, deleted=table.deletes, note="dropped"))
            elif table.action is TableAction.MERGE_ROWS:
                _alter(cursor, work)
                _write_rows(cursor, work, table, self._finals[name].name)
                note = "altered" if table.schema_changes else ""
                touched.append(Touch(name, table.inserts, table.updates, table.deletes, note))
            else:
                touched.append(Touch(name, note="altered"))
        return touched, keys


def _rename(cursor: duckdb.DuckDBPyConnection, works: Sequence[TableWork]) -> None:
    """Rename tables before anything else: DuckLake forgets columns that were altered before it (1.5.5)."""
    names = [(work.renamed_from, work.shape.table) for work in works if work.renamed_from]
    for before, after in renames(names, "table"):
        cursor.execute(f"ALTER TABLE {identifier(before)} RENAME TO {identifier(after)}")


def _create(cursor: duckdb.DuckDBPyConnection, work: TableWork) -> None:
    assert work.theirs.info is not None
    columns = work.theirs.info.columns
    name = identifier(work.shape.table)
    cursor.execute(f"CREATE TABLE {name} ({', '.join(_declared(column) for column in columns)})")
    cursor.execute(f"INSERT INTO {name} FROM {work.theirs.relation}")


def _declared(column: Column) -> str:
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    return f"{identifier(column.name)} {column.type}{default}{'' if column.nullable else ' NOT NULL'}"


def _alter(cursor: duckdb.DuckDBPyConnection, work: TableWork) -> None:
    for step in work.alterations:
        cursor.execute(step.sql)
    if not (work.restored and work.ancestor.info):
        return
    own = "t.rowid = past.row_id"
    if not work.shape.by_lineage:
        pairs = zip(work.shape.key, work.shape.key_at(work.ancestor.label), strict=True)
        own = " AND ".join(f"t.{identifier(a)} = past.cells.{identifier(b)}" for a, b in pairs)
    values = ", ".join(
        f"{identifier(c.name)} = TRY_CAST(past.cells.{identifier(c.at[work.ancestor.label].name)} AS {c.type})"
        for c in work.restored
    )
    cursor.execute(
        f"UPDATE {identifier(work.shape.table)} AS t SET {values} FROM ({work.ancestor.rows}) AS past WHERE {own}"
    )


def _write_rows(cursor: duckdb.DuckDBPyConnection, work: TableWork, table: TablePlan, final: str) -> None:
    name, shape = identifier(table.table), work.shape
    matched = (
        "t.rowid = f.key.rowid"
        if shape.by_lineage
        else " AND ".join(f"t.{identifier(c)} = f.key.{identifier(c)}" for c in shape.key)
    )
    cells = [column.name for column in shape.columns if column.name not in shape.key]
    if table.deletes:
        cursor.execute(f"DELETE FROM {name} AS t USING {final} AS f WHERE f.action = 'delete' AND {matched}")
    if table.updates:
        assignments = ", ".join(f"{identifier(c)} = f.result.{identifier(c)}" for c in cells)
        cursor.execute(
            f"UPDATE {name} AS t SET {assignments} FROM {final} AS f WHERE f.action = 'update' AND {matched}"
        )
    if table.inserts:
        columns = [column.name for column in shape.columns]
        values = ", ".join(f"result.{identifier(c)}" for c in columns)
        cursor.execute(
            f"INSERT INTO {name} ({identifiers(columns)}) SELECT {values} FROM {final} WHERE action = 'insert'"
        )
