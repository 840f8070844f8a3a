"""Running one statement, and its rows as dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from hati_core.model import Row

Params = Sequence[Any] | Mapping[str, Any] | None


def run(cursor: duckdb.DuckDBPyConnection, sql: str, params: Params = None) -> duckdb.DuckDBPyConnection:
    """Run a statement with its values, if it has any."""
    return cursor.execute(sql, params) if params else cursor.execute(sql)


def rows_of(result: duckdb.DuckDBPyConnection, limit: int | None = None) -> list[Row]:
    """The rows of a result as dicts, in column order; a repeated column name gets a number."""
    names: list[str] = []
    for column in result.description or ():
        name, again = column[0], 2
        while name in names:
            name, again = f"{column[0]}_{again}", again + 1
        names.append(name)
    rows = result.fetchall() if limit is None else result.fetchmany(limit)
    return [dict(zip(names, row, strict=True)) for row in rows]
