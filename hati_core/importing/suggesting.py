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
from hati_core.scenarios.roles import is_numeric

_PAIRED_COLUMNS = 4


def table_name(file_name: str) -> str:
    """A table's name made out of a file's."""
    stem = re.sub(r"\W+", "_", Path(file_name).stem).strip("_").lower()
    return f"t_{stem}" if not stem or stem[0].isdigit() else stem


def taken_by_name(columns: Sequence[Column], info: TableInfo) -> dict[str, str]:
    """The column of a table that each column of a file is meant for: case, spaces and signs in names do not count."""
    there = {_folded(name): name for name in info.column_names}
    return {column.name: there[_folded(column.name)] for column in columns if _folded(column.name) in there}


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def suggested_key(cursor: duckdb.DuckDBPyConnection, source: str, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """What names rows, alone or two together; a whole number further back only where nothing else is unique."""
    naming = tuple(c for c in columns if c is columns[0] or c.name.lower().endswith("id") or not is_numeric(c))
    single = infer_key(cursor, source, naming) or _infer_pair(cursor, source, naming)
    return single or infer_key(cursor, source, columns) or _infer_pair(cursor, source, columns)


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
