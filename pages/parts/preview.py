"""What a plan would write, before it is written: metrics before and after, what makes the difference, the rows."""

from __future__ import annotations

import streamlit as st

from hati_core import ChangeKind, MergePlan, TablePlan
from hati_core.merge.schema import TableAction
from pages.parts.figures import CONFIG, BranchValue, waterfall
from pages.parts.outlook import Outlook
from pages.parts.paged_rows import paged_rows
from pages.parts.shell import Page
from pages.parts.values import columns_of, value_card
from pages.parts.words import amount, count, difference, plain

_WHOLE = {TableAction.CREATE: "table created", TableAction.DROP: "table dropped"}
_MOST_IN_VIEW = 10


def metrics_preview(page: Page, found: Outlook, key: str) -> None:
    """Each metric of the target before and after, and what makes up the difference of the first."""
    with st.grid(columns_of(len(found.metrics)), min_column_width=170):
        for old, new in zip(found.before, found.after, strict=True):
            value_card(new, old, f"from {amount(old.value, old.metric.unit)}", border=False)
    _made_of(page, found, key)


def _made_of(page: Page, found: Outlook, key: str) -> None:
    """The waterfall; nothing where no part of the metric changes."""
    changes = found.changes
    if not changes or found.before[0].value is None or found.after[0].value is None:
        return
    metric = found.metrics[0]
    before, after = (BranchValue("now", found.before[0].value), BranchValue("after", found.after[0].value))
    colours = dict.fromkeys((before.branch, after.branch), page.colours[found.plan.target])
    figure = waterfall(before, after, changes, metric.unit, colours, page.theme)
    parts = "; ".join(f"{change.label} {difference(change.before, change.after, metric.unit)}" for change in changes)
    st.caption(f"What changes the {plain(metric.name)}")
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"{key}-waterfall", alt=f"{metric.name}: {parts}")


def rows_preview(plan: MergePlan, key: str) -> None:
    """The rows that are written, of one table at a time."""
    tables = {name: table for name, table in plan.tables.items() if changed_rows(table)}
    if not tables:
        return
    with st.expander(
        f"The rows: {count(sum(map(changed_rows, tables.values())), 'change')}",
        icon=":material/table_rows:",
        expanded=sum(map(changed_rows, tables.values())) <= _MOST_IN_VIEW,
        key=f"{key}-rows-panel",
    ):
        name = next(iter(tables))
        if len(tables) > 1:
            name = st.selectbox(
                "Table",
                list(tables),
                format_func=lambda option: f"{option} · {count(changed_rows(tables[option]), 'row')}",
                key=f"{key}-table",
            )
        paged_rows(tables[name], _counts(tables[name]), f"{key}-{name}")


def changed_rows(table: TablePlan) -> int:
    """How many rows of a table are written."""
    return sum(_counts(table).values())


def _counts(table: TablePlan) -> dict[ChangeKind, int]:
    return {
        ChangeKind.ADDED: table.inserts,
        ChangeKind.CHANGED: table.updates,
        ChangeKind.REMOVED: table.deletes,
    }


def structure(table: TablePlan) -> str:
    """What happens to a table and its columns, in words; empty where nothing does."""
    return ", ".join(part for part in (_WHOLE.get(table.action, ""), *table.schema_changes) if part)
