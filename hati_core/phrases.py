"""Numbers as a person reads them, on every screen and terminal alike."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from hati_core.cell_text import MINUS
from hati_core.scenarios.units import Unit

_LONG = 1e6


def amount(value: float | None, unit: Unit, *, signed: bool = False) -> str:
    """A metric's value: ``$267,250``, ``4``, ``71.1 %``; signed: ``+$208,500``."""
    if value is None or math.isnan(value):
        return "–"
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    size, places = abs(value), _places(value, unit)
    if unit.is_percent:
        return f"{sign}{size * 100:.{places - 2}f} {'pts' if signed else '%'}"
    return f"{sign}{unit.prefix}{size:,.{places}f}"


def _places(value: float, unit: Unit) -> int:
    """How many decimal places an amount is shown with; of a percentage, of the share that it is."""
    if unit.is_percent:
        return 3
    return 0 if float(value).is_integer() or (unit.is_money and abs(value) >= 1000) else 2


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
        if not unit.is_percent and abs(value) >= size:
            sign = MINUS if value < 0 else "+" if signed else ""
            return f"{sign}{unit.prefix}{abs(value) / size:,.{places}f}{name}"
    return amount(value, unit, signed=signed)


def brief_difference(before: float, after: float, unit: Unit) -> str:
    """As :func:`difference`, where there is little room: ``+$1.2M``."""
    delta = after - before
    if not unit.is_percent and abs(delta) >= _LONG:
        return brief(delta, unit, signed=True)
    return difference(before, after, unit)


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
