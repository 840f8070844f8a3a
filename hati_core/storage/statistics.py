"""Keeping DuckLake's statistics of a table true to the types of its columns."""

from __future__ import annotations

import duckdb

from hati_core.quote import identifier


def refresh_statistics(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """Write one row again as it is; to be called where a column of ``table`` got another type, before its commit.

    DuckLake (of DuckDB 1.5.5) keeps statistics in memory until a commit adds a data file. A commit that only
    changes a type adds none, and the next filter on the column, in any process, meets statistics of
    the old type: an internal error that closes the whole database. The row may be any table's: an empty
    table has none.
    """
    others = [name for (name,) in cursor.execute("SHOW TABLES").fetchall() if name != table]
    for each in (table, *others):
        name = identifier(each)
        column = identifier(cursor.execute(f"DESCRIBE {name}").fetchall()[0][0])
        one = f"(SELECT rowid FROM {name} LIMIT 1)"
        if cursor.execute(f"UPDATE {name} SET {column} = {column} WHERE rowid = {one}").fetchall()[0][0]:
            return
