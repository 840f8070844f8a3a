"""Models that follow scripts, for whole runs: one script a purpose."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from agents import Model
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call

from hati_core.agent.models import ModelFor, Purpose

BUY = "UPDATE portfolio SET shares = shares + 10 WHERE ticker = 'AAPL'"


@dataclass
class Scripted:
    """Lends a scripted model by purpose."""

    steps: Callable[[Purpose], Sequence[Any]]
    lent: list[ScriptedModel] = field(default_factory=list)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ModelFor]:
        def lend(purpose: Purpose) -> Model:
            self.lent.append(ScriptedModel(list(self.steps(purpose))))
            return self.lent[-1]

        yield lend


class Gate:
    """Where a scripted model waits until the test lets it go on."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def step(self, *output: Any) -> ModelStep:
        """A step that is taken once the gate is opened."""

        async def wait(_call: object) -> Sequence[Any]:
            self.reached.set()
            await asyncio.to_thread(self.opened.wait, 30)
            return list(output)

        return ModelStep.respond(wait)


def chat(*steps: Any) -> Scripted:
    """One script, whatever it is for."""
    return Scripted(lambda purpose: steps)


def said(text: str) -> list[Any]:
    """The last words of a model."""
    return [assistant_message(text)]


def calls(name: str, call_id: str = "1", /, **arguments: Any) -> list[Any]:
    """One call of a tool."""
    return [function_call(name, arguments, call_id=call_id)]


async def _never(_call: object) -> list[Any]:
    await asyncio.Event().wait()
    return []


NEVER = ModelStep.respond(_never)
"""A step of a model that does not answer."""
