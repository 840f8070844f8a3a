"""Which expressions can be a check: those whose value depends on the cells of one row and on nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import count
from typing import Any

from hati_core.errors import InvalidCheck, SyntaxRefused
from hati_core.sql import gate, parser
from hati_core.sql.functions_allowed import AGGREGATES, names
from hati_core.sql.steady import UNSTABLE, WITHOUT_BRACKETS

_ROW_MAKERS = names("generate_subscripts regexp_split_to_table unnest")
_AGGREGATES = AGGREGATES | {"count_star", "grouping", "grouping_id"}
_NOT_OF_ONE_ROW = {
    "SUBQUERY": "a query inside of it",
    "WINDOW": "a window function",
    "STAR": "a star",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "the number of a column",
    "DEFAULT": "DEFAULT",
}
_PLAIN = "A check is one expression over the columns of a row, such as shares > 0 or price < cost * 2."


@lru_cache(maxsize=512)
def columns_of(expression: str) -> frozenset[str]:
    """The columns that a check reads, as written.

    Raises:
        InvalidCheck: it does not parse, or asks for more than the cells of one row.
        StatementRefused: it calls a function that a branch session does not know.
    """
    query = as_query(expression)
    try:
        statement = gate.check(query)
    except SyntaxRefused as error:
        raise InvalidCheck(f"“{expression.strip()}” cannot be read as an expression. {_PLAIN}") from error
    tree = parser.trees([statement.sql])[0]["node"]
    if not _is_one_expression(tree):
        raise InvalidCheck(f"“{expression.strip()}” is not one expression. {_PLAIN}")
    columns = frozenset(_columns(tree["select_list"][0], frozenset()))
    if not columns:
        raise InvalidCheck(f"“{expression.strip()}” reads no column, so it says nothing about a row. {_PLAIN}")
    return columns


def as_query(expression: str, source: str = "") -> str:
    """The expression as a query; on lines of its own, since a comment may end it."""
    return f"SELECT (\n{expression}\n) {source}".rstrip()


def default_name(table: str, expression: str, taken: Collection[str]) -> str:
    """A name for a check without one, as PostgreSQL gives it; ``taken`` are names in lower case."""
    columns = sorted(columns_of(expression))
    stem = f"{columns[0] if len(columns) == 1 else table}_check"
    candidates = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
    return next(name for name in candidates if name.casefold() not in taken)


def _is_one_expression(query: dict[str, Any]) -> bool:
    clauses = ("modifiers", "where_clause", "group_expressions", "having", "sample", "qualify")
    return (
        query["type"] == "SELECT_NODE"
        and query["from_table"]["type"] == "EMPTY"
        and not query["cte_map"]["map"]
        and not any(query[clause] for clause in clauses)
        and len(query["select_list"]) == 1
    )


def _columns(node: Any, own: frozenset[str]) -> Iterator[str]:
    """The columns in a tree; ``own`` are the names that lambdas around it bring along."""
    if isinstance(node, list):
        for item in node:
            yield from _columns(item, own)
        return
    if not isinstance(node, dict):
        return
    kind = node.get("class")
    if kind in _NOT_OF_ONE_ROW:
        raise InvalidCheck(f"A check cannot have {_NOT_OF_ONE_ROW[kind]}: it looks at one row at a time. {_PLAIN}")
    if kind == "FUNCTION":
        _require_steady(node["function_name"].lower())
    if kind == "COLUMN_REF":
        first = node["column_names"][0]
        if first.lower() in WITHOUT_BRACKETS:
            _require_steady(first.lower())
        if first.lower() not in own:
            yield first
        return
    if kind == "LAMBDA":
        own |= {name.lower() for name in _columns(node["lhs"], frozenset())}
    for key, value in node.items():
        if not (kind == "CONSTANT" and key == "value"):
            yield from _columns(value, own)


def _require_steady(function: str) -> None:
    if function in UNSTABLE:
        raise InvalidCheck(
            f"A check cannot call {function}: a row that passes today might not pass tomorrow. Compare with a "
            "plain value, or with another column."
        )
    if function in _AGGREGATES:
        raise InvalidCheck(f"A check cannot call {function}: it looks at one row at a time. {_PLAIN}")
    if function in _ROW_MAKERS:
        raise InvalidCheck(f"A check cannot call {function}, which makes rows out of one. Use list functions instead.")
