"""How answers look on a terminal and as JSON, and progress."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from hati_core.cli.plain_json import dumped, plain
from hati_core.cli.printing import cell, table, visible
from hati_core.cli.progress import progress


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain — “text” 🎈", "plain — “text” 🎈"),
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("line\nbreak\ttab\r", "line\\nbreak\\ttab\\r"),
        ("\x9b31m\x00\x7f", "\\x9b31m\\x00\\x7f"),
        ("\u202eabc\u200b", "\\u202eabc\\u200b"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_a_terminal_is_given_nothing_to_obey(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_json_holds_the_same_text_without_what_a_terminal_obeys() -> None:
    text = "\x1b\x9b\x7f\u202e\u200b “ö” 🎈"
    found = dumped({"a": text})
    assert json.loads(found) == {"a": text}
    assert not set("\x1b\x9b\x7f\u202e\u200b") & set(found)
    assert "“ö” 🎈" in found


def test_values_in_one_line() -> None:
    found = [cell(value) for value in (None, True, 5, 1.5, Decimal("1.50"), b"abc", "x" * 100)]
    assert found == ["NULL", "true", "5", "1.5", "1.50", "3 bytes", "x" * 59 + "…"]


def test_columns_line_up_where_signs_are_wide() -> None:
    lines = table([{"name": "日本", "n": 1}, {"name": "abc", "n": 20}]).splitlines()
    assert lines == ["name   n", "────  ──", "日本   1", "abc   20"]


def test_json_has_no_nan_and_keeps_time_zones() -> None:
    found = plain({"n": float("inf"), "at": datetime(2026, 1, 2, tzinfo=UTC), "k": {1: (1, 2)}})
    assert found == {"n": "inf", "at": "2026-01-02T00:00:00+00:00", "k": {"1": [1, 2]}}


class Terminal(io.StringIO):
    """A terminal that says when it was written to."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.told.set()
        return super().write(text)


def test_progress_is_told_to_a_terminal_and_taken_away_again() -> None:
    out = Terminal()
    with progress("Comparing", out):
        assert out.told.wait(10)
    told = out.getvalue()
    assert told.startswith("\rComparing … 0 s")
    assert told.endswith("\r")
    assert told.split("\r")[-2].strip() == ""


def test_progress_is_not_told_to_a_file() -> None:
    out = io.StringIO()
    with progress("Comparing", out):
        pass
    assert out.getvalue() == ""
