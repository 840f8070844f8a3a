"""Where the models of a run come from: a vendor's server, or the built-in planner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hati_core.agent.model_choice import Access, ModelChoice

if TYPE_CHECKING:
    from agents import Model


@dataclass(frozen=True)
class Purpose:
    """What a model is wanted for: to answer, to think of ideas, or to carry out the one of a title on a branch."""

    title: str = ""
    branch: str = ""
    is_planning: bool = False


class Models(Protocol):
    """Lends models for the length of a run."""

    def open(self) -> AbstractAsyncContextManager[ModelFor]:
        """Get ready to lend."""


class ModelFor(Protocol):
    """Lends the model for a purpose."""

    def __call__(self, purpose: Purpose) -> Model: ...


@dataclass(frozen=True)
class VendorModels:
    """One model of a vendor's for every purpose; ``seconds`` is how long it may be silent."""

    choice: ModelChoice
    access: Access
    seconds: float = 120.0
    retries: int = 2

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ModelFor]:
        """Connect when the first model is asked."""
        # Takes seconds to import, which nobody has to wait for who only reads about runs.
        from hati_core.agent.vendor import vendor_model

        async with vendor_model(self.choice, self.access, seconds=self.seconds, retries=self.retries) as model:
            yield lambda purpose: model
