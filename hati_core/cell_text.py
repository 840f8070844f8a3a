"""Values of tables as a person reads them, in a cell and in a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

MINUS = "−"
_KINDS = (
    ("a whole number", re.compile(r"U?(?:INT\d+|(?:TINY|SMALL|BIG|HUGE)INT|INTEGER)")),
    ("a number", re.compile(r"FLOAT|DOUBLE|DECIMAL")),
    ("yes or no", re.compile("BOOL")),
    ("a date and time", re.compile("TIMESTAMP")),
    ("a date", re.compile("DATE")),
    ("a time", re.compile("TIME")),
)


def kind_words(kind: str) -> str:
    """What a value of a type is to a person: ``a whole number``, ``of the type UUID``."""
    other = f"of the type {kind}"
    return other if kind.endswith("]") else next((word for word, known in _KINDS if known.match(kind)), other)


def takes_words(kind: str) -> str:
    """What a column of a type takes: ``takes a whole number (BIGINT)``, ``is of the type UUID``."""
    words = kind_words(kind)
    return f"is {words}" if words.endswith(kind) else f"takes {words} ({kind})"


def cell(value: Any) -> str:
    """A value of a table in few characters; an empty one says so."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return re.sub("^-", MINUS, _number(value))
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _number(value: float | Decimal) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return str(value)
    if value.is_integer() and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if 1000 <= abs(value) < 1e15 else f"{value:,.6g}"


def told(value: Any) -> str:
    """A value in a sentence: as in a cell, and text in quotation marks."""
    return f"“{cell(value)}”" if isinstance(value, str) else cell(value)


def told_cells(row: Mapping[str, Any]) -> str:
    """Cells of a row in a sentence: ``ticker = “AAPL”, price = −5.00``."""
    return ", ".join(f"{name} = {told(value)}" for name, value in row.items())
