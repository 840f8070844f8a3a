"""Making a copied catalog what it was at an older version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from hati_core.quote import identifier
from hati_core.storage.shorten import Shortened, shorten

_OWNERS = {
    "data_file_id": "ducklake_data_file",
    "table_id": "ducklake_table",
    "macro_id": "ducklake_macro",
    "partition_id": "ducklake_partition_info",
    "sort_id": "ducklake_sort_info",
}
"""DuckLake hands out the ids of what is forgotten again, so what hangs on them must not stay behind."""
Execute = Callable[[str, list[Any]], object]
"""Runs a statement whose values are bound to $1, $2, …"""


@dataclass(frozen=True)
class _Kind:
    """A kind of files that may hold rows of several versions, and its table."""

    table: str
    id: str
    count: str
    suffix: str


_KINDS = (
    _Kind("ducklake_data_file", "data_file_id", "record_count", ""),
    _Kind("ducklake_delete_file", "delete_file_id", "delete_count", "-delete"),
)


@dataclass(frozen=True)
class Change:
    """A file of a catalog, and what takes its place."""

    kind: _Kind
    id: int
    file: Shortened


def cut_back(
    execute: Execute,
    catalog: str,
    columns: Mapping[str, set[str]],
    shortened: Sequence[Change],
    version: int,
) -> None:
    """Make a copied catalog what it was at ``version``: forget what began later, reopen what ended later.

    ``catalog`` is quoted; the caller begins and commits. ``shortened`` are the files that also told of later
    versions, written anew by :func:`shortened_files`.
    """
    for change in shortened:
        kind, file = change.kind, change.file
        execute(
            f"UPDATE {catalog}.{kind.table} SET path = $2, {kind.count} = $3, partial_max = $4, "
            f"file_size_bytes = $5, footer_size = $6 WHERE {kind.id} = $1",
            [change.id, file.name, file.rows, file.last_version, file.size, file.footer_size],
        )
    for table, names in columns.items():
        target = f"{catalog}.{identifier(table)}"
        if "begin_snapshot" in names:
            execute(f"DELETE FROM {target} WHERE begin_snapshot > $1", [version])
        if "end_snapshot" in names:
            execute(f"UPDATE {target} SET end_snapshot = NULL WHERE end_snapshot > $1", [version])
    for table in ("ducklake_snapshot", "ducklake_snapshot_changes"):
        execute(f"DELETE FROM {catalog}.{table} WHERE snapshot_id > $1", [version])
    for table, names in columns.items():
        for column in names & _OWNERS.keys() if "begin_snapshot" not in names else ():
            owner = f"{catalog}.{_OWNERS[column]}"
            execute(
                f"DELETE FROM {catalog}.{identifier(table)} "
                f"WHERE {column} NOT IN (SELECT {column} FROM {owner} WHERE {column} IS NOT NULL)",
                [],
            )
    _keep_ids_apart(execute, catalog)


def _keep_ids_apart(execute: Execute, catalog: str) -> None:
    """Let new files have ids above all others: a file with rows of old versions can have got its own later."""
    for kind in _KINDS:
        highest = f"(SELECT max({kind.id}) FROM {catalog}.{kind.table})"
        execute(
            f"UPDATE {catalog}.ducklake_snapshot SET next_file_id = {highest} + 1 WHERE next_file_id <= {highest}", []
        )


def shortened_files(cursor: duckdb.DuckDBPyConnection, catalog: str, version: int, data: str) -> list[Change]:
    """Write the files that also tell of versions after ``version`` anew, without these.

    Numbers of versions are handed out again on a fork, so what is later must go. Where rows of a merged file are
    later, nothing had been deleted from it by ``version``, so that no delete file goes by the places of its rows.
    ``catalog`` is quoted, ``data`` is where the repository's files lie.
    """
    changes = []
    for kind in _KINDS:
        found = cursor.execute(
            f"SELECT DISTINCT file.{kind.id}, home.path, parent.path, file.path FROM {catalog}.{kind.table} AS file "
            f"JOIN {catalog}.ducklake_table AS parent USING (table_id) "
            f"JOIN {catalog}.ducklake_schema AS home USING (schema_id) "
            "WHERE file.begin_snapshot <= $1 AND file.partial_max > $1",
            [version],
        ).fetchall()
        for file_id, home, parent, path in found:
            file = shorten(cursor, f"{data}{home}{parent}", path, version, kind.suffix)
            changes.append(Change(kind, file_id, file))
    return changes


def columns_of(cursor: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, set[str]]:
    """The columns of DuckLake's own tables in a database of DuckDB."""
    rows = cursor.execute(
        "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE database_name = $1 GROUP BY ALL", [catalog]
    ).fetchall()
    return {table: set(names) for table, names in rows}
