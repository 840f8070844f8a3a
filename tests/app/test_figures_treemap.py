"""Treemaps on one scale, as pure functions."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from hati_core import Unit
from hati_core.scenarios.allocation import Allocation, Holding
from pages.parts.figures_treemap import Box, BranchAllocation, blend, boxes, treemaps
from pages.parts.palette import DARK, LIGHT


def spread(branch: str, *parts: Holding) -> BranchAllocation:
    return BranchAllocation(branch, Allocation(parts, None, 0, 0, 0.0))


def area(box: Box) -> float:
    return (box.right - box.left) * (box.top - box.bottom)


@pytest.mark.parametrize("totals", [[1.0], [58_750, 267_250], [3, 1, 2], [5, 4, 3, 2], [1, 2, 3, 4, 5]])
def test_the_same_amount_has_the_same_area(totals: list[float]) -> None:
    found = boxes(totals)
    assert [area(box) / total for box, total in zip(found, totals, strict=True)] == pytest.approx(
        [area(found[0]) / totals[0]] * len(totals)
    )
    assert all(0 <= box.left <= box.right <= 1.0001 and -0.0001 <= box.bottom <= box.top <= 1 for box in found)
    for one, other in combinations(found, 2):
        apart = one.right <= other.left or other.right <= one.left or one.bottom >= other.top or other.bottom >= one.top
        assert apart


def test_no_branch_and_nothing_held_are_no_error() -> None:
    assert boxes([]) == []
    assert area(boxes([0.0, 1.0])[0]) == 0
    assert treemaps([], Unit.MONEY, LIGHT).layout.height > 0


def test_a_tile_tells_its_amount_and_its_change_by_mark_and_colour() -> None:
    figure = treemaps(
        [
            spread("main", Holding("AAPL", 18_500, 18_500), Holding("GOOGL", 8_750, 8_750)),
            spread("bold", Holding("AAPL", 37_000, 18_500), Holding("GOOGL", 4_000, 8_750)),
        ],
        Unit.MONEY,
        LIGHT,
    )
    before, after = figure.data
    assert before.text == ("$18,500", "$8,750")
    assert set(before.marker.colors) == {LIGHT.line}
    assert after.text == ("$37,000<br>▲ +$18,500", "$4,000<br>▼ −$4,750")
    assert after.marker.colors[0] == blend(LIGHT.added, LIGHT.line, 0.55)
    assert after.values == (37_000, 4_000)
    assert {trace.tiling.pad for trace in figure.data} == {0}
    assert "$41,000" in figure.layout.annotations[1].text


def test_small_tiles_have_their_name_alone() -> None:
    (trace,) = treemaps([spread("main", Holding("big", 400, 400), Holding("small", 1, 1))], Unit.NUMBER, DARK).data
    assert trace.text == ("400", "")


def test_large_tiles_are_never_blank_for_a_text_that_does_not_fit() -> None:
    """Twelve equal parts of one of three branches: room for a name and an amount, not for a long change below it."""
    parts = [Holding(f"P{at}", 205_270.5, 102_635.25) for at in range(12)]
    items = [spread(name, *parts) for name in ("main", "bold", "calm")]
    first, *_ = treemaps(items, Unit.MONEY, LIGHT).data
    assert set(first.text) == {"$205,270"}
    (alone,) = treemaps(items[:1], Unit.MONEY, LIGHT).data
    assert set(alone.text) == {"$205,270<br>▲ +$102,635"}
    crowd = [spread(name, *(Holding(f"P{at}", 1e5, 9e4) for at in range(60))) for name in ("main", "bold", "calm")]
    few, *_ = treemaps(crowd, Unit.MONEY, LIGHT).data
    assert set(few.text) == {""}
    assert set(few.texttemplate) == {"<b>%{label}</b>"}


def test_groups_colour_the_tiles_and_the_rest_stays_quiet() -> None:
    item = BranchAllocation("main", Allocation((Holding("a", 2, 2, "x"),), Holding("other", 1, 1), 3, 0, 0.0))
    (trace,) = treemaps([item], Unit.MONEY, DARK, {"x": "#2563eb"}).data
    assert trace.marker.colors == (blend("#2563eb", DARK.ground, 0.5), DARK.line)
    assert trace.customdata[0][0].startswith("x, $2, 66.7 % of the branch")


def test_names_are_no_markup_in_a_treemap() -> None:
    name = "<b>x</b>&amp;<a href='http://evil'>y</a>"
    figure = treemaps([spread(name, Holding(name, 1, 0, name))], Unit.MONEY, LIGHT, {name: "#2563eb"})
    told = [*figure.data[0].labels, figure.data[0].customdata[0][0], figure.layout.annotations[0].text]
    for text in told:
        bare = re.sub(r"^<b>(.*)</b>", r"\1", text)
        assert "<" not in bare
        assert not re.search("&(?!amp;|lt;|gt;)", bare)


def test_colours_are_blended() -> None:
    assert blend("#ffffff", "#000000", 0) == "#000000"
    assert blend("#ffffff", "#000000", 1) == "#ffffff"
    assert blend("#ff0000", "#0000ff", 0.5) == "#800080"
