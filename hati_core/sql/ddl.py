"""What DuckLake lacks in the definition of a table: keys, checks, and integers of 128 bits."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

from hati_core.errors import StatementRefused
from hati_core.model import Check
from hati_core.quote import identifier, identifiers
from hati_core.sql import columns, parser
from hati_core.sql.checks import default_name
from hati_core.sql.functions_allowed import names
from hati_core.sql.gate import Statement
from hati_core.sql.parser import Token
from hati_core.sql.shapes_ddl import AddedCheck
from hati_core.sql.shapes_ddl import added_check as _added_check
from hati_core.sql.words import Words

_TABLE_CONSTRAINTS = names("CONSTRAINT PRIMARY UNIQUE CHECK FOREIGN")
_WIDE_INTEGER = re.compile(r'(?<!")\bU?HUGEINT\b(?!")')


@dataclass(frozen=True)
class CreateTable:
    """A CREATE TABLE that DuckLake takes, and the key and the checks that were declared in it (empty if none)."""

    sql: str
    table: str
    key: tuple[str, ...]
    checks: tuple[Check, ...] = ()


def creates_table(statement: Statement) -> bool:
    """Whether the statement is a CREATE TABLE, so that ``rewrite_create`` applies to it."""
    words = Words(statement.sql, parser.tokens(statement.sql))
    if not words.take("CREATE"):
        return False
    words.take("OR", "REPLACE")
    return words.peek() == "TABLE"


def rewrite_create(statement: Statement, describe: Callable[[str], list[tuple[str, str]]]) -> CreateTable:
    """Rewrite a CREATE TABLE for DuckLake: key and checks come out, and HUGEINT becomes DECIMAL(38,0).

    ``describe`` gives the columns of a query as (name, type), in order; it is asked for CREATE TABLE … AS only.

    Raises:
        StatementRefused: the table has a type or a constraint that cannot be kept.
    """
    found = parser.tokens(statement.sql)
    words = Words(statement.sql, found, 1)
    words.take("OR", "REPLACE")
    words.expect("TABLE")
    words.take("IF", "NOT", "EXISTS")
    table = words.table()
    query = words.find("AS")
    if query < len(found):
        return CreateTable(_rewrite_query(words, query + 1, describe), table, ())
    return _rewrite_columns(words, table)


def alter_key(statement: Statement) -> tuple[str, tuple[str, ...]] | None:
    """The table and the columns of an ALTER TABLE … ADD PRIMARY KEY; None for any other statement."""
    words = Words(statement.sql, parser.tokens(statement.sql))
    if not words.take("ALTER", "TABLE"):
        return None
    words.take("IF", "EXISTS")
    table = words.table()
    if not words.take("ADD"):
        return None
    if words.take("CONSTRAINT"):
        words.name()
    if not words.take("PRIMARY", "KEY"):
        return None
    return table, _key_columns(words.tokens, words.at)


def added_check(statement: Statement) -> AddedCheck | None:
    """What an ALTER TABLE … ADD CHECK adds; None for any other statement."""
    return _added_check(statement.sql, parser.tokens(statement.sql))


def _rewrite_query(words: Words, begin: int, describe: Callable[[str], list[tuple[str, str]]]) -> str:
    end = len(words.tokens)
    for tail in (("WITH", "NO", "DATA"), ("WITH", "DATA")):
        words.at = len(words.tokens) - len(tail)
        if words.take(*tail):
            end = len(words.tokens) - len(tail)
            break
    query = words.text(begin, end)
    described = describe(query)
    if not any(_WIDE_INTEGER.search(kind) for _, kind in described):
        return words.text(0)
    kinds = dict(zip(_distinct([name for name, _ in described]), (kind for _, kind in described), strict=True))
    casts = [
        f"CAST({identifier(name)} AS {_WIDE_INTEGER.sub(columns.WIDE_INTEGER_STORED_AS, kind)}) AS {identifier(name)}"
        for name, kind in kinds.items()
        if _WIDE_INTEGER.search(kind)
    ]
    # A comment at the end of the query must not swallow the bracket.
    wrapped = f"SELECT * REPLACE ({', '.join(casts)}) FROM (\n{query}\n) AS result({identifiers(kinds)})"
    return f"{words.text(0, begin)}{wrapped} {words.text(end)}".rstrip()


def _distinct(given: Sequence[str]) -> list[str]:
    """Number names that come twice, as DuckDB does in CREATE TABLE … AS."""
    taken: set[str] = set()
    result = []
    for name in given:
        candidates = (name if n == 0 else f"{name}_{n}" for n in count())
        free = next(candidate for candidate in candidates if candidate.lower() not in taken)
        taken.add(free.lower())
        result.append(free)
    return result


def _rewrite_columns(words: Words, table: str) -> CreateTable:
    found, opening, closing = words.tokens, words.at, len(words.tokens) - 1
    definitions: dict[str, range] = {}
    keys: list[tuple[str, ...]] = []
    checks: list[_FoundCheck] = []
    for entry in columns.entries(found, opening + 1, closing):
        part = [found[index] for index in entry]
        checks += _find_checks(words, entry)
        if part and part[0].word in _TABLE_CONSTRAINTS and _find_checks(words, entry):
            continue
        if part and part[0].word in _TABLE_CONSTRAINTS:
            keys.append(_key_columns(found, _find_key(found, entry)[-1] + 1))
        elif part:
            definitions[part[0].name.lower()] = entry
            if _find_key(found, entry):
                keys.append((part[0].name,))
    key = _only_key(keys, definitions)
    texts = [_definition(words, entry, name in key) for name, entry in definitions.items()]
    sql = f"{words.text(0, opening + 1)}{', '.join(texts)}{words.text(closing)}"
    declared = tuple(found[definitions[name].start].name for name in key)
    return CreateTable(sql, table, declared, _named(table, checks))


@dataclass(frozen=True)
class _FoundCheck:
    """Where ``[CONSTRAINT name] CHECK (…)`` stands among the tokens, and what it says."""

    tokens: range
    name: str | None
    expression: str


def _find_checks(words: Words, entry: range) -> list[_FoundCheck]:
    """The checks in a column or a table constraint."""
    found, checks = words.tokens, []
    for index in entry:
        if found[index].word != "CHECK" or found[index].depth != found[entry.start].depth:
            continue
        is_named = index - 2 in entry and found[index - 2].word == "CONSTRAINT"
        words.at = index + 1
        expression = columns.bracketed(words)
        name = found[index - 1].name if is_named else None
        checks.append(_FoundCheck(range(index - 2 if is_named else index, words.at), name, expression))
    return checks


def _named(table: str, found: Sequence[_FoundCheck]) -> tuple[Check, ...]:
    """Checks with their names; those without one are named after their columns."""
    checks: list[Check] = []
    for each in sorted(found, key=lambda check: check.name is None):
        taken = {check.name.casefold() for check in checks}
        if each.name and each.name.casefold() in taken:
            raise StatementRefused(f"Two checks are called {each.name}. Give each its own name.", part=each.name)
        checks.append(Check(each.name or default_name(table, each.expression, taken), each.expression))
    return tuple(checks)


def _only_key(keys: Sequence[tuple[str, ...]], definitions: Collection[str]) -> tuple[str, ...]:
    """The one key that was declared, in lower case."""
    if len(keys) > 1:
        raise StatementRefused("The table has more than one PRIMARY KEY. Leave one.", part="PRIMARY KEY")
    key = tuple(name.lower() for name in keys[0]) if keys else ()
    for name in key:
        if name not in definitions:
            raise StatementRefused(f"The key column {name} is not a column of the table.", part=name)
    return key


def _definition(words: Words, entry: range, in_key: bool) -> str:
    """The text of one column without its key, with NOT NULL if it is part of the key."""
    part = [words.tokens[index] for index in entry]
    wide = {token.start for token in columns.wide_integers(part)}
    dropped = {index for check in _find_checks(words, entry) for index in check.tokens}
    dropped |= set(_find_key(words.tokens, entry))
    text = ""
    for index in entry:
        if words.tokens[index].start in wide:
            text += f"{columns.WIDE_INTEGER_STORED_AS} "
        elif index not in dropped:
            text += words.text(index, index + 1)
    spelled = [token.word for token in part]
    has_not_null = ("NOT", "NULL") in pairwise(spelled)
    # On a line of its own, since a comment may end the text.
    return f"{text}\n NOT NULL" if in_key and not has_not_null else text


def _find_key(found: Sequence[Token], entry: range) -> range:
    """The indexes of ``[CONSTRAINT name] PRIMARY KEY`` in a column or a table constraint."""
    for index in entry:
        if found[index].word == "PRIMARY" and index + 1 in entry and found[index + 1].word == "KEY":
            is_named = index - 2 in entry and found[index - 2].word == "CONSTRAINT"
            return range(index - 2 if is_named else index, index + 2)
    return range(0)


def _key_columns(found: Sequence[Token], opening: int) -> tuple[str, ...]:
    """The names between the brackets of PRIMARY KEY (…)."""
    key = []
    for token in found[opening + 1 :]:
        if token.text == ")":
            break
        if token.is_name:
            key.append(token.name)
    if len({name.lower() for name in key}) < len(key):
        raise StatementRefused("A column stands twice in the PRIMARY KEY. Leave one.", part="PRIMARY KEY")
    return tuple(key)
