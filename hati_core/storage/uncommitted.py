"""The rows that an open transaction wrote: DuckLake gives a row its version when it is committed."""

from __future__ import annotations

import duckdb

from hati_core.quote import identifier

_VERSION = "snapshot_id"


def new_rows(cursor: duckdb.DuckDBPyConnection, table: str) -> str:
    """The uncommitted rows of a table, as SQL that can follow FROM; of a table that hides which, every row."""
    name = identifier(table)
    columns = [row[0] for row in cursor.execute(f"DESCRIBE {name}").fetchall()]
    if _VERSION in (column.casefold() for column in columns):
        return name
    return f"(FROM {name} WHERE {_VERSION} IS NULL)"
