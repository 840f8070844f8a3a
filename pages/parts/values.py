"""What branches are worth, as cards, bars and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from hati_core import BranchView, Metric
from hati_core.measures import MetricValue
from pages.parts.figures import CONFIG, BranchValue, value_bars
from pages.parts.shell import Page
from pages.parts.words import amount, difference, fitting, plain

_TREND = 20
"""How many versions a small trend goes back."""
_MEASURED_AT_ONCE = 4


def shared_metrics(page: Page, *names: str) -> list[Metric]:
    """The metrics of main, or of the first of the named branches, then of any branch, that has tables to measure."""
    for name in ("main", *names, *page.names):
        if name not in page.metrics:
            page.metrics[name] = page.repository.measures.metrics(page.repository.branch(name))
        if page.metrics[name]:
            return page.metrics[name]
    return []


def headline(page: Page, branch: BranchView) -> MetricValue | None:
    """The first metric of a branch."""
    metrics = shared_metrics(page, branch.name)[:1]
    return page.repository.measures.values(branch, metrics)[0] if metrics else None


def change_of_headline(before: MetricValue | None, after: MetricValue | None, where: str = "") -> str:
    """The first metric before and after, in words; empty where it cannot be measured or stays what it was."""
    if before is None or after is None or before.value is None or after.value is None or before.value == after.value:
        return ""
    values = (amount(value, after.metric.unit) for value in (before.value, after.value))
    return f"{after.metric.name}{where and f' of {where}'}: {' → '.join(values)}"


def values_by_branch(page: Page, names: Sequence[str], metrics: list[Metric]) -> dict[str, list[MetricValue]]:
    """Every metric on every named branch."""
    infos = {info.name: info for info in page.infos}
    return page.repository.measures.listed([infos[name] for name in names], metrics)


def trends(page: Page, metrics: Sequence[Metric]) -> list[list[float]]:
    """Each metric at the last versions of the branch in view, oldest first; few that were never measured are now."""
    measures = page.repository.measures
    found = [measures.history(page.branch, metric, _TREND, measure=_MEASURED_AT_ONCE) for metric in metrics]
    return [[one.found.value for one in reversed(versions) if one.found.value is not None] for versions in found]


def columns_of(cards: int) -> int:
    """In how many columns so many cards leave the fewest places empty."""
    return min(4, 3, key=lambda columns: -cards % columns)


def value_cards(
    here: list[MetricValue], other: list[MetricValue] | None, other_name: str, trends: Sequence[Sequence[float]] = ()
) -> None:
    """A card a metric: its value, how far it is from another branch's, and how it got there."""
    with st.grid(columns_of(len(here)), min_column_width=190):
        for position, mine in enumerate(here):
            compared = other[position] if other else None
            value_card(mine, compared, f"vs {other_name}", border=True, trend=trends[position] if trends else ())


def value_card(
    here: MetricValue, other: MetricValue | None, described: str, *, border: bool, trend: Sequence[float] = ()
) -> None:
    """One metric, with how far it is from another value of it; where it fails, the reason is its help text."""
    metric, exact, shown = here.metric, amount(here.value, here.metric.unit), fitting(here.value, here.metric.unit)
    told = here.problem or (f"Exactly {exact}" if shown != exact else None)
    delta, grows, same = None, False, False
    if other is not None and here.value is not None and other.value is not None:
        grows, same = here.value > other.value, here.value == other.value
        delta = difference(other.value, here.value, metric.unit)
    # Left to itself the card takes a minus for no sign at all.
    st.metric(
        plain(metric.name),
        plain(shown),
        delta=plain(delta) if delta else None,
        delta_color="off" if same or not metric.more_is_better else "green" if grows else "red",
        delta_arrow="off" if same else "up" if grows else "down",
        delta_description=described if delta else None,
        border=border,
        height="stretch" if border else "content",
        chart_data=list(trend) if len(trend) > 1 else None,
        chart_type="area",
        help=plain(told) if told else None,
    )


def value_chart(
    page: Page, metric: Metric, values: dict[str, list[MetricValue]], position: int = 0, config: Any = CONFIG
) -> go.Figure:
    """One metric of every branch side by side; branches where it fails are named below."""
    bars = [
        BranchValue(name, found[position].value or 0)
        for name, found in values.items()
        if found[position].value is not None
    ]
    figure = value_bars(bars, metric.unit, page.colours, page.theme)
    told = "; ".join(f"{bar.branch} {amount(bar.value, metric.unit)}" for bar in bars)
    st.plotly_chart(figure, theme=None, config=config, key="value bars", alt=f"{metric.name} by branch: {told}")
    for name, found in values.items():
        if found[position].problem:
            st.caption(f":material/warning: {plain(name)}: {plain(found[position].problem)}")
    return figure


def value_table(metrics: list[Metric], values: dict[str, list[MetricValue]], base: str) -> None:
    """A row a branch, a column a metric, and the difference of the first from ``base``."""
    rows = []
    for name, found in values.items():
        row = {
            "branch": name,
            "Δ": "",
            **{m.name: amount(v.value, m.unit) for m, v in zip(metrics, found, strict=False)},
        }
        first, reference = found[0].value, values[base][0].value
        if first is not None and reference is not None and name != base:
            row["Δ"] = difference(reference, first, metrics[0].unit)
        rows.append(row)
    frame = pd.DataFrame(rows, columns=["branch", metrics[0].name, "Δ", *[m.name for m in metrics[1:]]])
    st.dataframe(
        frame,
        hide_index=True,
        column_config={name: st.column_config.TextColumn(alignment="right") for name in frame.columns[1:]}
        | {"branch": st.column_config.TextColumn(width="medium")},
    )
