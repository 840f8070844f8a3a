"""Figures of value through time and of risk and return, as pure functions."""

from __future__ import annotations

import math
from datetime import date

import pytest

from hati_core import Unit
from hati_core.scenarios.performance import Performance, Point
from pages.parts.figures_time import BranchRisk, indexed, risk_and_return, value_lines
from pages.parts.palette import LIGHT
from pages.parts.through_time import performance_frame, risk_points, series_frame

COLOURS = {"main": "#64748b", "bold": "#2563eb", "<i>x</i>": "#f97316"}
FIRST, SECOND = date(2024, 1, 31), date(2024, 2, 29)


def test_a_line_a_branch_told_apart_without_colour() -> None:
    series = {"main": (Point(FIRST, 1.0), Point(SECOND, 2.0)), "bold": (Point(FIRST, 3.0), Point(SECOND, 4.0))}
    figure = value_lines(series, Unit.MONEY, COLOURS, LIGHT)
    main, bold = figure.data
    assert (main.x, main.y) == ((FIRST, SECOND), (1.0, 2.0))
    assert (main.line.color, bold.line.color) == ("#64748b", "#2563eb")
    assert main.line.dash != bold.line.dash
    assert main.text == ("$1", "$2")


def test_one_day_is_a_mark_and_no_day_no_error() -> None:
    figure = value_lines({"main": (Point(FIRST, 1.0),), "bold": ()}, Unit.NUMBER, COLOURS, LIGHT)
    assert figure.data[0].mode == "markers"
    assert figure.layout.yaxis.ticktext is None
    assert value_lines({}, Unit.MONEY, COLOURS, LIGHT).layout.height > 0


@pytest.mark.parametrize(
    ("values", "symbol", "ticks"),
    [
        ((-1500.0, 2500.0), "€", ["−€1.5k", "−€1k", "−€500", "€0", "€500", "€1k", "€1.5k", "€2k", "€2.5k"]),
        ((1.1e6, 1.9e6), "CHF", ["CHF\u202f1.1M", "CHF\u202f1.2M"]),
        ((0.1, 0.2), "$", ["$0.1", "$0.12"]),
        ((100.0, 100.0), "$", ["$100"]),
        ((math.nan, 100.0), "$", ["$100"]),
    ],
)
def test_an_axis_of_money_has_round_amounts_with_the_sign_first(
    values: tuple[float, float], symbol: str, ticks: list[str]
) -> None:
    points = (Point(FIRST, values[0]), Point(SECOND, values[1]))
    axis = value_lines({"main": points}, Unit.MONEY.in_currency(symbol), COLOURS, LIGHT).layout.yaxis
    assert list(axis.ticktext)[: len(ticks)] == ticks
    assert axis.tickprefix is None


def test_an_index_begins_at_a_hundred() -> None:
    assert indexed((Point(FIRST, 50.0), Point(SECOND, 60.0))) == (Point(FIRST, 100.0), Point(SECOND, 120.0))
    assert indexed(()) == ()


def test_a_point_a_branch_with_its_own_mark_and_name() -> None:
    points = [BranchRisk("main", 0.14, 0.12), BranchRisk("bold", 0.20, 0.15), BranchRisk("<i>x</i>", 0.14, 0.12)]
    figure = risk_and_return(points, "Return a year", COLOURS, LIGHT)
    assert [trace.x[0] for trace in figure.data] == [0.14, 0.20, 0.14]
    assert len({trace.marker.symbol for trace in figure.data}) == 3
    # Two of them stand in one place, where one label names both.
    assert [trace.text[0] for trace in figure.data] == ["main, &lt;i&gt;x&lt;/i&gt;", "bold", ""]
    assert figure.layout.yaxis.title.text == "Return a year"
    low, high = figure.layout.xaxis.range
    assert low < 0.14
    assert high > 0.20


def test_a_year_is_the_measure_only_where_all_have_one() -> None:
    long, short = Performance(0.5, 0.1, 0.2, -0.1), Performance(0.05, None, 0.3, 0.0)
    assert risk_points({"main": long}) == ([BranchRisk("main", 0.2, 0.1)], "Return a year")
    both = {"main": long, "bold": short, "lost": Performance(problem="none")}
    assert risk_points(both) == ([BranchRisk("main", 0.2, 0.5), BranchRisk("bold", 0.3, 0.05)], "Total return")


def test_what_cannot_be_told_is_a_dash() -> None:
    (row,) = performance_frame({"main": Performance(0.05, None, 0.3, 0.0)}).to_numpy().tolist()
    assert row == ["main", "5.0 %", "–", "30.0 %", "0.0 %"]


def test_a_day_that_one_branch_has_no_new_price_for_has_its_last_value() -> None:
    frame = series_frame({"main": (Point(FIRST, 1.0), Point(SECOND, 2.0)), "bold": (Point(FIRST, 3.0),)})
    assert frame.to_numpy().tolist() == [[FIRST, 1.0, 3.0], [SECOND, 2.0, 3.0]]
    assert frame.columns.tolist() == ["day", "main", "bold"]
