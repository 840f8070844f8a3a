"""What each branch would have been worth in the past, and what it earned for its risk."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import date

import pandas as pd
import streamlit as st

from hati_core import BranchInfo, HatiError, Metric
from hati_core.over_time import Series, common_begin
from hati_core.scenarios.history import History
from hati_core.scenarios.performance import Performance, Point, performance
from hati_core.scenarios.units import Unit
from pages.parts.exporting import camera, card_head, csv_button, html_button
from pages.parts.figures_time import BranchRisk, indexed, risk_and_return, value_lines
from pages.parts.session import segments, selection
from pages.parts.shell import Page
from pages.parts.words import amount, count, plain

_VALUE, _INDEX = "value", "index"
Lines = dict[str, tuple[Point, ...]]


def through_time(page: Page, metric: Metric | None, names: list[str]) -> None:
    """The card of the series; nothing where no table is a history of prices."""
    if metric is None or metric.breakdown is None:
        return
    infos = {info.name: info for info in page.infos}
    try:
        found = {
            history: None
            for name in names
            for history in page.repository.over_time.histories(infos[name], metric.breakdown)
        }
    except HatiError as error:
        st.caption(f":material/warning: {plain(error.message)}")
        return
    if not found:
        return
    with st.container(border=True, key="through-time"):
        head = st.container()
        history, shown_as = _choices(list(found))
        with st.spinner("Looking up prices…"):
            series = _series(page, [infos[name] for name in names], history)
        begin = common_begin(list(series.values()))
        lines = {name: found.since(begin) for name, found in series.items() if begin and found.points}
        if not lines:
            card_head("**Through time**")
            st.caption(f"{plain(history.table)} has no price of what these branches hold.")
            return
        _figures(page, history, _unit(metric), lines, shown_as, head)
        _rules(history, series, lines)


def _choices(histories: list[History]) -> tuple[History, str]:
    """The history to use, by what there is to tell apart; each choice leaves fewer of them."""
    left = histories
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown_as = segments("Shown as", "series", {_VALUE: "Value", _INDEX: "Start = 100"}, _VALUE)
        chooser = st.popover("Prices and columns", icon=":material/tune:") if len(histories) > 1 else nullcontext()
    with chooser:
        for label, name in (
            ("Prices from", "table"),
            ("Found by", "names"),
            ("Price", "price"),
            ("Date", "time"),
            ("Quantity", "quantity"),
        ):
            options = {_word(history, name): _word(history, name) for history in left}
            if len(options) > 1:
                chosen = selection(label, f"history-{name}", options, next(iter(options)))
                left = [history for history in left if _word(history, name) == chosen]
    return left[0], shown_as


def _word(history: History, name: str) -> str:
    value = getattr(history, name)
    return value if isinstance(value, str) else " · ".join(value)


def _series(page: Page, infos: list[BranchInfo], history: History) -> dict[str, Series]:
    found = {}
    for info in infos:
        try:
            found[info.name] = page.repository.over_time.series(info, history)
        except HatiError as error:
            st.caption(f":material/warning: {plain(info.name)}: {plain(error.message)}")
    return found


def _unit(metric: Metric) -> Unit:
    """A quantity times a price is money where the metric of the figures is."""
    return metric.unit if metric.unit.is_money else Unit.NUMBER


def _figures(
    page: Page, history: History, unit: Unit, lines: Lines, shown_as: str, head: st.delta_generator.DeltaGenerator
) -> None:
    results = {name: performance(points) for name, points in lines.items()}
    can_index = shown_as == _INDEX and all(points[0].value > 0 for points in lines.values())
    drawn = {name: indexed(points) for name, points in lines.items()} if can_index else lines
    chart = value_lines(drawn, Unit.NUMBER if can_index else unit, page.colours, page.theme)
    risks, earned = risk_points(results)
    scatter = risk_and_return(risks, earned, page.colours, page.theme)
    amounts = f"{history.quantity} × {history.price}"
    with head:
        card_head(
            f"**Through time** · value of what is held now, {plain(amounts)} of each day",
            csv_button("the series", "through-time", lambda: series_frame(lines)),
            html_button("the lines", "through-time", chart),
        )
    if shown_as == _INDEX and not can_index:
        st.caption("A branch is not worth more than nought at the start, so the values are shown as they are.")
    with st.grid(2, min_column_width=380):
        told = "; ".join(f"{name} {amount(points[-1].value, unit)}" for name, points in lines.items())
        st.plotly_chart(
            chart, theme=None, config=camera("through-time"), key="series", alt=f"Value on the last day: {told}"
        )
        if risks:
            told = "; ".join(
                f"{risk.branch} {earned.lower()} {amount(risk.earned, Unit.PERCENT)}, volatility "
                f"{amount(risk.volatility, Unit.PERCENT)}"
                for risk in risks
            )
            st.plotly_chart(
                scatter, theme=None, config=camera("risk-and-return"), key="risk", alt=f"Risk and return: {told}"
            )
    st.dataframe(
        performance_frame(results),
        hide_index=True,
        key="performance",
        column_config={
            name: st.column_config.TextColumn(name, alignment="right", help=tip) for name, tip in _COLUMNS.items()
        },
    )
    for name, result in results.items():
        if result.problem:
            st.caption(f"! {plain(name)}: {plain(result.problem)}")


def risk_points(results: Mapping[str, Performance]) -> tuple[list[BranchRisk], str]:
    """The branches of which both are known; the return is a year's where all have it, else that of the whole time."""
    known = {name: found for name, found in results.items() if found.volatility is not None}
    yearly = all(found.annual is not None for found in known.values())
    points = [
        BranchRisk(name, found.volatility or 0.0, (found.annual if yearly else found.total) or 0.0)
        for name, found in known.items()
    ]
    return points, "Return a year" if yearly else "Total return"


_COLUMNS = {
    "Total return": "Last value by first value, less one.",
    "Return a year": "The yearly growth that gives the total return; only for a year or more.",
    "Volatility a year": "Standard deviation of the returns from value to value, times the root of how many there are "
    "a year.",
    "Largest drawdown": "The deepest fall below the highest value before.",
}


def performance_frame(results: Mapping[str, Performance]) -> pd.DataFrame:
    """A row a branch, as text."""
    rows = [
        [name, *(_percent(value) for value in (found.total, found.annual, found.volatility, found.drawdown))]
        for name, found in results.items()
    ]
    return pd.DataFrame(rows, columns=["branch", *_COLUMNS])


def _percent(value: float | None) -> str:
    return amount(value, Unit.PERCENT)


def series_frame(lines: Mapping[str, tuple[Point, ...]]) -> pd.DataFrame:
    """A row a day, a column a branch; a day without a new price has the last value."""
    columns = {name: pd.Series({point.day: point.value for point in points}) for name, points in lines.items()}
    frame = pd.DataFrame(columns).sort_index().ffill()
    return frame.rename_axis("day").reset_index()


def _rules(history: History, series: Mapping[str, Series], lines: Lines) -> None:
    """How the series came about, so that nobody takes it for what really happened."""
    first = min(points[0].day for points in lines.values())
    last = max(points[-1].day for points in lines.values())
    st.caption(
        f"{plain(history.quantity)} of now × {plain(history.price)} of then, from the table {plain(history.table)}, "
        f"{_day(first)} to {_day(last)}. A day without a price has the last one known. "
        "It is what they would have been worth, not what was held then."
    )
    for name, found in series.items():
        if found.missing:
            more = found.missing - len(found.left_out)
            left_out = ", ".join(found.left_out) + (f" and {more} more" if more else "")
            st.caption(
                f"! {plain(name)}: {count(found.missing, 'row')} of {found.positions:,} left out, without any "
                f"price in {plain(history.table)}: {plain(left_out)}"
            )
    late = next((found for found in series.values() if found.begins == first and found.earliest), None)
    if late and late.earliest and late.earliest < first:
        st.caption(f"The series begin with the first price of {plain(late.latest)}, so that all of them hold the same.")


def _day(day: date) -> str:
    return plain(day.isoformat())
