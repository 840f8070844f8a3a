"""Which rows of a file fit a table, and what they would do to it: one temporary table with a verdict a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from hati_core.importing import cells
from hati_core.importing.order import ImportMode, ImportOrder, TakenColumn
from hati_core.importing.reading import Dates, Numbers
from hati_core.importing.staging import SourceColumn, Staged
from hati_core.merge.checks import is_false, missing_columns
from hati_core.model import Check, Column, KeyOrigin, RowChange, TableInfo
from hati_core.quote import identifier, identifiers, literal

ROWS = "temp.import_rows"
REPEATED = " stands in the file already, in "
_REPEATED = "temp.import_repeated"
_SHOWN = 80
_KINDS = (
    ("a whole number", cells.WHOLE),
    ("a number", ("FLOAT", "DOUBLE", "DECIMAL")),
    ("a date and time", ("TIMESTAMP",)),
    ("a date", ("DATE",)),
    ("a time", ("TIME",)),
    ("yes or no", ("BOOLEAN",)),
)


@dataclass(frozen=True)
class Target:
    """The table that rows go to, as it is or as it is to be; ``relation`` is None where it is not there yet."""

    info: TableInfo
    relation: str | None
    checks: tuple[Check, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """What rows are matched by; empty where nothing tells them apart."""
        return self.info.key


@dataclass(frozen=True)
class Verdict:
    """How many rows of a file do what."""

    added: int
    changed: int
    unchanged: int
    removed: int
    rejected: int


def judge(cursor: duckdb.DuckDBPyConnection, staged: Staged, order: ImportOrder, target: Target) -> Verdict:
    """Fill ``temp.import_rows``: ``place``, ``why`` a row cannot be taken in, and ``v0``, ``v1`` … for the columns.

    ``other`` is the place of the row that has the key already, where that is why. Whoever calls drops the table.
    """
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE import_rows AS {_converted(staged, order, target)}")
    by_key = _unique_by(order, target)
    if by_key:
        _reject_repeated(cursor, order, by_key)
    if order.mode is ImportMode.APPEND and by_key:
        _reject_present(cursor, order, target, by_key)
    for check in target.checks:
        if not missing_columns(check, target.info.column_names):
            _reject_broken(cursor, order, target, check)
    return _counted(cursor, order, target)


def forget(cursor: duckdb.DuckDBPyConnection) -> None:
    """Drop what :func:`judge` made."""
    for table in (ROWS, _REPEATED):
        cursor.execute(f"DROP TABLE IF EXISTS {table}")


def staged_as(order: ImportOrder) -> dict[str, str]:
    """By the name of a column of the table, what it is called in ``temp.import_rows``."""
    return {column.name: f"v{at}" for at, column in enumerate(order.columns)}


def matched(order: ImportOrder, key: Sequence[str]) -> str:
    """The condition that a row ``t`` of the table and a row ``i`` of the file have one key."""
    staged = staged_as(order)
    return " AND ".join(f"t.{identifier(name)} = i.{staged[name]}" for name in key)


def differs(order: ImportOrder, key: Sequence[str]) -> str:
    """The condition that they differ in a column outside of the key."""
    rest = [(name, staged) for name, staged in staged_as(order).items() if name not in key]
    return " OR ".join(f"t.{identifier(name)} IS DISTINCT FROM i.{staged}" for name, staged in rest) or "false"


def _unique_by(order: ImportOrder, target: Target) -> tuple[str, ...]:
    """The columns by which the file may not have a row twice; an inferred key binds nobody who only adds rows."""
    if order.mode is ImportMode.APPEND and target.info.key_origin is not KeyOrigin.DECLARED:
        return ()
    return target.key


def _converted(staged: Staged, order: ImportOrder, target: Target) -> str:
    comma, day_first = order.numbers is Numbers.COMMA, order.dates is Dates.DAY_FIRST
    sources = {column.name: column for column in staged.columns}
    values, problems = [], []
    for column, name in zip(order.columns, staged_as(order).values(), strict=True):
        source = sources[column.source]
        value = cells.value(source.staged, source.type, column.type, comma=comma, day_first=day_first)
        values.append(f"{value} AS {name}")
        problems += _problems(source, name, column, target.info.column(column.name))
    why = f"nullif(concat_ws('; ', {', '.join(problems)}), '')" if problems else "NULL::VARCHAR"
    inner = f"SELECT *, {', '.join(values)} FROM {staged.relation}"
    return f"SELECT place, {why} AS why, NULL::BIGINT AS other, COLUMNS('^v[0-9]+$') FROM ({inner})"


def _problems(source: SourceColumn, value: str, taken: TakenColumn, column: Column | None) -> list[str]:
    """The sentences, as SQL, about a cell that has no value that fits."""
    text, name = f"CAST({source.staged} AS VARCHAR)", taken.name
    empty = f"({text} IS NULL OR trim({text}) = '')"
    found = []
    if taken.type != source.type:
        kind = next((word for word, kinds in _KINDS if taken.type.startswith(kinds)), f"of the type {taken.type}")
        sentence = literal(f"“{name}” is not {kind}: ")
        found.append(f"CASE WHEN {value} IS NULL AND NOT {empty} THEN {sentence} || left({text}, {_SHOWN}) END")
    if column is not None and not column.nullable:
        found.append(f"CASE WHEN {value} IS NULL AND {empty} THEN {literal(f'“{name}” is empty')} END")
    return found


def _reject_repeated(cursor: duckdb.DuckDBPyConnection, order: ImportOrder, key: tuple[str, ...]) -> None:
    staged = staged_as(order)
    names = ", ".join(staged[name] for name in key)
    empty = " OR ".join(f"{staged[name]} IS NULL" for name in key)
    said = literal(f"“{' + '.join(key)}” is the key and is empty")
    cursor.execute(f"UPDATE {ROWS} SET why = {said} WHERE why IS NULL AND ({empty})")
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE import_repeated AS SELECT {names}, min(place) AS first FROM {ROWS} "
        f"WHERE why IS NULL GROUP BY {names} HAVING count(*) > 1"
    )
    same = " AND ".join(f"r.{staged[name]} = i.{staged[name]}" for name in key)
    cursor.execute(
        f"UPDATE {ROWS} AS i SET why = {_shown_key(order, key)} || {literal(REPEATED)}, other = r.first "
        f"FROM {_REPEATED} AS r WHERE {same} AND i.place > r.first AND i.why IS NULL"
    )


def _reject_present(
    cursor: duckdb.DuckDBPyConnection, order: ImportOrder, target: Target, key: tuple[str, ...]
) -> None:
    cursor.execute(
        f"UPDATE {ROWS} AS i SET why = {_shown_key(order, key)} || {literal(f' is in “{target.info.name}” already')} "
        f"FROM (SELECT {identifiers(key)} FROM {target.relation}) AS t WHERE {matched(order, key)} AND i.why IS NULL"
    )


def _reject_broken(cursor: duckdb.DuckDBPyConnection, order: ImportOrder, target: Target, check: Check) -> None:
    """A check reads the row as it would be: what the file does not have comes from the table, or is a default."""
    staged = staged_as(order)
    joined = order.mode in (ImportMode.UPSERT, ImportMode.REPLACE) and target.relation and target.key
    columns = []
    for column in target.info.columns:
        name = identifier(column.name)
        default = f"CAST(({column.default}) AS {column.type})" if column.default else f"NULL::{column.type}"
        if column.name in staged:
            columns.append(f"i.{staged[column.name]} AS {name}")
        elif joined:
            is_new = f"t.{identifier(target.key[0])} IS NULL"
            columns.append(f"CASE WHEN {is_new} THEN {default} ELSE t.{name} END AS {name}")
        else:
            columns.append(f"{default} AS {name}")
    place = _free("import_place", target.info.column_names)
    source = f"{ROWS} AS i" + (f" LEFT JOIN {target.relation} AS t ON {matched(order, target.key)}" if joined else "")
    rows = f"(SELECT {', '.join(columns)}, i.place AS {place} FROM {source} WHERE i.why IS NULL)"
    said = literal(f"it breaks the check “{check.name}”: {check.expression}")
    cursor.execute(
        f"UPDATE {ROWS} SET why = {said} "
        f"WHERE place IN (SELECT {place} FROM {rows} AS {identifier(target.info.name)} WHERE {is_false(check)})"
    )


def changes(cursor: duckdb.DuckDBPyConnection, order: ImportOrder, target: Target, limit: int) -> list[RowChange]:
    """The first rows of the table that the file changes, before and after, as :func:`judge` found them."""
    staged = staged_as(order)
    sides = ", ".join([*(f"t.{identifier(name)}" for name in staged), *(f"i.{name}" for name in staged.values())])
    rows = cursor.execute(
        f"SELECT {sides} FROM {ROWS} AS i JOIN {target.relation} AS t ON {matched(order, target.key)} "
        f"WHERE i.why IS NULL AND ({differs(order, target.key)}) ORDER BY i.place LIMIT {int(limit)}"
    ).fetchall()
    pairs = [
        tuple(dict(zip(staged, cells, strict=True)) for cells in (row[: len(staged)], row[len(staged) :]))
        for row in rows
    ]
    return [
        RowChange(
            tuple(after[name] for name in target.key),
            before,
            after,
            tuple(name for name in staged if name not in target.key and before[name] != after[name]),
        )
        for before, after in pairs
    ]


def _free(name: str, taken: Sequence[str]) -> str:
    while name in {other.casefold() for other in taken}:
        name += "_"
    return name


def _shown_key(order: ImportOrder, key: Sequence[str]) -> str:
    staged = staged_as(order)
    parts = [f"{literal(f'“{name}” = ')} || left(CAST(i.{staged[name]} AS VARCHAR), {_SHOWN})" for name in key]
    return " || ', ' || ".join(parts)


def _counted(cursor: duckdb.DuckDBPyConnection, order: ImportOrder, target: Target) -> Verdict:
    good, rejected = cursor.execute(
        f"SELECT count(*) FILTER (why IS NULL), count(*) FILTER (why IS NOT NULL) FROM {ROWS}"
    ).fetchall()[0]
    if order.mode in (ImportMode.NEW, ImportMode.APPEND) or target.relation is None:
        return Verdict(good, 0, 0, 0, rejected)
    total = cursor.execute(f"SELECT count(*) FROM {target.relation} AS t").fetchall()[0][0]
    if not target.key:
        return Verdict(good, 0, 0, total, rejected)
    there, changed = cursor.execute(
        f"SELECT count(*), count(*) FILTER ({differs(order, target.key)}) FROM {ROWS} AS i "
        f"JOIN {target.relation} AS t ON {matched(order, target.key)} WHERE i.why IS NULL"
    ).fetchall()[0]
    removed = total - there if order.mode is ImportMode.REPLACE else 0
    return Verdict(good - there, changed, there - changed, removed, rejected)
