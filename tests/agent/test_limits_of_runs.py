"""A limit ends the work, not what came of it: the best of what was found is ranked and proposed, and called so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hati_core import Branch, Repository
from hati_core.agent import Access, AgentDesk
from hati_core.agent.control import Control, Ending
from hati_core.agent.jobs import job_of
from hati_core.agent.model_choice import ModelChoice
from hati_core.agent.models import Purpose
from hati_core.runs import Run, RunLimits, RunStatus, ScenarioStatus
from tests.agent.scripts import BUY, Gate, Scripted, calls, said

IDEAS = [{"title": "Buy Apple", "idea": "More"}, {"title": "Slow", "idea": "Later"}]


def _begun(repo: Repository, gate: Gate) -> tuple[AgentDesk, Run]:
    """A run of which one scenario is measured, and the other waits at the gate after its first write."""

    def steps(purpose: Purpose) -> Sequence[Any]:
        if purpose.is_planning:
            return [calls("plan_scenarios", scenarios=IDEAS)]
        bought = calls("execute_sql", branch=purpose.branch, sql=BUY)
        if purpose.title == "Slow":
            return [bought, gate.step(*calls("execute_sql", "2", branch=purpose.branch, sql=BUY))]
        return [bought, said("Bought.")]

    desk = AgentDesk(repo, models=Scripted(steps), access=Access("k", None))
    run = desk.explore("Raise the value")
    assert gate.reached.wait(30)
    while desk.follow(run.id).scenarios[0].status is not ScenarioStatus.MEASURED:
        pass
    return desk, run


def test_when_the_time_is_up_what_was_found_is_ranked_and_the_best_proposed(repo: Repository, main: Branch) -> None:
    gate = Gate()
    desk, run = _begun(repo, gate)
    assert [one.after for one in desk.follow(run.id).scenarios] == [60600.0, 60600.0]
    job = job_of(run.id)
    assert job is not None
    job.control.end(Ending.SECONDS)
    gate.opened.set()
    ended = desk.wait(run.id, 30)
    assert (ended.status, ended.problem) == (RunStatus.LIMITED, "seconds")
    assert "The time was up" in ended.outcome
    assert "Proposed: “buy-apple”" in ended.outcome
    found = desk.follow(run.id)
    assert [(one.rank, one.cut_short) for one in found.scenarios] == [(1, False), (2, True)]
    assert [one.source for one in found.proposals] == ["buy-apple"]
    assert repo.branch("slow").head == 2
    assert main.head == 1


def test_a_person_s_stop_counts_although_a_limit_came_first() -> None:
    control = Control(RunLimits(), ModelChoice())
    control.end(Ending.SECONDS)
    assert (control.stop.asked, control.halt.asked) == (True, False)
    control.end(Ending.STOPPED)
    control.end(Ending.TOKENS)
    assert (control.ending, control.halt.asked) == (Ending.STOPPED, True)


def test_turns_that_are_used_up_cut_a_scenario_short_and_it_may_still_be_the_best(
    repo: Repository, main: Branch
) -> None:
    def steps(purpose: Purpose) -> Sequence[Any]:
        if purpose.is_planning:
            return [calls("plan_scenarios", scenarios=IDEAS[:1])]
        return [calls("execute_sql", str(n), branch=purpose.branch, sql=BUY) for n in range(9)]

    desk = AgentDesk(repo, models=Scripted(steps), access=Access("k", None))
    ended = desk.wait(desk.explore("Raise the value", limits=RunLimits(turns=2)).id, 30)
    assert (ended.status, ended.problem) == (RunStatus.LIMITED, "turns")
    (found,) = desk.follow(ended.id).scenarios
    assert (found.rank, found.cut_short, found.delta) == (1, True, 3700.0)
    assert "limit of 2 turns" in desk.proposals()[0].reason


def test_the_planner_works_within_few_turns(repo: Repository, main: Branch) -> None:
    desk = AgentDesk(repo, access=Access(None, None))
    goal = "Raise the portfolio value with at most 10 % more cost"
    ended = desk.wait(desk.explore(goal, limits=RunLimits(scenarios=2, turns=3)).id, 60)
    assert ended.status is RunStatus.DONE, ended.outcome
    assert len(desk.proposals()) == 1
