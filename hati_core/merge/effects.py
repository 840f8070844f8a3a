"""What settling one conflict this way or that does to a sum."""

from __future__ import annotations

from hati_core.merge.context import MergeContext
from hati_core.merge.plan import MergePlan
from hati_core.merge.resolve import side_row_sql
from hati_core.merge.rows import fetch
from hati_core.model import Conflict, Side


def choice_amounts(plan: MergePlan, conflict: Conflict, amount: str) -> dict[Side, float]:
    """For each side, what the row of a conflict adds to the sum of ``amount``, an SQL expression per row."""
    work = plan.work()[conflict.table]
    context: MergeContext = plan.context
    if work.classified is None:
        return {}
    parts = []
    for side in Side:
        row = f"SELECT {side_row_sql(work.shape, side)} AS row FROM {work.classified.name} WHERE id = $id"
        present = f"SELECT unnest(row) FROM ({row}) WHERE row IS NOT NULL"
        sums = f"SELECT coalesce(sum({amount}), 0)::DOUBLE FROM ({present})"
        parts.append(f"({sums}) AS {side.value}")
    (found,) = fetch(context.engine, plan.ours.branch_id, f"SELECT {', '.join(parts)}", {"id": conflict.id})
    return {side: found[side.value] for side in Side}
