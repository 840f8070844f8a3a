"""What is written to a terminal: text from tables and names can do nothing there but be read."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hati_core.cell_text import MINUS

CELL_LENGTH = 60
_SIGNS = {"added": "+", "removed": MINUS, "changed": "~"}


def visible(text: object) -> str:
    """Text with whatever a terminal would obey, or hide, written as an escape."""
    return "".join(_escape(sign) if unicodedata.category(sign)[0] == "C" else sign for sign in str(text))


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def say(text: str = "") -> None:
    """A line on standard output."""
    print(text)


def note(text: str) -> None:
    """A line on standard error: what to know of a result, not the result."""
    print(text, file=sys.stderr)


def cell(value: Any) -> str:
    """A value in one line; an empty one is NULL, as in SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray):
        return f"{len(value):,} bytes"
    text = visible(value)
    return text if len(text) <= CELL_LENGTH else f"{text[: CELL_LENGTH - 1]}…"


def table(rows: Sequence[Mapping[str, Any]], amounts: Collection[str] = ()) -> str:
    """Rows below the names of their columns; numbers are on the right, and columns of ``amounts`` that are text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    texts = [[cell(row[name]) if name in row else "" for name in names] for row in rows]
    heads = [cell(name) for name in names]
    widths = [max(_width(line[at]) for line in [heads, *texts]) for at in range(len(names))]
    right = [name in amounts or all(row.get(name) is None or _is_number(row[name]) for row in rows) for name in names]
    return "\n".join(_line(line, widths, right) for line in [heads, ["─" * width for width in widths], *texts])


def _line(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        " " * (width - _width(text)) + text if is_right else text + " " * (width - _width(text))
        for text, width, is_right in zip(texts, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return len(text) + wide - sum(unicodedata.combining(sign) > 0 for sign in text)


def pairs(facts: Sequence[tuple[str, str]]) -> list[str]:
    """Names and values as lines, names on the right of one column."""
    width = max((_width(visible(name)) for name, _ in facts), default=0)
    return [f"{' ' * (width - _width(visible(name)))}{visible(name)}  {visible(value)}" for name, value in facts]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def sign(kind: str) -> str:
    """``+``, ``−`` or ``~`` for what happened to a row."""
    return _SIGNS[kind]


def counts(added: int, removed: int, changed: int) -> str:
    """``+1 ~2``: how many rows of each kind, where there are any."""
    parts = (("+", added), (MINUS, removed), ("~", changed))
    return " ".join(f"{sign}{count:,}" for sign, count in parts if count)
