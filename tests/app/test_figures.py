"""Figures are pure functions: values in, a figure out."""

from __future__ import annotations

import re
from html import escape

import pytest

from hati_core import Unit
from hati_core.measures import PartChange
from pages.parts.figures import BranchValue, value_bars, waterfall
from pages.parts.palette import DARK, LIGHT

COLOURS = {"main": "#64748b", "bold": "#2563eb", "<b>x</b>&amp;": "#f97316"}
MAIN = BranchValue("main", 58_750.0)
BOLD = BranchValue("bold", 50_000.0)


def test_a_bar_a_branch_in_the_order_given_with_its_value_and_colour() -> None:
    figure = value_bars([MAIN, BOLD], Unit.MONEY, COLOURS, LIGHT)
    (bars,) = figure.data
    assert bars.x == (58_750.0, 50_000.0)
    assert bars.text == ("$58,750", "$50,000")
    assert bars.marker.color == ("#64748b", "#2563eb")
    assert figure.layout.yaxis.ticktext == ("main", "bold")
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_a_long_name_beside_a_bar_takes_two_lines() -> None:
    name = "more-information-technology-and-more-of-everything-else"
    figure = value_bars([BranchValue(name, 1.0)], Unit.MONEY, {name: "#2563eb"}, LIGHT)
    first, second = figure.layout.yaxis.ticktext[0].split("<br>")
    assert (first, second[-1]) == ("more-information-", "…")
    assert len(second) <= 26


def test_no_value_at_all_is_still_a_figure() -> None:
    figure = value_bars([BranchValue("main", 0.0)], Unit.MONEY, COLOURS, LIGHT)
    low, high = figure.layout.xaxis.range
    assert low <= 0 < high
    assert value_bars([], Unit.MONEY, COLOURS, LIGHT).layout.height > 0


def test_bars_below_nought_fit_with_their_text() -> None:
    low, high = value_bars([BranchValue("main", -100.0), BOLD], Unit.MONEY, COLOURS, LIGHT).layout.xaxis.range
    assert low < -100.0
    assert high > 50_000.0


def test_a_waterfall_goes_step_by_step_from_one_value_to_the_other() -> None:
    changes = [PartChange("MSFT", 31_500.0, 20_000.0), PartChange("BND", 0.0, 2_750.0)]
    figure = waterfall(MAIN, BOLD, changes, Unit.MONEY, COLOURS, LIGHT)
    (bars,) = figure.data
    assert bars.base == (0.0, 58_750.0, 47_250.0, 0.0)
    assert bars.y == (58_750.0, -11_500.0, 2_750.0, 50_000.0)
    assert bars.base[2] + bars.y[2] == BOLD.value
    assert bars.text == ("$58,750", "−$11,500", "+$2,750", "$50,000")
    assert bars.marker.color == ("#64748b", LIGHT.removed, LIGHT.added, "#2563eb")


def test_a_waterfall_under_water_shows_all_of_it() -> None:
    changes = [PartChange("debt", 0.0, -300.0)]
    figure = waterfall(BranchValue("main", 100.0), BranchValue("bold", -200.0), changes, Unit.MONEY, COLOURS, DARK)
    low, high = figure.layout.yaxis.range
    assert low < -200.0
    assert high > 100.0
    assert figure.data[0].marker.color[1] == DARK.removed


def test_small_differences_between_large_values_can_be_seen() -> None:
    first, last = BranchValue("main", 13_940_189_400.0), BranchValue("bold", 13_940_344_150.0)
    changes = [PartChange("a", 0.0, 100_000.0), PartChange("b", 0.0, 54_750.0)]
    low, high = waterfall(first, last, changes, Unit.MONEY, COLOURS, LIGHT).layout.yaxis.range
    assert low < first.value
    assert (last.value - first.value) / (high - low) > 0.2


def test_many_parts_each_have_their_bar() -> None:
    changes = [PartChange(f"part {n}", 0.0, float(n)) for n in range(1, 14)]
    end = BranchValue("bold", 58_750.0 + sum(range(1, 14)))
    figure = waterfall(MAIN, end, changes, Unit.NUMBER, COLOURS, LIGHT)
    (bars,) = figure.data
    assert len(bars.y) == 15
    assert bars.base[-2] + bars.y[-2] == end.value


@pytest.mark.parametrize("name", ["<b>x</b>&amp;", "<a href='http://evil'>x</a>", "x<br>y", "&lt;i&gt;"])
def test_names_are_no_markup_in_a_figure(name: str) -> None:
    colours = {"main": "#000000", name: "#ffffff"}
    named = BranchValue(name, 1.0)
    bars = value_bars([named], Unit.MONEY, colours, LIGHT)
    steps = waterfall(MAIN, named, [PartChange(name, 0.0, 1.0)], Unit.MONEY, colours, LIGHT)
    told = [*bars.layout.yaxis.ticktext, *steps.layout.xaxis.ticktext]
    for figure in (bars, steps):
        told += [text for row in figure.data[0].customdata for text in row]
    lines = [text.replace("<br>", "") for text in told]
    assert not [text for text in lines if "<" in text or re.search("&(?!amp;|lt;|gt;)", text)]
    assert bars.data[0].customdata[0][0] == escape(name, quote=False)


def test_a_long_name_is_cut_on_the_axis() -> None:
    name = "a" * 80
    figure = value_bars([BranchValue(name, 1.0)], Unit.MONEY, {name: "#000000"}, LIGHT)
    assert figure.layout.yaxis.ticktext[0] == f"{'a' * 26}<br>{'a' * 25}…"
    assert figure.layout.yaxis.ticktext[0].endswith("…")


def test_in_a_waterfall_a_symbol_of_letters_stands_above_its_number_and_any_other_before_it() -> None:
    changes = [PartChange("MSFT", 0.0, 5.0)]
    (francs,) = waterfall(MAIN, BOLD, changes, Unit.MONEY.in_currency("CHF"), COLOURS, LIGHT).data
    assert (francs.text[1], francs.customdata[1][1]) == ("+CHF<br>5", "+CHF\u202f5")
    (euros,) = waterfall(MAIN, BOLD, changes, Unit.MONEY.in_currency("€"), COLOURS, LIGHT).data
    assert euros.text[1] == "+€5"


def test_long_amounts_have_room_beside_their_bars() -> None:
    def room(symbol: str) -> float:
        unit = Unit.MONEY.in_currency(symbol)
        return float(value_bars([BranchValue("main", 2_073_961.0)], unit, COLOURS, LIGHT).layout.margin.r)

    assert room("Franc") > room("€")
