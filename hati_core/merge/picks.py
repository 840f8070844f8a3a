"""The rows that resolutions leave, as a table in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from hati_core.merge.conflict_sources import RowConflicts
from hati_core.merge.context import Scratch
from hati_core.merge.resolve import completed, is_decided, resolved_row, side_row_sql
from hati_core.model import Conflict, ConflictKind, Resolution, Row, Side
from hati_core.quote import identifier


def by_cell(source: RowConflicts, resolutions: Mapping[str, Resolution]) -> list[Conflict]:
    """The conflicts of a table that are resolved cell by cell, wholly or in part."""
    ids = [key for key, choice in resolutions.items() if not isinstance(choice, Side)]
    return source.rows(ids) if ids else []


def picked_rows(source: RowConflicts, resolutions: Mapping[str, Resolution], default: Side | None) -> Scratch:
    """The row of each conflict that is settled, by its id; cells that are left open take the default side.

    The row is NULL where it goes.
    """
    scratch = Scratch(source.engine, "picks")
    fields = ", ".join(f"{identifier(column.name)} {column.type}" for column in source.shape.columns)
    kind = f"STRUCT({fields})"
    with source.engine.session(source.branch_id) as cursor:
        cursor.execute(f"CREATE TABLE {scratch.name} (id VARCHAR, row {kind})")
        _pick_sides(cursor, scratch, source, resolutions)
        rows = dict(_rows_by_cell(source, resolutions, default))
        # DuckDB takes one row after the other a hundred times as slowly, but maps of several keys only so.
        at_once = len(rows) if "MAP(" not in kind else 1
        pairs = list(rows.items())
        for first in range(0, len(pairs), at_once or 1):
            ids, found = zip(*pairs[first : first + at_once], strict=True)
            cursor.execute(
                f"INSERT INTO {scratch.name} SELECT unnest($1::VARCHAR[]), unnest(CAST($2 AS {kind}[]))",
                [list(ids), list(found)],
            )
    return scratch


def _rows_by_cell(
    source: RowConflicts, resolutions: Mapping[str, Resolution], default: Side | None
) -> Iterator[tuple[str, Row | None]]:
    """The row of each conflict that is settled cell by cell, by its id."""
    for conflict in by_cell(source, resolutions):
        decided = resolutions[conflict.id]
        cells = decided if isinstance(decided, Mapping) else {}
        is_open = conflict.kind is not ConflictKind.VIOLATION
        # Until every cell is chosen, the others count as the target has them.
        cells = completed(conflict, cells, default or Side.OURS) if is_open else cells
        if not is_open or default or is_decided(conflict, cells):
            yield conflict.id, resolved_row(conflict, cells)


def _pick_sides(
    cursor: duckdb.DuckDBPyConnection, scratch: Scratch, source: RowConflicts, resolutions: Mapping[str, Resolution]
) -> None:
    """Rows that a side settles as a whole stay in the database."""
    for side in set(Side) & {choice for choice in resolutions.values() if isinstance(choice, Side)}:
        ids = [key for key, choice in resolutions.items() if choice is side]
        cursor.execute(
            f"INSERT INTO {scratch.name} SELECT id, {side_row_sql(source.shape, side)} "
            f"FROM {source.classified.name} WHERE id IN (SELECT unnest($1::VARCHAR[]))",
            [ids],
        )
