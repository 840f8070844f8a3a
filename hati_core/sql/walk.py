"""The walk over DuckDB's own tree of a query: every table, function and kind of node must be on a list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from hati_core.errors import StatementRefused
from hati_core.sql import refusals
from hati_core.sql.functions_allowed import SCALARS_AND_AGGREGATES, TABLE_FUNCTIONS, names

Node = dict[str, Any]

_EXPRESSIONS = names(
    "BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT DEFAULT FUNCTION LAMBDA OPERATOR PARAMETER "
    "POSITIONAL_REFERENCE STAR SUBQUERY TYPE WINDOW"
)
_TABLES = names("BASE_TABLE EMPTY EXPRESSION_LIST JOIN PIVOT SHOW_REF SUBQUERY TABLE_FUNCTION")
_QUERIES = names("SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE CTE_NODE")
_TYPES = names("json enum list array")
_FILE_LIKE = re.compile(r"[./\\:*?\[\]{}]|[\x00-\x1f]")


def looks_like_file(name: str) -> bool:
    """Whether DuckDB might take an unknown table name for a file or an address."""
    return _FILE_LIKE.search(name) is not None


def tables_read(statements: Iterable[Node]) -> frozenset[str]:
    """Check the trees of queries and return the names of the tables that they read, as written.

    Raises:
        StatementRefused: something in them is not on the allow-lists.
    """
    found: set[str] = set()
    for statement in statements:
        _node(statement, frozenset(), found)
    return frozenset(found)


def _node(node: Any, ctes: frozenset[str], found: set[str]) -> None:
    if isinstance(node, list):
        for item in node:
            _node(item, ctes, found)
        return
    if not isinstance(node, dict):
        return
    if "cte_map" in node:
        ctes = _query(node, ctes, found)
    elif "class" in node:
        _expression(node)
        if node["class"] == "CONSTANT":
            return
    elif "sample" in node:
        _table(node, ctes, found)
    elif node.get("type") == "UNBOUND_TYPE_INFO":
        _type(node)
    for key, value in node.items():
        if key == "function" and node.get("type") == "TABLE_FUNCTION":
            _node(value["children"], ctes, found)
        elif key != "cte_map":
            _node(value, ctes, found)


def _query(node: Node, ctes: frozenset[str], found: set[str]) -> frozenset[str]:
    """Walk the WITH part; each name is visible to what follows it, and to itself when recursive."""
    if node["type"] not in _QUERIES:
        raise StatementRefused("This form of query cannot be checked. Write it as a plain SELECT.", part=node["type"])
    for entry in node["cte_map"]["map"]:
        name = entry["key"].lower()
        inner = entry["value"]["query"]["node"]
        is_recursive = inner["type"] == "RECURSIVE_CTE_NODE"
        _node(entry["value"], ctes | {name} if is_recursive else ctes, found)
        ctes = ctes | {name}
    return ctes


def _expression(node: Node) -> None:
    kind = node["class"]
    if kind not in _EXPRESSIONS:
        raise StatementRefused("This form of expression cannot be checked. Write it in a simpler form.", part=kind)
    if kind in ("FUNCTION", "WINDOW") and node["function_name"].lower() not in SCALARS_AND_AGGREGATES:
        raise refusals.function(node["function_name"])


def _type(node: Node) -> None:
    """DuckDB would download an extension for some types that it does not know."""
    if node["catalog"] or node["schema"] or node["name"].lower() not in _TYPES:
        raise refusals.unknown_type(node["name"])


def _table(node: Node, ctes: frozenset[str], found: set[str]) -> None:
    kind = node["type"]
    if kind not in _TABLES:
        raise StatementRefused("This form of table cannot be checked. Write it in a simpler form.", part=kind)
    if kind == "BASE_TABLE":
        _base_table(node, ctes, found)
    elif kind == "TABLE_FUNCTION":
        function = node["function"]
        if function.get("class") != "FUNCTION" or function["function_name"].lower() not in TABLE_FUNCTIONS:
            raise refusals.table_function(str(function.get("function_name")))
        check_qualifier(function["catalog"], function["schema"], function["function_name"])
    elif kind == "SHOW_REF" and node["query"] is None and node["table_name"] != '"tables"':
        raise StatementRefused(
            "SHOW lists the tables of this branch only: write SHOW TABLES, or DESCRIBE with a table.", part="SHOW"
        )


def _base_table(node: Node, ctes: frozenset[str], found: set[str]) -> None:
    name: str = node["table_name"]
    catalog, schema = node["catalog_name"], node["schema_name"]
    check_qualifier(catalog, schema, name)
    # A name that looks like a file is never trusted to be the name of a WITH part.
    if not schema and name.lower() in ctes and not looks_like_file(name):
        return
    found.add(name)


def check_qualifier(catalog: str, schema: str, name: str) -> None:
    """Refuse a name that points out of the branch.

    Raises:
        StatementRefused: it has a catalog, or a schema other than ``main``.
    """
    if catalog or schema.lower() not in ("", "main"):
        raise refusals.catalog(".".join(part for part in (catalog, schema, name) if part))
