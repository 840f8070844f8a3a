"""What is kept of agents' runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hati_core import Repository
from hati_core.runs import (
    Direction,
    Proposal,
    ProposalStatus,
    Run,
    RunKind,
    RunLimits,
    RunStatus,
    Scenario,
    ScenarioStatus,
    Spent,
    Step,
    StepKind,
)
from hati_core.storage.run_log import RunLog

pytestmark = pytest.mark.every_backend
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
RUN = Run("r1", RunKind.AUTOPILOT, "Raise it", "ada", "main", "m-1", False, RunStatus.RUNNING, NOON)


@pytest.fixture
def log(repo: Repository) -> RunLog:
    return repo._store.registry.runs


def test_a_run_comes_back_as_it_was_kept(log: RunLog) -> None:
    run = replace(RUN, direction=Direction.LOWER, limits=RunLimits(turns=3), spent=Spent(2, 10, 20, 0.5), ended_at=NOON)
    log.put_run(run)
    assert log.run("r1") == run
    assert log.run("r2") is None


def test_a_run_ends_once(log: RunLog) -> None:
    log.put_run(RUN)
    assert log.end_run(replace(RUN, status=RunStatus.STOPPED))
    assert not log.end_run(replace(RUN, status=RunStatus.INTERRUPTED))
    assert [run.status for run in log.runs(5)] == [RunStatus.STOPPED]


def test_runs_are_found_by_what_they_are(log: RunLog) -> None:
    for number, conversation in enumerate(["c1", "c1", None]):
        kind = RunKind.CHAT if conversation else RunKind.AUTOPILOT
        at = NOON.replace(minute=number)
        log.put_run(replace(RUN, id=f"r{number}", kind=kind, conversation=conversation, started_at=at))
    assert [run.id for run in log.runs(2)] == ["r2", "r1"]
    assert [run.id for run in log.runs(5, conversation="c1")] == ["r1", "r0"]
    assert [run.id for run in log.runs(5, kind=RunKind.AUTOPILOT)] == ["r2"]
    assert log.runs(5, status=RunStatus.DONE) == []


def test_steps_are_numbered_by_run_and_filled_in_later(log: RunLog) -> None:
    first = log.add_step(Step("r1", 0, StepKind.TOOL, NOON, name="query", arguments={"sql": "SELECT 1"}))
    log.add_step(Step("r2", 0, StepKind.TEXT, NOON, text="Grüße"))
    second = log.add_step(Step("r1", 0, StepKind.NOTE, NOON, text="There"))
    log.put_step(replace(first, answer={"rows": 1}, ms=4))
    assert [step.number for step in (first, second)] == [1, 2]
    assert log.steps("r1")[0] == replace(first, answer={"rows": 1}, ms=4)
    assert log.steps("r1")[0].sql == "SELECT 1"
    assert log.steps("r1", after=1) == [second]


def test_scenarios_and_whose_branches_they_are(log: RunLog) -> None:
    scenario = Scenario("r1", 1, "Tech", "Buy", "b1", "tech", ScenarioStatus.EXPLORING, before=1.5)
    log.put_scenario(scenario)
    measured = replace(scenario, after=2.0, status=ScenarioStatus.MEASURED, assumes=("price",))
    log.put_scenario(measured)
    log.own("r1", "b1")
    assert log.scenarios("r1") == [measured]
    assert measured.delta == 0.5
    assert (log.owner("b1"), log.owner("b2"), log.owners()) == ("r1", None, {"b1": "r1"})


def test_a_proposal_is_decided_once(log: RunLog) -> None:
    proposal = Proposal("p1", "r1", "b1", "tech", 3, "b0", "main", 2, "best", ProposalStatus.OPEN, NOON)
    log.put_proposal(proposal)
    rejected = replace(proposal, status=ProposalStatus.REJECTED, words="too bold", decided_by="bob", decided_at=NOON)
    assert log.decide(rejected)
    assert not log.decide(replace(proposal, status=ProposalStatus.APPROVED))
    assert log.proposals(run="r1") == [rejected] == [log.proposal("p1")]
    assert log.proposals(status=ProposalStatus.OPEN) == []
