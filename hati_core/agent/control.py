"""Holding a run to its limits, and ending it: everything that belongs to one run asks here whether it may go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum

from hati_core.agent.model_choice import ModelChoice
from hati_core.runs import RunLimits, Spent
from hati_core.storage.limits import Stop

_SETTLING_SECONDS = 5.0


class Ending(Enum):
    """Why a run was ended from outside."""

    STOPPED = "stopped"
    SECONDS = "seconds"
    TOKENS = "tokens"


class Control:
    """One run's reins, shared by its threads: what it has spent, what was said last, and whether it was ended."""

    def __init__(self, limits: RunLimits, choice: ModelChoice) -> None:
        self.limits = limits
        self.stop = Stop()
        """Ends whatever the run does on its branches, for whichever reason it was ended."""
        self.halt = Stop()
        """Ends that, and the proposal of what was found as well: somebody stopped the run."""
        self.ending: Ending | None = None
        self._choice = choice
        self._guard = threading.Lock()
        self._cancels: list[Callable[[], None]] = []
        self._spent = Spent()
        self._partial: dict[int | None, str] = {}

    def end(self, why: Ending) -> None:
        """End the run: what is under way is cut off, and nothing is written once this returns.

        What a limit ended may still be stopped, which counts.
        """
        stops = [self.stop, self.halt] if why is Ending.STOPPED else [self.stop]
        with self._guard:
            self.ending = why if why is Ending.STOPPED else self.ending or why
            cancels = list(self._cancels)
        for stop in stops:
            stop()
        for cancel in cancels:
            cancel()
        for stop in stops:
            stop.settled(_SETTLING_SECONDS)

    @contextmanager
    def cancelling(self, cancel: Callable[[], None]) -> Iterator[None]:
        """Call ``cancel`` when the run is ended while the block runs, or at once where it was ended before."""
        with self._guard:
            self._cancels.append(cancel)
            was_ended = self.ending is not None
        if was_ended:
            cancel()
        try:
            yield
        finally:
            with self._guard:
                self._cancels.remove(cancel)

    @property
    def spent(self) -> Spent:
        """What the run has taken so far."""
        with self._guard:
            return self._spent

    def spend(self, tokens_in: int, tokens_out: int) -> None:
        """Count one answer of the model; the run ends where its tokens are used up."""
        with self._guard:
            tokens = self._spent.tokens_in + tokens_in, self._spent.tokens_out + tokens_out
            self._spent = Spent(self._spent.turns + 1, *tokens, self._choice.cost(*tokens))
            is_over = self._spent.tokens > self.limits.tokens
        if is_over:
            self.end(Ending.TOKENS)

    def say(self, scenario: int | None, text: str) -> None:
        """Add to what is being said, before it is a step."""
        with self._guard:
            self._partial[scenario] = self._partial.get(scenario, "") + text

    def said(self, scenario: int | None) -> str:
        """What was being said, which is a step now."""
        with self._guard:
            return self._partial.pop(scenario, "")

    def saying(self) -> dict[int | None, str]:
        """What is being said right now, by scenario."""
        with self._guard:
            return dict(self._partial)
