"""Keeping DuckLake's statistics of a table true to the types of its columns."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from hati_core.quote import identifier
from hati_core.storage.engine import Engine

_RETYPED = "SELECT table_id, column_id FROM {} GROUP BY ALL HAVING count(DISTINCT column_type) > 1 ORDER BY ALL"
Columns = Sequence[tuple[int, int]]
"""DuckLake's numbers of tables and of columns in them."""


def refresh_statistics(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """Write one row again as it is; to be called where a column of ``table`` got another type, before its commit.

    DuckLake (of DuckDB 1.5.5) keeps statistics in memory until a commit adds a data file. A commit that only
    changes a type adds none, and the next filter on the column, in any process, meets statistics of
    the old type: an internal error that closes the whole database. The row may be any table's: an empty
    table has none. Where no table has one, nothing closes, but a filter fails until :func:`renew_statistics`.
    """
    others = [name for (name,) in cursor.execute("SHOW TABLES").fetchall() if name != table]
    for each in (table, *others):
        name = identifier(each)
        column = identifier(cursor.execute(f"DESCRIBE {name}").fetchall()[0][0])
        one = f"(SELECT rowid FROM {name} LIMIT 1)"
        if cursor.execute(f"UPDATE {name} SET {column} = {column} WHERE rowid = {one}").fetchall()[0][0]:
            return


def retyped_columns(engine: Engine, branch_id: str) -> Columns:
    """The columns of a branch that have had several types."""
    with engine.metadata_session(branch_id) as cursor:
        found = cursor.execute(_RETYPED.format(engine.metadata(branch_id, "ducklake_column"))).fetchall()
    return [(table_id, column_id) for table_id, column_id in found]


def forget_statistics(engine: Engine, branch_id: str, columns: Columns) -> None:
    """Forget the smallest and largest values of columns that have had several types; to be called after any commit.

    DuckLake keeps them once for all versions, and reads them as what a column is at the version it looks at: where
    the column was INTEGER, a table could not be read at all once there are values that do not fit it.
    The caller holds the branch.
    """
    statistics = engine.metadata(branch_id, "ducklake_table_column_stats")
    with engine.metadata_session(branch_id) as cursor:
        cursor.execute("BEGIN")
        for numbers in columns:
            cursor.execute(
                f"UPDATE {statistics} SET min_value = NULL, max_value = NULL WHERE table_id = $1 AND column_id = $2",
                list(numbers),
            )
        cursor.execute("COMMIT")


def renew_statistics(engine: Engine, branch_id: str) -> None:
    """Have everybody read the statistics of a branch anew whose newest version brought another type and no file.

    DuckLake does so where the next file's number has changed; the number that is left out is nobody's.
    The caller holds the branch.
    """
    snapshots = engine.metadata(branch_id, "ducklake_snapshot")
    with engine.metadata_session(branch_id) as cursor:
        newest = f"SELECT snapshot_id, next_file_id FROM {snapshots} ORDER BY snapshot_id DESC LIMIT 2"
        (version, number), (_, before) = cursor.execute(newest).fetchall()
        if number == before:
            cursor.execute(f"UPDATE {snapshots} SET next_file_id = $1 WHERE snapshot_id = $2", [number + 1, version])
