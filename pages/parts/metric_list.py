"""The metrics of the repository: what each is, what it gives on the branch in view, adding and changing one."""

from __future__ import annotations

import streamlit as st

from hati_core import Metric
from hati_core.measures import MetricValue
from hati_core.scenarios.metrics import ready_made, row_counts
from pages.parts.metric_dialog import metric_dialog
from pages.parts.shell import Page, empty_state
from pages.parts.words import amount, plain


def metric_list(page: Page) -> None:
    """A card a metric, in the order in which every page shows them."""
    tables = list(page.branch.tables().values())
    if not tables:
        empty_state(
            ":material/functions:",
            f"{plain(page.branch.name)} has nothing to measure yet",
            "Metrics are computed from tables.",
            "app.py",
            "Begin on the overview",
        )
        return
    metrics = page.repository.measures.metrics(page.branch)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            f"Every branch is measured by these; the values are those of {plain(page.branch.name)}. "
            "The first is the one that branches are compared by.",
            width="stretch",
        )
        if st.button("Add a metric", type="primary", icon=":material/add:", key="add-metric"):
            metric_dialog(page, None)
    by_itself = [*ready_made(tables), *row_counts(tables)]
    for found in page.repository.measures.values(page.branch, metrics):
        _card(page, found, is_ready_made=found.metric in by_itself)


def _card(page: Page, found: MetricValue, *, is_ready_made: bool) -> None:
    metric = found.metric
    with st.container(border=True, key=f"metric-{metric.name}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            badge = " :gray-badge[ready-made]" if is_ready_made else ""
            st.markdown(f"**{plain(metric.name)}**{badge}", width="stretch")
            st.markdown(
                f"**{plain(amount(found.value, metric.unit))}**" if found.problem is None else "–", width="content"
            )
            if st.button("Change", key=f"change-{metric.name}", icon=":material/edit:", type="tertiary"):
                metric_dialog(page, metric)
        if found.problem:
            st.markdown(f":orange[:material/warning:] On {plain(page.branch.name)}: {plain(found.problem)}")
        st.code(metric.sql, language="sql", wrap_lines=True)
        parts = _parts(metric)
        if parts:
            st.caption(parts)


def _parts(metric: Metric) -> str:
    """What it is the sum of, where that is known."""
    parts = metric.breakdown
    if parts is None:
        return ""
    return f"Made of {plain(parts.amount)} of each row of {plain(parts.table)}, by {plain(', '.join(parts.labels))}."
