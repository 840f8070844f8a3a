"""A goal pursued: ideas, each carried out on a branch of its own, in parallel, measured, ranked, the best proposed."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace

from hati_core.agent import instructions
from hati_core.agent.answers import Answer
from hati_core.agent.control import Control, Ending
from hati_core.agent.faults import Problem
from hati_core.agent.goals import bounds
from hati_core.agent.jobs import Outcome
from hati_core.agent.judging import Yardstick, figures, measured, metric_named, ranked, value_of
from hati_core.agent.model_choice import Access
from hati_core.agent.models import ModelFor, Models, Purpose
from hati_core.agent.talking import STOPPED, Task, ended, talk
from hati_core.agent.toolkit import CHANGES, READS, Arguments, Tool
from hati_core.agent.workspace import KEPT_FOR, Allowance, Workspace
from hati_core.agent.writing import make_proposal
from hati_core.errors import BadCall, BranchError, BranchExists, HatiError
from hati_core.repository import Repository
from hati_core.runs import Direction, Run, RunLimits, RunStatus, Scenario, ScenarioStatus

AT_ONCE = 3
"""Scenarios that are explored at the same time."""
_NAME_LENGTH = 50
_TRIES = 50


@dataclass(frozen=True)
class Idea:
    """What to try, and a short name for it."""

    title: str
    text: str


class Autopilot:
    """One run of the autopilot."""

    def __init__(self, repo: Repository, run: Run, control: Control, access: Access) -> None:
        self._repo, self._run, self._control, self._access = repo, run, control, access
        parent = repo.branch(run.branch)
        self._fork = parent.at(parent.head)
        metric = metric_named(repo, run.branch, run.metric)
        self._by = Yardstick(metric, run.direction or Direction.RAISE, bounds(run.goal))
        self._work = Workspace(
            repo, run.id, f"agent for {run.author}", control.stop, run.limits, Allowance(run.limits.rows)
        )

    async def pursue(self, models: Models) -> Outcome:
        """Pursue the goal to its end."""
        async with models.open() as model_for:
            ideas, problem = await self._plan(model_for)
            if not ideas:
                problem = problem or Problem(
                    "no_ideas", "No idea came up that could be tried. Word the goal differently."
                )
                return _without(problem)
            free = asyncio.Semaphore(AT_ONCE)
            explored = [self._explore(number, idea, model_for, free) for number, idea in enumerate(ideas, 1)]
            found = await asyncio.gather(*explored)
        return await asyncio.to_thread(self._conclude, found)

    async def _plan(self, model_for: ModelFor) -> tuple[list[Idea], Problem | None]:
        ideas: list[Idea] = []
        told = instructions.for_planning(self._by.metric.name, self._by.direction, self._run.limits)
        prompt = f"Goal: {self._run.goal}\nThe scenarios will be forked from “{self._run.branch}”."
        tool = _planning_tool(ideas, self._run.limits.scenarios)
        task = Task(told, [{"role": "user", "content": prompt}], [*READS, tool], last=tool.name)
        limits = self._run.limits
        if self._run.by_rule:
            # Rules look around in a few dozen turns at most, which cost nothing, whatever a scenario may take.
            limits = replace(limits, turns=max(limits.turns, RunLimits().turns))
        work = replace(self._work, only="", limits=limits)
        said = await talk(task, model_for(Purpose(is_planning=True)), work, self._control, self._access)
        if not ideas and not said.problem:
            return [], Problem("no_ideas", f"No idea came up that could be tried. {said.text}".strip())
        return ideas, said.problem

    async def _explore(
        self, number: int, idea: Idea, model_for: ModelFor, free: asyncio.Semaphore
    ) -> tuple[Scenario | None, Problem | None]:
        async with free:
            if problem := ended(self._control):
                return None, problem
            try:
                scenario = await asyncio.to_thread(self._begin, number, idea)
            except HatiError as error:
                return None, ended(self._control) or Problem(error.kind, error.message)
            limits = self._run.limits
            work = replace(self._work, scenario=number, only=scenario.branch_id, allowance=Allowance(limits.rows))
            told = instructions.for_scenario(scenario.branch, self._by.metric.name, self._by.direction, limits)
            prompt = f"Goal: {self._run.goal}\nYour branch: “{scenario.branch}”\nThe idea, {idea.title}: {idea.text}"
            task = Task(told, [{"role": "user", "content": prompt}], [*READS, *CHANGES])
            said = await talk(task, model_for(Purpose(idea.title, scenario.branch)), work, self._control, self._access)
            return await asyncio.to_thread(self._measure, scenario, said.text, said.problem), said.problem

    def _begin(self, number: int, idea: Idea) -> Scenario:
        """Fork a branch for an idea."""
        author = self._work.author
        for attempt in range(1, _TRIES + 1):
            name = _branch_name(idea.title, attempt)
            try:
                with self._control.stop.lasting():
                    branch = self._repo.create_branch(
                        name, self._run.branch, self._fork.version, idea.text[:200], KEPT_FOR, author=author
                    )
                    self._work.log.own(self._run.id, branch.id)
                break
            except BranchExists:
                if attempt == _TRIES:
                    raise
        before = value_of(self._repo, self._fork, self._by.metric)
        scenario = Scenario(
            self._run.id, number, idea.title, idea.text, branch.id, branch.name, ScenarioStatus.EXPLORING, before
        )
        self._work.log.put_scenario(scenario)
        return scenario

    def _measure(self, scenario: Scenario, words: str, problem: Problem | None) -> Scenario:
        """What came of a scenario; one that a limit ended counts with what it did by then, one that failed does not."""
        is_cut = problem is not None and problem.status is RunStatus.LIMITED
        if problem and not is_cut:
            is_stopped = problem.status is RunStatus.STOPPED
            status = ScenarioStatus.STOPPED if is_stopped else ScenarioStatus.FAILED
            found = replace(scenario, status=status, reason=problem.sentence)
        else:
            try:
                found = measured(self._repo, scenario, self._fork, self._by, problem.sentence if problem else words)
                found = replace(found, cut_short=is_cut)
            except (BranchError, BadCall) as error:
                found = replace(scenario, status=ScenarioStatus.FAILED, reason=error.message)
        self._work.log.put_scenario(found)
        return found

    def _conclude(self, explored: list[tuple[Scenario | None, Problem | None]]) -> Outcome:
        scenarios = ranked([scenario for scenario, _ in explored if scenario], self._by)
        for scenario in scenarios:
            self._work.log.put_scenario(scenario)
        if self._control.ending is Ending.STOPPED:
            return _without(STOPPED)
        problems = [problem for _, problem in explored if problem]
        failed = [problem for problem in problems if problem.status is RunStatus.FAILED]
        if failed and all(one.status is ScenarioStatus.FAILED for one in scenarios):
            return _without(failed[0])
        limit = ended(self._control) or next((one for one in problems if one.status is RunStatus.LIMITED), None)
        tried = f"{len(scenarios)} idea{'' if len(scenarios) == 1 else 's'} tried."
        best = next((one for one in scenarios if one.rank == 1), None)
        nothing = "None may be proposed; each says why." if scenarios else "There is nothing to propose."
        found = self._propose(best) if best else Outcome(RunStatus.DONE, nothing)
        if found.status is not RunStatus.DONE:
            return found
        if limit:
            return Outcome(RunStatus.LIMITED, f"{limit.sentence} {tried} {found.text}", limit.word)
        return replace(found, text=f"{tried} {found.text}")

    def _propose(self, best: Scenario) -> Outcome:
        # A limit ends the work on the branches, and not the proposal of what was found.
        work = replace(self._work, stop=self._control.halt)
        try:
            make_proposal(work, best.branch, self._run.branch, best.reason, scenario=best.number)
        except HatiError as error:
            if self._control.ending is Ending.STOPPED:
                return _without(STOPPED)
            return Outcome(RunStatus.FAILED, f"“{best.branch}” cannot be proposed: {error.message}", error.kind)
        return Outcome(RunStatus.DONE, f"Proposed: “{best.branch}”. {figures(best, self._by)}.")


def _without(problem: Problem) -> Outcome:
    return Outcome(problem.status, problem.sentence, problem.word)


def _branch_name(title: str, attempt: int) -> str:
    plain = (
        re.sub(r"[^\w+%.-]+", "-", title.strip().casefold(), flags=re.UNICODE).strip("-")[:_NAME_LENGTH] or "scenario"
    )
    plain = f"scenario-{plain}" if plain == "main" else plain
    return plain if attempt == 1 else f"{plain}-{attempt}"


def _planning_tool(ideas: list[Idea], most: int) -> Tool:
    one = {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "Two to five words; the branch is named after it."},
            "idea": {"type": "string", "description": "What to change and why, so that another can carry it out."},
        },
        "required": ["title", "idea"],
    }
    schema = {
        "type": "object",
        "properties": {"scenarios": {"type": "array", "items": one, "description": f"Up to {most} distinct ideas."}},
        "required": ["scenarios"],
    }

    def run(_work: Workspace, arguments: Arguments) -> Answer:
        for found in arguments["scenarios"]:
            if not isinstance(found, dict) or not str(found.get("title", "")).strip():
                raise BadCall("Each scenario is an object with a title and an idea.")
        known = {str(found["title"]).strip().casefold(): found for found in arguments["scenarios"]}
        if not known:
            raise BadCall("Give at least one scenario.")
        ideas[:] = [Idea(str(one["title"]).strip()[:80], str(one.get("idea", ""))[:2_000]) for one in known.values()][
            :most
        ]
        return {"count": len(ideas), "scenarios": [idea.title for idea in ideas]}

    return Tool("plan_scenarios", "Settle on the ideas to try. This ends the planning.", schema, run)
