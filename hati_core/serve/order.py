"""The order of rows that nobody asked for.

DuckLake writes a changed row anew, behind all others. People who look at a small table expect it to stay where it
was, so a plain query of one is answered in the order in which its rows were first inserted. Sorting a large table
would take longer than reading it, and there any order is as good.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from hati_core.branch import Branch
from hati_core.errors import HatiError
from hati_core.recent import Recent
from hati_core.sql.gate import Statement

SMALL = 20_000
"""Rows; sorting so many takes a few milliseconds."""
_BARE = {"this", "alias"}
_PLAIN = {"kind", "hint", "distinct", "expressions", "from_", "where"}


_sizes: Recent[tuple[str, str, int, str], float] = Recent(1024)


def in_order(statement: Statement, branch: Branch) -> Statement:
    """The statement, with an order where it is a plain query of one small table that has none."""
    table = _plain_table(statement)
    if table is None or _rows(branch, table) > SMALL:
        return statement
    return replace(statement, sql=f"{statement.sql}\nORDER BY rowid")


def _rows(branch: Branch, table: str) -> float:
    key = (branch.place, branch.id, branch.head, table)
    known = _sizes.get(key)
    if known is not None:
        return known
    try:
        return _sizes.put(key, branch.rows_at_most(table))
    except HatiError:
        # A view has no order of its own.
        return _sizes.put(key, float("inf"))


def _plain_table(statement: Statement) -> str | None:
    tree = statement.tree
    if not isinstance(tree, exp.Select) or statement.sql.lstrip()[:6].upper() != "SELECT":
        return None
    if any(value for name, value in tree.args.items() if name not in _PLAIN) or tree.args.get("distinct"):
        return None
    source = tree.args.get("from_")
    table = source.this if source else None
    if not isinstance(table, exp.Table) or any(value for name, value in table.args.items() if name not in _BARE):
        return None
    if not isinstance(table.this, exp.Identifier) or tree.find(exp.AggFunc, exp.Window, exp.UDTF, exp.Anonymous):
        return None
    return table.name
