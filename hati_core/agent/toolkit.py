"""The tools by name: what a model is told of them, and how a call of one is carried out and kept.

Whatever is wrong with a call comes back as its answer, so that the model can do better. One definition serves every way
to a model: ``talking`` hands the tools to a vendor's loop, ``hati_core.mcp`` to any client of its protocol.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import UnionType
from typing import Any, get_args, get_type_hints

from hati_core.agent import answers, landing, proposals, reading, writing
from hati_core.agent.answers import Answer
from hati_core.agent.workspace import Workspace
from hati_core.errors import BadCall, HatiError, QueryTimeout
from hati_core.runs import Step, StepKind
from hati_core.scenarios.action import Action
from hati_core.scenarios.actions import ACTIONS, schema

Arguments = dict[str, Any]

_SCHEMAS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    list[str]: {"type": "array", "items": {"type": "string"}},
    list[dict[str, Any]]: {"type": "array", "items": {"type": "object"}},
    list[writing.RowUpdate]: {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"key": {"type": "object"}, "set": {"type": "object"}},
            "required": ["key", "set"],
        },
    },
    dict[str, Any]: {"type": "object"},
}
_KEPT_LENGTH = 4_000
"""Characters that are kept of one argument."""


@dataclass(frozen=True)
class Tool:
    """A tool: its name, what it does, its parameters as a JSON schema, and the function behind it.

    ``reads_only`` says that nothing is different after it.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    run: Callable[[Workspace, Arguments], Answer]
    reads_only: bool = False


def tool(function: Callable[..., Answer], *, reads_only: bool = False) -> Tool:
    """A tool from a function: its first parameter is the workspace, the others are annotated with what they are."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    properties = {one.name: _property(hints[one.name], one.default) for one in parameters}
    required = [one.name for one in parameters if one.default is inspect.Parameter.empty]

    def run(work: Workspace, arguments: Arguments) -> Answer:
        return function(work, **arguments)

    described = _first_line(function.__doc__)
    return Tool(function.__name__, described, _object(properties, required), run, reads_only)


def _action_tool(action: type[Action]) -> Tool:
    found = schema(action)
    branch = {"type": "string", "description": "The name of a branch of yours, exactly."}

    def run(work: Workspace, arguments: Arguments) -> Answer:
        parameters = {name: value for name, value in arguments.items() if name != "branch"}
        return writing.act(work, arguments["branch"], action.name, parameters)

    properties, required = {"branch": branch, **found["properties"]}, ["branch", *found["required"]]
    return Tool(
        action.name, f"{action.description()} One commit on a branch of yours.", _object(properties, required), run
    )


def _first_line(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


def _object(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    kind = {"type": "object", "properties": dict(properties), "required": list(required)}
    return {**kind, "additionalProperties": False}


def _property(hint: Any, default: object) -> dict[str, Any]:
    kind, *notes = get_args(hint)
    found = {**_SCHEMAS[kind], "description": notes[0]}
    return {**found, "default": default} if isinstance(default, str) and default else found


_READING: tuple[Callable[..., Answer], ...] = (
    reading.list_branches,
    reading.describe_tables,
    reading.query,
    reading.metrics,
    reading.diff,
    reading.compare,
    reading.plan_merge,
    reading.preview_action,
    proposals.list_proposals,
)
_LIVING: tuple[Callable[..., Answer], ...] = (writing.create_branch, writing.discard_branch, writing.propose_merge)
READS = tuple(tool(function, reads_only=True) for function in _READING)
CHANGES = (tool(writing.execute_sql), tool(writing.edit_rows), *(_action_tool(action) for action in ACTIONS))
LIFE = tuple(tool(function) for function in _LIVING)
EVERY_TOOL = (*READS, *CHANGES, *LIFE)
LANDING = (tool(landing.approve_merge),)
"""What merges: for whoever was started with a person's word for it, and nobody else."""


def call(work: Workspace, found: Tool, text: str) -> Answer:
    """Carry out one call of a tool, given its arguments as JSON, and keep it as a step."""
    begun = time.monotonic()
    arguments, problem = _arguments(found, text)
    branch = arguments.get("branch")
    kept = {name: _kept(value) for name, value in arguments.items()}
    step = work.log.add_step(
        Step(
            work.run,
            0,
            StepKind.TOOL,
            datetime.now(UTC),
            scenario=work.scenario,
            name=found.name,
            branch=branch if isinstance(branch, str) else None,
            arguments=kept if arguments or not problem else {"text": answers.shortened(text, _KEPT_LENGTH)},
        )
    )
    answer = answers.refusal(problem) if problem else _run(replace(work, step=step.number), found, arguments)
    failed = "error" in answer
    is_write = not failed and "changed" in answer
    work.log.put_step(
        replace(
            step,
            answer=json.loads(answers.as_text(answer)),
            version=answer["version"] if is_write else None,
            rows=answer["count"] if is_write else 0,
            branch=answer.get("branch") or step.branch,
            ms=round((time.monotonic() - begun) * 1000),
            failed=failed,
        )
    )
    return answer


def _run(work: Workspace, found: Tool, arguments: Arguments) -> Answer:
    branch = str(arguments.get("branch", "")) or None
    if work.stop.asked:
        return answers.refusal(QueryTimeout("The run was stopped. Nothing was written."), branch)
    try:
        return found.run(work, arguments)
    except HatiError as error:
        return answers.refusal(error, branch)
    except Exception as error:
        # A model's call must not end the run, whatever it makes of the values.
        return answers.refusal(BadCall(f"The tool failed on these arguments: {error}"), branch)


def _arguments(found: Tool, text: str) -> tuple[Arguments, BadCall | None]:
    try:
        arguments = json.loads(text or "{}")
    except ValueError:
        return {}, BadCall("The arguments are no JSON. Call the tool again with one JSON object.")
    if not isinstance(arguments, dict):
        return {}, BadCall("The arguments have to be one JSON object.")
    properties, required = found.schema["properties"], found.schema["required"]
    given = {name: one for name, one in arguments.items() if one is not None or _may_be_null(properties.get(name))}
    if unknown := [name for name in given if name not in properties]:
        return given, BadCall(f"“{found.name}” takes no “{unknown[0]}”. It takes: {', '.join(properties)}.")
    if missing := [name for name in required if name not in given]:
        what = properties[missing[0]].get("description", "")
        return given, BadCall(f"“{found.name}” needs “{missing[0]}”. {what}")
    for name, value in given.items():
        if not _fits(properties[name].get("type"), value):
            return given, BadCall(f"“{name}” of “{found.name}” has to be of type {properties[name]['type']}.")
    return given, None


_TYPES: dict[str, type | UnionType] = {
    "string": str,
    "integer": int,
    "number": int | float,
    "object": dict,
    "array": list,
}


def _may_be_null(schema: Mapping[str, Any] | None) -> bool:
    kind = (schema or {}).get("type")
    return isinstance(kind, list) and "null" in kind


def _fits(kind: Any, value: Any) -> bool:
    """Whether a value is of a JSON type; where a schema allows several, the tool itself looks."""
    if not isinstance(kind, str) or kind not in _TYPES:
        return True
    if kind == "number" and isinstance(value, str):
        return True
    return isinstance(value, _TYPES[kind]) and not (isinstance(value, bool) and kind in ("integer", "number"))


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return answers.shortened(value, _KEPT_LENGTH)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= _KEPT_LENGTH else answers.shortened(text, _KEPT_LENGTH)
