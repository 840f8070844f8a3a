"""Checks of tables: which rows break them, said so that a person can find and mend those rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import duckdb

from hati_core.errors import CheckViolation, DataError, InvalidCheck, QueryError, QueryTimeout
from hati_core.merge.context import MergeContext
from hati_core.merge.keys import duplicate_message, empty_message
from hati_core.merge.rows import fetch
from hati_core.merge.schema import TableAction
from hati_core.merge.table_plan import TableWork
from hati_core.model import Check, Row, TableInfo, Violation
from hati_core.quote import identifier, identifiers
from hati_core.sql.checks import columns_of
from hati_core.storage.failures import plain

Query = Callable[[str], list[Row]]

_UNFIT = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError, DataError, QueryError)
"""What goes wrong because of the expression or the rows, raised by DuckDB or translated."""
_ROWS = 5
_SHOWN = 3


def require_fit(check: Check, table: str, branch: str, query: Query, relation: str, columns: Sequence[str]) -> None:
    """Check that an expression can be asked of the rows of ``relation``, which has these columns.

    Raises:
        InvalidCheck: a column is missing, or the expression does not say true or false.
    """
    if missing_columns(check, columns):
        raise absent_column(check, table, branch, columns)
    try:
        query(f"EXPLAIN {_where_false(relation, check)}")
        kind = query(f"DESCRIBE SELECT (\n{check.expression}\n) AS result FROM (FROM {relation})")[0]["column_type"]
    except QueryTimeout:
        raise
    except _UNFIT as error:
        raise InvalidCheck(
            f"“{check.expression}” cannot be asked of the rows of “{table}” on “{branch}”: {plain(error)}.",
            branch=branch,
            table=table,
        ) from error
    if kind != "BOOLEAN":
        raise InvalidCheck(
            f"“{check.expression}” gives {kind}, and a check has to be true or false. Compare it with something.",
            branch=branch,
            table=table,
        )


def absent_column(check: Check, table: str, branch: str, columns: Sequence[str]) -> InvalidCheck:
    """The error for a check of columns that a table does not have."""
    absent = _listed(missing_columns(check, columns))
    return InvalidCheck(
        f"“{table}” on “{branch}” has no column {absent}. Its columns are: {', '.join(columns)}.",
        branch=branch,
        table=table,
    )


def missing_columns(check: Check, columns: Iterable[str]) -> list[str]:
    """The columns that a check reads and a table does not have; names are compared as SQL does."""
    there = {column.casefold() for column in columns}
    return sorted(column for column in columns_of(check.expression) if column.casefold() not in there)


def violation(
    check: Check, table: str, branch: str, key: Sequence[str], query: Query, relation: str
) -> Violation | None:
    """What is wrong with the rows of ``relation`` by one check, with some of those rows; None where all hold."""
    try:
        rows = query(f"{_where_false(relation, check)} LIMIT {_ROWS}")
    except QueryTimeout:
        raise
    except _UNFIT as error:
        message = f"The check “{check.name}” of “{table}” cannot be worked out on “{branch}”: {plain(error)}."
        return Violation(table, check.name, message)
    if not rows:
        return None
    wanted = {name.casefold() for name in (*key, *columns_of(check.expression))}
    examples = "; ".join(_shown(row, wanted) for row in rows[:_SHOWN])
    more = ", and in more rows" if len(rows) > _SHOWN else ""
    message = (
        f"The check “{check.name}” of “{table}” on “{branch}” does not hold: "
        f"{check.expression} is false where {examples}{more}."
    )
    return Violation(table, check.name, message, tuple(rows))


def refusal(violations: Sequence[Violation], branch: str | None, table: str, advice: str) -> CheckViolation:
    """The error for rows that break checks of one table."""
    sentences = " ".join(found.message for found in violations)
    return CheckViolation(f"{sentences} {advice}", violations=violations, branch=branch, table=table)


def merged_violations(context: MergeContext, work: TableWork, final: str) -> list[Violation]:
    """The checks and keys that one table would break after a merge, given what the merge writes to it."""
    if work.action not in (TableAction.MERGE_ROWS, TableAction.CREATE):
        return []
    table = work.shape.table
    branch_id, branch = work.ours.point.branch_id, work.ours.catalog.name
    written = f"(SELECT unnest(result) FROM ({final}) WHERE result IS NOT NULL)"
    everything = f"({work.preview(final)})"

    def query(sql: str) -> list[Row]:
        return fetch(context.engine, branch_id, sql)

    key = () if work.shape.by_lineage else work.shape.key
    before = work.ours.info.column_names if work.ours.info else ()
    after = [column.name for column in work.shape.columns]
    gained = gained_checks(context.checks, work)
    held = [check for check in checks_of(context.checks, [work.ours.info]) if not missing_columns(check, before)]
    mine = [check for check in checks_of(context.checks, [work.ours.info]) if not missing_columns(check, after)]
    # Where a column is new, every row has a value of it that was not checked on this branch.
    asked = {check: everything if missing_columns(check, before) else written for check in mine}
    asked |= dict.fromkeys(gained, everything)
    found = [violation(check, table, branch, key, query, rows) for check, rows in asked.items()]
    found += [_undermined(check, table, branch, after) for check in held if check not in mine]
    found.append(_repeated_key(context, work, query, written, everything))
    return [each for each in found if each]


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


def _undermined(check: Check, table: str, branch: str, columns: Sequence[str]) -> Violation:
    absent = _listed(missing_columns(check, columns))
    message = (
        f"The merge would drop or rename {absent} of “{table}” on “{branch}”, which the check “{check.name}” needs "
        f"({check.expression}). Drop the check first, and set it anew afterwards."
    )
    return Violation(table, check.name, message)


def _repeated_key(
    context: MergeContext, work: TableWork, query: Query, written: str, everything: str
) -> Violation | None:
    """Rows merge by one key; where the target's own table has another, the merged rows may break that one."""
    info, table = work.ours.info, work.shape.table
    key = context.keys.get(info.uuid, ()) if info else ()
    columns = {column.name for column in work.shape.columns}
    if not key or key == work.shape.key or not columns.issuperset(key):
        return None
    names, where = identifiers(key), f"“{work.ours.catalog.name}”"
    rule = f"PRIMARY KEY ({', '.join(key)})"
    empty = query(f"FROM {written} WHERE {' OR '.join(f'{identifier(c)} IS NULL' for c in key)} LIMIT {_ROWS}")
    if empty:
        return Violation(table, rule, empty_message(table, where, key, empty), tuple(empty))
    repeated = query(
        f"SELECT {names} FROM {everything} SEMI JOIN (SELECT {names} FROM {written}) USING ({names}) "
        f"GROUP BY {names} HAVING count(*) > 1 ORDER BY {names} LIMIT {_ROWS}"
    )
    if not repeated:
        return None
    return Violation(table, rule, duplicate_message(table, where, key, repeated), tuple(repeated))


def _where_false(relation: str, check: Check) -> str:
    return f"SELECT * FROM (FROM {relation}) WHERE NOT (\n{check.expression}\n)"


def _shown(row: Row, wanted: Collection[str]) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in row.items() if name.casefold() in wanted)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
