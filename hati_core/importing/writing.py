"""Rows of a file into a table, inside a transaction: only those that change something are written."""

from __future__ import annotations

from hati_core.importing.judging import ROWS, Target, Verdict, differs, matched, staged_as
from hati_core.importing.order import ImportMode, ImportOrder
from hati_core.model import Touch
from hati_core.quote import identifier, identifiers
from hati_core.transaction import Transaction


def write(tx: Transaction, order: ImportOrder, target: Target, verdict: Verdict) -> None:
    """Write the rows that ``temp.import_rows`` has no objection to."""
    name, key = target.info.name, target.key
    if order.mode is ImportMode.NEW:
        _create(tx, target)
    elif order.mode is ImportMode.REPLACE:
        _remove(tx, order, target)
    if order.mode in (ImportMode.UPSERT, ImportMode.REPLACE) and key:
        _update(tx, order, target)
    _insert(tx, order, target)
    note = "imported" if order.mode is ImportMode.NEW else ""
    touch = Touch(name, verdict.added, verdict.changed, verdict.removed, note)
    tx.note(touch, keys={name: key} if order.mode is ImportMode.NEW and key else None, rekeyed=False)


def _create(tx: Transaction, target: Target) -> None:
    fields = ", ".join(
        f"{identifier(column.name)} {column.type}{'' if column.nullable else ' NOT NULL'}"
        for column in target.info.columns
    )
    tx.before_definition()
    tx.cursor.execute(f"CREATE TABLE {identifier(target.info.name)} ({fields})")


def _remove(tx: Transaction, order: ImportOrder, target: Target) -> None:
    absent = (
        f" WHERE NOT EXISTS (SELECT 1 FROM {ROWS} AS i WHERE i.why IS NULL AND {matched(order, target.key)})"
        if target.key
        else ""
    )
    tx.cursor.execute(f"DELETE FROM {identifier(target.info.name)} AS t{absent}")


def _update(tx: Transaction, order: ImportOrder, target: Target) -> None:
    rest = {name: staged for name, staged in staged_as(order).items() if name not in target.key}
    if rest:
        tx.cursor.execute(
            f"UPDATE {identifier(target.info.name)} AS t "
            f"SET {', '.join(f'{identifier(name)} = i.{staged}' for name, staged in rest.items())} "
            f"FROM {ROWS} AS i WHERE i.why IS NULL AND {matched(order, target.key)} AND ({differs(order, target.key)})"
        )


def _insert(tx: Transaction, order: ImportOrder, target: Target) -> None:
    """In key order, so that later reads of a few keys skip most of what was written."""
    staged = staged_as(order)
    is_new = ""
    if order.mode in (ImportMode.UPSERT, ImportMode.REPLACE) and target.key:
        present = f"SELECT 1 FROM {identifier(target.info.name)} AS t WHERE {matched(order, target.key)}"
        is_new = f" AND NOT EXISTS ({present})"
    by = ", ".join(staged[name] for name in target.key) if set(target.key) <= set(staged) else ""
    tx.cursor.execute(
        f"INSERT INTO {identifier(target.info.name)} ({identifiers(staged)}) "
        f"SELECT {', '.join(staged.values())} FROM {ROWS} AS i WHERE i.why IS NULL{is_new} ORDER BY {by or 'place'}"
    )
