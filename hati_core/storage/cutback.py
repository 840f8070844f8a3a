"""Making a copied catalog what it was at an older version."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from hati_core.quote import identifier, literal

_OWNERS = {
    "data_file_id": "ducklake_data_file",
    "table_id": "ducklake_table",
    "macro_id": "ducklake_macro",
    "partition_id": "ducklake_partition_info",
    "sort_id": "ducklake_sort_info",
}
"""DuckLake hands out the ids of what is forgotten again, so what hangs on them must not stay behind."""


_FIELD_IDS = "{file_path: 2147483646, pos: 2147483645, _ducklake_internal_snapshot_id: 2147483539}"
"""Those that DuckLake gives the columns of a delete file."""
Execute = Callable[[str, list[Any]], object]
"""Runs a statement whose values are bound to $1, $2, …"""


@dataclass(frozen=True)
class DeleteFile:
    """A delete file of a catalog, as it is to be; sizes in bytes."""

    id: int
    path: str
    rows: int
    last_version: int
    size: int
    footer_size: int


def cut_back(
    execute: Execute,
    catalog: str,
    columns: Mapping[str, set[str]],
    shortened: Sequence[DeleteFile],
    version: int,
) -> None:
    """Make a copied catalog what it was at ``version``: forget what began later, reopen what ended later.

    ``catalog`` is quoted; the caller begins and commits. ``shortened`` are the delete files that also told of later
    versions, written anew by :func:`shortened_delete_files`.
    """
    for file in shortened:
        execute(
            f"UPDATE {catalog}.ducklake_delete_file SET path = $2, delete_count = $3, partial_max = $4, "
            "file_size_bytes = $5, footer_size = $6 WHERE delete_file_id = $1",
            [file.id, file.path, file.rows, file.last_version, file.size, file.footer_size],
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


def shortened_delete_files(
    cursor: duckdb.DuckDBPyConnection, catalog: str, version: int, data: str
) -> list[DeleteFile]:
    """Write the delete files that also tell of versions after ``version`` anew, without these.

    DuckLake folds the deletes of several versions into one file and tells them apart by a
    column. Ids of versions are handed out again on a fork, so what is later must go.
    ``catalog`` is quoted, ``data`` is where the repository's files lie.
    """
    schema, table, deletes = (
        f"{catalog}.{name}" for name in ("ducklake_schema", "ducklake_table", "ducklake_delete_file")
    )
    folded = cursor.execute(
        f"SELECT DISTINCT d.delete_file_id, s.path, t.path, d.path FROM {deletes} AS d "
        f"JOIN {table} AS t USING (table_id) JOIN {schema} AS s USING (schema_id) "
        "WHERE d.begin_snapshot <= $1 AND d.partial_max > $1",
        [version],
    ).fetchall()
    shortened = []
    for delete_file_id, schema_path, table_path, path in folded:
        folder = f"{data}{schema_path}{table_path}"
        name = f"ducklake-{uuid.uuid4()}-delete.parquet"
        file = literal(folder + name)
        kept = f"FROM read_parquet({literal(folder + path)}) WHERE _ducklake_internal_snapshot_id <= {int(version)}"
        cursor.execute(f"COPY ({kept}) TO {file} (FORMAT parquet, FIELD_IDS {_FIELD_IDS})")
        rows, last = cursor.execute(f"SELECT count(*), max(_ducklake_internal_snapshot_id) {kept}").fetchall()[0]
        size, footer = cursor.execute(
            f"SELECT file_size_bytes, footer_size FROM parquet_file_metadata({file})"
        ).fetchall()[0]
        shortened.append(DeleteFile(delete_file_id, name, rows, last, size, footer))
    return shortened


def columns_of(cursor: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, set[str]]:
    """The columns of DuckLake's own tables in a database of DuckDB."""
    rows = cursor.execute(
        "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE database_name = $1 GROUP BY ALL", [catalog]
    ).fetchall()
    return {table: set(names) for table, names in rows}
