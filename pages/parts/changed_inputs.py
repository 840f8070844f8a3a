"""What a branch changed, in a few lines: the first rows and cells that differ, and how many more there are."""

from __future__ import annotations

from hati_core import ChangeKind, Diff, RowChange, TableDiff
from hati_core.model import KeyOrigin
from hati_core.names import key_text
from pages.parts.palette import SIGNS
from pages.parts.words import cell, count

LINES = 4
_CELLS = 2


def changed_inputs(diff: Diff, lines: int = LINES) -> list[str]:
    """The first changes of every table, with their signs, then the number of those that are left."""
    changed = [table for table in diff.tables.values() if table]
    told = [f"! {table.table}: {change}" for table in changed for change in table.schema_changes]
    shown, left = told[:lines], max(0, len(told) - lines)
    rows = 0
    for table in changed:
        here = table.rows(limit=lines - len(shown)) if len(shown) < lines else []
        where = f"{table.table}: " if len(changed) > 1 else ""
        shown += [f"{SIGNS[change.kind]} {where}{_row(table, change)}" for change in here]
        rows += sum(table.counts.values()) - len(here)
    more = " and ".join(
        [*([count(left, "change") + " of columns"] if left else []), *([count(rows, "row")] if rows else [])]
    )
    return [*shown, f"and {more} more"] if more else shown


def _row(table: TableDiff, change: RowChange) -> str:
    name = _name(table, change)
    if change.kind is ChangeKind.ADDED:
        return f"{name} added"
    if change.before is None or change.after is None:
        return f"{name} removed"
    cells = [
        f"{column} {cell(change.before.get(column))} → {cell(change.after.get(column))}"
        for column in change.columns[:_CELLS]
    ]
    left = len(change.columns) - len(cells)
    more = f" and {count(left, 'more cell')}" if left else ""
    return f"{name} {', '.join(cells)}{more}"


def _name(table: TableDiff, change: RowChange) -> str:
    """The key; of rows that are told apart by lineage, what stands in their first column."""
    if table.key_origin is not KeyOrigin.LINEAGE:
        return key_text(change.key)
    row = change.after or change.before or {}
    return cell(next(iter(row.values()), None))
