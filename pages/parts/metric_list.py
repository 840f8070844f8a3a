"""The metrics of the repository: what each is and gives on the branch in view, their order, and which are away."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from hati_core import HatiError, Metric
from hati_core.measures import ListedMetric, MetricOrigin, MetricValue
from hati_core.scenarios.metrics import row_counts
from pages.parts.metric_dialog import metric_dialog
from pages.parts.session import announce
from pages.parts.shell import Page, empty_state
from pages.parts.words import amount, plain

_FAILED = "what went wrong with a metric"
_BADGES = {
    MetricOrigin.READY_MADE: " :gray-badge[ready-made]",
    MetricOrigin.REPLACED: " :gray-badge[instead of the ready-made one]",
    MetricOrigin.OWN: "",
}


def metric_list(page: Page) -> None:
    """A card a metric, in the order in which every page shows them; then those that were removed."""
    if not page.branch.has_tables():
        empty_state(
            ":material/functions:",
            f"{plain(page.branch.name)} has nothing to measure yet",
            "Metrics are computed from tables.",
            "app.py",
            "Begin on the overview",
        )
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            f"Every branch is measured by these; the values are those of {plain(page.branch.name)}. "
            "The first is the one that branches are compared by.",
            width="stretch",
        )
        if st.button("Add a metric", type="primary", icon=":material/add:", key="add-metric"):
            metric_dialog(page, None)
    if failed := st.session_state.pop(_FAILED, None):
        st.error(failed, icon=":material/error:")
    listed = page.repository.metrics(page.branch.name)
    here = [one for one in listed if not one.is_removed]
    values = page.repository.measures.values(page.branch, [one.metric for one in here])
    for at, (one, found) in enumerate(zip(here, values, strict=True)):
        _card(page, one, found, [other.metric.name for other in here], at)
    if not here:
        _rows_alone(page)
    _removed(page, [one.metric for one in listed if one.is_removed])


def _card(page: Page, one: ListedMetric, found: MetricValue, order: list[str], at: int) -> None:
    metric = one.metric
    with st.container(border=True, key=f"metric-{metric.name}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{plain(metric.name)}**{_BADGES[one.origin]}", width="stretch")
            shown = "–" if found.problem else f"**{plain(amount(found.value, metric.unit))}**"
            st.markdown(shown, width="content")
        if found.problem:
            st.markdown(f":orange[:material/warning:] On {plain(page.branch.name)}: {plain(found.problem)}")
        st.code(metric.sql, language="sql", wrap_lines=True)
        if parts := metric.breakdown:
            labels = plain(", ".join(parts.labels))
            st.caption(f"Made of {plain(parts.amount)} of each row of {plain(parts.table)}, by {labels}.")
        with st.container(horizontal=True, gap="small"):
            _controls(page, one, order, at)


def _controls(page: Page, one: ListedMetric, order: list[str], at: int) -> None:
    name, repository, branch = one.metric.name, page.repository, page.branch.name
    if st.button("Change", key=f"change-{name}", icon=":material/edit:", type="tertiary"):
        metric_dialog(page, one.metric)
    for label, icon, step in (("Move up", "arrow_upward", -1), ("Move down", "arrow_downward", 1)):
        to = at + step
        st.button(
            label,
            key=f"{label}-{name}",
            icon=f":material/{icon}:",
            type="tertiary",
            disabled=not 0 <= to < len(order),
            on_click=_do,
            args=(lambda to=to: repository.order_metrics(_moved(order, at, to), branch=branch), ""),
        )
    if one.origin is MetricOrigin.REPLACED:
        st.button(
            "Back to the ready-made one",
            key=f"restore-{name}",
            icon=":material/undo:",
            type="tertiary",
            on_click=_do,
            args=(
                lambda: repository.restore_metric(name, branch=branch),
                f"{plain(name)} is the ready-made one again.",
            ),
        )
        return
    with st.popover("Remove", icon=":material/delete:", type="tertiary", key=f"remove-{name}"):
        is_own = one.origin is MetricOrigin.OWN
        st.markdown(
            f"{plain(name)} is shown nowhere any more, on any branch. "
            + ("What it is computed from is forgotten." if is_own else "It can be brought back from this page.")
        )
        st.button(
            f"Remove {plain(name)}",
            key=f"remove-confirm-{name}",
            type="primary",
            on_click=_do,
            args=(lambda: repository.remove_metric(name, branch=branch), f"{plain(name)} was removed."),
        )


def _moved(order: list[str], at: int, to: int) -> list[str]:
    """The names with one of them in another place."""
    rest = [name for position, name in enumerate(order) if position != at]
    return [*rest[:to], order[at], *rest[to:]]


def _do(act: Callable[[], None], done: str) -> None:
    """Do something with a metric before the page is drawn; what goes wrong is said on it."""
    try:
        act()
    except HatiError as error:
        st.session_state[_FAILED] = f"**{plain(error.title)}.** {plain(error.message)}"
        return
    if done:
        announce(done)


def _rows_alone(page: Page) -> None:
    """What is measured where there is no metric."""
    for metric in row_counts(list(page.branch.tables().values())):
        st.caption(f"As long as there is no metric, branches are compared by {plain(metric.name)}.")


def _removed(page: Page, metrics: list[Metric]) -> None:
    """Ready-made ones that were removed, and the way back."""
    if not metrics:
        return
    with st.expander(f"Removed ready-made metrics ({len(metrics)})", icon=":material/delete:"):
        for metric in metrics:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(plain(metric.name), width="stretch")
                st.button(
                    "Bring back",
                    key=f"restore-{metric.name}",
                    on_click=_do,
                    args=(
                        lambda name=metric.name: page.repository.restore_metric(name, branch=page.branch.name),
                        f"{plain(metric.name)} is back.",
                    ),
                )
