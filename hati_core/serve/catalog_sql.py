"""Queries of PostgreSQL's own tables, as PostgreSQL writes them, turned into what the scratch database runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import errors, exp

from hati_core.serve.catalog_schema import FUNCTIONS, INFORMATION, INFORMATION_TABLES, PG, PG_TABLES
from hati_core.serve.failures import Refusal
from hati_core.sql import gate
from hati_core.sql.functions_allowed import names
from hati_core.sql.second_opinion import spaced

_SIGN = re.compile(
    r"pg_|information_schema|\bversion\s*\(|current_|session_user|\buser\b|::\s*\"?reg|\breg\w+\)|_description\s*\(|"
    r"format_type|_privilege\s*\(|txid_|inet_|to_reg|quote_(ident|literal)\s*\(|\bset_config\s*\(",
    re.IGNORECASE,
)
"""A query without any of these is none of ours, and need not be parsed twice."""
_SCHEMAS = {"pg_catalog": PG, "information_schema": INFORMATION}
_REGS = {
    "regclass": ("class_of", "class_name"),
    "regtype": ("type_of", "format_type"),
    "regnamespace": ("namespace_of", "namespace_name"),
    "regrole": ("role_of", "pg_get_userbyid"),
}
"""Types that are numbers and read as names: what makes one of a name, and a name of one."""
_FUNCTIONS = ("regproc", "regprocedure")
_AS_TEXT = (*_FUNCTIONS, "regoper", "regoperator", "regconfig", "pg_node_tree", "aclitem", "name", "char")
_OPERATORS = {
    "~": exp.RegexpLike,
    "~~": exp.Like,
    "=": exp.EQ,
    "<>": exp.NEQ,
    "~*": exp.RegexpILike,
    "~~*": exp.ILike,
}
_AS_TABLES = {"pg_get_keywords": "pg_keywords", "pg_available_extensions": "pg_available_extensions"}
"""Functions in the place of a table, by the table that has their rows."""
_WHOLE = re.compile(r"oid|int|bigint|smallint")
_LIST_ITEMS = {"oid": "bigint", "regtype": "bigint", "name": "text", '"char"': "text"}
_LISTS = re.compile(r'::\s*(?:pg_catalog\.)?(oid|regtype|name|"char")\s*\[\]', re.IGNORECASE)
_LIST = re.compile(r"\{[^{}]*\}")
_RENAMED = {
    "json_build_object": "json_object",
    "jsonb_build_object": "json_object",
    "json_agg": "json_group_array",
    "jsonb_agg": "json_group_array",
}
SESSION_FUNCTIONS = names(
    "version current_schema current_schemas current_database current_catalog current_user session_user user "
    "current_role set_config pg_get_keywords"
)


@dataclass(frozen=True)
class Here:
    """What a session answers about itself, as SQL."""

    functions: Mapping[str, exp.Expr]


def parsed(sql: str) -> exp.Expr | None:
    """The tree of a query that is about PostgreSQL's own tables and functions alone; None where it is not.

    Raises:
        Refusal: it is about them and about tables of a branch at once.
    """
    return _parsed(sql) if len(sql) <= gate.LONGEST and _SIGN.search(sql) else None


@lru_cache(maxsize=256)
def _parsed(sql: str) -> exp.Expr | None:
    try:
        tree = sqlglot.parse_one(_plain(spaced(sql)), read="postgres")
    except (errors.SqlglotError, RecursionError):
        return None
    if not isinstance(tree, exp.Query):
        return None
    withs = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    tables = [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]
    own = [table for table in tables if _schema_of(table)]
    others = [t for t in tables if not _schema_of(t) and (t.db or t.name.lower() not in withs)]
    if own and others:
        raise Refusal(
            "0A000",
            f"This query asks for {own[0].name} and for {others[0].name} at once.",
            "Ask for PostgreSQL's tables and for tables of a branch in queries of their own.",
        )
    if own or (not others and _asks_session(tree)):
        return tree
    return None


def _plain(sql: str) -> str:
    """The query with lists of PostgreSQL's own types, which sqlglot cannot read, as lists of ordinary ones."""
    return _LISTS.sub(lambda cast: f"::{_LIST_ITEMS[cast[1].lower()]}[]", sql)


def _schema_of(table: exp.Table) -> str | None:
    """The scratch schema that a table stands for."""
    schema, name = table.db.lower(), table.name.lower()
    if schema in _SCHEMAS:
        return _SCHEMAS[schema]
    return PG if not schema and name in PG_TABLES else None


def settings_made(tree: exp.Expr) -> list[tuple[str, str]]:
    """The settings that a query makes by calling ``set_config('name', 'value', …)``."""
    calls = [node.expressions for node in tree.find_all(exp.Anonymous) if node.name.lower() == "set_config"]
    return [(call[0].name, call[1].name) for call in calls if len(call) == 3]


def _asks_session(tree: exp.Expr) -> bool:
    return any(
        _function_name(node) in FUNCTIONS | SESSION_FUNCTIONS
        or (isinstance(node, exp.Cast) and _kind(node) in (*_REGS, *_FUNCTIONS))
        for node in tree.walk()
    )


def _function_name(node: exp.Expr) -> str:
    """The name of the function that a node calls, in lower case; empty where it calls none."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    if isinstance(node, exp.Func):
        return _SESSION_NODES.get(node.key, node.sql_name().lower())
    if isinstance(node, exp.Column) and not node.table and not node.this.args.get("quoted"):
        # These are written without brackets.
        return node.name.lower() if node.name.lower() in ("current_role", "user") else ""
    return ""


_SESSION_NODES = {
    "currentversion": "version",
    "currentschema": "current_schema",
    "currentschemas": "current_schemas",
    "currentdatabase": "current_database",
    "currentcatalog": "current_catalog",
    "currentuser": "current_user",
    "sessionuser": "session_user",
    "currentrole": "current_role",
}


def _kind(cast: exp.Cast) -> str:
    """The name of the type that something is cast to, in lower case and without a schema."""
    to = cast.args["to"]
    return str(to.sql("postgres")).lower().rsplit(".", maxsplit=1)[-1].strip('"')


def rewritten(tree: exp.Expr, here: Here) -> str:
    """The query as the scratch database runs it."""
    copied = tree.copy()
    for table in list(copied.find_all(exp.Table)):
        if (schema := _schema_of(table)) and isinstance(table.this, exp.Identifier):
            _require_known(table, schema)
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
            table.set("db", exp.to_identifier(schema))
            table.set("catalog", None)
        elif table.db.lower() in _SCHEMAS:
            # A function in the place of a table.
            table.set("db", None)
        if isinstance(table.this, exp.Anonymous) and (rows := _AS_TABLES.get(table.this.name.lower())):
            table.set("this", exp.to_identifier(rows))
            table.set("db", exp.to_identifier(PG))
    for query in copied.find_all(exp.Select):
        unnamed = "?column?" if query is copied else None
        query.set("expressions", [_named(column, unnamed) for column in query.expressions])
    return _bottom_up(copied, here).sql(dialect="duckdb")


def _named(column: exp.Expr, unnamed: str | None) -> exp.Expr:
    """A column that has no name of its own, with the name that PostgreSQL gives it."""
    called, inner = column, column
    while isinstance(inner, exp.Cast | exp.Paren):
        inner = inner.this
    if isinstance(inner, exp.Dot) and isinstance(inner.expression, exp.Func):
        inner = inner.expression
    is_column = isinstance(called, exp.Column) and not _function_name(called) and called.name.lower() != "tableoid"
    if (
        is_column
        or isinstance(called, exp.Alias | exp.Star)
        or (name := _output_name(called, inner) or unnamed) is None
    ):
        return column
    return exp.alias_(called, name, quoted=True)


def _output_name(column: exp.Expr, inner: exp.Expr) -> str | None:
    if isinstance(inner, exp.Column) and not _function_name(inner):
        return inner.name
    if name := _function_name(inner):
        return name
    return _kind(column) if isinstance(column, exp.Cast) else None


def _bottom_up(node: exp.Expr, here: Here) -> exp.Expr:
    for child in list(node.iter_expressions()):
        changed = _bottom_up(child, here)
        if changed is not child:
            child.replace(changed)
    return _changed(node, here)


def _require_known(table: exp.Table, schema: str) -> None:
    known = PG_TABLES if schema == PG else INFORMATION_TABLES
    if table.name.lower() not in known:
        raise Refusal("42P01", f"{table.db}.{table.name} is not one of the tables that the server has.")


def _changed(node: exp.Expr, here: Here) -> exp.Expr:
    if isinstance(node, exp.Dot) and node.this.name.lower() in _SCHEMAS:
        inner: exp.Expr = node.expression
        return inner
    if isinstance(node, exp.Collate):
        collated: exp.Expr = node.this
        return collated
    if isinstance(node, exp.Operator):
        return _operator(node)
    if isinstance(node, exp.Cast):
        return _cast(node)
    if isinstance(node, exp.Table | exp.Unnest) and not isinstance(node.this, exp.Identifier):
        _name_column(node)
    if isinstance(node, exp.Anonymous) and node.name.lower() in _RENAMED:
        node.set("this", _RENAMED[node.name.lower()])
    if isinstance(node, exp.EQ | exp.NEQ) and (listed := _list(node.expression, "bigint")) is not None:
        node.set("expression", listed)
    if isinstance(node, exp.Column) and node.name.lower() == "tableoid":
        # It tells comments on things of one kind from those of another, and there are none.
        return exp.Literal.number(0)
    if isinstance(node, exp.Column) and node.args.get("db"):
        node.set("db", None)
        node.set("catalog", None)
    name = _function_name(node)
    if name == "set_config" and len(node.expressions) == 3:
        value: exp.Expr = node.expressions[1]
        return value
    return here.functions[name].copy() if name in here.functions else node


def _name_column(node: exp.Expr) -> None:
    """A function in the place of a table has one column, which PostgreSQL calls by the alias."""
    alias = node.args.get("alias")
    if isinstance(alias, exp.TableAlias) and alias.this and not alias.args.get("columns"):
        alias.set("columns", [alias.this.copy()])


def _operator(node: exp.Operator) -> exp.Expr:
    sign = str(node.args["operator"]).rsplit(".", maxsplit=1)[-1].strip()
    is_not = sign.startswith("!")
    made = _OPERATORS.get(sign.removeprefix("!"))
    if made is None:
        raise Refusal("0A000", f"The operator {sign} cannot be used on PostgreSQL's own tables here.")
    found = made(this=node.this, expression=node.expression)
    return exp.Not(this=found) if is_not else found


def _cast(node: exp.Cast) -> exp.Expr:
    kind = _kind(node)
    inner: exp.Expr = node.this
    if kind in _REGS:
        of_name, of_number = _REGS[kind]
        if isinstance(inner, exp.Literal | exp.Parameter | exp.Placeholder):
            return exp.Anonymous(this=of_name, expressions=[exp.cast(inner, "varchar")])
        # A number that is only looked at as a name; what compares it with a number casts it to one.
        if _becomes_number(node):
            return inner
        number = [exp.Null()] if of_number == "format_type" else []
        return exp.Anonymous(this=of_number, expressions=[inner, *number])
    if kind.endswith("[]") or kind in ("oidvector", "int2vector"):
        item = "bigint" if _WHOLE.match(kind) else "varchar"
        listed = _list(inner, item)
        return exp.cast(inner, f"{item}[]") if listed is None else listed
    if kind in ("oid", "xid"):
        return exp.cast(inner, "bigint")
    if kind in _FUNCTIONS and isinstance(inner, exp.Literal) and inner.is_string and _becomes_number(node):
        return exp.Anonymous(this="function_of", expressions=[inner])
    if kind in _AS_TEXT:
        return exp.cast(inner, "varchar")
    if "." in node.args["to"].sql("postgres"):
        return exp.cast(inner, exp.DataType.build(kind, dialect="postgres"))
    return node


def _becomes_number(cast: exp.Cast) -> bool:
    return isinstance(cast.parent, exp.Cast) and _kind(cast.parent) in ("oid", "int8", "bigint", "int", "int4")


def _list(node: exp.Expr | None, item: str) -> exp.Expr | None:
    """A list that is written as a text, ``'{r,v}'``."""
    if not (isinstance(node, exp.Literal) and node.is_string and _LIST.fullmatch(node.name)):
        return None
    parts = [part.strip().strip('"') for part in node.name[1:-1].split(",") if part.strip()]
    items = [exp.Literal.number(part) if item == "bigint" else exp.Literal.string(part) for part in parts]
    return exp.cast(exp.Array(expressions=items), f"{item}[]")
