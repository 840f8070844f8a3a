"""Making a copied catalog what it was at an older version."""

from __future__ import annotations

import uuid
from pathlib import Path

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
_FOOTER_END = 8
"""A Parquet file ends with the length of its footer, four bytes little-endian, and a magic word of four bytes."""


def cut_back(cursor: duckdb.DuckDBPyConnection, catalog: str, version: int, data: Path) -> None:
    """Make a copied catalog what it was at ``version``: forget what began later, reopen what ended later.

    ``data`` is the folder of the repository's files; delete files that also tell of later versions are written anew.
    """
    columns = _columns(cursor, catalog)
    shortened = _shortened_delete_files(cursor, catalog, version, data)
    cursor.execute("BEGIN")
    for change in shortened:
        cursor.execute(
            f"UPDATE {identifier(catalog)}.ducklake_delete_file SET path = $2, delete_count = $3, partial_max = $4, "
            "file_size_bytes = $5, footer_size = $6 WHERE delete_file_id = $1",
            change,
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
    cursor.execute("COMMIT")


def _shortened_delete_files(
    cursor: duckdb.DuckDBPyConnection, catalog: str, version: int, data: Path
) -> list[tuple[int, str, int, int, int, int]]:
    """Delete files without what came after ``version``: id, path, rows, last version, bytes, bytes of the footer.

    DuckLake folds the deletes of several versions into one file and tells them apart by a
    column. Ids of versions are handed out again on a fork, so what is later must go.
    """
    schema, table, deletes = (
        f"{identifier(catalog)}.{name}" for name in ("ducklake_schema", "ducklake_table", "ducklake_delete_file")
    )
    folded = cursor.execute(
        f"SELECT DISTINCT d.delete_file_id, s.path, t.path, d.path FROM {deletes} AS d "
        f"JOIN {table} AS t USING (table_id) JOIN {schema} AS s USING (schema_id) "
        "WHERE d.begin_snapshot <= $1 AND d.partial_max > $1",
        [version],
    ).fetchall()
    shortened = []
    for delete_file_id, schema_path, table_path, path in folded:
        folder = data / schema_path / table_path
        name = f"ducklake-{uuid.uuid4()}-delete.parquet"
        kept = (
            f"FROM read_parquet({literal(str(folder / path))}) WHERE _ducklake_internal_snapshot_id <= {int(version)}"
        )
        cursor.execute(f"COPY ({kept}) TO {literal(str(folder / name))} (FORMAT parquet, FIELD_IDS {_FIELD_IDS})")
        rows, last = cursor.execute(f"SELECT count(*), max(_ducklake_internal_snapshot_id) {kept}").fetchall()[0]
        content = (folder / name).read_bytes()
        footer = int.from_bytes(content[-_FOOTER_END : -_FOOTER_END // 2], "little")
        shortened.append((delete_file_id, name, rows, last, len(content), footer))
    return shortened


def _columns(cursor: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, set[str]]:
    rows = cursor.execute(
        "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE database_name = $1 GROUP BY ALL", [catalog]
    ).fetchall()
    return {table: set(names) for table, names in rows}
