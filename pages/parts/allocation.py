"""How each branch is spread over its parts, as treemaps on one scale."""

from __future__ import annotations

from contextlib import suppress
from itertools import cycle

import pandas as pd
import streamlit as st

from hati_core import HatiError, Metric
from hati_core.scenarios.allocation import Allocation, largest_parts
from hati_core.scenarios.metrics import Breakdown
from pages.parts.exporting import camera, card_head, csv_button, html_button
from pages.parts.figures_treemap import BranchAllocation, treemaps
from pages.parts.palette import GROUPS, dot
from pages.parts.session import selection
from pages.parts.shell import Page
from pages.parts.words import amount, count, plain

_CHANGE = "change"
_TOPS = ("6", "12", "24", "48", "96")
_NARROW, _WIDE = 160, 260


def allocations(page: Page, metric: Metric, names: list[str]) -> None:
    """The card of treemaps; nothing for a metric that is no sum."""
    if metric.breakdown is None:
        return
    with st.container(border=True, key="allocation"):
        head = st.container()
        top, group = _choices(page, metric.breakdown, names)
        found = _allocations(page, metric.breakdown, names, top, group)
        shown = [item for item in found if item.allocation.total > 0]
        if not shown:
            card_head("**How each branch is spread**")
            st.caption(
                f"{plain(metric.name)} has no part above nought on these branches, so there is nothing to divide."
            )
            return
        colours = _group_colours(shown) if group else None
        figure = treemaps(shown, metric.unit, page.theme, colours)
        with head:
            card_head(
                f"**How each branch is spread** · {plain(metric.name)}",
                csv_button("the parts", "allocation", lambda: allocation_frame(shown)),
                html_button("the treemaps", "allocation", figure),
            )
        st.plotly_chart(figure, theme=None, config=camera("allocation"), key="treemaps", alt=_told(metric, shown))
        _legend(names[0], colours)
        _notes(metric, shown)


def _choices(page: Page, breakdown: Breakdown, names: list[str]) -> tuple[int, str | None]:
    groups = list(dict.fromkeys(group for name in names for group in _groups(page, breakdown, name)))
    with st.container(horizontal=True):
        top = selection("Largest parts", "parts", {option: option for option in _TOPS}, "24", width=_NARROW)
        colour = _CHANGE
        if groups:
            options = {_CHANGE: f"change against {names[0]}"} | {f"g:{group}": group for group in groups}
            colour = selection("Colour shows", "colour", options, _CHANGE, width=_WIDE)
    return int(top), None if colour == _CHANGE else colour.removeprefix("g:")


def _groups(page: Page, breakdown: Breakdown, name: str) -> tuple[str, ...]:
    info = next(info for info in page.infos if info.name == name)
    try:
        return page.repository.comparisons.groups(info, breakdown)
    except HatiError:
        # The branch does not have the table, which its treemap says.
        return ()


def _allocations(
    page: Page, breakdown: Breakdown, names: list[str], top: int, group: str | None
) -> list[BranchAllocation]:
    """Each branch with the same parts, so that what is left is the same everywhere too."""
    infos, comparisons = {info.name: info for info in page.infos}, page.repository.comparisons
    largest = {}
    for name in names:
        # A branch without the table says so below.
        with suppress(HatiError):
            largest[name] = comparisons.largest(infos[name], breakdown, top)
    labels = largest_parts(largest.values(), top)
    found = []
    for name in names:
        by = group if group in _groups(page, breakdown, name) else None
        try:
            allocation = comparisons.allocation(infos[names[0]], infos[name], breakdown, labels, by)
            found.append(BranchAllocation(name, allocation))
        except HatiError as error:
            st.caption(f":material/warning: {plain(name)}: {plain(error.message)}")
    return found


def _group_colours(shown: list[BranchAllocation]) -> dict[str, str]:
    groups = sorted({part.group for item in shown for part in item.allocation.shown if part.group})
    return dict(zip(groups, cycle(GROUPS), strict=False))


def _legend(reference: str, colours: dict[str, str] | None) -> None:
    same = "The same area is the same amount on every branch."
    if colours:
        st.caption(" · ".join(f"{dot(colour)} {plain(group)}" for group, colour in colours.items()))
        st.caption(same)
    else:
        st.caption(f"{same} ▲ green is more than on {plain(reference)}, ▼ red is less, the stronger the more.")


def _notes(metric: Metric, shown: list[BranchAllocation]) -> None:
    for item in shown:
        if below := item.allocation.below:
            worth = amount(item.allocation.below_amount, metric.unit)
            st.caption(
                f"! {plain(item.branch)}: {count(below, 'part')} below nought, {plain(worth)} in all, cannot be drawn."
            )


def _told(metric: Metric, shown: list[BranchAllocation]) -> str:
    def parts(allocation: Allocation) -> str:
        return ", ".join(f"{part.label} {amount(part.amount, metric.unit)}" for part in allocation.shown[:5])

    return f"{metric.name} by part: " + "; ".join(f"{item.branch}: {parts(item.allocation)}" for item in shown)


def allocation_frame(shown: list[BranchAllocation]) -> pd.DataFrame:
    """A row a part and branch, for a spreadsheet."""
    rows = [
        {
            "branch": item.branch,
            "part": part.label,
            "group": part.group,
            "amount": part.amount,
            "share": part.amount / item.allocation.total,
            "change": part.delta,
        }
        for item in shown
        for part in (*item.allocation.shown, *([item.allocation.rest] if item.allocation.rest else []))
    ]
    return pd.DataFrame(rows).dropna(axis="columns", how="all")
