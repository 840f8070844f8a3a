"""Who chose what and when, step by step, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hati_core import MergePlan, Side
from hati_core.merge.choices import Choice
from hati_core.merge.chosen import choices_of
from hati_core.storage.choice_log import ChoiceStep
from pages.parts.conflict_words import side_name
from pages.parts.words import MINUS, ago, cell, count, plain

_TOLD, _MIXED = 3, "mixed"


def told_steps(plan: MergePlan, steps: Sequence[ChoiceStep]) -> list[str]:
    """A sentence for each of the steps that others made or took back; of many, only the last few."""
    more = len(steps) - _TOLD
    sentences = [_news(plan, step) for step in steps[-_TOLD:]]
    return [f"{count(more, 'other choice')} changed meanwhile.", *sentences] if more > 0 else sentences


def _news(plan: MergePlan, step: ChoiceStep) -> str:
    return f"Taken back: {step_words(plan, step)}." if step.undone else f"New: {step_words(plan, step)}."


def step_words(plan: MergePlan, step: ChoiceStep) -> str:
    """One step: ``shares from bold for portfolio · AAPL (cyd, 3 min ago)``."""
    return plain(f"{_what(plan, choices_of(step))} ({step.author}, {ago(step.at)})")


def _what(plan: MergePlan, choices: Sequence[Choice]) -> str:
    if len(choices) == 1:
        return _one(plan, choices[0])
    rows, made = count(len(choices), "row"), {_side(choice) for choice in choices}
    if made == {None}:
        return f"{rows} open again"
    (side,) = made if len(made) == 1 else (_MIXED,)
    return f"{rows} {_from(plan, side)}" if isinstance(side, Side) else f"choices for {rows}"


def _one(plan: MergePlan, choice: Choice) -> str:
    made, name = choice.resolution, choice_name(choice)
    if made is None:
        return f"{name} open again"
    if isinstance(made, Side):
        return f"{name} {_from(plan, made)}"
    told = (
        f"{column} {_from(plan, value)}" if isinstance(value, Side) else f"{column} {_typed(value)} (typed)"
        for column, value in made.items()
    )
    return f"{', '.join(told)} for {name}"


def _typed(value: object) -> str:
    """What somebody typed, which is kept as text whatever it is."""
    return re.sub(r"^-(?=\d)", MINUS, cell(value))


def _side(choice: Choice) -> Side | str | None:
    """The one side that a choice takes; None where it opens the row again."""
    made = choice.resolution
    if made is None or isinstance(made, Side):
        return made
    first, *others = made.values()
    return first if isinstance(first, Side) and all(value is first for value in others) else _MIXED


def _from(plan: MergePlan, side: Side) -> str:
    name = side_name(plan, side)
    return name if side is Side.BASE else f"from {name}"


def choice_name(choice: Choice) -> str:
    """The row, column or table that a choice was for."""
    return " · ".join([choice.table, *(cell(part) for part in choice.key)])
