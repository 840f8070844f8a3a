"""How rows of a table are told apart: a declared key, an inferred one, or DuckLake's row lineage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import duckdb

from hati_core.cell_text import told_cells
from hati_core.errors import InvalidKey
from hati_core.model import Column, KeyOrigin, Row, TableInfo
from hati_core.quote import identifier, identifiers
from hati_core.storage.results import rows_of

_NEVER_INFERRED = ("FLOAT", "DOUBLE", "STRUCT", "MAP", "UNION", "JSON", "VARIANT", "BLOB", "BOOLEAN", "INTERVAL")
_ROUGH_FROM = 100_000


def can_identify(column: Column) -> bool:
    """Whether a column is of a type that names things rather than measures them."""
    return not (column.type.startswith(_NEVER_INFERRED) or column.type.endswith("]"))


def infer_key(cursor: duckdb.DuckDBPyConnection, relation: str, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """The first column that is unique and not null, where there are at least two rows; else empty.

    Measurements, nested values and truth values are passed over: where those are unique it is by chance.
    """
    for column in columns:
        if not can_identify(column):
            continue
        name = identifier(column.name)
        rows, filled = cursor.execute(f"SELECT count(*), count({name}) FROM (FROM {relation})").fetchall()[0]
        if rows < 2:
            return ()
        if filled == rows and not _surely_repeats(cursor, relation, name, rows):
            repeats = f"SELECT 1 FROM (FROM {relation}) GROUP BY {name} HAVING count(*) > 1 LIMIT 1"
            if not cursor.execute(repeats).fetchall():
                return (column.name,)
    return ()


def _surely_repeats(cursor: duckdb.DuckDBPyConnection, relation: str, name: str, rows: int) -> bool:
    """A rough count rules most columns of a large table out, at a small part of what an exact one costs."""
    if rows < _ROUGH_FROM:
        return False
    rough = cursor.execute(f"SELECT approx_count_distinct({name}) FROM (FROM {relation})").fetchall()[0][0]
    return bool(rough < rows / 2)


def with_key(
    info: TableInfo,
    declared: tuple[str, ...] | None,
    cursor: duckdb.DuckDBPyConnection | None = None,
    relation: str = "",
) -> TableInfo:
    """The table with its declared key, or with one inferred from ``relation`` where a cursor is given."""
    if declared and set(declared) <= set(info.column_names):
        return replace(info, key=declared, key_origin=KeyOrigin.DECLARED)
    key = infer_key(cursor, relation, info.columns) if cursor else ()
    return replace(info, key=key, key_origin=KeyOrigin.INFERRED if key else KeyOrigin.LINEAGE)


def require_key(
    cursor: duckdb.DuckDBPyConnection, info: TableInfo, relation: str, key: tuple[str, ...], branch: str
) -> None:
    """Check that ``key`` identifies every row of ``relation``.

    Raises:
        InvalidKey: a column is missing; or with some of the rows that break it.
    """
    table, missing = info.name, [column for column in key if column not in info.column_names]
    if missing or not key:
        raise InvalidKey(
            f"“{table}” on {branch} has no column {_listed(tuple(missing))}. "
            f"Its columns are: {', '.join(info.column_names)}."
            if missing
            else f"Choose at least one column as the key of “{table}”.",
            branch=branch,
            table=table,
        )
    names = identifiers(key)
    nulls = rows_of(cursor.execute(f"SELECT * FROM (FROM {relation}) WHERE {has_no_key(key)} LIMIT 5"))
    if nulls:
        raise InvalidKey(
            empty_message(table, branch, key, nulls),
            rows=nulls,
            branch=branch,
            table=table,
        )
    repeated = rows_of(
        cursor.execute(
            f"SELECT {names}, count(*) AS rows FROM (FROM {relation}) GROUP BY {names} HAVING count(*) > 1 "
            f"ORDER BY rows DESC, {names} LIMIT 5"
        )
    )
    if repeated:
        raise InvalidKey(duplicate_message(table, branch, key, repeated), rows=repeated, branch=branch, table=table)


def has_no_key(key: Iterable[str]) -> str:
    """The condition that a row is empty in a column of its key."""
    return " OR ".join(f"{identifier(column)} IS NULL" for column in key)


def repeated_keys(written: str, everything: str, key: Sequence[str]) -> str:
    """The query for some keys of written rows that stand for more than one row.

    Of the table only files with one of these keys are read whole.
    """
    names = identifiers(key)
    return (
        f"SELECT {names} FROM {everything} SEMI JOIN (SELECT {names} FROM {written}) USING ({names}) "
        f"GROUP BY {names} HAVING count(*) > 1 ORDER BY {names} LIMIT 5"
    )


def duplicate_message(table: str, branch: str, key: tuple[str, ...], repeated: list[Row]) -> str:
    """The sentence for several rows with one key."""
    examples = "; ".join(told_cells({column: row[column] for column in key}) for row in repeated[:3])
    return (
        f"{_listed(key)} does not tell the rows of “{table}” on {branch} apart: more than one row has {examples}. "
        "Remove the extra rows or choose other columns as the key."
    )


def taken_message(table: str, branch: str, key: tuple[str, ...], taken: list[Row], *, is_there: bool) -> str:
    """The sentence for written rows with the keys of other rows, which are there or were written with them."""
    examples = "; ".join(told_cells({column: row[column] for column in key}) for row in taken[:3])
    happened = (
        f"“{table}” on {branch} has a row with {examples} already"
        if is_there
        else f"More than one row would have {examples} in “{table}” on {branch}"
    )
    return (
        f"{happened}, and {' + '.join(key)} is its key. Nothing was written. Change the row that is there, or give the "
        "new one another key."
    )


def empty_message(table: str, branch: str, key: tuple[str, ...], empty: list[Row]) -> str:
    """The sentence for rows without a key."""
    return (
        f"{_listed(key)} cannot be the key of “{table}” on {branch}: it is empty in some rows, such as "
        f"{told_cells(empty[0])}. Fill them in or choose other columns."
    )


def _listed(key: tuple[str, ...]) -> str:
    return " + ".join(f"“{column}”" for column in key)
