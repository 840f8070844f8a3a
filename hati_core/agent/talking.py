"""One conversation of a model with the tools, from a task to its last words, step by step."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from agents import (
    Agent,
    FunctionTool,
    Model,
    ModelResponse,
    ModelSettings,
    RunConfig,
    RunContextWrapper,
    RunHooks,
    Runner,
    RunResultStreaming,
    StopAtTools,
    ToolExecutionConfig,
    TResponseInputItem,
)
from agents.items import ItemHelpers, MessageOutputItem
from agents.stream_events import RunItemStreamEvent, StreamEvent
from agents.tool_context import ToolContext

from hati_core.agent import faults
from hati_core.agent.answers import as_text
from hati_core.agent.control import Control, Ending
from hati_core.agent.faults import Problem
from hati_core.agent.model_choice import Access
from hati_core.agent.toolkit import Tool, call
from hati_core.agent.workspace import Workspace
from hati_core.runs import RunStatus, Step, StepKind

STOPPED = Problem("stopped", "Stopped. What was written by then stays on its branches.", RunStatus.STOPPED)
_ENDED = {
    Ending.STOPPED: STOPPED,
    Ending.SECONDS: Problem("seconds", "The time was up. What was found by then stays.", RunStatus.LIMITED),
    Ending.TOKENS: Problem("tokens", "The tokens were used up. What was found by then stays.", RunStatus.LIMITED),
}


@dataclass(frozen=True)
class Task:
    """What a model is asked: who it is, what was said so far with what is wanted last, and the tools it may call.

    The conversation ends with a call of ``last``, where that is given, or else with the model's words.
    """

    instructions: str
    said: Sequence[TResponseInputItem]
    tools: Sequence[Tool]
    last: str | None = None


@dataclass(frozen=True)
class Said:
    """The last words of a conversation, or what ended it."""

    text: str
    problem: Problem | None = None


def ended(control: Control) -> Problem | None:
    """What ended a run from outside, if anything did."""
    return _ENDED[control.ending] if control.ending else None


async def talk(task: Task, model: Model, work: Workspace, control: Control, access: Access) -> Said:
    """Let a model work on a task until it is done, fails, or is ended; every step is kept as it happens."""
    running: list[concurrent.futures.Future[str]] = []
    pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="hati tool")
    agent = Agent(
        "hati",
        instructions=task.instructions,
        model=model,
        model_settings=ModelSettings(include_usage=True),
        tools=[_function_tool(tool, work, pool, running) for tool in task.tools],
        tool_use_behavior=StopAtTools(stop_at_tool_names=[task.last]) if task.last else "run_llm_again",
    )
    try:
        if control.ending:
            return Said("", ended(control))
        result = Runner.run_streamed(
            agent, list(task.said), max_turns=work.limits.turns, hooks=_Meter(control), run_config=_config()
        )
        await _follow(result, work, control)
        text = str(result.final_output or "").strip()
        return Said(text, ended(control) or (None if text else faults.EMPTY))
    except Exception as error:
        return Said("", ended(control) or faults.explained(error, access, work.limits.turns))
    finally:
        # A tool that was running when all was cancelled is not written to any more, but has to come to its end.
        await asyncio.to_thread(concurrent.futures.wait, running)
        pool.shutdown(wait=False)
        if broken_off := control.said(work.scenario).strip():
            tell(work, StepKind.TEXT, f"{broken_off} …")


async def _follow(result: RunResultStreaming, work: Workspace, control: Control) -> None:
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        loop.call_soon_threadsafe(partial(result.cancel, "immediate"))

    with control.cancelling(cancel):
        async for event in result.stream_events():
            _note(event, work, control)


def _note(event: StreamEvent, work: Workspace, control: Control) -> None:
    if isinstance(event, RunItemStreamEvent):
        if isinstance(event.item, MessageOutputItem):
            text = ItemHelpers.text_message_output(event.item).strip()
            control.said(work.scenario)
            if text:
                tell(work, StepKind.TEXT, text)
    elif event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
        control.say(work.scenario, event.data.delta)


def tell(work: Workspace, kind: StepKind, text: str) -> None:
    """Keep something that was said as a step."""
    work.log.add_step(Step(work.run, 0, kind, datetime.now(UTC), scenario=work.scenario, text=text))


def _config() -> RunConfig:
    """Nothing is sent anywhere but to the model's server, and a tool that is not there is an answer like another."""
    return RunConfig(
        tracing_disabled=True,
        trace_include_sensitive_data=False,
        tool_not_found_behavior="return_error_to_model",
        tool_execution=ToolExecutionConfig(max_function_tool_concurrency=1),
    )


def _function_tool(
    tool: Tool,
    work: Workspace,
    pool: concurrent.futures.Executor,
    running: list[concurrent.futures.Future[str]],
) -> FunctionTool:
    async def invoke(_context: ToolContext[Any], arguments: str) -> str:
        future = pool.submit(lambda: as_text(call(work, tool, arguments)))
        running.append(future)
        return await asyncio.wrap_future(future)

    return FunctionTool(tool.name, tool.description, dict(tool.schema), invoke, strict_json_schema=False)


class _Meter(RunHooks[None]):
    """Counts what answers take."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def on_llm_end(self, context: RunContextWrapper[None], agent: Agent[None], response: ModelResponse) -> None:
        # Ending a run waits for commits that are under way, which the loop must not.
        await asyncio.to_thread(self._control.spend, response.usage.input_tokens, response.usage.output_tokens)
