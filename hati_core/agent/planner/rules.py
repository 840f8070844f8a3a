"""The rules at work: think of ideas for a goal, then search each for the strength that serves it best."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hati_core.agent.answers import Answer
from hati_core.agent.goals import bounds, purchase, want
from hati_core.agent.levers import Nature
from hati_core.agent.models import ModelFor, Purpose
from hati_core.agent.planner.elsewhere import other_ideas, price_ideas
from hati_core.agent.planner.holdings import holdings_ideas
from hati_core.agent.planner.ideas import Attempt, RuleIdea, distinct
from hati_core.agent.planner.script import Call, Script, ScriptModel
from hati_core.agent.planner.survey import Survey, survey
from hati_core.runs import Direction, RunLimits

if TYPE_CHECKING:
    from agents import Model

_TURNS_AFTER = 3
"""Turns that follow the search for the best strength: doing it, measuring it, and saying so."""
_NOTHING = (
    "The built-in planner works by rule: it scales, trims, adds and rebalances what is held, and moves prices that are "
    "one's own. It finds nothing of that here that could serve the goal. Name what to buy with its price, such as “add "
    "500 BND at 74”, choose another metric, or set up a model."
)


@dataclass
class Rules:
    """The built-in planner for one run."""

    goal: str
    branch: str
    metric: str
    direction: Direction
    limits: RunLimits
    _ideas: dict[str, RuleIdea] = field(default_factory=dict)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ModelFor]:
        """Lend scripts that take the place of models."""
        yield self._model

    def _model(self, purpose: Purpose) -> Model:
        if purpose.is_planning:
            return ScriptModel(self._plan())
        return ScriptModel(self._carry_out(self._ideas[purpose.title], purpose.branch))

    def _plan(self) -> Script:
        found = yield from survey(self.branch, self.metric)
        if isinstance(found, str):
            return found
        ideas = distinct(self._think(found))[: self.limits.scenarios]
        if not ideas:
            return _NOTHING
        self._ideas = {idea.title: idea for idea in ideas}
        yield Call("plan_scenarios", {"scenarios": [{"title": one.title, "idea": one.text} for one in ideas]})
        return ""

    def _think(self, found: Survey) -> list[RuleIdea]:
        limits = bounds(self.goal)
        wanted = want(f"{self.goal} {self.metric}", is_lower=self.direction is Direction.LOWER)
        match found.levers.nature:
            case Nature.HOLDINGS:
                return holdings_ideas(found, wanted, limits, purchase(self.goal))
            case Nature.PRICE_LIST:
                return price_ideas(found, wanted, limits)
            case Nature.UNKNOWN:
                return other_ideas(found)

    def _carry_out(self, idea: RuleIdea, branch: str) -> Script:
        best: tuple[float, Attempt] | None = None
        refused = ""
        for attempt in idea.attempts[: max(1, self.limits.turns - _TURNS_AFTER)]:
            parameters = {"branch": branch, "action": attempt.action, "parameters": attempt.parameters}
            answer = yield Call("preview_action", parameters)
            gain = self._gain(answer)
            refused = str(answer.get("message") or ", ".join(answer.get("broken_rules", ())) or refused)
            if gain is not None and gain > 0 and (best is None or gain > best[0]):
                best = gain, attempt
        if best is None:
            return f"No strength of it serves the goal, so nothing was changed. {refused}".strip()
        chosen = best[1]
        answer = yield Call(chosen.action, {"branch": branch, **chosen.parameters})
        if "error" in answer:
            return f"It was refused, and nothing was changed: {answer['message']}"
        if self.limits.turns > _TURNS_AFTER:
            yield Call("metrics", {"branch": branch})
        return f"By rule: {answer['message']}. {idea.caveat}".strip()

    def _gain(self, answer: Answer) -> float | None:
        """How far an attempt would move the metric the wanted way; None where it cannot be made."""
        if "error" in answer or answer.get("broken_rules"):
            return None
        before, after = (
            next((one["value"] for one in answer.get(side, ()) if one["name"] == self.metric), None)
            for side in ("metrics", "metrics_after")
        )
        if before is None or after is None:
            return None
        return float(after - before) if self.direction is Direction.RAISE else float(before - after)
