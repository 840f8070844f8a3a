"""What the target of a merge would be worth. Sums move by the rows that the merge writes, whatever the table's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hati_core.errors import TableNotFound
from hati_core.measured import MetricValue, PartChange, largest_changes, measured_together, parts_sql
from hati_core.merge.plan import MergePlan
from hati_core.merge.rows import fetch
from hati_core.merge.schema import TableAction
from hati_core.scenarios.metrics import Breakdown, Metric, value_metric
from hati_core.sql import gate
from hati_core.storage.engine import Engine

_NO_PARTS = "SELECT NULL::VARCHAR AS label, 0 AS amount WHERE false"


def merged_values(engine: Engine, plan: MergePlan, before: Sequence[MetricValue]) -> list[MetricValue]:
    """Each metric on the target of a plan as the merge would leave it, given what it is now."""
    moved = [_moved(engine, plan, found) for found in before]
    rest = [found.metric for found, value in zip(before, moved, strict=True) if value is None]
    measured = iter(measured_together(rest, plan.query, lambda metric: _query(plan, metric)))
    return [next(measured) if value is None else value for value in moved]


def merged_changes(engine: Engine, plan: MergePlan, breakdown: Breakdown, limit: int) -> list[PartChange]:
    """The parts of its target that a plan changes most.

    Raises:
        HatiError: the breakdown does not run on the merged table.
    """
    table = plan.tables.get(breakdown.table)
    if table is None or not (table.inserts or table.updates or table.deletes):
        return []
    gate.check(parts_sql(breakdown))
    sides = []
    for row, absent in (("ours", TableAction.CREATE), ("result", TableAction.DROP)):
        rows = f"(SELECT unnest({row}) FROM ({table.final}) WHERE {row} IS NOT NULL)"
        sides.append(_NO_PARTS if table.action is absent else parts_sql(breakdown, rows))
    return largest_changes(engine, plan.ours.branch_id, sides[0], sides[1], limit)


def _moved(engine: Engine, plan: MergePlan, before: MetricValue) -> MetricValue | None:
    """A sum over the one table that a merge writes, whose columns stay; None for any other metric."""
    metric, parts = before.metric, before.metric.breakdown
    if before.value is None or parts is None or metric.sql != value_metric(metric.name, parts).sql:
        return None
    works = [work for name, work in plan.work().items() if name.casefold() == parts.table.casefold()]
    touched = [work for work in works if work.action is not TableAction.KEEP]
    if any(work.action is not TableAction.MERGE_ROWS or work.schema_changes for work in touched):
        return None
    return replace(before, value=before.value + sum(_delta(engine, plan, plan.final(work), parts) for work in touched))


def _delta(engine: Engine, plan: MergePlan, final: str, parts: Breakdown) -> float:
    sums = (
        f"(SELECT coalesce(sum({parts.amount}), 0) FROM (SELECT unnest({row}) FROM ({final}) "
        f"WHERE {row} IS NOT NULL))::DOUBLE"
        for row in ("result", "ours")
    )
    rows = fetch(engine, plan.ours.branch_id, f"SELECT {' - '.join(sums)} AS delta")
    return float(rows[0]["delta"])


def _query(plan: MergePlan, metric: Metric) -> str:
    """The query of a metric, if the tables that it reads are there after the merge."""
    dropped = {name.casefold() for name, table in plan.tables.items() if table.action is TableAction.DROP}
    statement = gate.check(metric.sql)
    if gone := [name for name in statement.reads if name.casefold() in dropped]:
        raise TableNotFound(f"There is no table “{gone[0]}” afterwards.", table=gone[0])
    return statement.sql
