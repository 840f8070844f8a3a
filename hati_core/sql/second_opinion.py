"""sqlglot's reading of a statement, as a second opinion beside DuckDB's."""

from __future__ import annotations

import logging
import re

import sqlglot
from sqlglot import errors, exp

from hati_core.errors import StatementRefused
from hati_core.sql import parser, refusals
from hati_core.sql.functions_allowed import SCALARS_AND_AGGREGATES, TABLE_FUNCTIONS
from hati_core.sql.walk import check_qualifier

_ALLOWED_NAMES = SCALARS_AND_AGGREGATES | TABLE_FUNCTIONS | {"columns", "exists"}
_REFUSED = (exp.ReadCSV, exp.ReadParquet, exp.Command, exp.Copy, exp.Attach, exp.Detach, exp.Pragma, exp.Set, exp.Use)
_UNCLEAR = (
    "The statement cannot be checked in this form. Write it in a plainer one; a PIVOT goes into FROM: "
    "SELECT * FROM (PIVOT …)."
)

_PARAMETER_BEFORE_COMMA = re.compile(rb"\$\d+(?=,)")

# sqlglot warns about each statement that it does not know well; here that is part of the answer.
logging.getLogger("sqlglot").addFilter(lambda record: "Falling back" not in record.getMessage())


def query(sql: str) -> exp.Expression:
    """Parse and check a query that DuckDB's tree has passed.

    DuckDB's tree of a query is complete, so a query that sqlglot cannot parse still passes, as an ``exp.Command``.

    Raises:
        StatementRefused: sqlglot sees something in it that is not allowed.
    """
    try:
        tree = _parse(sql)
    except errors.SqlglotError:
        return exp.Command(this=sql)
    _check(tree)
    return tree


def writing(sql: str, writes: frozenset[str]) -> exp.Expression:
    """Parse and check a statement that writes; both readings must agree on what it writes.

    Raises:
        StatementRefused: sqlglot cannot parse it, sees something that is not allowed, or another table written.
    """
    try:
        tree = _parse(sql)
    except errors.SqlglotError:
        raise StatementRefused(_UNCLEAR) from None
    if isinstance(tree, exp.Alter) and tree.find(exp.Command):
        raise StatementRefused("Write it in full: ALTER TABLE … DROP COLUMN …, ADD COLUMN …, or RENAME COLUMN … TO ….")
    _check(tree)
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.args.get("this")
    if isinstance(tree, exp.TruncateTable):
        target = tree.expressions[0]
    elif isinstance(tree, exp.Drop):
        target = tree.args["tables"][0]
    if not isinstance(target, exp.Table) or target.name.lower() not in {name.lower() for name in writes}:
        raise StatementRefused(_UNCLEAR)
    return tree


def spaced(sql: str) -> str:
    """The statement with a space behind each ``$1`` that a comma follows: sqlglot takes ``$1,$`` for a quote."""
    raw = sql.encode()
    if not _PARAMETER_BEFORE_COMMA.search(raw):
        return sql
    for token in reversed(parser.tokens(sql)):
        if token.text == "$" and (match := _PARAMETER_BEFORE_COMMA.match(raw, token.start)):
            raw = raw[: match.end()] + b" " + raw[match.end() :]
    return raw.decode()


def _parse(sql: str) -> exp.Expression:
    tree = sqlglot.parse_one(spaced(sql), read="duckdb")
    assert isinstance(tree, exp.Expression)
    return tree


def _check(tree: exp.Expression) -> None:
    for node in tree.walk():
        if isinstance(node, exp.Table):
            check_qualifier(node.catalog, node.db, node.name)
        elif isinstance(node, exp.Anonymous):
            if node.name.lower() not in _ALLOWED_NAMES:
                raise refusals.function(node.name)
        elif isinstance(node, _REFUSED) and node is not tree:
            raise refusals.function(node.sql_name() if isinstance(node, exp.Func) else node.key.upper())
