"""Which expressions and queries give the same answer whenever they look at the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from hati_core.errors import StatementRefused, SyntaxRefused
from hati_core.sql import parser
from hati_core.sql.functions_allowed import names

UNSTABLE = names(
    "age current_date current_localtime current_localtimestamp current_time current_timestamp gen_random_uuid "
    "get_current_time get_current_timestamp localtime localtimestamp now random reservoir_quantile today "
    "transaction_timestamp uuid uuidv4 uuidv7"
)
"""Functions whose value changes from call to call, or from day to day; ``age`` of one date counts to today."""
WITHOUT_BRACKETS = names("current_date current_time current_timestamp localtime localtimestamp")
"""Those of them that are called like a column."""


@lru_cache(maxsize=512)
def is_steady(query: str) -> bool:
    """Whether a query asks for nothing but rows: no clock, no chance, no sample. What cannot be told is not steady."""
    try:
        (tree,) = parser.trees([query])
    except (StatementRefused, SyntaxRefused):
        return False
    return not any(_wavers(node) for node in _nodes(tree))


def repeats(sql: str) -> bool:
    """Whether a statement of any kind does the same on the same rows, going by its words: in doubt it does not."""
    found = parser.tokens(sql)
    for token, after in zip(found, [*found[1:], None], strict=False):
        name = token.name.lower() if token.is_name else ""
        if name in UNSTABLE and after is not None and after.text.startswith("("):
            return False
        if token.word.lower() in WITHOUT_BRACKETS or token.word in ("SAMPLE", "TABLESAMPLE"):
            return False
    return True


def _wavers(node: dict[str, Any]) -> bool:
    called = str(node.get("function_name", "")).lower()
    column = str((node.get("column_names") or [""])[0]).lower()
    return called in UNSTABLE or column in WITHOUT_BRACKETS or node.get("sample") is not None


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
