"""What runs, scenarios and steps are called on the screen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hati_core.agent.desk import ModelState
from hati_core.runs import Run, RunKind, RunStatus, ScenarioStatus, Step
from pages.parts.words import count, plain

_LONG = 160
_BOLD = re.compile(r"\*\*(\S(?:[^*\n]*\S)?)\*\*")
_ITEM = re.compile(r"^( {0,6})((?:[-*]|\d{1,3}[.)]) )(?=\S)(.*)$")
_OF_THE_MODEL = frozenset({"wrong_key", "no_such_model", "no_connection", "refused", "no_key"})
_FACTS = 6
LIMIT = ":orange-badge[:material/timer: limit reached]"
"""What is said of everything that a limit ended, as Markdown."""
_RUN = {
    RunStatus.RUNNING: ":blue-badge[:material/hourglass_top: at work]",
    RunStatus.DONE: ":green-badge[:material/check: done]",
    RunStatus.STOPPED: ":gray-badge[:material/stop: stopped]",
    RunStatus.LIMITED: LIMIT,
    RunStatus.FAILED: ":red-badge[:material/error: failed]",
    RunStatus.INTERRUPTED: ":orange-badge[:material/power_off: interrupted]",
}
_SCENARIO = {
    ScenarioStatus.EXPLORING: ":blue-badge[:material/hourglass_top: exploring]",
    ScenarioStatus.MEASURED: ":green-badge[:material/check: measured]",
    ScenarioStatus.UNFIT: ":orange-badge[! may not be proposed]",
    ScenarioStatus.FAILED: ":red-badge[:material/error: failed]",
    ScenarioStatus.STOPPED: ":gray-badge[:material/stop: stopped]",
}


def run_badge(status: RunStatus) -> str:
    """How far a run has come, as Markdown."""
    return _RUN[status]


def scenario_badge(status: ScenarioStatus) -> str:
    """How far an idea has come, as Markdown."""
    return _SCENARIO[status]


def worker(run: Run) -> str:
    """Who works, or worked: the model's name, the built-in planner, or a program of somebody's."""
    if run.kind is RunKind.CLIENT:
        return f"{run.model}, through MCP"
    return "built-in planner, no model" if run.by_rule else f"model {run.model}"


def model_note(state: ModelState) -> str:
    """Which model is asked, or that none is, as Markdown."""
    icon = "smart_toy" if state.is_there else "rule"
    return f":material/{icon}: {plain(f'Model: {state.note}' if state.is_there else state.note)}"


def is_about_the_model(run: Run) -> bool:
    """Whether a run failed for what is set of the model."""
    return run.problem in _OF_THE_MODEL


def taken(run: Run) -> str:
    """What a run took: time, answers, tokens, and money where prices are known."""
    spent = run.spent
    facts = [] if run.seconds is None else [duration(run.seconds)]
    if spent.turns:
        facts.append(count(spent.turns, "turn"))
    if spent.tokens:
        facts.append(count(spent.tokens, "token"))
    if spent.cost is not None:
        facts.append(f"${spent.cost:,.4f}")
    return " · ".join(facts)


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 5 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def lines(text: str) -> str:
    """A text as Markdown that shows it as it is, with its lines."""
    return "  \n".join(plain(line) for line in text.splitlines())


def spoken(text: str) -> str:
    """What a model says, with its bold words and lists; links, images and whatever else there is are shown as text."""
    return "\n".join(_spoken(line) for line in text.splitlines())


def _spoken(line: str) -> str:
    found = _ITEM.match(line)
    indent, mark, words = found.groups() if found else ("", "", line)
    pieces = [f"**{plain(piece)}**" if at % 2 else plain(piece) for at, piece in enumerate(_BOLD.split(words))]
    return f"{indent}{mark}{''.join(pieces)}" if mark else f"{''.join(pieces)}  "


def in_short(step: Step) -> str:
    """What a tool answered, in a line: the problem, or the plain facts first, then how long its lists are."""
    if step.answer is None:
        return "no answer yet"
    if step.failed:
        return cut(str(step.answer.get("message", "it failed")))
    # A statement is shown beneath, and is its commit's message where nobody gave one.
    known = {"branch", "message"} if step.sql else {"branch"}
    facts = [_fact(name, value) for name, value in step.answer.items() if name not in known]
    return cut(" · ".join(fact for fact in facts[:_FACTS] if fact)) or "done"


def _fact(name: str, value: Any) -> str:
    name = name.replace("_", " ")
    if isinstance(value, Mapping) or (isinstance(value, list) and value and not isinstance(value[0], str)):
        return f"{name}: {len(value):,}"
    if isinstance(value, list):
        return f"{name}: {', '.join(value)}" if value else ""
    if isinstance(value, float):
        return f"{name}: {value:,.6g}"
    return "" if value is None or value == "" else f"{name}: {value}"


def cut(text: str, length: int = _LONG) -> str:
    """A text that fits a line."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
