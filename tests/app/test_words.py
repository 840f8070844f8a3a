"""Numbers, times and other people's text as they are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from markdown_it import MarkdownIt

from hati_core import Unit
from pages.parts.words import ago, amount, brief, brief_difference, cell, count, difference, fitting, left, plain, size

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (267250.0, Unit.MONEY, "$267,250"),
        (1234.56, Unit.MONEY, "$1,235"),
        (12.5, Unit.MONEY, "$12.50"),
        (7.0, Unit.MONEY, "$7"),
        (-500.0, Unit.MONEY, "−$500"),
        (4.0, Unit.NUMBER, "4"),
        (2.345, Unit.NUMBER, "2.35"),
        (-1234567.0, Unit.NUMBER, "−1,234,567"),
        (0.711, Unit.PERCENT, "71.1 %"),
        (1234.56, Unit.MONEY.in_currency("€"), "€1,235"),
        (-12.5, Unit.MONEY.in_currency("R$"), "−R$12.50"),
        (-1234.56, Unit.MONEY.in_currency("CHF"), "−CHF\u202f1,235"),
        (7.0, Unit.MONEY.in_currency("kr."), "kr.\u202f7"),
        (2.345, Unit.NUMBER.in_currency("€"), "2.35"),
        (0.711, Unit.PERCENT.in_currency("€"), "71.1 %"),
        (None, Unit.MONEY, "–"),
        (float("nan"), Unit.NUMBER, "–"),
    ],
)
def test_an_amount_reads_by_its_unit(value: float | None, unit: Unit, shown: str) -> None:
    assert amount(value, unit) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (208500.0, Unit.MONEY, "+$208,500"),
        (-208500.0, Unit.MONEY, "−$208,500"),
        (0.0, Unit.MONEY, "$0"),
        (0.175, Unit.PERCENT, "+17.5 pts"),
    ],
)
def test_a_difference_carries_its_sign(value: float, unit: Unit, shown: str) -> None:
    assert amount(value, unit, signed=True) == shown


@pytest.mark.parametrize(
    ("before", "after", "unit", "shown"),
    [
        (0.7114, 0.7136, Unit.PERCENT, "+0.3 pts"),
        (0.7136, 0.7114, Unit.PERCENT, "−0.3 pts"),
        (0.71111, 0.71112, Unit.PERCENT, "<0.1 pts up"),
        (0.71112, 0.71111, Unit.PERCENT, "<0.1 pts down"),
        (1.001, 1.002, Unit.MONEY, "<$0.01 up"),
        (1000.4, 1001.6, Unit.MONEY, "+$2"),
        (5000.1, 5000.3, Unit.MONEY, "+$0.20"),
        (999.25, 1000.0, Unit.MONEY, "+$0.75"),
        (2.345, 1.0, Unit.NUMBER, "−1.35"),
        (7.0, 7.0, Unit.MONEY, "±0"),
        (1000.4, 1001.6, Unit.MONEY.in_currency("CHF"), "+CHF\u202f2"),
        (1.001, 1.002, Unit.MONEY.in_currency("€"), "<€0.01 up"),
    ],
)
def test_amounts_are_as_far_apart_as_they_look(before: float, after: float, unit: Unit, shown: str) -> None:
    assert difference(before, after, unit) == shown


def test_where_there_is_little_room_only_millions_are_shortened() -> None:
    assert brief_difference(0, 2_153_580, Unit.MONEY) == "+$2.2M"
    assert brief_difference(3e6, 1.5e6, Unit.MONEY) == "−$1.5M"
    assert brief_difference(1000.4, 1001.6, Unit.MONEY) == difference(1000.4, 1001.6, Unit.MONEY) == "+$2"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "empty"),
        (-5, "−5"),
        (-1234.5, "−1,234.50"),
        (Decimal("-10.50"), "−10.50"),
        ("-5", "-5"),
        (True, "true"),
        (1200, "1,200"),
        (185.0, "185"),
        (0.125, "0.125"),
        (Decimal("10.50"), "10.50"),
        ("AAPL", "AAPL"),
        ("x" * 61, "x" * 59 + "…"),
        ("x" * 60, "x" * 60),
    ],
)
def test_a_cell_is_short_and_says_when_it_is_empty(value: object, shown: str) -> None:
    assert cell(value) == shown


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=12, seconds=30), "12 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(hours=25), "1 day ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(seconds=-30), "just now"),
    ],
)
def test_a_time_reads_as_how_long_ago_it_was(before: timedelta, shown: str) -> None:
    assert ago(NOON - before, NOON) == shown


@pytest.mark.parametrize(("number", "shown"), [(0, "0 rows"), (1, "1 row"), (1200, "1,200 rows")])
def test_a_count_agrees_with_its_noun(number: int, shown: str) -> None:
    assert count(number, "row") == shown
    assert count(2, "branch", "branches") == "2 branches"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "**bold** _it_ ~~gone~~ `code`",
        "[a](http://evil) ![p](http://evil/x.png) <http://evil>",
        "# heading",
        "- item",
        "1. item",
        "1) item",
        "= under =",
        "a | b",
        "&lt; &#60;",
        "back\\slash",
    ],
)
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(plain(text))
    assert [token.type for token in parsed] == ["paragraph_open", "inline", "paragraph_close"]
    assert {token.type for token in parsed[1].children or []} <= {"text", "text_special"}
    assert "".join(token.content for token in parsed[1].children or []) == text


@pytest.mark.parametrize(
    "text", ["$x$ and $$y$$", ":red[stop]", ":material/delete:", ":smile:", "http://evil", "www.evil.com"]
)
def test_what_streamlit_adds_to_markdown_is_shown_as_it_is_too(text: str) -> None:
    shown = plain(text)
    for mark in "$[]:/.":
        assert shown.count(mark) == shown.count(f"\\{mark}")


def test_line_breaks_end_no_line() -> None:
    assert plain("a\n\n# b\r\nc") == r"a \# b c"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_200, "1.2 kB"),
        (999_960, "1.0 MB"),
        (3_400_000_000, "3.4 GB"),
    ],
)
def test_sizes_are_said_in_units_that_people_read(number: int, said: str) -> None:
    assert size(number) == said


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (137_605_693.0, Unit.MONEY, "$137.6M"),
        (-1_250_000_000.0, Unit.MONEY, "−$1.2B"),
        (-1_250_000_000.0, Unit.MONEY.in_currency("CHF"), "−CHF\u202f1.2B"),
        (4_235_943.0, Unit.NUMBER, "+4.2M"),
        (58_750.0, Unit.MONEY, "+$58,750"),
        (0.05, Unit.PERCENT, "+5.0 pts"),
    ],
)
def test_large_amounts_are_short_where_there_is_little_room(value: float, unit: Unit, shown: str) -> None:
    is_gain = shown.startswith(("+", "−"))
    assert brief(value, unit, signed=is_gain) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (25_030_891_616.0, Unit.MONEY, "$25.031B"),
        (-25_030_891_616.0, Unit.MONEY, "−$25.031B"),
        (249_756_643.0, Unit.MONEY, "$249,756,643"),
        (249_756_643.0, Unit.MONEY.in_currency("CHF"), "CHF\u202f249.757M"),
        (-249_756_643.0, Unit.MONEY.in_currency("CHF"), "−CHF\u202f249.76M"),
        (0.711, Unit.PERCENT, "71.1 %"),
        (None, Unit.MONEY, "–"),
    ],
)
def test_an_amount_fits_into_a_card(value: float | None, unit: Unit, shown: str) -> None:
    assert fitting(value, unit) == shown


@pytest.mark.parametrize(
    ("time", "told"),
    [
        (timedelta(days=14, seconds=-2), "14 days left"),
        (timedelta(hours=23), "1 day left"),
        (timedelta(hours=3), "3 h left"),
        (timedelta(minutes=5), "5 min left"),
        (timedelta(seconds=20), "moments left"),
        (timedelta(seconds=-20), "moments left"),
    ],
)
def test_what_is_left_of_a_time_is_told_in_its_largest_unit(time: timedelta, told: str) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert left(now + time, now) == told
