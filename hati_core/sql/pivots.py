"""PIVOT without a list of values, which DuckDB runs as two statements and shows no tree of."""

from __future__ import annotations

from collections.abc import Sequence

from hati_core.sql.parser import Token

_AFTER_COLUMNS = frozenset(("USING", "GROUP", "ORDER", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT"))


def is_query(types: Sequence[str]) -> bool:
    """Whether the statements that DuckDB makes of a text are one query, perhaps behind the types of its pivots."""
    return bool(types) and types[-1] == "SELECT" and all(kind == "CREATE" for kind in types[:-1])


def with_values(sql: str, found: Sequence[Token]) -> str:
    """Give each pivoted column a list of values, so that the query has a tree; the result is only looked at."""
    inserts: list[int] = []
    for index, token in enumerate(found):
        if token.word in ("PIVOT", "PIVOT_WIDER"):
            inserts += _places(found, index, len(sql.encode()))
    raw = sql.encode()
    for place in sorted(set(inserts), reverse=True):
        raw = raw[:place] + b"\n IN ('') " + raw[place:]
    return raw.decode()


def _places(found: Sequence[Token], pivot: int, length: int) -> list[int]:
    """Where the columns after ON end, for those without IN."""
    depth = found[pivot].depth
    end = next((i for i in range(pivot + 1, len(found)) if found[i].depth < depth), len(found))
    level = [i for i in range(pivot + 1, end) if found[i].depth == depth]
    end = next((i for i in level if found[i].word in _AFTER_COLUMNS), end)
    on = max((i for i in level if found[i].word == "ON" and i < end), default=None)
    if on is None:
        return []
    places, has_values = [], False
    for i in [*(i for i in level if on < i < end), end]:
        if i == end or found[i].text == ",":
            if not has_values:
                places.append(found[i].start if i < len(found) else length)
            has_values = False
        elif found[i].word == "IN":
            has_values = True
    return places
