"""Making a copied catalog what it was at an older version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class _Kind:
    table: str
    id: str
    count: str
    suffix: str


_KINDS = (
    _Kind("ducklake_data_file", "data_file_id", "record_count", ""),
    _Kind("ducklake_delete_file", "delete_file_id", "delete_count", "-delete"),
)


def cut_back(cursor: duckdb.DuckDBPyConnection, catalog: str, version: int, data: Path) -> None:
    """Make a copied catalog what it was at ``version``: forget what began later, reopen what ended later.

    ``data`` is the folder of the repository's files; those that also tell of later versions are written anew.
    """
    columns = _columns(cursor, catalog)
    shortened = [(kind, *change) for kind in _KINDS for change in _shortened(cursor, catalog, kind, version, data)]
    cursor.execute("BEGIN")
    for kind, file_id, file in shortened:
        cursor.execute(
            f"UPDATE {identifier(catalog)}.{kind.table} SET path = $2, {kind.count} = $3, partial_max = $4, "
            f"file_size_bytes = $5, footer_size = $6 WHERE {kind.id} = $1",
            [file_id, file.name, file.rows, file.last_version, file.size, file.footer_size],
        )
    for table, names in columns.items():
        target = f"{identifier(catalog)}.{identifier(table)}"
        if "begin_snapshot" in names:
            cursor.execute(f"DELETE FROM {target} WHERE begin_snapshot > $1", [version])
        if "end_snapshot" in names:
            cursor.execute(f"UPDATE {target} SET end_snapshot = NULL WHERE end_snapshot > $1", [version])
    for table in ("ducklake_snapshot", "ducklake_snapshot_changes"):
        cursor.execute(f"DELETE FROM {identifier(catalog)}.{table} WHERE snapshot_id > $1", [version])
    for table, names in columns.items():
        for column in names & _OWNERS.keys() if "begin_snapshot" not in names else ():
            owner = f"{identifier(catalog)}.{_OWNERS[column]}"
            cursor.execute(
                f"DELETE FROM {identifier(catalog)}.{identifier(table)} "
                f"WHERE {column} NOT IN (SELECT {column} FROM {owner} WHERE {column} IS NOT NULL)"
            )
    _keep_ids_apart(cursor, catalog)
    cursor.execute("COMMIT")


def _keep_ids_apart(cursor: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Let new files have ids above all others: a file with rows of old versions can have got its own later."""
    taken = " UNION ALL ".join(f"SELECT {kind.id} AS id FROM {identifier(catalog)}.{kind.table}" for kind in _KINDS)
    cursor.execute(
        f"UPDATE {identifier(catalog)}.ducklake_snapshot SET next_file_id = "
        f"greatest(next_file_id, (SELECT coalesce(max(id), 0) + 1 FROM ({taken})))"
    )


def _shortened(
    cursor: duckdb.DuckDBPyConnection, catalog: str, kind: _Kind, version: int, data: Path
) -> list[tuple[int, Shortened]]:
    """Files that also tell of versions after ``version``, by id, and what took their place.

    Numbers of versions are handed out again on a fork, so what is later must go. Where rows of a
    merged file are later, nothing was deleted from it by ``version``, so no delete goes by their places.
    """
    schema, table, files = (
        f"{identifier(catalog)}.{name}" for name in ("ducklake_schema", "ducklake_table", kind.table)
    )
    found = cursor.execute(
        f"SELECT DISTINCT file.{kind.id}, home.path, parent.path, file.path FROM {files} AS file "
        f"JOIN {table} AS parent USING (table_id) JOIN {schema} AS home USING (schema_id) "
        "WHERE file.begin_snapshot <= $1 AND file.partial_max > $1",
        [version],
    ).fetchall()
    return [(row[0], shorten(cursor, data.joinpath(*row[1:]), version, kind.suffix)) for row in found]


def _columns(cursor: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, set[str]]:
    rows = cursor.execute(
        "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE database_name = $1 GROUP BY ALL", [catalog]
    ).fetchall()
    return {table: set(names) for table, names in rows}
