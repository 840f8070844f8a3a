"""Whether what somebody is about to choose for one row keeps the checks of its table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hati_core.merge.checks import missing_columns, refusal, violation
from hati_core.merge.plan import MergePlan
from hati_core.merge.resolve import resolved_row
from hati_core.merge.rows import fetch
from hati_core.merge.violations import after_merge, checks_of
from hati_core.model import Check, Conflict, Row, Side, Violation
from hati_core.quote import identifier
from hati_core.sql.checks import columns_of


def require_checks(plan: MergePlan, row_id: str, cells: Mapping[str, Any]) -> None:
    """Check that a row keeps the checks of its table when these cells are chosen for it.

    Checks that read none of the cells are not asked, nor those that read another cell which is still open.

    Raises:
        CheckViolation: a check would not hold.
        InvalidResolution, InvalidValue: as :meth:`MergePlan.with_resolution`.
    """
    after = plan.with_resolution(row_id, cells)
    row, chosen = after.rows([row_id])[row_id], after.resolutions[row_id]
    result = resolved_row(row, chosen)
    if result is None:
        return
    settled = row.columns if isinstance(chosen, Side) else chosen
    still_open = {name.casefold() for name in row.columns if row.is_by_cell and name not in settled}
    named = {name.casefold() for name in cells}
    asked = [check for check in _checks(plan, row.table) if _reads(check) & named and not _reads(check) & still_open]
    broken = [found for check in asked if (found := _broken(plan, row, result, check))]
    if broken:
        raise refusal(broken, plan.target, row.table, "Choose another value.")


def _checks(plan: MergePlan, table: str) -> list[Check]:
    """The checks that the merged table has."""
    work = plan.work()[table]
    columns = [column.name for column in work.shape.columns]
    known = checks_of(plan.context.checks, [work.ours.info, work.theirs.info])
    return [check for check in known if not missing_columns(check, columns)]


def _reads(check: Check) -> set[str]:
    return {name.casefold() for name in columns_of(check.expression)}


def _broken(plan: MergePlan, row: Conflict, result: Row, check: Check) -> Violation | None:
    shape = plan.work()[row.table].shape
    fields = ", ".join(f"{identifier(column.name)} {column.type}" for column in shape.columns)

    def query(sql: str) -> list[Row]:
        return fetch(plan.context.engine, plan.ours.branch_id, sql, [result])

    relation = f"(SELECT unnest(CAST($1 AS STRUCT({fields}))))"
    return violation(check, row.table, after_merge(plan.target), () if shape.by_lineage else shape.key, query, relation)
