"""What a write would change, before it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hati_core.acting import Done, carry_out
from hati_core.branch_view import BranchView
from hati_core.errors import InvalidKey
from hati_core.measured import MetricValue, measured_together
from hati_core.measures import Measures
from hati_core.merge.context import MergeContext
from hati_core.merge.diff import TableDiff, diff_table
from hati_core.merge.lineage import Point
from hati_core.merge.shape import TableAt
from hati_core.model import ChangeKind, KeyOrigin, Row, RowChange, Violation
from hati_core.open_branch import OpenBranch
from hati_core.scenarios.action import Action
from hati_core.scenarios.metrics import Metric
from hati_core.sql import gate
from hati_core.storage.limits import Limits, Stop
from hati_core.storage.results import rows_of, run
from hati_core.store import Store
from hati_core.transaction import Transaction
from hati_core.trial import Trial, trial, trial_context

ROWS_KEPT = 100
"""Rows of one kind and table that a preview holds; what it counts has no such bound."""


@dataclass(frozen=True)
class TablePreview:
    """What a write does to one table; counts are rows, of which ``kept`` holds the first of each kind.

    ``key`` is what rows are told apart by, as in a comparison of two branches.
    """

    table: str
    key: tuple[str, ...]
    key_origin: KeyOrigin
    columns: tuple[str, ...]
    added: int
    removed: int
    changed: int
    schema_changes: tuple[str, ...]
    kept: Mapping[ChangeKind, tuple[RowChange, ...]]

    @property
    def count(self) -> int:
        """How many rows are added, removed or changed."""
        return self.added + self.removed + self.changed

    def rows(self, kind: ChangeKind | None = None, offset: int = 0, limit: int = 100) -> list[RowChange]:
        """A page of the rows that are kept: of one kind in key order, or of each kind one after the other."""
        kinds = [kind] if kind else list(self.kept)
        return [row for wanted in kinds for row in self.kept.get(wanted, ())][offset : offset + limit]


@dataclass(frozen=True)
class Preview:
    """What statements would do to a branch as it was at ``version``; nothing of it is written.

    ``affected`` is what running them returns, in rows. ``violations`` are the rules for which they would be refused,
    ``notes`` what an action has to say of its outcome. ``before`` and ``after`` hold each metric of the branch, in the
    same order.
    """

    branch: str
    version: int
    statements: tuple[str, ...]
    affected: int
    tables: Mapping[str, TablePreview]
    violations: tuple[Violation, ...]
    notes: tuple[str, ...]
    before: tuple[MetricValue, ...]
    after: tuple[MetricValue, ...]

    def __bool__(self) -> bool:
        return bool(self.tables)

    @property
    def changed_rows(self) -> int:
        """Rows added, removed or changed, over all tables."""
        return sum(table.count for table in self.tables.values())


def preview(
    store: Store,
    view: BranchView,
    what: str | Sequence[str] | Action,
    *,
    timeout: float | None = None,
    stop: Stop | None = None,
) -> Preview:
    """Run statements, or an action, on a copy of a branch, and say how the copy differs.

    ``timeout`` is in seconds for all of it.

    Raises:
        SyntaxRefused, StatementRefused: the gate does not let one through.
        QueryError, DataError: the database cannot run one, or the action does not fit its table.
        QueryTimeout: it ran longer than ``timeout``, or was stopped.
        BranchBusy, BranchDiscarded: the branch cannot be copied.
    """
    pieces = () if isinstance(what, Action) else _pieces(what)
    limits = Limits(timeout, stop)
    measures = Measures(store)
    with trial(store, view.id, view.name) as copy:
        action = what if isinstance(what, Action) else None
        if action:
            table = store.table(view.id, copy.origin.version, action.table)
            pieces = action.statements(table)

        def run_all(tx: Transaction) -> Done:
            return carry_out(tx, action, table) if action else Done(sum(tx.execute(piece) for piece in pieces))

        done, violations = _try(store, copy, view.name, run_all, limits)
        after = Point(copy.id, store.head(copy.id))
        context = trial_context(store, copy, limits)
        found = [table for table in _differences(context, copy.origin, after) if table]
        tables = {table.table: _kept(context, copy.id, table) for table in found}
        branch = BranchView(store, view.id, view.name, copy.origin.version)
        values = measures.values(branch, measures.metrics(branch))
        return Preview(
            view.name,
            copy.origin.version,
            pieces,
            done.affected,
            tables,
            violations,
            done.notes,
            tuple(values),
            tuple(_measured(context, copy.id, [value.metric for value in values]) if tables else values),
        )


def _pieces(statements: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(statements, str):
        return tuple(statement.sql for statement in gate.split(statements))
    return tuple(gate.check(statement).sql for statement in statements)


def _try(
    store: Store, copy: Trial, branch: str, run_all: Callable[[Transaction], Done], limits: Limits
) -> tuple[Done, tuple[Violation, ...]]:
    """Run what is to be tried on a copy and commit it there, whatever rules it breaks."""
    head = copy.origin.version
    with store.engine.session(copy.id) as cursor:
        cursor.execute("BEGIN")
        tx = Transaction(OpenBranch(store, copy.id, branch, cursor, head, copy.origin.branch_id), limits)
        done = run_all(tx)
        with limits.over(cursor):
            violations = tx.violations()
            tx.settle_types()
        cursor.execute("COMMIT")
    store.settle_statistics(copy.id, head, is_retyped=tx.has_retyped)
    return done, violations


def _differences(context: MergeContext, before: Point, after: Point) -> list[TableDiff]:
    paired = context.paired_tables({"before": before, "after": after})
    return [_difference(context, there) for there in paired if there["after"].moved]


def _difference(context: MergeContext, there: Mapping[str, TableAt]) -> TableDiff:
    try:
        return diff_table(context, there)
    except InvalidKey:
        # Rows that break the key are told apart as those of a table without one.
        return diff_table(replace(context, keys={}, infers=False), there)


def _kept(context: MergeContext, branch_id: str, table: TableDiff) -> TablePreview:
    counts = {
        ChangeKind.ADDED: table.added,
        ChangeKind.CHANGED: table.changed,
        ChangeKind.REMOVED: table.removed,
    }
    with context.session(branch_id):
        kept = {kind: tuple(table.rows(kind, 0, ROWS_KEPT)) for kind, rows in counts.items() if rows}
    return TablePreview(
        table.table,
        table.key,
        table.key_origin,
        table.columns,
        table.added,
        table.removed,
        table.changed,
        table.schema_changes,
        kept,
    )


def _measured(context: MergeContext, branch_id: str, metrics: Sequence[Metric]) -> list[MetricValue]:
    """Each metric on a copy of a branch."""

    def query(sql: str) -> list[Row]:
        with context.session(branch_id) as cursor:
            return rows_of(run(cursor, sql))

    return measured_together(metrics, query, lambda metric: gate.check(metric.sql).sql)
