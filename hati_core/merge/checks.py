"""Checks of tables: which rows break them, said so that a person can find and mend those rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import duckdb

from hati_core.cell_text import told_cells
from hati_core.errors import CheckViolation, DataError, InvalidCheck, QueryError, QueryTimeout
from hati_core.model import Check, Row, Violation
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
    check: Check, table: str, where: str, key: Sequence[str], query: Query, relation: str
) -> Violation | None:
    """What is wrong with the rows of ``relation`` by one check, with some of those rows; None where all hold.

    ``where`` says to a person what rows these are, such as ``“main” after the merge``.
    """
    try:
        rows = query(f"{_where_false(relation, check)} LIMIT {_ROWS}")
    except QueryTimeout:
        raise
    except _UNFIT as error:
        message = f"The check “{check.name}” of “{table}” cannot be worked out on {where}: {plain(error)}."
        return Violation(table, check.name, message)
    if not rows:
        return None
    wanted = {name.casefold() for name in (*key, *columns_of(check.expression))}
    examples = "; ".join(
        told_cells({name: value for name, value in row.items() if name.casefold() in wanted}) for row in rows[:_SHOWN]
    )
    more = ", and in more rows" if len(rows) > _SHOWN else ""
    message = (
        f"The check “{check.name}” of “{table}” on {where} does not hold: "
        f"{check.expression} is false where {examples}{more}."
    )
    return Violation(table, check.name, message, tuple(rows), tuple(columns_of(check.expression)))


def is_false(check: Check) -> str:
    """The condition that rows which break a check meet."""
    return f"NOT (\n{check.expression}\n)"


def refusal(violations: Sequence[Violation], branch: str | None, table: str, advice: str) -> CheckViolation:
    """The error for rows that break checks of one table."""
    sentences = " ".join(found.message for found in violations)
    return CheckViolation(f"{sentences} {advice}", violations=violations, branch=branch, table=table)


def _where_false(relation: str, check: Check) -> str:
    return f"SELECT * FROM (FROM {relation}) WHERE {is_false(check)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
