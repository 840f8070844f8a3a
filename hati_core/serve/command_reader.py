"""Reading statements about the session itself, word by word."""

from __future__ import annotations

from collections.abc import Callable

from hati_core.errors import StatementRefused
from hati_core.serve.commands import (
    Begin,
    Command,
    Commit,
    Declare,
    Discard,
    Fetch,
    Index,
    Release,
    Rollback,
    Savepoint,
    Set,
    SetSession,
    SetTransaction,
    Show,
)
from hati_core.serve.failures import Refusal
from hati_core.sql import parser
from hati_core.sql.parser import Token
from hati_core.sql.words import Words


def read_command(sql: str) -> Command | None:
    """The command that a statement is; None when it is for the gate to decide.

    Raises:
        Refusal: it is a command in a form that nobody here can carry out.
    """
    try:
        found = parser.tokens(sql)
    except StatementRefused:
        return None
    reader = _READERS.get(found[0].word) if found else None
    if reader is None:
        return None
    try:
        return reader(Words(sql, found, 1))
    except StatementRefused as refused:
        raise Refusal("42601", refused.message) from refused


def _begin(words: Words) -> Command:
    if not words.take("WORK"):
        words.take("TRANSACTION")
    return Begin(*_modes(words))


def _start(words: Words) -> Command:
    words.expect("TRANSACTION")
    return Begin(*_modes(words))


def _modes(words: Words) -> tuple[str, bool | None]:
    isolation, read_only = "", None
    while words.peek():
        if words.take("ISOLATION", "LEVEL"):
            isolation = words.peek().lower()
            words.at += 1
            if isolation in ("read", "repeatable"):
                isolation += f" {words.peek().lower()}"
                words.at += 1
        elif words.take("READ", "ONLY"):
            read_only = True
        elif words.take("READ", "WRITE"):
            read_only = False
        elif not (words.take("NOT", "DEFERRABLE") or words.take("DEFERRABLE") or words.take(",")):
            raise words.refuse()
    return isolation, read_only


def _finished(words: Words) -> None:
    if not words.take("WORK"):
        words.take("TRANSACTION")
    words.take("AND", "NO", "CHAIN")


def _commit(words: Words) -> Command:
    _finished(words)
    words.end()
    return Commit()


def _rollback(words: Words) -> Command:
    _finished(words)
    to = None
    if words.take("TO"):
        words.take("SAVEPOINT")
        to = _name(words)
    words.end()
    return Rollback(to)


def _savepoint(words: Words) -> Command:
    name = _name(words)
    words.end()
    return Savepoint(name)


def _release(words: Words) -> Command:
    words.take("SAVEPOINT")
    name = _name(words)
    words.end()
    return Release(name)


def _name(words: Words) -> str:
    """An identifier: as written in quotes, else in lower case."""
    token = words.tokens[words.at] if words.at < len(words.tokens) else None
    name = words.name()
    return name if token and token.text.startswith('"') else name.lower()


def _set(words: Words) -> Command | None:
    if words.take("SESSION", "CHARACTERISTICS", "AS", "TRANSACTION"):
        return SetSession(*_modes(words))
    if words.take("TRANSACTION"):
        return SetTransaction(*_modes(words))
    if words.take("CONSTRAINTS"):
        return _constraints(words)
    if words.peek() == "ROLE" and words.peek(1) not in ("=", "TO"):
        raise Refusal("0A000", "There are no roles: whoever can connect works on every branch.", "Leave SET ROLE out.")
    if words.peek(1) not in ("=", "TO", ".") and not words.take("SESSION"):
        words.take("LOCAL")
    if words.take("TIME", "ZONE"):
        return Set("TimeZone", _value(words))
    if words.take("NAMES"):
        return Set("client_encoding", _value(words))
    name = words.name()
    while words.take("."):
        name += f".{words.name()}"
    if not words.take("="):
        words.expect("TO")
    return Set(name, _value(words))


def _constraints(words: Words) -> Command:
    """SET CONSTRAINTS … DEFERRED is how it always is here."""
    if words.tokens[-1].word == "DEFERRED":
        return Discard("SET CONSTRAINTS", "nothing")
    raise Refusal("0A000", "Keys and checks are looked at when a commit is made.", "Leave SET CONSTRAINTS out.")


def _value(words: Words) -> str | None:
    """One or several values, separated by commas; a text comes without its quotes."""
    if words.take("DEFAULT"):
        words.end()
        return None
    parts: list[str] = []
    sign = ""
    while words.at < len(words.tokens):
        token = words.tokens[words.at]
        words.at += 1
        if token.text == "," and parts:
            continue
        if token.text in "+-":
            sign = token.text.strip("+")
            continue
        parts.append(sign + _plain(token, words, words.at - 1))
        sign = ""
    if not parts:
        raise words.refuse()
    return ", ".join(parts)


def _plain(token: Token, words: Words, at: int) -> str:
    text = words.text(at, at + 1).strip()
    if token.is_string:
        return text[1:-1].replace("''", "'") if text.startswith("'") else text
    return token.name if token.is_name else text


def _reset(words: Words) -> Command:
    if words.take("ALL"):
        return Discard("RESET", "settings")
    name = words.name()
    while words.take("."):
        name += f".{words.name()}"
    words.end()
    return Set(name, None)


def _show(words: Words) -> Command | None:
    if words.take("TRANSACTION", "ISOLATION", "LEVEL"):
        return Show("transaction_isolation")
    if words.take("TIME", "ZONE"):
        return Show("TimeZone")
    if words.peek() in ("", "TABLES") or (words.peek() == "ALL" and words.peek(1)):
        return None
    name = words.name()
    while words.take("."):
        name += f".{words.name()}"
    return Show(name) if not words.peek() else None


def _discard(words: Words) -> Command:
    what = words.peek()
    return Discard("DISCARD ALL" if what == "ALL" else f"DISCARD {what}", None if what == "ALL" else "nothing")


def _deallocate(words: Words) -> Command:
    words.take("PREPARE")
    return Discard("DEALLOCATE", "statements" if words.take("ALL") else f"statement {_name(words)}")


def _close(words: Words) -> Command:
    return Discard("CLOSE CURSOR", "cursors" if words.take("ALL") else f"cursor {_name(words)}")


def _unlisten(words: Words) -> Command:
    return Discard("UNLISTEN", "nothing")


def _declare(words: Words) -> Command:
    name, is_held = _name(words), False
    while not words.take("CURSOR"):
        if words.peek() not in ("BINARY", "ASENSITIVE", "INSENSITIVE", "NO", "SCROLL"):
            raise words.refuse()
        if words.peek() == "BINARY":
            raise Refusal("0A000", "Cursors are told of as text here.", "Leave BINARY out.")
        words.at += 1
    if words.take("WITH", "HOLD"):
        is_held = True
    words.take("WITHOUT", "HOLD")
    words.expect("FOR")
    return Declare(name, words.rest(), is_held)


def _fetch(words: Words, *, is_move: bool = False) -> Command:
    count: int | None = 1
    words.take("FORWARD")
    if words.take("ALL"):
        count = None
    elif not words.take("NEXT") and words.peek().isdigit():
        count = int(_digits(words))
    elif words.peek() in ("PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE", "BACKWARD", "-"):
        raise Refusal("0A000", "A cursor moves forward only.", "Use FETCH FORWARD n FROM the cursor.")
    if not words.take("FROM"):
        words.take("IN")
    return Fetch(_name(words), count, is_move)


def _digits(words: Words) -> str:
    begin = words.at
    # The lexer gives the digits of a number one by one.
    raw = words.text(begin, begin + 1).strip()
    words.at += 1
    return raw


def _move(words: Words) -> Command:
    return _fetch(words, is_move=True)


def _create(words: Words) -> Command | None:
    """An index that only makes reading faster; one that is UNIQUE would be a promise, which the gate refuses."""
    if not words.take("INDEX"):
        return None
    words.take("CONCURRENTLY")
    words.take("IF", "NOT", "EXISTS")
    if words.peek() != "ON" or words.peek(1) == "ON":
        words.path()
    words.expect("ON")
    words.take("ONLY")
    begin = words.at
    words.path()
    table = words.text(begin, words.at)
    if words.take("USING"):
        words.name()
    begin = words.at
    if not words.names_in_parentheses():
        words.expect("(")
        return Index("CREATE INDEX", f"SELECT 1 FROM {table} LIMIT 0")
    return Index("CREATE INDEX", f"SELECT {words.text(begin + 1, words.at - 1)} FROM {table} LIMIT 0")


def _drop(words: Words) -> Command | None:
    if not words.take("INDEX"):
        return None
    words.take("CONCURRENTLY")
    words.take("IF", "EXISTS")
    words.path()
    while words.take(","):
        words.path()
    if not words.take("CASCADE"):
        words.take("RESTRICT")
    words.end()
    return Index("DROP INDEX")


_READERS: dict[str, Callable[[Words], Command | None]] = {
    "ABORT": _rollback,
    "BEGIN": _begin,
    "CLOSE": _close,
    "COMMIT": _commit,
    "CREATE": _create,
    "DEALLOCATE": _deallocate,
    "DECLARE": _declare,
    "DISCARD": _discard,
    "DROP": _drop,
    "END": _commit,
    "FETCH": _fetch,
    "MOVE": _move,
    "RELEASE": _release,
    "RESET": _reset,
    "ROLLBACK": _rollback,
    "SAVEPOINT": _savepoint,
    "SET": _set,
    "SHOW": _show,
    "START": _start,
    "UNLISTEN": _unlisten,
}
