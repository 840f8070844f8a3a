"""Whether a value fits a column without losing anything."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import duckdb

from hati_core.errors import InvalidValue
from hati_core.model import Column

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def fitting(cursor: duckdb.DuckDBPyConnection, table: str, column: Column, value: Any) -> Any:
    """The value as the column would hold it.

    Raises:
        InvalidValue: it does not fit the type, would lose its fraction, or is missing where it must not be.
    """
    if value is None:
        if not column.nullable:
            raise InvalidValue(f"“{column.name}” of “{table}” cannot be empty.", column=column.name, table=table)
        return None
    if column.type in _INTEGERS and _has_fraction(value):
        raise _misfit(table, column, value, "it would lose its fraction")
    try:
        return cursor.execute(f"SELECT CAST($1 AS {column.type})", [value]).fetchall()[0][0]
    except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.BinderException) as error:
        raise _misfit(table, column, value, "") from error
    except duckdb.InvalidInputException as error:
        raise _misfit(table, column, value, "") from error


def _misfit(table: str, column: Column, value: Any, reason: str) -> InvalidValue:
    because = f": {reason}" if reason else ""
    return InvalidValue(
        f"{str(value)[:80]!r} does not fit “{column.name}” of “{table}”, which is {column.type}{because}.",
        column=column.name,
        table=table,
    )


def _has_fraction(value: Any) -> bool:
    if isinstance(value, bool | int):
        return False
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return False
    return number.is_finite() and number != number.to_integral_value()
