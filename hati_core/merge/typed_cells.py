"""What somebody chose for cells, as their columns hold it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import duckdb

from hati_core.merge.table_plan import TableWork
from hati_core.model import Conflict, Resolution, Side
from hati_core.values import all_fitting


def typed_cells(
    cursor: duckdb.DuckDBPyConnection,
    works: Mapping[str, TableWork],
    rows: Sequence[Conflict],
    resolutions: Mapping[str, Resolution],
) -> list[dict[str, object]]:
    """The choices for the cells of each row, which its resolution has by column, with values of the columns' types.

    Raises:
        InvalidValue: a value does not fit the type of its column.
    """
    chosen: list[dict[str, object]] = [dict(cast(Mapping[str, object], resolutions[row.id])) for row in rows]
    for table in {row.table for row in rows}:
        columns = {column.name: column for column in works[table].shape.columns}
        cells = [
            (at, name, value)
            for at, row in enumerate(rows)
            if row.table == table
            for name, value in chosen[at].items()
            if not isinstance(value, Side)
        ]
        values = all_fitting(cursor, table, [(columns[name], value) for _, name, value in cells])
        for (at, name, _), value in zip(cells, values, strict=True):
            chosen[at][name] = value
    return chosen
