"""What an idea of the rules is: one scenario action, tried in several strengths before one of them is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Attempt:
    """A scenario action with its parameters."""

    action: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class RuleIdea:
    """An idea, in words, and the strengths that it is tried in; the one that serves the goal best is carried out.

    ``caveat`` says what the rules leave out.
    """

    title: str
    text: str
    attempts: tuple[Attempt, ...]
    caveat: str = ""


def one_of(column: str, values: Sequence[Any]) -> dict[str, Any]:
    """The condition that a cell is one of these."""
    if len(values) == 1:
        return {"column": column, "operator": "is", "value": values[0]}
    return {"column": column, "operator": "is one of", "value": list(values)}


def distinct(ideas: Sequence[RuleIdea]) -> list[RuleIdea]:
    """Ideas without those that would do what an earlier one does."""
    found: list[RuleIdea] = []
    for idea in ideas:
        if idea.attempts and all(idea.attempts != other.attempts and idea.title != other.title for other in found):
            found.append(idea)
    return found


def percent(number: float) -> str:
    """A percentage in words."""
    return f"{number:.1f}".rstrip("0").rstrip(".") + " %"
