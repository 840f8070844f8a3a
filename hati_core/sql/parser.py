"""DuckDB's own reading of a statement: its tokens, its kind and its tree.

What DuckDB's parser says is what DuckDB will run, so the gate decides on this and not on its own idea of SQL.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from hati_core.errors import StatementRefused, SyntaxRefused

_TOKEN = re.compile(r'"(?:[^"]|"")*"|[^\W\d][\w$]*|[=<>!:|&+\-*/%^~@#?$]+|.', re.DOTALL)
_CLASS = re.compile(r"^(?:Parser|Not implemented|Binder|Syntax) Error: ")
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
TOO_DEEP = "The statement is nested too deeply or too long. Split it up with WITH."
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Token:
    """One word, name, literal or sign of a statement.

    ``start`` counts bytes of the UTF-8 text; ``depth`` is the number of brackets and CASEs around it;
    ``word`` is in upper case, and empty for everything but unquoted words.
    """

    start: int
    text: str
    word: str
    depth: int
    is_name: bool
    is_string: bool

    @property
    def name(self) -> str:
        """The identifier that the token spells, without its quotes."""
        if self.text.startswith('"'):
            return self.text[1:-1].replace('""', '"')
        return self.text


def tokens(sql: str) -> list[Token]:
    """Split a statement as DuckDB's lexer does, comments left out.

    Raises:
        StatementRefused: it has characters that no SQL text can have.
    """
    broken = _BROKEN.search(sql)
    if broken:
        code = f"U+{ord(broken.group()):04X}"
        raise StatementRefused(f"The statement has a broken character ({code}). Type it again.", part=code)
    return list(_tokens(sql.encode()))


def _tokens(raw: bytes) -> Iterator[Token]:
    found = duckdb.tokenize(raw.decode())
    ends = [*(start for start, _ in found[1:]), len(raw)]
    depth = 0
    # DuckDB finds no tokens in a text whose quotes do not close.
    for (start, kind), end in zip(found, ends, strict=False):
        match = _TOKEN.match(raw[start:end].decode(errors="replace"))
        text = match.group() if match else ""
        is_string = kind == duckdb.token_type.string_const
        is_word = not is_string and (text[:1].isalpha() or text[:1] == "_")
        word = text.upper() if is_word else ""
        if text in _CLOSING or word == "END":
            depth -= 1
        yield Token(start, text, word, depth, is_word or text.startswith('"'), is_string)
        if text in _OPENING or word == "CASE":
            depth += 1


def statement_types(sql: str) -> list[str]:
    """Name the statements that DuckDB finds in a text, by its own ``StatementType``.

    Raises:
        SyntaxRefused: DuckDB cannot parse it.
    """
    try:
        return [_type_name(statement) for statement in _cursor().extract_statements(sql)]
    except duckdb.Error as error:
        _start_afresh()
        raise _syntax_error(sql, str(error)) from None


def trees(queries: Sequence[str]) -> list[dict[str, Any]]:
    """Parse queries with DuckDB and return their trees, as ``json_serialize_sql`` writes them.

    Raises:
        StatementRefused: one of them is not a query.
        SyntaxRefused: one of them does not parse.
    """
    # A comment at the end of one query must not swallow the next.
    answer = _serialized("\n;\n".join(queries))
    if answer["error"]:
        message = str(answer.get("error_message", ""))
        if "Only SELECT" in message:
            raise StatementRefused("This part of the statement cannot be checked. Write it as a plain query.")
        raise SyntaxRefused(TOO_DEEP if _is_too_deep(message) else f"The statement cannot be read: {message}.")
    statements: list[dict[str, Any]] = answer["statements"]
    if len(statements) != len(queries):
        raise StatementRefused("This statement cannot be checked part by part. Write it in a simpler form.")
    return statements


def _serialized(sql: str) -> dict[str, Any]:
    try:
        row = _cursor().execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    except duckdb.Error as error:
        _start_afresh()
        return {"error": True, "error_message": str(error)}
    try:
        answer: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    except RecursionError:
        raise SyntaxRefused(TOO_DEEP) from None
    return answer


def _type_name(statement: Any) -> str:
    try:
        return str(statement.type.name)
    except AttributeError:
        return "???"


def _is_too_deep(message: str) -> bool:
    return "expression depth" in message or "memory exhausted" in message


def _syntax_error(sql: str, message: str) -> SyntaxRefused:
    """Find line and column in DuckDB's answer; ``json_serialize_sql`` knows the position exactly."""
    first_line = _CLASS.sub("", message.split("\n")[0]).rstrip("!.")
    if _is_too_deep(message):
        return SyntaxRefused(TOO_DEEP)
    position = str(_serialized(sql).get("position", ""))
    if not position.isdigit():
        return SyntaxRefused(f"The statement cannot be read: {first_line}.")
    before = sql[: int(position)]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return SyntaxRefused(f"Line {line}, column {column}: {first_line}.", line=line, column=column)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    # The parser may read files while it parses (IMPORT DATABASE), so this instance has no way out.
    connection = duckdb.connect(
        ":memory:", config={"enable_external_access": "false", "threads": "1", "python_enable_replacements": "false"}
    )
    connection.execute("SET lock_configuration = true")
    return connection


def _start_afresh() -> None:
    """Leave a cursor behind whose transaction may be broken, and a database that DuckDB may have given up."""
    _local.cursor = None
    try:
        _database().cursor().execute("SELECT 1")
    except duckdb.Error:
        _database.cache_clear()


def _cursor() -> duckdb.DuckDBPyConnection:
    cursor: duckdb.DuckDBPyConnection | None = getattr(_local, "cursor", None)
    if cursor is None:
        cursor = _local.cursor = _database().cursor()
    return cursor
