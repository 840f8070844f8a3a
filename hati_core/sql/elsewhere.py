"""Tables of other branches in a statement, written ``"aggressive-growth".portfolio``.

The gate lets a statement name tables of its own branch alone. So each table of another branch is given a stand-in
before the gate looks, and takes its place again when the statement has passed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import sqlglot
from sqlglot import errors, exp

from hati_core.errors import StatementRefused
from hati_core.quote import identifier
from hati_core.sql import gate, parser
from hati_core.sql.gate import Statement
from hati_core.sql.second_opinion import spaced

_MARK = f"elsewhere_{uuid.uuid4().hex}_"
"""No table has such a name: it is another one in every process."""

BranchOf = Callable[[str], str | None]
"""What branch a schema's name stands for; None where it is no branch."""
PlaceOf = Callable[[str, str], str]
"""The SQL that reads a table of a branch."""


@dataclass(frozen=True)
class _Edit:
    """Characters of a statement, from ``begin`` up to ``end``, and what stands there instead."""

    begin: int
    end: int
    text: str


def check(sql: str, own: str, branch_of: BranchOf, place_of: PlaceOf) -> Statement:
    """Let one statement through the gate, or say why not; it may read tables of other branches by schema.

    ``own`` is the branch that it is for, whose name may stand in front of its tables too.

    Raises:
        StatementRefused, SyntaxRefused: as the gate does; or it writes to another branch.
    """
    tree = _tree(sql, branch_of)
    if tree is None:
        return _checked(sql, own)
    text = spaced(sql)
    edits: list[_Edit] = []
    places: dict[tuple[str, str], str] = {}
    names: dict[str, str] = {}
    for node in tree.find_all(exp.Table, exp.Column):
        schema, name = node.args.get("db"), node.args.get("table") if isinstance(node, exp.Column) else node.this
        branch = branch_of(schema.name) if isinstance(schema, exp.Identifier) and not node.args.get("catalog") else None
        if branch is None or not isinstance(name, exp.Identifier) or not isinstance(schema, exp.Identifier):
            continue
        begin, end, after = schema.meta["start"], name.meta["start"], name.meta["end"] + 1
        if branch == own or isinstance(node, exp.Column):
            edits.append(_Edit(begin, end, ""))
            continue
        key = (branch, name.name)
        if key not in places:
            places[key] = identifier(f"{_MARK}{len(places)}")
            names[places[key]] = f"{schema.name}.{name.name}"
        edits.append(_Edit(begin, after, places[key]))
    for edit in sorted(edits, key=lambda edit: edit.begin, reverse=True):
        text = text[: edit.begin] + edit.text + text[edit.end :]
    statement = _checked(text, own)
    for stand_in, full in names.items():
        if stand_in[1:-1] in statement.writes:
            raise StatementRefused(
                f"{full} is a table of another branch, which can only be read from here. Write to it from its own "
                f"branch: SET branch = '{full.split('.', maxsplit=1)[0]}'.",
                part=full,
            )
    return replace(statement, elsewhere=tuple((stand_in, place_of(*key)) for key, stand_in in places.items()))


def _checked(sql: str, own: str) -> Statement:
    try:
        return gate.check(sql, own=own)
    except StatementRefused as refused:
        schema, _, table = (refused.part or "").partition(".")
        if not table or "outside this branch" not in refused.message or schema.startswith("__"):
            raise
        raise StatementRefused(
            f"There is no branch called “{schema}” to read “{table}” from. SELECT branch_list() lists the branches.",
            part=refused.part,
        ) from refused


def _tree(sql: str, branch_of: BranchOf) -> exp.Expression | None:
    """sqlglot's tree of a statement that may name a branch; None where it does not, or cannot be read."""
    if "." not in sql or len(sql) > gate.LONGEST:
        return None
    found = parser.tokens(sql)
    if not any(token.is_name and after.text == "." and branch_of(token.name) for token, after in pairwise(found)):
        return None
    try:
        tree = sqlglot.parse_one(spaced(sql), read="duckdb")
    except (errors.SqlglotError, RecursionError):
        return None
    return tree if isinstance(tree, exp.Expression) else None
