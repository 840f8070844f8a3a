"""Numbers, times and other people's text as they are shown."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hati_core import Unit

# Inside a word an underscore is no markup, and screen readers are given labels as they are written.
_MARKDOWN = re.compile(r"([\\`*{}\[\]()<>#+\-.!|~$:&\"'@/]|(?<![^\W_])_|_(?![^\W_]))")
MINUS = "−"
_CARD_CHARACTERS = 12


def plain(text: object) -> str:
    """Text from data, names or errors, so that Markdown shows it as it is and makes nothing of it."""
    return _MARKDOWN.sub(r"\\\1", re.sub(r"\s+", " ", str(text)))


def amount(value: float | None, unit: Unit, *, signed: bool = False) -> str:
    """A metric's value: ``$267,250``, ``4``, ``71.1 %``; signed: ``+$208,500``."""
    if value is None or math.isnan(value):
        return "–"
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    size, places = abs(value), _places(value, unit)
    if unit is Unit.PERCENT:
        return f"{sign}{size * 100:.{places - 2}f} {'pts' if signed else '%'}"
    return f"{sign}{'$' if unit is Unit.MONEY else ''}{size:,.{places}f}"


def _places(value: float, unit: Unit) -> int:
    """How many decimal places an amount is shown with; of a percentage, of the share that it is."""
    if unit is Unit.PERCENT:
        return 3
    return 0 if float(value).is_integer() or (unit is Unit.MONEY and abs(value) >= 1000) else 2


def difference(before: float, after: float, unit: Unit) -> str:
    """How far two amounts are apart, as both are shown beside it: ``+$208,500``, ``−0.2 pts``, ``±0``.

    Amounts that look the same and are not differ by what they truly do, or by less than can be shown: ``<0.1 pts up``.
    """
    if before == after:
        return "±0"
    first, second = (Decimal(f"{value:.{_places(value, unit)}f}") for value in (before, after))
    told = amount(float(second - first) or after - before, unit, signed=True)
    if re.search("[1-9]", told):
        return told
    least = amount(10 ** -_places(after - before, unit), unit, signed=True).lstrip("+")
    return f"<{least} {'up' if after > before else 'down'}"


def brief(value: float, unit: Unit, *, signed: bool = False, places: int = 1) -> str:
    """As :func:`amount`, where there is little room: ``$137.6M``, ``−$1.2B``."""
    for size, name in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if unit is not Unit.PERCENT and abs(value) >= size:
            sign = MINUS if value < 0 else "+" if signed else ""
            return f"{sign}{'$' if unit is Unit.MONEY else ''}{abs(value) / size:,.{places}f}{name}"
    return amount(value, unit, signed=signed)


def fitting(value: float | None, unit: Unit) -> str:
    """As :func:`amount`, in no more characters than a card of a narrow screen holds: ``$25,030,892``, ``$25.031B``."""
    whole = amount(value, unit)
    return whole if value is None or len(whole) <= _CARD_CHARACTERS else brief(value, unit, places=3)


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


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago something was: ``just now``, ``12 min ago``, ``3 h ago``, ``2 days ago``."""
    seconds = max(0.0, ((now or datetime.now(UTC)) - moment).total_seconds())
    for size, name in ((86_400, "day"), (3_600, "h"), (60, "min")):
        count = int(seconds // size)
        if count:
            plural = "s" if name == "day" and count > 1 else ""
            return f"{count} {name}{plural} ago"
    return "just now"


def left(moment: datetime, now: datetime | None = None) -> str:
    """How long it is until something: ``14 days left``, ``3 h left``; ``moments left`` at the end."""
    seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    for size, name in ((86_400, "day"), (3_600, "h"), (60, "min")):
        # What was given a week has seven days left a moment later.
        number = round(seconds / size)
        if seconds > 0.9 * size:
            return f"{number} {name}{'s' if name == 'day' and number > 1 else ''} left"
    return "moments left"


def when(moment: datetime, now: datetime | None = None) -> str:
    """How long ago something was, and the moment itself: ``3 h ago, 2026-03-01 14:05 UTC``."""
    return f"{ago(moment, now)}, {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def type_name(kind: str) -> str:
    """What a person calls a column's type."""
    families = {
        "whole number": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
        "number": ("FLOAT", "DOUBLE", "DECIMAL"),
        "text": ("VARCHAR",),
        "yes or no": ("BOOLEAN",),
        "date and time": ("TIMESTAMP",),
        "date": ("DATE",),
    }
    if kind.endswith("]"):
        return "list"
    return next((word for word, names in families.items() if kind.startswith(names)), kind.lower())


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 row``, ``1,200 rows``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(number: int) -> str:
    """``300 bytes``, ``1.2 kB``, ``3.4 GB``; a kB is 1,000 bytes."""
    if number < 1000:
        return count(number, "byte")
    units = ("kB", "MB", "GB", "TB")
    power = next((at for at in range(1, len(units)) if number < 999.95 * 1000**at), len(units))
    return f"{number / 1000**power:,.1f} {units[power - 1]}"
