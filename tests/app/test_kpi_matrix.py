"""The matrix of metrics and branches, as values in and a table out."""

from __future__ import annotations

import pytest

from hati_core import Breakdown, Metric, Unit
from hati_core.measures import MetricValue
from pages.parts.kpi_matrix import change, matrix, matrix_frame

VALUE = Metric("Value", "", Unit.MONEY, Breakdown("t", "a", ("k",)))
WEIGHT = Metric("Weight", "", Unit.PERCENT)
COLOURS = {"main": "#64748b", "bold": "#2563eb"}


@pytest.mark.parametrize(
    ("here", "reference", "unit", "expected"),
    [
        (150.0, 100.0, Unit.MONEY, ("▲", "+$50 · +50.0 %")),
        (50.0, 100.0, Unit.MONEY, ("▼", "−$50 · −50.0 %")),
        (100.0, 100.0, Unit.MONEY, ("", "±0")),
        (5.0, 0.0, Unit.NUMBER, ("▲", "+5")),
        (-50.0, -100.0, Unit.MONEY, ("▲", "+$50 · +50.0 %")),
        (100_010.0, 100_000.0, Unit.MONEY, ("▲", "+$10 · +0.01 %")),
        (100_001.0, 100_000.0, Unit.MONEY, ("▲", "+$1 · +<0.01 %")),
        (0.3, 0.2, Unit.PERCENT, ("▲", "+10.0 pts")),
        # As the two amounts beside it are shown: 6.3 % and 15.9 %, $593,164 and $792,142.
        (0.15949, 0.06251, Unit.PERCENT, ("▲", "+9.6 pts")),
        (792_142.4, 593_163.6, Unit.MONEY, ("▲", "+$198,978 · +33.5 %")),
    ],
)
def test_a_difference_has_a_mark_a_sign_and_its_share(
    here: float, reference: float, unit: Unit, expected: tuple[str, str]
) -> None:
    assert change(here, reference, unit) == expected


def test_more_is_green_only_where_it_is_worth_more() -> None:
    values = {
        "main": [MetricValue(VALUE, 1.0), MetricValue(WEIGHT, 0.1)],
        "bold": [MetricValue(VALUE, 2.0), MetricValue(WEIGHT, 0.2)],
    }
    cells = matrix([VALUE, WEIGHT], values, {"bold": ["no change"]}, COLOURS).iloc[:, 2]
    assert ":green[▲" in cells[1]
    assert ":gray[▲" in cells[2]


def test_names_changes_and_reasons_are_no_markup() -> None:
    hostile = "**x** [a](http://evil) :red[y] $z$"
    values = {"main": [MetricValue(VALUE, 1.0)], hostile: [MetricValue(VALUE, None, hostile)]}
    frame = matrix([VALUE], values, {hostile: [f"~ {hostile}"]}, COLOURS | {hostile: "#000000"})
    for text in (*frame.iloc[:, 2], *frame.columns):
        assert "**x**" not in text
        assert "](http" not in text
        assert ":red[y]" not in text


def test_a_spreadsheet_gets_numbers_and_the_reason_where_there_is_none() -> None:
    values = {
        "main": [MetricValue(VALUE, 100.0), MetricValue(WEIGHT, 0.1)],
        "bold": [MetricValue(VALUE, 150.0), MetricValue(WEIGHT, None, "no such column")],
    }
    frame = matrix_frame([VALUE, WEIGHT], values, {"bold": ["~ a", "+ b"]})
    assert frame.columns.tolist() == ["metric", "unit", "main", "bold", "Δ bold", "Δ % bold"]
    assert frame.iloc[0]["bold"] == "~ a; + b"
    assert frame.iloc[1].tolist() == ["Value", "money", 100.0, 150.0, 50.0, 0.5]
    assert frame.iloc[2].tolist()[:4] == ["Weight", "percent", 0.1, "no such column"]
