"""Rows that differ, as lines of a terminal and as JSON: of a comparison, a preview, and a merge that is planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from hati_core import phrases
from hati_core.cli.printing import cell, counts, sign, visible
from hati_core.measured import MetricValue
from hati_core.merge.table_plan import TablePlan
from hati_core.model import ChangeKind, RowChange, Violation
from hati_core.phrases import count, difference

ROWS_SHOWN = 20
_VIOLATED = 5


class ChangedTable(Protocol):
    """A table of which rows differ; counts are rows, ``rows`` come in pages."""

    @property
    def table(self) -> str: ...
    @property
    def key(self) -> tuple[str, ...]: ...
    @property
    def added(self) -> int: ...
    @property
    def removed(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def schema_changes(self) -> tuple[str, ...]: ...
    def rows(self, kind: ChangeKind | None = None, offset: int = 0, limit: int = 100) -> list[RowChange]: ...


class PlannedTable:
    """A table of a plan, as a table that differs."""

    def __init__(self, plan: TablePlan) -> None:
        self.table, self.key, self.schema_changes = plan.table, plan.key, plan.schema_changes
        self.added, self.removed, self.changed = plan.inserts, plan.deletes, plan.updates
        self.rows = plan.rows


def tables_lines(tables: Iterable[ChangedTable], limit: int) -> Iterator[str]:
    """Each table as :func:`table_lines`, set apart by an empty line."""
    for table in tables:
        yield ""
        yield from table_lines(table, limit)


def table_lines(table: ChangedTable, limit: int) -> Iterator[str]:
    """A table's name with how many rows differ, what happened to its columns, and the first rows."""
    yield f"{visible(table.table)}  {counts(table.added, table.removed, table.changed)}".rstrip()
    for change in table.schema_changes:
        yield f"  ! {visible(change)}"
    rows = table.rows(None, 0, limit) if limit else []
    for row in rows:
        yield f"  {sign(row.kind.value)} {_key(table, row)}  {_cells(table, row)}".rstrip()
    left = table.added + table.removed + table.changed - len(rows)
    if left and rows:
        yield f"    and {count(left, 'more row')}; --limit shows more"


def table_document(table: ChangedTable, limit: int) -> Mapping[str, Any]:
    """A table that differs, with the first rows."""
    return {
        "added": table.added,
        "removed": table.removed,
        "changed": table.changed,
        "columns": table.schema_changes,
        "key": table.key,
        "rows": [
            {
                "kind": row.kind,
                "key": dict(zip(table.key, row.key, strict=True)) if table.key else {"rowid": row.key[0]},
                "before": row.before,
                "after": row.after,
                "columns": row.columns,
            }
            for row in (table.rows(None, 0, limit) if limit else [])
        ],
    }


def violation_lines(violations: Iterable[Violation]) -> Iterator[str]:
    """The rules that rows break, with some of the rows."""
    for found in violations:
        yield f"! {visible(found.message)}"
        for row in found.rows[:_VIOLATED]:
            yield "    " + ", ".join(f"{visible(name)} {cell(value)}" for name, value in row.items())


def violation_documents(violations: Iterable[Violation]) -> list[Mapping[str, Any]]:
    """The rules that rows break."""
    return [
        {"table": one.table, "rule": one.rule, "message": one.message, "rows": one.rows[:_VIOLATED]}
        for one in violations
    ]


def metric_lines(before: Sequence[MetricValue], after: Sequence[MetricValue]) -> Iterator[str]:
    """Each metric that changes, before and after."""
    for first, last in zip(before, after, strict=True):
        if first.value == last.value and first.problem == last.problem:
            continue
        known = first.value is not None and last.value is not None
        by = f" ({difference(first.value, last.value, last.metric.unit)})" if known else ""  # type: ignore[arg-type]
        why = visible(f" ({last.problem.rstrip('.')})") if last.value is None and last.problem else ""
        told = f"none{why}" if last.value is None else amount(last)
        yield f"  {visible(first.metric.name)}: {amount(first)} → {told}{by}"


def metric_documents(before: Sequence[MetricValue], after: Sequence[MetricValue]) -> Mapping[str, Any]:
    """Each metric before and after."""
    return {
        first.metric.name: {"before": first.value, "after": last.value}
        for first, last in zip(before, after, strict=True)
    }


def amount(found: MetricValue) -> str:
    """The value of a metric, or why there is none."""
    if found.value is None:
        return visible(found.problem or "none")
    return phrases.amount(found.value, found.metric.unit)


def _key(table: ChangedTable, row: RowChange) -> str:
    """What a row is named by; one without a key by its number."""
    return " · ".join(cell(part) for part in row.key) if table.key else f"row {row.key[0]}"


def _cells(table: ChangedTable, row: RowChange) -> str:
    names = [name for name in row.columns if name not in table.key]
    if row.before is None or row.after is None:
        there = row.after or row.before or {}
        return ", ".join(f"{visible(name)} {cell(there[name])}" for name in names if name in there)
    before, after = row.before, row.after
    return ", ".join(f"{visible(name)} {cell(before.get(name))} → {cell(after.get(name))}" for name in names)
