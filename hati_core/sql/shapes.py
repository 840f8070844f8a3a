"""Statements that write, taken apart into the queries inside them.

DuckDB shows the tree of queries only. So the head of a writing statement is matched word by word against the few
forms that are allowed, and everything after it, where expressions and subqueries can be, is rewritten as queries
whose trees DuckDB does show. The rewritten queries are only looked at, never run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hati_core.errors import StatementRefused
from hati_core.sql import refusals
from hati_core.sql.parser import Token
from hati_core.sql.words import Words


@dataclass(frozen=True, slots=True)
class Shape:
    """The tables that a statement writes, and queries that hold every expression and table it reads."""

    writes: tuple[str, ...]
    queries: tuple[str, ...] = ()


TARGET = "target of the merge"


def write(sql: str, found: Sequence[Token]) -> Shape:
    """Take INSERT, UPDATE, DELETE, TRUNCATE or MERGE INTO apart.

    Raises:
        StatementRefused: the statement has a part that a branch cannot run or the gate cannot check.
    """
    words = Words(sql, found)
    _refuse_what_ducklake_lacks(found)
    words.at = _verb(found)
    prefix = words.text(0, words.at) if words.at else ""
    forms = {"INSERT": _insert, "UPDATE": _update, "DELETE": _delete, "TRUNCATE": _truncate, "MERGE": _merge}
    verb = words.peek()
    if verb not in forms:
        raise refusals.statement(verb)
    words.at += 1
    table, pieces = forms[verb](words)
    return Shape((table,), tuple(f"{prefix}\n{piece}" if prefix else piece for piece in pieces))


def _verb(found: Sequence[Token]) -> int:
    """The index of the verb, behind the WITH part if there is one."""
    if found[0].word != "WITH":
        return 0
    followed_by = {"INSERT": ("INTO", "OR"), "DELETE": ("FROM",), "MERGE": ("INTO",)}
    for index in range(1, len(found) - 1):
        token, after = found[index], found[index + 1]
        if token.depth or found[index - 1].text != ")":
            continue
        if after.word in followed_by.get(token.word, ()) or (token.word == "UPDATE" and after.is_name):
            return index
    raise StatementRefused("This WITH statement cannot be checked. Write it without WITH.", part="WITH")


def _refuse_what_ducklake_lacks(found: Sequence[Token]) -> None:
    for token, after in zip(found, [*found[1:], None], strict=True):
        if token.depth:
            continue
        if token.word == "RETURNING":
            raise StatementRefused(
                "RETURNING is not available on a branch: leave it out, and read the rows with a SELECT afterwards.",
                part="RETURNING",
            )
        if token.word == "ON" and after is not None and after.word == "CONFLICT":
            raise StatementRefused(
                "ON CONFLICT is not available on a branch: use MERGE INTO … USING … ON … "
                "WHEN MATCHED THEN UPDATE … WHEN NOT MATCHED THEN INSERT ….",
                part="ON CONFLICT",
            )


def _insert(words: Words) -> tuple[str, list[str]]:
    if words.peek() == "OR":
        raise StatementRefused(
            f"INSERT OR {words.peek(1)} is not available on a branch: use MERGE INTO … USING … ON … "
            "WHEN MATCHED THEN UPDATE … WHEN NOT MATCHED THEN INSERT ….",
            part=f"INSERT OR {words.peek(1)}",
        )
    words.expect("INTO")
    table = words.table()
    if words.take("AS"):
        words.name()
    if words.take("BY"):
        words.at += 1
    words.names_in_parentheses()
    if words.take("DEFAULT", "VALUES"):
        words.end()
        return table, []
    return table, [f"SELECT * FROM (\n{words.rest()}\n)"]


def _update(words: Words) -> tuple[str, list[str]]:
    table = words.table()
    words.alias("SET")
    words.expect("SET")
    return table, [f"SELECT {_assignments(words, len(words.tokens))}"]


def _assignments(words: Words, stop: int) -> str:
    """``a = x, b = y FROM …`` as ``a , x, b , y FROM …``, so that it can follow SELECT."""
    begin, pieces, left_side = words.at, [], True
    for index in range(begin, stop):
        token = words.tokens[index]
        if token.depth:
            continue
        if token.word == "WHERE" or (token.word == "FROM" and words.tokens[index - 1].word != "DISTINCT"):
            break
        if token.text == "," and not left_side:
            left_side = True
        elif token.text == "=" and left_side:
            pieces.append(words.text(begin, index))
            begin, left_side = index + 1, False
            pieces.append(",")
    return " ".join([*pieces, words.text(begin, stop)])


def _delete(words: Words) -> tuple[str, list[str]]:
    words.expect("FROM")
    table = words.table()
    words.alias("USING", "WHERE")
    if words.take("USING"):
        return table, [f"SELECT 1 FROM {words.rest()}"]
    return table, [f"SELECT 1 {words.rest()}"]


def _truncate(words: Words) -> tuple[str, list[str]]:
    words.take("TABLE")
    table = words.table()
    words.end()
    return table, []


def _merge(words: Words) -> tuple[str, list[str]]:
    words.expect("INTO")
    table = words.table()
    words.alias("USING")
    words.expect("USING")
    begin = words.at
    words.at = words.find("WHEN")
    pieces = [f'SELECT 1 FROM "{TARGET}" JOIN {words.text(begin, words.at)}']
    while words.take("WHEN"):
        pieces += _merge_action(words)
    words.end()
    # TARGET stands in for the table, so that it does not count as read.
    return table, pieces


def _merge_action(words: Words) -> list[str]:
    pieces = []
    words.take("NOT")
    words.expect("MATCHED")
    if words.take("BY"):
        words.name()
    then = words.find("THEN")
    if words.take("AND"):
        pieces.append(f"SELECT {words.text(words.at, then)}")
    words.at = then
    words.expect("THEN")
    stop = words.find("WHEN")
    if words.take("UPDATE"):
        words.take("BY", "NAME")
        if words.take("SET") and words.peek() != "*":
            pieces.append(f"SELECT {_assignments(words, stop)}")
            words.at = stop
        words.take("*")
    elif words.take("INSERT"):
        if words.take("BY"):
            words.name()
        words.take("*")
        words.names_in_parentheses()
        if words.peek() == "VALUES":
            pieces.append(words.text(words.at, stop))
            words.at = stop
        words.take("DEFAULT", "VALUES")
    elif words.take("ERROR"):
        if words.at < stop:
            pieces.append(f"SELECT {words.text(words.at, stop)}")
        words.at = stop
    elif not words.take("DO", "NOTHING"):
        words.expect("DELETE")
    if words.at != stop:
        raise words.refuse()
    return pieces
