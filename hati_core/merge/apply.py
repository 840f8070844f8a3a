"""Writing a plan: one commit on the target, or nothing."""

from __future__ import annotations

import duckdb

from hati_core.errors import CheckViolation, UnresolvedConflicts
from hati_core.merge.context import Scratch
from hati_core.merge.plan import MergePlan
from hati_core.merge.schema import TableAction
from hati_core.merge.table_plan import TablePlan, TableWork
from hati_core.model import Column, KeyOrigin, Touch
from hati_core.quote import identifier, identifiers
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

    def prepare(self) -> None:
        """Work out the rows to write to each table."""
        for name, table in self._plan.tables.items():
            if table and table.action is TableAction.MERGE_ROWS:
                final = Scratch(self._engine, "final")
                with self._engine.session(self._plan.ours.branch_id) as cursor:
                    cursor.execute(f"CREATE TABLE {final.name} AS SELECT key, result, action FROM ({table.final})")
                self._finals[name] = final

    def write(self, cursor: duckdb.DuckDBPyConnection) -> tuple[list[Touch], dict[str, tuple[str, ...]]]:
        """Write every table; returns what was touched and the keys of tables that came into being."""
        touched, keys = [], {}
        for name, table in self._plan.tables.items():
            if not table:
                continue
            work = self._plan.work()[name]
            if table.action is TableAction.CREATE:
                _create(cursor, work)
                if table.key_origin is KeyOrigin.DECLARED:
                    keys[name] = table.key
                touched.append(Touch(name, table.inserts, note="created"))
            elif table.action is TableAction.DROP:
                cursor.execute(f"DROP TABLE {identifier(name)}")
                touched.append(Touch(name, deleted=table.deletes, note="dropped"))
            else:
                _write_rows(cursor, work, table, self._finals[name].name)
                touched.append(Touch(name, table.inserts, table.updates, table.deletes))
        return touched, keys


def _create(cursor: duckdb.DuckDBPyConnection, work: TableWork) -> None:
    assert work.theirs.info is not None
    info = work.theirs.info
    cursor.execute(f"CREATE TABLE {identifier(info.name)} ({', '.join(_declared(column) for column in info.columns)})")
    there = work.theirs.catalog.at(info.name, work.theirs.point.version)
    cursor.execute(f"INSERT INTO {identifier(info.name)} FROM {there}")


def _declared(column: Column) -> str:
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    return f"{identifier(column.name)} {column.type}{default}{'' if column.nullable else ' NOT NULL'}"


def _write_rows(cursor: duckdb.DuckDBPyConnection, work: TableWork, table: TablePlan, final: str) -> None:
    name, shape = identifier(table.table), work.shape
    for column in work.added_columns:
        default = f" DEFAULT {column.default}" if column.default is not None else ""
        cursor.execute(f"ALTER TABLE {name} ADD COLUMN {identifier(column.name)} {column.type}{default}")
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
