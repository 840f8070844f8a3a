"""Statements that create, alter and drop, taken apart like those in ``shapes``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hati_core.errors import StatementRefused
from hati_core.sql import columns, refusals
from hati_core.sql.parser import Token
from hati_core.sql.shapes import Shape
from hati_core.sql.words import Words


def definition(sql: str, found: Sequence[Token]) -> Shape:
    """Take CREATE, DROP or ALTER of a table or view apart.

    Raises:
        StatementRefused: it is about something else, or has a part that a branch cannot run or the gate cannot check.
    """
    words = Words(sql, found, 1)
    forms = {"CREATE": _create, "DROP": _drop, "ALTER": _alter}
    return forms[found[0].word](words)


@dataclass(frozen=True, slots=True)
class AddedCheck:
    """An ALTER TABLE … ADD CHECK, which is ours alone: DuckDB's parser does not take it."""

    table: str
    name: str | None
    expression: str


def added_check(sql: str, found: Sequence[Token]) -> AddedCheck | None:
    """Take ALTER TABLE … ADD [CONSTRAINT name] CHECK (…) apart; None for any other statement.

    Raises:
        StatementRefused: something follows the check, its bracket does not close, or a constraint of another kind
            is added, or one dropped, which DuckDB's parser would refuse without saying what to do instead.
    """
    words = Words(sql, found)
    if not words.take("ALTER", "TABLE"):
        return None
    words.take("IF", "EXISTS")
    table = words.table()
    if words.take("DROP", "CONSTRAINT"):
        raise StatementRefused(
            "A check holds on every branch, so it is dropped for the repository: "
            f"repository.drop_check({table!r}, {words.name()!r}), or on the page Data.",
            part="DROP CONSTRAINT",
        )
    if not words.take("ADD"):
        return None
    name = words.name() if words.take("CONSTRAINT") else None
    if words.peek() in ("UNIQUE", "FOREIGN"):
        columns.table_constraint(words, len(words.tokens))
    if not words.take("CHECK"):
        return None
    expression = columns.bracketed(words)
    words.end()
    return AddedCheck(table, name, expression)


def _create(words: Words) -> Shape:
    words.take("OR", "REPLACE")
    kind = words.peek()
    if kind in ("LOCAL", "GLOBAL"):
        kind = "TEMP"
    if kind not in ("TABLE", "VIEW"):
        raise refusals.creation("CREATE", kind)
    words.at += 1
    words.take("IF", "NOT", "EXISTS")
    table = words.table()
    query = words.find("AS")
    if query == len(words.tokens):
        return Shape((table,), tuple(_columns(words)))
    words.names_in_parentheses()
    if words.at != query:
        raise words.refuse()
    stop = len(words.tokens)
    words.at = stop - 3
    if words.take("WITH", "NO", "DATA"):
        stop -= 3
    else:
        words.at = stop - 2
        stop -= 2 if words.take("WITH", "DATA") else 0
    return Shape((table,), (words.text(query + 1, stop),))


def _columns(words: Words) -> list[str]:
    words.expect("(")
    closing = next((i for i in range(words.at, len(words.tokens)) if words.tokens[i].depth == 0), len(words.tokens))
    queries = []
    for entry in columns.entries(words.tokens, words.at, closing):
        words.at = entry.start
        if words.peek() in ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"):
            queries += columns.table_constraint(words, entry.stop)
        elif entry:
            queries += columns.definition(words, entry.stop)
    words.at = closing + 1
    if words.at < len(words.tokens):
        raise StatementRefused(
            f"{words.peek()} cannot follow the columns of a table here. Leave it out.", part=words.peek()
        )
    return queries


def _drop(words: Words) -> Shape:
    kind = words.peek()
    if kind not in ("TABLE", "VIEW"):
        raise refusals.creation("DROP", kind)
    words.at += 1
    words.take("IF", "EXISTS")
    table = words.table()
    if not words.take("CASCADE"):
        words.take("RESTRICT")
    words.end()
    return Shape((table,))


def _alter(words: Words) -> Shape:
    if words.peek() != "TABLE":
        raise refusals.creation("ALTER", words.peek())
    words.at += 1
    words.take("IF", "EXISTS")
    table = words.table()
    if words.take("RENAME", "TO"):
        renamed = words.name()
        words.end()
        return Shape((table, renamed))
    changes = {"RENAME": _rename, "ADD": _add, "DROP": _drop_column, "ALTER": _change}
    verb = words.peek()
    if verb not in changes:
        raise StatementRefused(
            f"ALTER TABLE … {verb} is not allowed here: columns can be added, dropped, renamed and altered, "
            "and a table renamed.",
            part=f"ALTER TABLE … {verb}",
        )
    words.at += 1
    return Shape((table,), tuple(changes[verb](words)))


def _rename(words: Words) -> list[str]:
    words.take("COLUMN")
    words.path()
    words.expect("TO")
    words.name()
    words.end()
    return []


def _add(words: Words) -> list[str]:
    if words.peek() in ("CONSTRAINT", "PRIMARY"):
        return columns.table_constraint(words, len(words.tokens))
    words.take("COLUMN")
    words.take("IF", "NOT", "EXISTS")
    for token in columns.wide_integers(words.tokens[words.at :]):
        raise columns.wide_integer_refused(token.word)
    return columns.definition(words, len(words.tokens))


def _drop_column(words: Words) -> list[str]:
    words.take("COLUMN")
    words.take("IF", "EXISTS")
    words.path()
    if not words.take("CASCADE"):
        words.take("RESTRICT")
    words.end()
    return []


def _change(words: Words) -> list[str]:
    words.take("COLUMN")
    words.path()
    if words.take("SET", "NOT", "NULL") or words.take("DROP", "NOT", "NULL") or words.take("DROP", "DEFAULT"):
        words.end()
        return []
    if words.take("SET", "DEFAULT"):
        return [f"SELECT {words.rest()}"]
    if words.find("USING") < len(words.tokens):
        raise StatementRefused(
            "ALTER … TYPE … USING is not available on a branch: add a column of the new type, fill it with UPDATE, "
            "and drop the old one.",
            part="USING",
        )
    if not words.take("SET", "DATA", "TYPE"):
        words.expect("TYPE")
    for token in columns.wide_integers(words.tokens[words.at - 1 :]):
        raise columns.wide_integer_refused(token.word)
    words.at -= 1
    return columns.definition(words, len(words.tokens))
