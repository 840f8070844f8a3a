"""Values as SQL text. Scenario actions build whole statements, which take no bound values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hati_core.errors import InvalidAction
from hati_core.model import Column
from hati_core.quote import identifier, literal
from hati_core.scenarios.roles import is_numeric, is_whole

_MOST_DIGITS = 30
_PLACES = 6
"""What should be whole can come out a hair below in calculations with fractions, so places behind these are noise."""


def decimal(value: object, what: str) -> Decimal:
    """A number as it was typed, exactly; spaces, a percent sign and a typographic minus may be there.

    Raises:
        InvalidAction: it is none, or endless; ``what`` names it in the sentence.
    """
    text = str(value).replace("−", "-").replace(" ", "").removesuffix("%")
    try:
        found = Decimal(text) if not isinstance(value, bool) else None
    except ArithmeticError:
        found = None
    if found is None or not found.is_finite():
        raise InvalidAction(f"“{str(value)[:40]}” is not a number. Give {what} as a number, such as 12.5.")
    if len(format(found, "f").strip("-").replace(".", "")) > _MOST_DIGITS:
        raise InvalidAction(f"{what[:1].upper()}{what[1:]} has more than {_MOST_DIGITS} digits. Give a shorter number.")
    return found


def number(value: Decimal) -> str:
    """A number as SQL, exactly; it has nothing but digits, a point and a sign."""
    return format(value, "f") if value >= 0 else f"({value:f})"


def shown(value: Decimal) -> str:
    """A number as sentences have it, without zeros at its end."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def typed(column: Column, value: Any) -> str:
    """A value for a column as SQL.

    Raises:
        InvalidAction: it is no number, or has a fraction, where the column takes none.
    """
    if value is None:
        return "NULL"
    if is_numeric(column):
        found = decimal(value, f"“{column.name}”")
        if is_whole(column) and found != found.to_integral_value():
            raise InvalidAction(f"“{column.name}” holds whole numbers, and {shown(found)} is none.")
        value = format(found, "f")
    if isinstance(value, bool):
        value = str(value).lower()
    return f"CAST({literal(str(value))} AS {column.type})"


def stored(column: Column, expression: str) -> str:
    """What a calculation leaves in a column: rounded to its places."""
    return f"CAST({expression} AS {column.type})"


def counted(column: Column, expression: str) -> str:
    """What a calculation leaves in a column of quantities: where it holds integers, fractions are dropped."""
    if is_whole(column):
        expression = f"trunc(round({expression}, {_PLACES}))"
    return stored(column, expression)


def worth(quantity: Column, price: Column) -> str:
    """The value of a row's position, as a fraction that no sum is too large for; nothing held is worth nothing."""
    return f"coalesce(CAST({identifier(quantity.name)} AS DOUBLE), 0) * CAST({identifier(price.name)} AS DOUBLE)"
