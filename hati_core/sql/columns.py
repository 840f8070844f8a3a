"""Column definitions: which types and constraints DuckLake keeps, and what to write instead of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hati_core.errors import StatementRefused
from hati_core.sql.parser import Token
from hati_core.sql.words import Words

WIDE_INTEGERS = frozenset(("HUGEINT", "UHUGEINT", "INT128", "UINT128"))
"""Integers that Parquet stores as DOUBLE, losing digits; https://duckdb.org/docs/stable/data/parquet/overview."""

WIDE_INTEGER_STORED_AS = "DECIMAL(38,0)"

_TYPES = {
    "BIGNUM": WIDE_INTEGER_STORED_AS,
    "BIT": "VARCHAR or BLOB",
    "BITSTRING": "VARCHAR or BLOB",
    "ENUM": "VARCHAR",
    "UNION": "a STRUCT with one field for each member",
    "VARINT": WIDE_INTEGER_STORED_AS,
}

_CONSTRAINTS = {
    "AS": "generated columns are not kept on a branch. Use a plain column, or a view that computes it",
    "CHECK": "a new column comes without a check. Add the column, then ALTER TABLE … ADD CONSTRAINT name CHECK (…)",
    "COLLATE": "collations are not kept on a branch. Leave it out, and compare with lower(…) or COLLATE in the query",
    "FOREIGN": "foreign keys are not kept on a branch. Leave it out",
    "GENERATED": "generated columns are not kept on a branch. Use a plain column, or a view that computes it",
    "REFERENCES": "foreign keys are not kept on a branch. Leave it out",
    "UNIQUE": "only the key of a table is kept unique on a branch. Declare it as PRIMARY KEY, or leave it out",
}

_AFTER_TYPE = frozenset(("CONSTRAINT", "DEFAULT", "NOT", "NULL", "PRIMARY", "USING", *_CONSTRAINTS))


def entries(found: Sequence[Token], begin: int, end: int) -> Iterator[range]:
    """The indexes of each entry between two brackets, cut at the commas on their level."""
    depth = found[begin].depth if begin < end else 0
    first = begin
    for index in range(begin, end):
        if found[index].text == "," and found[index].depth == depth:
            yield range(first, index)
            first = index + 1
    yield range(first, end)


def definition(words: Words, stop: int) -> list[str]:
    """Step over one column definition; return queries that hold its type and its default.

    Raises:
        StatementRefused: it has a type or a constraint that DuckLake does not keep.
    """
    words.name()
    kind = _until_constraint(words, words.at, stop)
    _refuse_type(words.tokens[words.at : kind])
    queries = [f"SELECT CAST(NULL AS {words.text(words.at, kind)})"] if kind > words.at else []
    words.at = kind
    while words.at < stop:
        if words.take("CONSTRAINT"):
            words.name()
        elif words.take("DEFAULT"):
            end = _until_constraint(words, words.at + 1, stop)
            queries.append(f"SELECT {words.text(words.at, end)}")
            words.at = end
        elif words.peek() == "CHECK" and words.peek(1) == "(":
            words.at += 1
            queries.append(f"SELECT (\n{bracketed(words)}\n)")
        elif not (words.take("NOT", "NULL") or words.take("NULL") or words.take("PRIMARY", "KEY")):
            raise _constraint_refused(words)
    return queries


def bracketed(words: Words) -> str:
    """Step over ``( … )`` and return what is inside.

    Raises:
        StatementRefused: no bracket opens here, or it does not close.
    """
    opening = words.at
    words.expect("(")
    level = words.tokens[opening].depth
    inside = range(words.at, len(words.tokens))
    closing = next((i for i in inside if words.tokens[i].text == ")" and words.tokens[i].depth == level), None)
    if closing is None:
        words.at = len(words.tokens)
        raise words.refuse()
    words.at = closing + 1
    return words.text(opening + 1, closing).strip()


def table_constraint(words: Words, stop: int) -> list[str]:
    """Step over a PRIMARY KEY (…) or CHECK (…) among the columns of a table; return the query that holds a check.

    Raises:
        StatementRefused: it is another constraint, which DuckLake does not keep.
    """
    if words.take("CONSTRAINT"):
        words.name()
    queries = []
    if words.take("CHECK"):
        queries.append(f"SELECT (\n{bracketed(words)}\n)")
    elif not words.take("PRIMARY", "KEY"):
        raise _constraint_refused(words)
    elif not words.names_in_parentheses():
        raise words.refuse()
    if words.at != stop:
        raise words.refuse()
    return queries


def wide_integer_refused(word: str) -> StatementRefused:
    """The refusal of a type whose values would lose digits."""
    return StatementRefused(f"The type {word} is not kept on a branch: use {WIDE_INTEGER_STORED_AS}.", part=word)


def _until_constraint(words: Words, begin: int, stop: int) -> int:
    depth = words.tokens[words.at - 1].depth
    level = (i for i in range(begin, stop) if words.tokens[i].depth == depth)
    return next((i for i in level if words.tokens[i].word in _AFTER_TYPE), stop)


def _constraint_refused(words: Words) -> StatementRefused:
    word = words.peek()
    if word not in _CONSTRAINTS:
        return words.refuse()
    return StatementRefused(f"{word} is not allowed here: {_CONSTRAINTS[word]}.", part=word)


def _refuse_type(part: Sequence[Token]) -> None:
    word = part[0].word if part else ""
    if word in _TYPES:
        raise StatementRefused(f"The type {word} is not kept on a branch: use {_TYPES[word]}.", part=word)
    for before, token, after in zip(part, part[1:], part[2:], strict=False):
        if before.text == "[" and token.text.isdigit() and after.text == "]":
            raise StatementRefused(
                "Lists of a fixed length are not kept on a branch: leave the number out.", part=f"[{token.text}]"
            )


def wide_integers(column: Sequence[Token]) -> Iterator[Token]:
    """The tokens of a column definition that name a type to be stored as DECIMAL, inside nested types too."""
    for index in range(1, len(column)):
        token = column[index]
        if token.word not in WIDE_INTEGERS:
            continue
        # Inside STRUCT(…), a name in front of a type is the name of a field.
        is_field = index > 1 and index + 1 < len(column) and column[index + 1].is_name
        if not is_field:
            yield token
