"""What the columns of a query are called where it does not say so: as PostgreSQL calls them, ``count`` and ``sum``.

DuckDB calls them by their whole expressions, ``count_star()``. Where PostgreSQL has no name either, that stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hati_core.serve.answers import AnswerColumn, Columns
from hati_core.serve.types import wire_type
from hati_core.sql import columns as lists
from hati_core.sql import parser
from hati_core.sql.parser import Token

_ENDS = frozenset(("FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "QUALIFY", "ORDER", "LIMIT", "OFFSET", "UNION",
                   "INTERSECT", "EXCEPT", "USING", "FETCH", ";"))  # fmt: skip
_NO_FUNCTIONS = frozenset(("NOT", "ALL", "ANY", "SOME", "INTERVAL", "SELECT", "UNNEST", "COLUMNS", "ROW"))
_CASTS = frozenset(("CAST", "TRY_CAST"))


def named(sql: str, columns: Columns) -> Columns:
    """The columns of a query's answer, those without a name of their own with PostgreSQL's."""
    if not any(_is_made_up(column) for column in columns):
        return columns
    items = _items(parser.tokens(sql))
    many = [number for number, item in enumerate(items) if _is_many(item)]
    if len(many) > 1 or (not many and len(items) != len(columns)):
        return columns
    before = many[0] if many else len(items)
    after = len(items) - before - 1 if many else 0
    if before + after > len(columns):
        return columns
    middle = columns[before : len(columns) - after]
    named_before = [_called(column, item) for column, item in zip(columns[:before], items, strict=False)]
    last = columns[len(columns) - after :] if after else ()
    named_after = [_called(column, item) for column, item in zip(last, items[before + 1 :], strict=True)]
    return (*named_before, *middle, *named_after)


def _is_made_up(column: AnswerColumn) -> bool:
    return "(" in column.name or column.name.startswith("CASE ")


def _is_many(item: Sequence[Token]) -> bool:
    """Whether an item may stand for any number of columns."""
    depth = item[0].depth if item else 0
    level = [token for token in item if token.depth == depth]
    is_star = any(token.text == "*" and (at == 0 or level[at - 1].text == ".") for at, token in enumerate(level))
    return is_star or any(token.word in ("COLUMNS", "UNNEST") for token in item)


def _called(column: AnswerColumn, item: Sequence[Token]) -> AnswerColumn:
    if not _is_made_up(column):
        return column
    kind = wire_type(column.type)
    name = _name(item, f"{kind.item.name}" if kind.item else kind.name)
    return replace(column, name=name) if name else column


def _items(found: Sequence[Token]) -> list[Sequence[Token]]:
    """The items of the first SELECT that is on the level of its first word; none in a query of another form."""
    if not found or found[0].word not in ("SELECT", "WITH"):
        return []
    depth = found[0].depth
    begin = next((at for at, t in enumerate(found) if t.word == "SELECT" and t.depth == depth), len(found)) + 1
    if begin < len(found) and found[begin].word in ("ALL", "DISTINCT"):
        begin += 1
        if begin < len(found) and found[begin].word == "ON":
            begin = _closing(found, begin + 1) + 1
    end = begin
    while end < len(found) and not (
        found[end].depth <= depth
        and (found[end].word or found[end].text) in _ENDS
        and found[end - 1].word != "DISTINCT"
    ):
        end += 1
    return [found[entry.start : entry.stop] for entry in lists.entries(found, begin, end) if entry]


def _name(item: Sequence[Token], kind: str) -> str | None:
    """The name of an expression; ``kind`` is what a cast of something without a name is called."""
    if not item:
        return None
    depth = item[0].depth
    cast = next((at for at, token in enumerate(item) if token.text == "::" and token.depth == depth), len(item))
    if cast < len(item):
        return _name_of_cast(item[:cast], item[cast + 1 :], kind)
    if _is_path(item):
        return item[-1].name
    if item[0].text == "(" and _closing(item, 0) == len(item) - 1:
        inner = item[1:-1]
        selected = _items(inner) if inner and inner[0].word in ("SELECT", "WITH") else [inner]
        return _name(selected[0], kind) if selected else None
    if item[0].word == "CASE" and item[-1].word == "END":
        return "case" if all(token.depth > depth for token in item[1:-1]) else None
    if item[0].word == "ARRAY" and len(item) > 1 and _closing(item, 1) == len(item) - 1:
        return "array"
    return _name_of_call(item, kind)


def _name_of_cast(inner: Sequence[Token], kinds: Sequence[Token], kind: str) -> str | None:
    depth = inner[0].depth if inner else 0
    is_type = all(token.is_name or token.depth > depth or token.text[:1] in "()[].:" for token in kinds)
    if not is_type or (len(inner) > 1 and inner[0].text in "+-"):
        return None
    is_value = len(inner) == 1 and not inner[0].is_name
    return kind if is_value else _name(inner, kind)


def _name_of_call(item: Sequence[Token], kind: str) -> str | None:
    opening = next((at for at, token in enumerate(item) if token.text == "("), 0)
    if not opening or not _is_path(item[:opening]) or item[opening - 1].word in _NO_FUNCTIONS:
        return None
    name, closing = item[opening - 1], _closing(item, opening)
    if name.word in _CASTS and closing == len(item) - 1:
        inner = item[opening + 1 : closing]
        at = next((at for at, token in enumerate(inner) if token.word == "AS" and token.depth == inner[0].depth), 0)
        return _name_of_cast(inner[:at], inner[at + 1 :], kind) or kind
    at = closing + 1
    while at < len(item) and item[at].word in ("FILTER", "OVER"):
        is_bracket = at + 1 < len(item) and item[at + 1].text == "("
        at = _closing(item, at + 1) + 1 if is_bracket else at + 2
    return name.name.lower() if at == len(item) else None


def _is_path(part: Sequence[Token]) -> bool:
    """Whether this is a name, or several with dots between them."""
    return len(part) % 2 == 1 and all(
        token.text == "." if at % 2 else token.is_name and token.word != "NULL" for at, token in enumerate(part)
    )


def _closing(found: Sequence[Token], opening: int) -> int:
    """The index of the bracket that closes the one at ``opening``; the end where none does."""
    level = found[opening].depth if opening < len(found) else 0
    inside = range(opening + 1, len(found))
    return next((at for at in inside if found[at].depth == level and found[at].text in (")", "]")), len(found))
