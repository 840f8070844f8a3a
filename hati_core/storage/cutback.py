"""Making a copied catalog what it was at an older version."""

from __future__ import annotations

import duckdb

from hati_core.quote import identifier

_OWNERS = {
    "data_file_id": "ducklake_data_file",
    "table_id": "ducklake_table",
    "macro_id": "ducklake_macro",
    "partition_id": "ducklake_partition_info",
    "sort_id": "ducklake_sort_info",
}
"""DuckLake hands out the ids of what is forgotten again, so what hangs on them must not stay behind."""


def cut_back(cursor: duckdb.DuckDBPyConnection, catalog: str, version: int) -> None:
    """Make a copied catalog what it was at ``version``: forget what began later, reopen what ended later."""
    columns = _columns(cursor, catalog)
    cursor.execute("BEGIN")
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


def _columns(cursor: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, set[str]]:
    rows = cursor.execute(
        "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE database_name = $1 GROUP BY ALL", [catalog]
    ).fetchall()
    return {table: set(names) for table, names in rows}
