"""Reading pages of rows out of tables in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hati_core.model import Key, Row, RowChange
from hati_core.storage.engine import Engine
from hati_core.storage.results import Params, rows_of, run


def fetch(engine: Engine, branch_id: str, sql: str, params: Params = None) -> list[Row]:
    """The rows of a query of our own, as dicts in column order."""
    with engine.session(branch_id) as cursor:
        return rows_of(run(cursor, sql, params))


def scalar(engine: Engine, branch_id: str, sql: str) -> Any:
    """The single value of a query of our own."""
    with engine.session(branch_id) as cursor:
        return cursor.execute(sql).fetchall()[0][0]


def key_tuple(key: Mapping[str, Any], by_lineage: bool) -> Key:
    """A key struct as a tuple, in the order of the key columns."""
    return (key["rowid"],) if by_lineage else tuple(key.values())


def row_change(row: Row, by_lineage: bool, cells: Sequence[str]) -> RowChange:
    """A RowChange from a row with ``key``, ``before``, ``after`` and ``columns``."""
    before, after = row["before"], row["after"]
    whole = before is None or after is None
    return RowChange(key_tuple(row["key"], by_lineage), before, after, tuple(cells if whole else row["columns"]))
