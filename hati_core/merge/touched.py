"""Which tables the commits of a branch touched, asked of the catalog alone."""

from __future__ import annotations

from hati_core.merge.rows import fetch
from hati_core.storage.catalog import Catalog


def last_touch(catalog: Catalog, lineage: str, after: int, until: int) -> int | None:
    """The last version with ``after < version <= until`` that may have changed rows or columns of a table."""
    changes = catalog.engine.metadata(catalog.branch_id, "ducklake_snapshot_changes")
    tables = catalog.engine.metadata(catalog.branch_id, "ducklake_table")
    (row,) = fetch(
        catalog.engine,
        catalog.branch_id,
        f"SELECT max(snapshot_id) AS version FROM {changes} WHERE snapshot_id > $after AND snapshot_id <= $until "
        "AND list_has_any(regexp_extract_all(changes_made, ':(\\d+)', 1), "
        f"(SELECT list(table_id::VARCHAR) FROM {tables} WHERE table_uuid::VARCHAR = $lineage))",
        {"after": after, "until": until, "lineage": lineage},
    )
    # A table that is made is not named by its number.
    made = catalog.last_definition(lineage, (), after, until)
    return max((version for version in (row["version"], made) if version is not None), default=None)


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
