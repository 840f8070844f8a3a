"""Which tables the commits of a branch touched, asked of the catalog alone."""

from __future__ import annotations

from hati_core.merge.rows import fetch
from hati_core.storage.catalog import Catalog


def touched_tables(catalog: Catalog, after: int, until: int) -> frozenset[str]:
    """The lineages of tables whose rows or columns a commit with ``after < version <= until`` may have changed.

    DuckLake writes what a commit did as text, such as ``inserted_into_table:3,altered_table:5``.
    """
    if until <= after:
        return frozenset()
    changes = catalog.engine.metadata(catalog.branch_id, "ducklake_snapshot_changes")
    tables = catalog.engine.metadata(catalog.branch_id, "ducklake_table")
    rows = fetch(
        catalog.engine,
        catalog.branch_id,
        f"SELECT DISTINCT table_uuid::VARCHAR AS uuid FROM {tables} WHERE table_id::VARCHAR IN ("
        f"SELECT unnest(regexp_extract_all(changes_made, ':(\\d+)', 1)) FROM {changes} "
        "WHERE snapshot_id > $after AND snapshot_id <= $until)",
        {"after": after, "until": until},
    )
    return frozenset(row["uuid"] for row in rows)
