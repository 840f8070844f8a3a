"""Everything that was chosen for one merge up to a moment, read once: what stands, and what can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from hati_core.merge.choices import Choice, load
from hati_core.model import Resolution, Side
from hati_core.storage.choice_log import ChoiceStep, LogState, state_of

_IN_PASSING = timedelta(seconds=5)
"""An arrow key chooses every option that it passes on the way; with a screen reader that takes seconds for each."""


@dataclass(frozen=True)
class Chosen:
    """The steps of one merge, oldest first; those that are undone are the last."""

    steps: tuple[ChoiceStep, ...] = ()

    @property
    def state(self) -> LogState:
        """As long as it is the state of the log, nobody has chosen or undone anything since."""
        return state_of(self.steps)

    @cached_property
    def kept(self) -> dict[str, Choice]:
        """What stands, by conflict, whether it fits a plan of today or not."""
        return _standing(step for step in self.steps if not step.undone)

    @cached_property
    def resolutions(self) -> dict[str, Resolution]:
        """What stands, as plans take it."""
        return {key: choice.resolution for key, choice in self.kept.items() if choice.resolution is not None}

    @property
    def last(self) -> ChoiceStep | None:
        """The step that would be taken back next."""
        return next((step for step in reversed(self.steps) if not step.undone), None)

    @property
    def next(self) -> ChoiceStep | None:
        """The step that would be made again next."""
        return next((step for step in self.steps if step.undone), None)

    def news(self, before: Chosen) -> list[ChoiceStep]:
        """The steps that were made, made again or taken back since."""
        seen = set(before.steps)
        return [step for step in self.steps if step not in seen and (not step.undone or _as_done(step) in seen)]

    def in_passing(self, choice: Choice, author: str, moment: datetime) -> ChoiceStep | None:
        """The last step, where it was only passed over on the way to a choice.

        That is when the same person took another side for the same cell, or the same row, a moment ago. What was
        typed was meant, and so was everything about several rows.
        """
        last = self.last
        if last is None or last.author != author or abs(moment - last.at) > _IN_PASSING:
            return None
        made = choices_of(last)
        if [passed.conflict_id for passed in made] != [choice.conflict_id]:
            return None
        before, passed, after = (
            _cells(found) for found in (self.before(last).get(choice.conflict_id), made[0], choice)
        )
        there = _changed(before, passed)
        sides = all(isinstance(cells.get(name), Side) for cells in (passed, after) for name in there)
        in_whole = isinstance(made[0].resolution, Side) and isinstance(choice.resolution, Side)
        return last if sides and (len(there) == 1 or in_whole) and _changed(passed, after) <= there else None

    def before(self, last: ChoiceStep) -> Mapping[str, Choice]:
        """What stood before a step."""
        return _standing(step for step in self.steps if not step.undone and step.number < last.number)


def choices_of(step: ChoiceStep) -> list[Choice]:
    """What was chosen in one step; without a resolution where something was opened again."""
    return load(step.changes, step.author, step.at)


def _standing(steps: Iterable[ChoiceStep]) -> dict[str, Choice]:
    found = {choice.conflict_id: choice for step in steps for choice in choices_of(step)}
    return {key: choice for key, choice in found.items() if choice.resolution is not None}


def _as_done(step: ChoiceStep) -> ChoiceStep:
    return ChoiceStep(step.number, step.author, step.at, False, step.changes)


def _cells(choice: Choice | None) -> Mapping[str, Any]:
    """What a choice says for each cell; a side for the row says it for all of them."""
    if choice is None:
        return {}
    made = choice.resolution
    return dict.fromkeys(choice.columns, made) if isinstance(made, Side) else made or {}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
