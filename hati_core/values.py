"""Whether a value fits a column without losing anything."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import duckdb

from hati_core.cell_text import takes_words
from hati_core.errors import InvalidValue
from hati_core.model import Column

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_CELLS_A_STATEMENT = 500
_MISFITS = (
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    duckdb.BinderException,
    duckdb.InvalidInputException,
)


def fitting(cursor: duckdb.DuckDBPyConnection, table: str, column: Column, value: Any) -> Any:
    """The value as the column would hold it.

    Raises:
        InvalidValue: it does not fit the type, would lose its fraction, or is missing where it must not be.
    """
    _require_whole(table, column, value)
    try:
        return None if value is None else _cast(cursor, [(column, value)])[0]
    except _MISFITS as error:
        raise _misfit(table, column, value, "") from error


def all_fitting(cursor: duckdb.DuckDBPyConnection, table: str, cells: Sequence[tuple[Column, Any]]) -> list[Any]:
    """As :func:`fitting` for many cells, in a few statements.

    Raises:
        InvalidValue: as :func:`fitting`, for the first that does not fit.
    """
    for column, value in cells:
        _require_whole(table, column, value)
    found: list[Any] = []
    for start in range(0, len(cells), _CELLS_A_STATEMENT):
        part = cells[start : start + _CELLS_A_STATEMENT]
        try:
            found += _cast(cursor, part)
        except _MISFITS:
            # One by one, so that the error names the cell.
            found += [fitting(cursor, table, column, value) for column, value in part]
    return found


def _cast(cursor: duckdb.DuckDBPyConnection, cells: Sequence[tuple[Column, Any]]) -> Sequence[Any]:
    casts = ", ".join(f"CAST(${at} AS {column.type})" for at, (column, _) in enumerate(cells, 1))
    row: tuple[Any, ...] = cursor.execute(f"SELECT {casts}", [value for _, value in cells]).fetchall()[0]
    return row


def _require_whole(table: str, column: Column, value: Any) -> None:
    if value is None and not column.nullable:
        raise InvalidValue(f"“{column.name}” of “{table}” cannot be empty.", column=column.name, table=table)
    if column.type in _INTEGERS and _has_fraction(value):
        raise _misfit(table, column, value, "it would lose its fraction")


def _misfit(table: str, column: Column, value: Any, reason: str) -> InvalidValue:
    because = f": {reason}" if reason else ""
    return InvalidValue(
        f"“{str(value)[:80]}” does not fit “{column.name}” of “{table}”, which {takes_words(column.type)}{because}.",
        column=column.name,
        table=table,
    )


def _has_fraction(value: Any) -> bool:
    if value is None or isinstance(value, bool | int):
        return False
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return False
    return number.is_finite() and number != number.to_integral_value()
