"""What tools answer, as JSON of bounded size: counts first, then a sample. Text from tables is cut, never dropped."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hati_core.errors import HatiError

Answer = dict[str, Any]

ROWS_SHOWN = 20
CELL_LENGTH = 160
COLUMNS_SHOWN = 40
NAMES_SHOWN = 60
LONGEST = 12_000
"""Characters of one answer, whatever is in it."""
_MORE = "…"


def shortened(text: str, length: int = CELL_LENGTH) -> str:
    """A text with at most so many characters of it, and how many there were."""
    return text if len(text) <= length else f"{text[:length]}{_MORE} ({len(text):,} characters)"


def plain(value: object) -> Any:
    """A value of a cell as JSON has it."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | Decimal):
        number = float(value)
        return number if math.isfinite(number) else str(value)
    if isinstance(value, bytes | bytearray):
        return f"{len(value):,} bytes"
    return shortened(str(value))


def row(cells: Mapping[str, object]) -> Answer:
    """A row with the first of its columns."""
    return {shortened(name): plain(value) for name, value in list(cells.items())[:COLUMNS_SHOWN]}


def sample(rows: Sequence[Mapping[str, object]]) -> list[Answer]:
    """The first rows."""
    return [row(cells) for cells in rows[:ROWS_SHOWN]]


def refusal(error: HatiError, branch: str | None = None) -> Answer:
    """An error as something that the caller can act on."""
    return {"branch": branch or error.branch, "error": error.kind, "message": shortened(error.message, 1_000)}


def as_text(answer: Answer) -> str:
    """An answer as a model gets it; one that is too long loses the ends of its longest lists."""
    text = _dump(answer)
    while len(text) > LONGEST:
        name = max(answer, key=lambda key: len(_dump(answer[key])))
        value = answer[name]
        if isinstance(value, list) and len(value) > 1:
            answer = {**answer, name: value[: len(value) // 2], "left_out": "to keep this answer short"}
        else:
            answer = {**answer, name: shortened(_dump(value), 1_000)}
        text = _dump(answer)
    return text


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
