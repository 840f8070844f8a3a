"""The branch_* functions of the founding document, as statements of their own: SELECT branch_create('name')."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hati_core.errors import StatementRefused
from hati_core.sql import parser

_INTEGERS = frozenset(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"))
_ALONE = "stands alone in a statement: write SELECT {name}('…') with plain texts, whole numbers or NULL as arguments."


@dataclass(frozen=True)
class BranchCall:
    """One call of a branch_* function; ``name`` is in lower case."""

    name: str
    arguments: tuple[str | int | None, ...]


def parse_call(sql: str) -> BranchCall | None:
    """Read ``SELECT branch_xxx('literal', …)``; None when no branch_* function is called in the statement.

    Raises:
        StatementRefused: a branch_* function is used in any other way.
        SyntaxRefused: it is used in a statement that does not parse.
    """
    name = _first_branch_function(sql)
    if name is None:
        return None
    refusal = StatementRefused(f"{name} {_ALONE.format(name=name)}", part=name)
    if parser.statement_types(sql) != ["SELECT"]:
        raise refusal
    call = _only_expression(parser.trees([sql])[0]["node"])
    if call is None or not _is_plain_call(call):
        raise refusal
    arguments = [child["value"] for child in call["children"] if child["class"] == "CONSTANT" and not child["alias"]]
    if len(arguments) != len(call["children"]):
        raise refusal
    return BranchCall(name, tuple(_value(argument, refusal) for argument in arguments))


def _first_branch_function(sql: str) -> str | None:
    if "branch_" not in sql.lower():
        return None
    found = parser.tokens(sql)
    for token, after in pairwise(found):
        if token.is_name and after.text == "(" and token.name.lower().startswith("branch_"):
            return token.name.lower()
    return None


def _only_expression(query: dict[str, Any]) -> dict[str, Any] | None:
    """The expression of a query that is nothing but SELECT and one expression."""
    others = ("modifiers", "where_clause", "group_expressions", "having", "sample", "qualify")
    is_plain = (
        query["type"] == "SELECT_NODE"
        and query["from_table"]["type"] == "EMPTY"
        and not query["cte_map"]["map"]
        and not any(query[part] for part in others)
        and len(query["select_list"]) == 1
    )
    return query["select_list"][0] if is_plain else None


def _is_plain_call(call: dict[str, Any]) -> bool:
    return (
        call["class"] == "FUNCTION"
        and call["function_name"].lower().startswith("branch_")
        and not (call["schema"] or call["catalog"] or call["filter"] or call["distinct"] or call["order_bys"]["orders"])
    )


def _value(constant: dict[str, Any], refusal: StatementRefused) -> str | int | None:
    if constant["is_null"]:
        return None
    value, kind = constant["value"], constant["type"]["id"]
    if kind == "VARCHAR" and isinstance(value, str):
        return value
    if kind in _INTEGERS and isinstance(value, int):
        return value
    raise refusal
