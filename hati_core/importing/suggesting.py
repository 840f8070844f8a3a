"""What a file suggests: the name of a table, and the columns that identify a row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import duckdb

from hati_core.merge.keys import can_identify, infer_key
from hati_core.model import Column, TableInfo
from hati_core.quote import identifier, identifiers
from hati_core.scenarios.roles import is_numeric, is_whole

_PAIRED_COLUMNS = 4
_NEARLY = 0.95
"""The share of rows with a value of their own from which repeats in an identifier are taken for mistakes."""
_IDENTIFIERS = (
    "id", "key", "code", "ticker", "symbol", "isin", "cusip", "sedol", "sku", "ean", "upc", "uuid", "guid", "number",
    "no", "nr", "num",
)  # fmt: skip
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def table_name(file_name: str, sheet: str | None = None) -> str:
    """A table's name made out of a file's, or out of that of a sheet which is one of several."""
    stem = re.sub(r"\W+", "_", sheet or Path(file_name).stem).strip("_").lower()
    return f"t_{stem}" if not stem or stem[0].isdigit() else stem


def taken_by_name(columns: Sequence[Column], info: TableInfo) -> dict[str, str]:
    """The column of a table that each column of a file is meant for: case, spaces and signs in names do not count."""
    there = {_folded(name): name for name in info.column_names}
    return {column.name: there[_folded(column.name)] for column in columns if _folded(column.name) in there}


def is_meant_for(columns: Sequence[Column], info: TableInfo) -> bool:
    """Whether a file looks like rows of a table: each of its columns is one of the table's, and the key is there."""
    found = taken_by_name(columns, info)
    return len(found) == len(columns) and set(info.key) <= set(found.values())


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def suggested_key(
    cursor: duckdb.DuckDBPyConnection, source: str, columns: tuple[Column, ...], mixed: Sequence[str] = ()
) -> tuple[str, ...]:
    """What names rows: an identifier by its name, even if a few rows repeat it, else what is unique.

    That is a column, or two together; a whole number further back only where nothing else is. A measure is never
    suggested unless it is called like an identifier, nor is text of ``mixed``, which is mostly numbers or dates.
    """
    called = tuple(column for column in columns if _is_called_identifier(column.name))
    able = tuple(c for c in columns if c in called or not (_is_measure(c) or c.name in mixed))
    naming = tuple(c for c in able if c is columns[0] or c in called or not is_numeric(c))
    first = tuple(column for column in naming if column in called or column is columns[0])
    return (
        infer_key(cursor, source, tuple(sorted(first, key=lambda column: column not in called)))
        or _nearly_unique(cursor, source, called)
        or infer_key(cursor, source, naming)
        or _infer_pair(cursor, source, naming)
        or infer_key(cursor, source, able)
        or _infer_pair(cursor, source, able)
    )


def _is_called_identifier(name: str) -> bool:
    """Whether the last word of a name says so: ``id``, ``order_id``, ``orderId``, ``Order No.``."""
    words = _WORDS.findall(name)
    return bool(words) and words[-1].lower() in _IDENTIFIERS


def _is_measure(column: Column) -> bool:
    return is_numeric(column) and not is_whole(column)


def _nearly_unique(cursor: duckdb.DuckDBPyConnection, source: str, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """The first column that is filled and its own in almost every row."""
    for column in (column for column in columns if can_identify(column)):
        rows, distinct = cursor.execute(
            f"SELECT count(*), count(DISTINCT {identifier(column.name)}) FROM {source}"
        ).fetchall()[0]
        if rows > 1 and distinct >= rows * _NEARLY:
            return (column.name,)
    return ()


def _infer_pair(cursor: duckdb.DuckDBPyConnection, source: str, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """Two of the first columns that are unique together, such as a date and a ticker."""
    for pair in combinations([c.name for c in columns if can_identify(c)][:_PAIRED_COLUMNS], 2):
        names = identifiers(pair)
        filled = " AND ".join(f"{identifier(name)} IS NOT NULL" for name in pair)
        rows, distinct = cursor.execute(
            f"SELECT count(*), count(DISTINCT ({names})) FILTER ({filled}) FROM {source}"
        ).fetchall()[0]
        if rows > 1 and rows == distinct:
            return pair
    return ()
