"""Writing what a grid saves: rows by key, in as few statements as there are sets of changed columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from hati_core.errors import InvalidKey, InvalidValue, StaleEdit
from hati_core.model import Column, KeyOrigin, Row, TableEdits, TableInfo, Touch
from hati_core.names import key_text
from hati_core.quote import identifier, identifiers
from hati_core.transaction import Transaction
from hati_core.values import fitting

_BATCH = 500


def write_edits(tx: Transaction, info: TableInfo, edits: TableEdits) -> None:
    """Delete, update and insert rows of one table inside a transaction.

    Raises:
        InvalidKey: the table has no key to find rows by.
        InvalidValue: a value does not fit its column, or names none.
        StaleEdit: a row to update or delete is not there any more.
    """
    if (edits.updates or edits.deletes) and info.key_origin is KeyOrigin.LINEAGE:
        raise InvalidKey(
            f"“{info.name}” has no key, so its rows cannot be changed one by one. Choose the columns that "
            "identify a row first.",
            branch=tx.branch,
            table=info.name,
        )
    if edits.deletes:
        _delete(tx, info, list(edits.deletes))
    by_columns: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for key, cells in edits.updates.items():
        if not cells:
            continue
        by_columns[tuple(sorted(cells))].append({"key": key, "cells": cells})
    for columns, rows in by_columns.items():
        _update(tx, info, columns, rows)
    if edits.inserts:
        _insert(tx, info, list(edits.inserts))
    tx.note(Touch(info.name, len(edits.inserts), len(edits.updates), len(edits.deletes)))


def _delete(tx: Transaction, info: TableInfo, keys: list[tuple[Any, ...]]) -> None:
    _stage(tx, info, info.key, keys)
    _require_present(tx, info, len(keys))
    tx.cursor.execute(f"DELETE FROM {identifier(info.name)} AS t USING temp.edits AS e WHERE {_matched(info)}")


def _update(tx: Transaction, info: TableInfo, columns: tuple[str, ...], rows: list[Row]) -> None:
    staged = [f"new {column}" for column in columns]
    values = [(*row["key"], *(row["cells"][column] for column in columns)) for row in rows]
    _stage(tx, info, (*info.key, *columns), values, labels=(*info.key, *staged))
    _require_present(tx, info, len(rows))
    assignments = ", ".join(
        f"{identifier(column)} = e.{identifier(label)}" for column, label in zip(columns, staged, strict=True)
    )
    tx.cursor.execute(
        f"UPDATE {identifier(info.name)} AS t SET {assignments} FROM temp.edits AS e WHERE {_matched(info)}"
    )


def _insert(tx: Transaction, info: TableInfo, rows: list[Row]) -> None:
    by_columns: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if not row:
            raise InvalidValue(f"A new row of “{info.name}” has no values. Fill in at least one.", table=info.name)
        by_columns[tuple(row)].append(row)
    for columns, group in by_columns.items():
        _stage(tx, info, columns, [tuple(row[column] for column in columns) for row in group])
        tx.cursor.execute(f"INSERT INTO {identifier(info.name)} ({identifiers(columns)}) FROM temp.edits")


def _stage(
    tx: Transaction,
    info: TableInfo,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    labels: Sequence[str] | None = None,
) -> None:
    """Put typed values into the temporary table ``edits``."""
    typed = [_column(info, name) for name in columns]
    checked = [
        [fitting(tx.cursor, info.name, column, value) for column, value in zip(typed, row, strict=True)] for row in rows
    ]
    fields = ", ".join(
        f"{identifier(label)} {column.type}" for label, column in zip(labels or columns, typed, strict=True)
    )
    tx.cursor.execute(f"CREATE OR REPLACE TEMP TABLE edits ({fields})")
    one = f"({', '.join('?' for _ in columns)})"
    for start in range(0, len(checked), _BATCH):
        batch = checked[start : start + _BATCH]
        flat = [value for row in batch for value in row]
        tx.cursor.execute(f"INSERT INTO temp.edits VALUES {', '.join(one for _ in batch)}", flat)


def _column(info: TableInfo, name: str) -> Column:
    column = info.column(name)
    if column is None:
        raise InvalidValue(
            f"“{info.name}” has no column “{name}”. Its columns are: {', '.join(info.column_names)}.",
            column=name,
            table=info.name,
        )
    return column


def _matched(info: TableInfo) -> str:
    return " AND ".join(f"t.{identifier(column)} = e.{identifier(column)}" for column in info.key)


def _require_present(tx: Transaction, info: TableInfo, expected: int) -> None:
    names = identifiers(info.key)
    absent = tx.cursor.execute(
        f"SELECT {names} FROM temp.edits ANTI JOIN {identifier(info.name)} USING ({names}) ORDER BY {names} LIMIT 3"
    ).fetchall()
    if absent:
        examples = "; ".join(key_text(row) for row in absent)
        raise StaleEdit(
            f"{examples}: no such row in “{info.name}” on “{tx.branch}” any more. Nothing was written of the "
            f"{expected:,} changed rows. Look at the table as it is now and change it again.",
            branch=tx.branch,
            table=info.name,
        )
