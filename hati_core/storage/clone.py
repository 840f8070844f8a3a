"""Copying the catalog of one branch into a new file.

Read through DuckDB, written by Python's own SQLite: three times faster than DuckDB's
``COPY FROM DATABASE``, which plans a statement for each of DuckLake's 28 tables. The file is
complete and closed before DuckDB sees it. That matters: two SQLite libraries that have one
file open in one process drop each other's locks, so no catalog in use may be opened this way.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from hati_core.errors import StorageUnavailable
from hati_core.quote import identifier, literal

_TABLES = """
    SELECT name, sql, (SELECT json_group_array(name) FROM pragma_table_info(tables.name))
    FROM sqlite_master AS tables WHERE type = 'table'
"""


_PAGE_BYTES = 1024
"""Each of DuckLake's tables takes a page at the least: at SQLite's usual 4096 a small branch takes 147 kB, not 43."""


def clone(cursor: duckdb.DuckDBPyConnection, metadata: str, file: Path) -> None:
    """Write the catalog that DuckDB knows as ``metadata`` to a new ``file``, as one consistent state.

    Raises:
        StorageUnavailable: the file cannot be written, or the disk is full.
    """
    tables = _query(cursor, metadata, _TABLES)
    rows_of = defaultdict(list)
    for table, row in _query(cursor, metadata, " UNION ALL ".join(_rows(name, columns) for name, _, columns in tables)):
        rows_of[table].append(json.loads(row))
    try:
        # Nobody knows of the file until it is whole, so it needs no journal; closing it after
        # one synchronised commit leaves it complete on the disk.
        with closing(sqlite3.connect(file, isolation_level=None)) as copy:
            copy.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = FULL")
            copy.execute("BEGIN")
            for _, definition, _ in tables:
                copy.execute(definition)
            for table, rows in rows_of.items():
                places = ", ".join("?" * len(rows[0]))
                copy.executemany(f"INSERT INTO {identifier(table)} VALUES ({places})", rows)
            copy.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise StorageUnavailable(
            f"The branch's catalog cannot be written: {error}. Nothing was changed; check the disk and try again."
        ) from error


def _rows(table: str, columns: str) -> str:
    values = ", ".join(identifier(column) for column in json.loads(columns))
    return f"SELECT {literal(table)}, json_array({values}) FROM {identifier(table)}"


def _query(cursor: duckdb.DuckDBPyConnection, metadata: str, sql: str) -> list[tuple[Any, ...]]:
    """Have SQLite itself run a query on an attached catalog."""
    return cursor.execute(f"FROM sqlite_query({literal(metadata)}, {literal(sql)})").fetchall()


def rename_durably(half_done: Path, file: Path) -> None:
    """Give a file that is complete its name, so that it has it after a power cut too.

    Raises:
        OSError: the folder cannot be written.
    """
    half_done.rename(file)
    if os.name == "posix":
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
