"""A model that follows a script: it calls tools and says things by rule. The runner takes it for any other model."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from typing import Any

from agents import AgentOutputSchemaBase, Handoff, Model, ModelResponse, ModelSettings, ModelTracing, Tool, Usage
from agents.items import TResponseInputItem, TResponseOutputItem, TResponseStreamEvent
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)
from openai.types.responses.response_prompt_param import ResponsePromptParam

from hati_core.agent.answers import Answer


@dataclass(frozen=True)
class Call:
    """A tool to call next."""

    name: str
    arguments: dict[str, Any]


Script = Generator[Call, Answer, str]
"""Yields calls, is sent their answers, and returns its last words."""


class ScriptModel(Model):
    """Follows one script in one conversation."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._is_begun = False

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None,
        conversation_id: str | None,
        prompt: ResponsePromptParam | None,
    ) -> ModelResponse:
        """The next step of the script."""
        return ModelResponse(output=[self._next(input)], usage=Usage(), response_id=None)

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None,
        conversation_id: str | None,
        prompt: ResponsePromptParam | None,
    ) -> AsyncIterator[TResponseStreamEvent]:
        """The next step of the script, all of it at once."""
        response = Response(
            id=uuid.uuid4().hex,
            created_at=0,
            model="rules",
            object="response",
            output=[self._next(input)],
            parallel_tool_calls=False,
            tool_choice="auto",
            tools=[],
        )
        yield ResponseCompletedEvent(type="response.completed", response=response, sequence_number=0)

    def _next(self, said: str | list[TResponseInputItem]) -> TResponseOutputItem:
        try:
            call = self._script.send(_last_answer(said)) if self._is_begun else next(self._script)
        except StopIteration as end:
            return _message(str(end.value))
        self._is_begun = True
        call_id = uuid.uuid4().hex
        arguments = json.dumps(call.arguments, ensure_ascii=False)
        return ResponseFunctionToolCall(
            id=call_id, call_id=call_id, type="function_call", name=call.name, arguments=arguments
        )


def _last_answer(said: str | list[TResponseInputItem]) -> Answer:
    items: list[Any] = [] if isinstance(said, str) else list(said)
    outputs = [item["output"] for item in items if item.get("type") == "function_call_output"]
    try:
        answer = json.loads(outputs[-1])
    except (IndexError, TypeError, ValueError):
        return {"error": "no_answer", "message": "The tool gave no answer."}
    return answer if isinstance(answer, dict) else {"error": "no_answer", "message": str(answer)}


def _message(text: str) -> ResponseOutputMessage:
    content = ResponseOutputText(text=text, type="output_text", annotations=[])
    return ResponseOutputMessage(
        id=uuid.uuid4().hex, type="message", role="assistant", status="completed", content=[content]
    )
