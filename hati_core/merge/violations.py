"""The rules of a table that a merge would break, which is no conflict: nobody can choose a side.

Checks, keys, columns that cannot be empty, and types that values do not fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from hati_core.cell_text import told
from hati_core.merge.alter import is_widening
from hati_core.merge.checks import Query, is_false, missing_columns, violation
from hati_core.merge.context import MergeContext
from hati_core.merge.keys import duplicate_message, empty_message, has_no_key, repeated_keys
from hati_core.merge.rows import fetch
from hati_core.merge.schema import TableAction
from hati_core.merge.table_plan import TableWork
from hati_core.model import Check, Row, TableInfo, Violation
from hati_core.quote import identifier, identifiers

_ROWS = 5
_MENDABLE = 200
"""Rows of one violation that are offered for mending; the next ones come up when these are mended."""


def violations(context: MergeContext, work: TableWork, final: str) -> list[Violation]:
    """The rules that one table would break after a merge, given what the merge writes to it."""
    if work.action not in (TableAction.MERGE_ROWS, TableAction.CREATE):
        return []

    def query(sql: str) -> list[Row]:
        return fetch(context.engine, work.ours.point.branch_id, sql)

    found: list[Violation] = []
    if work.action is TableAction.MERGE_ROWS:
        found += _missing_values(work, query, final)
        found += _lost_values(work, query)
    found += _broken_checks(context, work, query, final)
    found += _repeated_keys(context, work, query, final)
    return found


def _ids(work: TableWork, query: Query, final: str, condition: str) -> tuple[str, ...]:
    """The rows that the merge writes and that meet a condition, by what the plan knows them."""
    if work.classified is None:
        return ()
    taken = {column.name.casefold() for column in work.shape.columns}
    name = next(name for name in (f"id_{number}" for number in count()) if name not in taken)
    rows = f"SELECT id AS {name}, unnest(result) FROM ({final}) WHERE result IS NOT NULL"
    return tuple(row[name] for row in query(f"SELECT {name} FROM ({rows}) WHERE {condition} LIMIT {_MENDABLE}"))


def _missing_values(work: TableWork, query: Query, final: str) -> list[Violation]:
    table, found = work.shape.table, []
    for column in (column.name for column in work.shape.columns if not column.nullable):
        empty = f"result IS NOT NULL AND result.{identifier(column)} IS NULL"
        rows = query(f"SELECT result FROM ({final}) WHERE {empty} LIMIT {_ROWS}")
        if rows:
            message = f"“{column}” of “{table}” cannot be empty, and the merge would leave it empty."
            mended_by = _ids(work, query, final, f"{identifier(column)} IS NULL")
            wrong = tuple(row["result"] for row in rows)
            found.append(Violation(table, f"NOT NULL {column}", message, wrong, (column,), mended_by))
    return found


def _lost_values(work: TableWork, query: Query) -> list[Violation]:
    """Values of a side that do not fit the type that the merged column has."""
    found = []
    for column in work.shape.columns:
        for there in (work.ours, work.theirs):
            source = column.at.get(there.label)
            if source is None or source.type == column.type or is_widening(source.type, column.type):
                continue
            value = identifier(source.name)
            back = f"TRY_CAST(TRY_CAST({value} AS {column.type}) AS {source.type})"
            rows = query(f"SELECT * FROM {there.relation} WHERE {value} IS DISTINCT FROM {back} LIMIT {_ROWS}")
            if rows:
                message = (
                    f"“{column.name}” of “{work.shape.table}” would be {column.type}, and values of "
                    f"“{there.catalog.name}” do not fit it, such as {told(rows[0][source.name])}."
                )
                found.append(Violation(work.shape.table, f"{column.name} {column.type}", message, tuple(rows)))
    return found


def _written(final: str) -> str:
    return f"(SELECT unnest(result) FROM ({final}) WHERE result IS NOT NULL)"


def _everything(work: TableWork, final: str) -> str:
    return f"({work.preview(final)})"


def _broken_checks(context: MergeContext, work: TableWork, query: Query, final: str) -> list[Violation]:
    written, everything = _written(final), _everything(work, final)
    table, branch = work.shape.table, work.ours.catalog.name
    key = () if work.shape.by_lineage else work.shape.key
    before = work.ours.info.column_names if work.ours.info else ()
    after = [column.name for column in work.shape.columns]
    known = checks_of(context.checks, [work.ours.info])
    held = [check for check in known if not missing_columns(check, before)]
    mine = [check for check in known if not missing_columns(check, after)]
    # Where a column is new, every row has a value of it that was not checked on this branch.
    asked = {check: everything if missing_columns(check, before) else written for check in mine}
    asked |= dict.fromkeys(gained_checks(context.checks, work), everything)
    broken = []
    for check, rows in asked.items():
        found = violation(check, table, after_merge(branch), key, query, rows)
        if found and found.rows:
            found = replace(found, row_ids=_ids(work, query, final, is_false(check)))
        broken += [found] if found else []
    return broken + [_undermined(check, table, branch, after) for check in held if check not in mine]


def after_merge(branch: str) -> str:
    """Which rows break a rule: those on the branch today may well keep it."""
    return f"“{branch}” after the merge"


def _undermined(check: Check, table: str, branch: str, columns: Sequence[str]) -> Violation:
    absent = ", ".join(f"“{column}”" for column in missing_columns(check, columns))
    message = (
        f"The merge would drop or rename {absent} of “{table}” on “{branch}”, which the check “{check.name}” needs "
        f"({check.expression}). Drop the check first, and set it anew afterwards."
    )
    return Violation(table, check.name, message)


def _repeated_keys(context: MergeContext, work: TableWork, query: Query, final: str) -> list[Violation]:
    """Rows merge by one key; where the target's own table has another, the merged rows may break that one."""
    info, table = work.ours.info, work.shape.table
    key = context.keys.get(info.uuid, ()) if info else ()
    columns = {column.name for column in work.shape.columns}
    if not key or key == work.shape.key or not columns.issuperset(key):
        return []
    where = after_merge(work.ours.catalog.name)
    rule = f"PRIMARY KEY ({', '.join(key)})"
    written = _written(final)
    empty = query(f"FROM {written} WHERE {has_no_key(key)} LIMIT {_ROWS}")
    if empty:
        mended_by = _ids(work, query, final, has_no_key(key))
        return [Violation(table, rule, empty_message(table, where, key, empty), tuple(empty), key, mended_by)]
    repeated = query(repeated_keys(written, _everything(work, final), key))
    if not repeated:
        return []
    many = repeated_keys(written, _everything(work, final), key)
    mended_by = _ids(work, query, final, f"({identifiers(key)}) IN (SELECT ({identifiers(key)}) FROM ({many}))")
    return [Violation(table, rule, duplicate_message(table, where, key, repeated), tuple(repeated), key, mended_by)]


def checks_of(known: Mapping[str, tuple[Check, ...]], infos: Iterable[TableInfo | None]) -> tuple[Check, ...]:
    """The checks of a table under any of its lineages; of two with one name, the first."""
    found: dict[str, Check] = {}
    for info in infos:
        for check in known.get(info.uuid, ()) if info else ():
            found.setdefault(check.name.casefold(), check)
    return tuple(found.values())


def gained_checks(known: Mapping[str, tuple[Check, ...]], work: TableWork) -> tuple[Check, ...]:
    """The checks that the target's table takes over from the other side's, as far as its columns allow."""
    names = [column.name for column in work.shape.columns]
    mine = checks_of(known, [work.ours.info])
    both = checks_of(known, [work.ours.info, work.theirs.info])
    return tuple(check for check in both if check not in mine and not missing_columns(check, names))
