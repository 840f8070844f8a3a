"""Numbers, times and other people's text as they are shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hati_core import Unit
from hati_core.cell_text import MINUS, cell
from hati_core.phrases import amount, brief, brief_difference, count, difference, size

__all__ = [
    "MINUS",
    "ago",
    "amount",
    "brief",
    "brief_difference",
    "cell",
    "count",
    "difference",
    "fitting",
    "left",
    "plain",
    "size",
    "type_name",
    "when",
]

# Inside a word an underscore is no markup, and screen readers are given labels as they are written.
_MARKDOWN = re.compile(r"([\\`*{}\[\]()<>#+\-.!|~$:&\"'@/]|(?<![^\W_])_|_(?![^\W_]))")
_BREAKING_SPACE = re.compile(r"[^\S\u00a0\u202f]+")
_CARD_CHARACTERS = 12


def plain(text: object) -> str:
    """Text from data, names or errors, so that Markdown shows it as it is and makes nothing of it."""
    return _MARKDOWN.sub(r"\\\1", _BREAKING_SPACE.sub(" ", str(text)))


def fitting(value: float | None, unit: Unit) -> str:
    """As :func:`amount`, in the characters that a card of a narrow screen holds: ``$25,030,892``, ``$25.031B``.

    A long symbol takes from the decimal places.
    """
    whole = amount(value, unit)
    if value is None or len(whole) <= _CARD_CHARACTERS:
        return whole
    shorter = [brief(value, unit, places=places) for places in (3, 2, 1)]
    return next((text for text in shorter if len(text) <= _CARD_CHARACTERS), shorter[-1])


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago something was: ``just now``, ``12 min ago``, ``3 h ago``, ``2 days ago``."""
    seconds = max(0.0, ((now or datetime.now(UTC)) - moment).total_seconds())
    for unit, name in ((86_400, "day"), (3_600, "h"), (60, "min")):
        number = int(seconds // unit)
        if number:
            plural = "s" if name == "day" and number > 1 else ""
            return f"{number} {name}{plural} ago"
    return "just now"


def left(moment: datetime, now: datetime | None = None) -> str:
    """How long it is until something: ``14 days left``, ``3 h left``; ``moments left`` at the end."""
    seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    for unit, name in ((86_400, "day"), (3_600, "h"), (60, "min")):
        # What was given a week has seven days left a moment later.
        number = round(seconds / unit)
        if seconds > 0.9 * unit:
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
