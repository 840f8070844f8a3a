"""The gate: which SQL a branch session may run.

Two readings of each statement must allow it. DuckDB's own parser decides, since DuckDB is what will run it; sqlglot's
is the second opinion, and gives the tree that others work with. Both decide by lists of what is allowed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import sqlglot.errors
from sqlglot import exp

from hati_core.errors import StatementRefused, SyntaxRefused
from hati_core.names import MAIN
from hati_core.sql import parser, pivots, refusals, second_opinion, shapes, shapes_ddl, walk
from hati_core.sql.functions_allowed import names
from hati_core.sql.words import Words

LONGEST = 200_000
"""Characters in one statement; more than this is data, and belongs in an import."""

_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
)
_RESERVED = re.compile(r"(?i)duckdb_|pg_|pragma_|sqlite_|ducklake_")
_QUERIES = names("( FROM PIVOT PIVOT_WIDER PIVOT_LONGER SELECT TABLE UNPIVOT VALUES WITH DESCRIBE DESC SHOW SUMMARIZE")
_WRITES = names("INSERT UPDATE DELETE MERGE TRUNCATE")
_DEFINITIONS = names("CREATE DROP ALTER")


class StatementKind(Enum):
    """What a statement does to a branch."""

    QUERY = "query"
    WRITE = "write"
    DDL = "ddl"


@dataclass(frozen=True)
class Statement:
    """One statement that the gate lets through.

    ``tree`` is shared between callers and must not be changed; work on a ``copy()``. For EXPLAIN it is the tree of
    the explained statement, and for a query that sqlglot cannot parse an ``exp.Command``. ``elsewhere`` are the names
    in ``sql`` that stand for tables of other branches, each with the SQL that reads that table.
    """

    sql: str
    kind: StatementKind
    reads: frozenset[str]
    writes: frozenset[str]
    tree: exp.Expression
    elsewhere: tuple[tuple[str, str], ...] = ()

    def placed(self, sql: str) -> str:
        """SQL that was made of this statement, with tables of other branches in their places."""
        for stand_in, table in self.elsewhere:
            sql = sql.replace(stand_in, table)
        return sql


def check(sql: str, *, known_names: Collection[str] | None = None, own: str | None = None) -> Statement:
    """Let one statement through, or say why not.

    ``known_names`` are the tables and views of the branch: with them, a table may have a name that looks like a file.
    ``own`` is the branch that a person's or a model's statement is for, where ``main.`` in front of a table must not
    mean that branch's own rows.

    Raises:
        StatementRefused: it asks for something that a branch session may not do.
        SyntaxRefused: it cannot be parsed.
    """
    found = pieces(sql)
    if len(found) > 1:
        raise StatementRefused("These are several statements: run them one at a time.", part=_short(found[1]))
    statement = _check_piece(found[0], known_names)
    if own not in (None, MAIN) and (part := named_of_main(statement)):
        raise refusals.of_main(part, str(own))
    return statement


def named_of_main(statement: Statement) -> str | None:
    """The first table that a statement names with ``main.`` in front, as written; None where there is none.

    DuckDB calls the one schema of every branch so, and people the branch that all others come from.
    """
    if MAIN not in statement.sql.lower():
        return None
    names = {name.lower() for name in statement.reads | statement.writes}
    found, before = parser.tokens(statement.sql), ""
    for schema, dot, table in zip(found, found[1:], found[2:], strict=False):
        is_schema = schema.is_name and schema.name.lower() == MAIN and before != "."
        if is_schema and dot.text == "." and table.is_name and table.name.lower() in names:
            return f"{schema.name}.{table.name}"
        before = schema.text
    return None


def split(sql: str) -> list[Statement]:
    """Let several statements through, each checked by itself and in order.

    Raises:
        StatementRefused: one of them asks for something that a branch session may not do.
        SyntaxRefused: one of them cannot be parsed.
    """
    return [_check_piece(piece, None) for piece in pieces(sql)]


def _check_piece(sql: str, known_names: Collection[str] | None) -> Statement:
    statement = _examine(sql)
    known = frozenset(name.lower() for name in known_names or ())
    for name in sorted(statement.reads | statement.writes):
        if name.lower().startswith("__ducklake"):
            raise refusals.metadata(name)
        if name.lower() in known:
            continue
        if _RESERVED.match(name):
            raise refusals.metadata(name)
        if walk.looks_like_file(name):
            raise refusals.file(name)
    return statement


def pieces(sql: str) -> list[str]:
    """Cut at each ``;`` outside of quotes and comments; nothing is checked but that there is something.

    Raises:
        StatementRefused: it is too long, or has characters that hide what it does.
        SyntaxRefused: there is no statement in it.
    """
    if len(sql) > LONGEST:
        raise StatementRefused(
            f"The statement is longer than {LONGEST:,} characters. Bring data in with the import instead."
        )
    found = parser.tokens(sql)
    _refuse_invisible_characters(sql, found)
    raw = sql.encode()
    cut, begin, filled = [], 0, False
    for token in [*found, None]:
        if token is not None and token.text != ";":
            filled = True
            continue
        if filled:
            cut.append(raw[begin : token.start if token else len(raw)].decode().strip())
        begin, filled = (token.start + 1 if token else begin), False
    if not cut:
        parser.statement_types(sql)
        raise SyntaxRefused("There is no statement. Write one, such as SELECT * FROM portfolio.")
    return cut


def _refuse_invisible_characters(text: str, found: list[parser.Token]) -> None:
    """Such characters hide what a statement does, and DuckDB takes some of them for spaces; in quotes they are text."""
    bytes_before, counted, starts = 0, 0, [token.start for token in found]
    for match in _UNWANTED.finditer(text):
        bytes_before += len(text[counted : match.start()].encode())
        counted = match.start()
        index = bisect_right(starts, bytes_before) - 1
        if index >= 0 and (found[index].is_string or found[index].text.startswith('"')):
            continue
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - text.rfind("\n", 0, match.start())
        code = f"U+{ord(match.group()):04X}"
        raise StatementRefused(
            f"Line {line}, column {column} has an invisible or unusual space character ({code}). "
            "Replace it by an ordinary space, or put it in quotes.",
            part=code,
        )


@lru_cache(maxsize=512)
def _examine(sql: str) -> Statement:
    try:
        return _decide(sql, parser.tokens(sql))
    except RecursionError:
        raise SyntaxRefused(parser.TOO_DEEP) from None
    except sqlglot.errors.SqlglotError:
        raise StatementRefused("The statement cannot be checked in this form. Write it in a plainer one.") from None


def _decide(sql: str, found: list[parser.Token]) -> Statement:
    first = found[0].word or found[0].text
    if first == "EXPLAIN":
        return _explain(sql, found)
    if first in refusals.STATEMENTS:
        raise refusals.statement(first)
    if first in _DEFINITIONS and (refused := refusals.unknown_kind(found) or refusals.identity(found)):
        raise refused
    if first == "ALTER" and (added := shapes_ddl.added_check(sql, found)):
        return _added_check(sql, added)
    types = _types(sql)
    if first in _QUERIES and pivots.is_query(types):
        readable = sql if types == ["SELECT"] else pivots.with_values(sql, found)
        reads = walk.tables_read(parser.trees([readable]))
        tree = second_opinion.query(sql)
        return Statement(sql, StatementKind.QUERY, reads, frozenset(), tree)
    _refuse_several(first, types)
    if (first in _WRITES or first == "WITH") and types[0] in ("INSERT", "UPDATE", "DELETE", "MERGE_INTO"):
        return _statement(sql, StatementKind.WRITE, shapes.write(sql, found))
    if first in _DEFINITIONS and types[0] in ("CREATE", "DROP", "ALTER"):
        return _statement(sql, StatementKind.DDL, shapes_ddl.definition(sql, found))
    first_two = " ".join(token.word for token in found[:2])
    raise refusals.statement(first_two if first_two in refusals.STATEMENTS else first)


def _types(sql: str) -> list[str]:
    try:
        return parser.statement_types(sql)
    except SyntaxRefused as error:
        raise refusals.unparsed(error.message) or error from None


def _refuse_several(first: str, types: list[str]) -> None:
    """Refuse what DuckDB runs as several statements, with a BEGIN and a COMMIT of its own."""
    if len(types) == 1:
        return
    if first == "ALTER":
        raise StatementRefused(
            "The DEFAULT of a new column has to be a plain value: add the column without it, fill it with UPDATE, "
            "and then ALTER TABLE … ALTER … SET DEFAULT ….",
            part="DEFAULT",
        )
    raise StatementRefused(
        "A PIVOT inside of this statement needs its values written out: PIVOT … ON column IN ('a', 'b') ….",
        part="PIVOT",
    )


def _statement(sql: str, kind: StatementKind, shape: shapes.Shape) -> Statement:
    reads = walk.tables_read(parser.trees(shape.queries)) if shape.queries else frozenset()
    tree = second_opinion.writing(sql, frozenset(shape.writes))
    return Statement(sql, kind, reads - {shapes.TARGET}, frozenset(shape.writes), tree)


def _added_check(sql: str, added: shapes_ddl.AddedCheck) -> Statement:
    inner = f"SELECT (\n{added.expression}\n)"
    if parser.statement_types(inner) != ["SELECT"]:
        raise SyntaxRefused("A CHECK holds one expression, such as CHECK (shares > 0).")
    reads = walk.tables_read(parser.trees([inner]))
    return Statement(sql, StatementKind.DDL, reads, frozenset((added.table,)), second_opinion.query(inner))


def _explain(sql: str, found: list[parser.Token]) -> Statement:
    words = Words(sql, found, 1)
    analyze = words.take("ANALYZE")
    if words.peek(1) in ("ANALYZE", "FORMAT") and words.take("("):
        while words.peek() not in (")", ""):
            analyze = words.peek() == "ANALYZE" or analyze
            words.at += 1
        words.expect(")")
    if words.peek() in ("", "EXPLAIN"):
        parser.statement_types(sql)
        raise words.refuse()
    inner = _decide(words.rest(), parser.tokens(words.rest()))
    if analyze and inner.kind is not StatementKind.QUERY:
        raise StatementRefused(
            "EXPLAIN ANALYZE would run this statement. Use EXPLAIN without ANALYZE, or run the statement itself.",
            part="ANALYZE",
        )
    _refuse_several("EXPLAIN", parser.statement_types(sql))
    return Statement(sql, StatementKind.QUERY, inner.reads | inner.writes, frozenset(), inner.tree)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
