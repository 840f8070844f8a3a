"""The model of a vendor, or of a server that speaks like one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents import Model, OpenAIChatCompletionsModel, OpenAIResponsesModel
from openai import AsyncOpenAI

from hati_core.agent.model_choice import Access, Api, ModelChoice

ANSWER_SECONDS = 120.0
RETRIES = 2
"""Of one request, after 429, 5xx and broken connections, as long as no answer has begun; ``Retry-After`` is kept to."""
_NO_KEY = "none"
"""What a server of one's own is told where it asks for no key: the client sends something in any case."""


@asynccontextmanager
async def vendor_model(
    choice: ModelChoice, access: Access, *, seconds: float = ANSWER_SECONDS, retries: int = RETRIES
) -> AsyncIterator[Model]:
    """Lend a model; ``seconds`` is how long the server may be silent."""
    client = AsyncOpenAI(api_key=access.key or _NO_KEY, base_url=access.base_url, timeout=seconds, max_retries=retries)
    try:
        if choice.api is Api.RESPONSES:
            yield OpenAIResponsesModel(choice.name, client)
        else:
            yield OpenAIChatCompletionsModel(choice.name, client)
    finally:
        await client.close()
