"""What the columns of a table are for, as their names and types suggest it: a guess that a person can correct."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from hati_core.model import Column, TableInfo

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_FRACTIONAL = ("FLOAT", "DOUBLE", "DECIMAL")
SHARES = ("shares", "position")
"""Quantities of what is held and never sold to customers, by name."""
_OFFERED = ("product", "item", "sku", "plan", "tier")
"""Columns that name what is sold."""
_LABELS = ("ticker", "symbol", "product", "item", "name")


class Role(Enum):
    """What a column is for."""

    QUANTITY = "quantity"
    PRICE = "price"
    COST = "cost"
    GROUP = "group"


_NAMES = {
    Role.QUANTITY: ("shares", "quantity", "qty", "units", "position"),
    Role.PRICE: ("current_price", "market_price", "last_price", "price", "unit_price", "close"),
    Role.COST: ("avg_cost", "average_cost", "unit_cost", "cost", "cost_basis", "purchase_price"),
    Role.GROUP: ("sector", "tier", "category", "asset_class", "segment", "industry", "region", "country", "group"),
}
"""Names that columns of a role go by; the first that a table has is taken."""


def guessed(table: TableInfo, role: Role) -> str | None:
    """The column that looks like it has a role, or None."""
    by_name = {column.name.casefold(): column for column in table.columns}
    found = (by_name[name] for name in _NAMES[role] if name in by_name)
    named = next((column.name for column in found if fits(column, role)), None)
    if named or role is not Role.GROUP:
        return named
    labels = label_columns(table)
    texts = [column.name for column in table.columns if column.type == "VARCHAR" and column.name not in labels]
    return next(iter(texts), None)


def is_offer(table: TableInfo, quantity: str) -> bool:
    """Whether the rows of a table are what somebody sells, so many of each, and not what somebody holds."""
    return quantity.casefold() not in SHARES and first_named(table, _OFFERED) is not None


def fits(column: Column, role: Role) -> bool:
    """Whether a column can have a role: rows are grouped by anything, and counted, priced and bought in numbers."""
    return role is Role.GROUP or is_numeric(column)


def label_columns(table: TableInfo) -> tuple[str, ...]:
    """The columns that name a row to a person: its key, else the first that looks like a name."""
    if table.key:
        return table.key
    named = first_named(table, _LABELS)
    texts = [column.name for column in table.columns if column.type == "VARCHAR"]
    return (named or next(iter(texts), table.columns[0].name),)


def first_named(table: TableInfo, names: Sequence[str]) -> str | None:
    """The column that has the first of these names, in lower case, which the table has."""
    by_name = {column.name.casefold(): column.name for column in table.columns}
    return next((by_name[name] for name in names if name in by_name), None)


def is_numeric(column: Column) -> bool:
    """Whether the column holds numbers."""
    return is_whole(column) or column.type.startswith(_FRACTIONAL)


def is_whole(column: Column) -> bool:
    """Whether the column holds integers."""
    return column.type in _INTEGERS
