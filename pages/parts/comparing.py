"""Two branches next to each other: what makes up the difference, and row by row."""

from __future__ import annotations

import streamlit as st

from hati_core import ChangeKind, Diff, Metric
from hati_core.measures import MetricValue
from pages.parts.figures import CONFIG, BranchValue, waterfall
from pages.parts.paged_rows import paged_rows
from pages.parts.palette import SIGNS
from pages.parts.session import asked_for, told
from pages.parts.shell import Page
from pages.parts.words import amount, difference, plain

MOST_BRANCHES = 5
_STATE = "compared branches"


def chosen_branches(page: Page) -> list[str]:
    """Two to five branches, the first being what the others are compared with; kept in the address."""
    asked = [name for name in dict.fromkeys((asked_for("with") or "").split("|")) if name in page.names]
    asked = asked[:MOST_BRANCHES]
    default = ["main", page.branch.name] if not page.info.is_main else page.names[:MOST_BRANCHES]
    kept = [name for name in st.session_state.get(_STATE, []) if name in page.names]
    if asked:
        kept = asked
    elif len(kept) < 2 or page.branch.name not in kept:
        kept = default
    chosen = st.multiselect(
        "Branches",
        page.names,
        default=kept,
        max_selections=MOST_BRANCHES,
        key=f"compare-{'|'.join(default)}",
        help="The first is what the others are compared with.",
    )
    st.session_state[_STATE] = chosen
    if st.query_params.get("with") != "|".join(chosen):
        st.query_params["with"] = "|".join(chosen)
    return chosen


def made_of(page: Page, metric: Metric, before: str, after: str, values: dict[str, list[MetricValue]]) -> None:
    """The waterfall from one branch to another."""
    first, last = values[before][0].value, values[after][0].value
    if metric.breakdown is None or first is None or last is None:
        return
    with st.container(border=True):
        apart = difference(first, last, metric.unit)
        st.markdown(f"**What makes up the difference** · {plain(before)} → {plain(after)}: {plain(apart)}")
        with told():
            branches = (page.repository.branch(before), page.repository.branch(after))
            changes = page.repository.measures.changes(*branches, metric.breakdown)
            if not changes:
                st.caption("No position is worth more or less.")
                return
            figure = waterfall(
                BranchValue(before, first), BranchValue(after, last), changes, metric.unit, page.colours, page.theme
            )
            parts = "; ".join(f"{c.label} {amount(c.delta, metric.unit, signed=True)}" for c in changes)
            st.plotly_chart(figure, theme=None, config=CONFIG, key="waterfall", alt=f"{before} to {after}: {parts}")


def row_differences(page: Page, before: str, after: str) -> None:
    """Every row that differs, table by table."""
    with st.container(border=True):
        st.markdown(f"**Row by row** · {plain(before)} → {plain(after)}")
        with told():
            differences(page.repository.diff(after, before), "diff", "Every row is the same on both.")


def differences(diff: Diff, key: str, nothing: str) -> None:
    """What a comparison found, table by table; ``nothing`` is said where there is none."""
    changed = [table for table in diff.tables.values() if table]
    if not changed:
        st.caption(nothing)
    for table in changed:
        counts_of = {
            ChangeKind.ADDED: table.added,
            ChangeKind.CHANGED: table.changed,
            ChangeKind.REMOVED: table.removed,
        }
        counts = " ".join(f"{SIGNS[kind]}{number:,}" for kind, number in counts_of.items() if number)
        badge = f" :gray-badge[{plain(counts)}]" if counts else ""
        schema = f" · {plain(', '.join(table.schema_changes))}" if table.schema_changes else ""
        st.markdown(f"{plain(table.table)}{badge}{schema}")
        if counts:
            paged_rows(table, counts_of, f"{key}-{table.table}")
