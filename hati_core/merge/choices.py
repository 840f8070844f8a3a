"""What people chose for conflicts, as text that outlives the plan it was chosen in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hati_core.model import Conflict, Resolution, Side


@dataclass(frozen=True)
class Choice:
    """What somebody decided for one conflict and when (UTC), None where it was opened again.

    Values are texts that the columns' types read. ``table``, ``key`` and ``columns`` name the conflict to a person
    when it is no more.
    """

    conflict_id: str
    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    resolution: Resolution | None
    author: str = ""
    at: datetime | None = None


def choice_of(conflict: Conflict, resolution: Resolution | None) -> Choice:
    """The choice for a conflict."""
    key = tuple("" if part is None else str(part) for part in conflict.key)
    return Choice(conflict.id, conflict.table, key, conflict.columns, resolution)


def dump(choices: list[Choice]) -> str:
    """As JSON; who chose and when is kept beside it."""
    return json.dumps([_dumped(choice) for choice in choices], separators=(",", ":"), ensure_ascii=False)


def load(text: str, author: str, at: datetime) -> list[Choice]:
    """From JSON."""
    return [
        Choice(
            item["id"],
            item["table"],
            tuple(item["key"]),
            tuple(item["columns"]),
            _loaded(item["choice"]),
            author,
            at,
        )
        for item in json.loads(text)
    ]


def _dumped(choice: Choice) -> dict[str, Any]:
    made: Any = choice.resolution
    if isinstance(made, Side):
        made = made.value
    elif made is not None:
        made = {
            name: {"side": cell.value} if isinstance(cell, Side) else {"value": cell} for name, cell in made.items()
        }
    return {
        "id": choice.conflict_id,
        "table": choice.table,
        "key": list(choice.key),
        "columns": list(choice.columns),
        "choice": made,
    }


def _loaded(made: Any) -> Resolution | None:
    if made is None or isinstance(made, str):
        return Side(made) if made else None
    cells: Mapping[str, Mapping[str, Any]] = made
    return {name: Side(cell["side"]) if "side" in cell else cell["value"] for name, cell in cells.items()}
