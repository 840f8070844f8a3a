"""A table as one looks through it: searched, filtered and sorted, a page at a time."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import Enum

from hati_core.branch_view import BranchView
from hati_core.model import Column, Row, TableInfo
from hati_core.quote import identifier, identifiers
from hati_core.scenarios.roles import is_numeric
from hati_core.written import Writing, is_read, read_one

_FAR = 20_000
"""Rows to be passed over from which it is faster to find the keys of a page first, and its rows by them."""

_NUMBER = re.compile(r"[-+]?[\d\s.,'’]*\d[\d\s.,'’]*")


class Operator(Enum):
    """What a filter asks of a cell; the value is what stands in an address."""

    EQUAL = "="
    UNEQUAL = "≠"
    LESS = "<"
    AT_MOST = "≤"
    GREATER = ">"
    AT_LEAST = "≥"
    CONTAINS = "contains"
    BEGINS = "begins with"
    EMPTY = "is empty"
    FILLED = "is not empty"

    @property
    def takes_value(self) -> bool:
        """Whether it compares the cell with something."""
        return self not in (Operator.EMPTY, Operator.FILLED)

    @property
    def takes_text(self) -> bool:
        """Whether what it compares with is part of a text, whatever the column holds."""
        return self in (Operator.CONTAINS, Operator.BEGINS)


_COMPARED = {
    Operator.EQUAL: "=",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
    Operator.GREATER: ">",
    Operator.AT_LEAST: ">=",
}


@dataclass(frozen=True)
class Filter:
    """What a column has to be; ``value`` is as the database writes it, and not as anybody else does."""

    column: str
    operator: Operator
    value: str = ""


@dataclass(frozen=True)
class Look:
    """Which rows, in which order: ``search`` is found in any column; without ``sort`` the key decides.

    ``comma`` says that numbers to be found are written ``1.234,5``.
    """

    search: str = ""
    filters: tuple[Filter, ...] = ()
    sort: str | None = None
    descending: bool = False
    comma: bool = False

    def __bool__(self) -> bool:
        return bool(self.search or self.filters or self.sort)

    @property
    def narrows(self) -> bool:
        """Whether it leaves rows out."""
        return bool(self.search or self.filters)

    def fitting(self, info: TableInfo) -> Look:
        """The part of it that a table can follow: without what names other columns."""
        names = info.column_names
        return Look(
            self.search,
            tuple(one for one in self.filters if one.column in names),
            self.sort if self.sort in names else None,
            self.descending and self.sort in names,
            self.comma,
        )


def read_filter(view: BranchView, info: TableInfo, one: Filter, writing: Writing) -> Filter:
    """A filter whose value somebody wrote as they write into a cell.

    Raises:
        InvalidValue: it is no value of the column.
    """
    column = info.column(one.column)
    if column is None or not one.operator.takes_value or one.operator.takes_text or not is_read(column):
        return one
    value = read_one(view, info.name, column, one.value, writing)
    return replace(one, value=str(value).lower() if isinstance(value, bool) else str(value))


def filter_words(info: TableInfo, one: Filter, writing: Writing) -> str:
    """A filter as it is read, its number as the grid writes numbers."""
    column, value = info.column(one.column), one.value
    if column is not None and is_numeric(column) and not one.operator.takes_text:
        with suppress(InvalidOperation):
            value = writing.text(Decimal(value), column) or value
    return f"{one.column} {one.operator.value} {value}".strip()


def dump_filters(filters: tuple[Filter, ...]) -> str:
    """Filters as a short text that fits into an address."""
    written = [[one.column, one.operator.value, one.value] for one in filters]
    return json.dumps(written, ensure_ascii=False, separators=(",", ":")) if written else ""


def load_filters(text: str) -> tuple[Filter, ...]:
    """Filters out of such a text; none where somebody changed it into something else."""
    try:
        return tuple(Filter(str(column), Operator(sign), str(value)) for column, sign, value in json.loads(text))
    except (ValueError, TypeError):
        return ()


def count_rows(view: BranchView, info: TableInfo, look: Look) -> int:
    """How many rows a look leaves.

    Raises:
        InvalidValue: a filter compares with something that does not fit its column.
    """
    condition, params = _condition(info, look)
    return int(view.query(f"SELECT count(*) AS rows FROM {_table(view, info)}{condition}", params)[0]["rows"])


def read_rows(view: BranchView, info: TableInfo, look: Look, offset: int, limit: int, total: int) -> list[Row]:
    """A page of the rows that a look leaves, of which there are ``total``, in its order and then by key.

    Raises:
        InvalidValue: a filter compares with something that does not fit its column.
    """
    condition, params = _condition(info, look)
    count = min(limit, max(total - offset, 0))
    if not count:
        return []
    after = total - offset - count
    is_back = after < offset
    far = after if is_back else offset
    order, page = _order(info, look, back=is_back), f"LIMIT {count} OFFSET {far}"
    table = _table(view, info)
    if far > _FAR and info.key:
        names = identifiers(info.key)
        keys = f"SELECT {names} FROM {table}{condition} ORDER BY {order} {page}"
        sql = f"SELECT * FROM {table} WHERE ({names}) IN ({keys}) ORDER BY {order}"
    else:
        sql = f"SELECT * FROM {table}{condition} ORDER BY {order} {page}"
    rows = view.query(sql, params)
    return rows[::-1] if is_back else rows


def _table(view: BranchView, info: TableInfo) -> str:
    return identifier(info.name) if view.version is None else f"{identifier(info.name)} AT (VERSION => {view.version})"


def _order(info: TableInfo, look: Look, *, back: bool) -> str:
    """The order of rows, or the same from its end; empty cells are last, and first from the end."""
    tie = [name for name in info.key if name != look.sort] or ([] if info.key else ["rowid"])
    way = "DESC NULLS FIRST" if back else "ASC NULLS LAST"
    parts = []
    if look.sort:
        down = look.descending != back
        nulls = "FIRST" if back else "LAST"
        parts.append(f"{identifier(look.sort)} {'DESC' if down else 'ASC'} NULLS {nulls}")
    return ", ".join([*parts, *(f"{name if name == 'rowid' else identifier(name)} {way}" for name in tie)])


def _condition(info: TableInfo, look: Look) -> tuple[str, list[str]]:
    """The WHERE of a look, with its values."""
    parts, params = [], []
    if look.search:
        parts.append(" OR ".join(_contains(column) for column in info.columns))
        params += [_sought(look, column) for column in info.columns]
    for one in look.filters:
        column = info.column(one.column)
        if column is not None:
            parts.append(_compared(column, one))
            params += [one.value] if one.operator.takes_value else []
    return (f" WHERE {' AND '.join(f'({part})' for part in parts)}" if parts else ""), params


def _contains(column: Column) -> str:
    name = identifier(column.name)
    return f"contains(lower({name if column.type == 'VARCHAR' else f'CAST({name} AS VARCHAR)'}), lower(?))"


def _sought(look: Look, column: Column) -> str:
    """What is to be found in a column: a number is stored without the marks that part its thousands."""
    if not is_numeric(column) or not _NUMBER.fullmatch(look.search):
        return look.search
    bare = re.sub(r"[\s.'’]" if look.comma else r"[\s,'’]", "", look.search)
    return bare.replace(",", ".") if look.comma else bare


def _compared(column: Column, one: Filter) -> str:
    name, operator = identifier(column.name), one.operator
    text = f"lower(CAST({name} AS VARCHAR))"
    if operator is Operator.EMPTY:
        return f"{name} IS NULL"
    if operator is Operator.FILLED:
        return f"{name} IS NOT NULL"
    if operator is Operator.CONTAINS:
        return f"contains({text}, lower(?))"
    if operator is Operator.BEGINS:
        return f"starts_with({text}, lower(?))"
    value = f"CAST(? AS {column.type})"
    if operator is Operator.UNEQUAL:
        return f"{name} IS DISTINCT FROM {value}"
    return f"{name} {_COMPARED[operator]} {value}"


def count_result(view: BranchView, sql: str, timeout: float) -> int:
    """How many rows a query of a person gives; ``timeout`` is in seconds.

    Raises:
        QueryError, QueryTimeout: it cannot be run, or not in time.
    """
    return int(view.query(f"SELECT count(*) AS rows FROM {_whole(sql)}", timeout=timeout)[0]["rows"])


def read_result(view: BranchView, sql: str, offset: int, limit: int, timeout: float) -> list[Row]:
    """Some rows of what a query of a person gives.

    Raises:
        QueryError, QueryTimeout: it cannot be run, or not in time.
    """
    return view.query(f"FROM {_whole(sql)} LIMIT {limit} OFFSET {offset}", timeout=timeout)


def _whole(sql: str) -> str:
    """A query as a source; on lines of its own, since a comment may end it."""
    return f"(\n{sql}\n)"
