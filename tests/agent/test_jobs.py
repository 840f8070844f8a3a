"""Runs as jobs: they go on by themselves, two at once, are stopped, interrupted and found again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from agents.testing import ModelStep
from openai.types.responses import ResponseTextDeltaEvent

from hati_core import Branch, Repository
from hati_core.agent import Access, AgentDesk
from hati_core.agent.models import Purpose
from hati_core.errors import NotAllowed
from hati_core.runs import RunLimits, RunStatus, ScenarioStatus, StepKind
from tests.agent.scripts import BUY, NEVER, Gate, Scripted, calls, chat, said
from tests.core.processes import start_python

REACH = Access("sk-test", None)


def desk(repo: Repository, models: Scripted) -> AgentDesk:
    return AgentDesk(repo, models=models, access=REACH)


def test_a_question_is_answered_and_kept_with_its_steps(repo: Repository, main: Branch) -> None:
    models = chat(calls("metrics", branch="main"), said("It is worth 58,750."))
    run = desk(repo, models).ask("What is it worth?")
    ended = desk(repo, models).wait(run.id, 30)
    assert (ended.status, ended.outcome, ended.model) == (RunStatus.DONE, "It is worth 58,750.", "gpt-5.6-luna")
    assert [step.kind for step in desk(repo, models).follow(run.id).steps] == [StepKind.TOOL, StepKind.TEXT]
    assert ended.seconds is not None


def test_a_conversation_goes_on_where_it_stood_and_its_branches_stay_writable(repo: Repository, main: Branch) -> None:
    first = desk(repo, chat(calls("create_branch", name="tech"), said("Made “tech”.")))
    run = first.wait(first.ask("Make a branch").id, 30)
    models = chat(calls("execute_sql", branch="tech", sql=BUY), said("Bought."))
    second = desk(repo, models)
    again = second.wait(second.ask("Now buy", conversation=run.conversation).id, 30)
    assert repo.branch("tech").head == 2
    texts = [item["content"] for item in models.lent[0].first_call.input]  # type: ignore[union-attr]
    assert texts[0] == "Make a branch"
    assert "Made “tech”." in texts[1]
    assert texts[2] == "Now buy"
    assert [found.id for found in second.conversation(run.conversation or "")] == [run.id, again.id]


def test_a_run_outlives_the_handle_that_began_it(place: str) -> None:
    gate = Gate()
    with Repository.open(place, author="ada") as repo:
        run = desk(repo, chat(gate.step(*said("Still here.")))).ask("Are you there?")
        assert gate.reached.wait(30)
    gate.opened.set()
    with Repository.open(place) as repo:
        assert desk(repo, chat()).wait(run.id, 30).outcome == "Still here."


def test_what_is_being_said_is_there_before_it_is_a_step(repo: Repository, main: Branch) -> None:
    gate = Gate()

    async def stream(_call: object) -> AsyncIterator[Any]:
        place = {"item_id": "m", "output_index": 0, "content_index": 0, "sequence_number": 0, "logprobs": []}
        yield ResponseTextDeltaEvent(type="response.output_text.delta", delta="It is", **place)
        gate.reached.set()
        await asyncio.Event().wait()

    found = desk(repo, chat(ModelStep.stream(stream)))
    run = found.ask("What is it worth?")
    assert gate.reached.wait(30)
    while not found.follow(run.id).saying:
        pass
    assert found.follow(run.id).saying == {None: "It is"}
    found.stop(run.id)
    assert found.wait(run.id, 30).status is RunStatus.STOPPED
    assert not found.follow(run.id).saying
    assert [step.text for step in found.follow(run.id).steps] == ["It is …"]


def test_two_runs_work_at_once(repo: Repository, main: Branch) -> None:
    one, two = Gate(), Gate()
    first = desk(repo, chat(calls("create_branch", name="one"), one.step(*said("One."))))
    second = desk(repo, chat(calls("create_branch", name="two"), two.step(*said("Two."))))
    runs = [first.ask("One?"), second.ask("Two?")]
    assert one.reached.wait(30)
    assert two.reached.wait(30)
    assert {run.status for run in first.runs()} == {RunStatus.RUNNING}
    one.opened.set()
    two.opened.set()
    assert [first.wait(run.id, 30).outcome for run in runs] == ["One.", "Two."]
    assert {info.name for info in repo.branches()} == {"main", "one", "two"}


def test_stop_ends_a_run_that_waits_for_its_model_and_nothing_is_written_after_it(
    repo: Repository, main: Branch
) -> None:
    gate = Gate()
    models = chat(calls("create_branch", name="tech"), gate.step(*calls("execute_sql", "2", branch="tech", sql=BUY)))
    run = desk(repo, models).ask("Buy")
    assert gate.reached.wait(30)
    assert desk(repo, models).stop(run.id)
    gate.opened.set()
    assert desk(repo, models).wait(run.id, 30).status is RunStatus.STOPPED
    assert repo.branch("tech").head == 1
    assert not desk(repo, models).stop(run.id)


def test_stop_in_the_middle_of_a_statement_undoes_it(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("mine")
    endless = "INSERT INTO portfolio SELECT 'X' || count(*), 1, 1, 1 FROM range(100000000) a, range(100000000) b"
    found = desk(repo, chat(calls("execute_sql", branch="mine", sql=endless)))
    run = found.ask("Fill it", "mine", hand_over=True)
    while not any(step.name == "execute_sql" for step in found.follow(run.id).steps):
        pass
    found.stop(run.id)
    assert found.wait(run.id, 30).status is RunStatus.STOPPED
    assert branch.head == 1


def test_time_that_is_up_ends_a_run(repo: Repository, main: Branch) -> None:
    found = desk(repo, chat(NEVER))
    ended = found.wait(found.ask("Think", limits=RunLimits(seconds=1)).id, 30)
    assert (ended.status, ended.problem) == (RunStatus.LIMITED, "seconds")


def test_a_run_whose_process_died_is_found_as_interrupted_with_its_branches(place: str) -> None:
    program = (
        "import os, signal\n"
        "from hati_core import Repository\n"
        "from hati_core.agent import Access, AgentDesk\n"
        "from tests.agent.scripts import BUY, Gate, calls, chat\n"
        "repo, gate = Repository.open(sys.argv[1]), Gate()\n"
        "repo.main.execute('CREATE TABLE portfolio (ticker VARCHAR PRIMARY KEY, shares INTEGER)')\n"
        "made, bought = calls('create_branch', name='tech'), calls('execute_sql', '2', branch='tech', sql=BUY)\n"
        "models = chat(made, bought, gate.step())\n"
        "AgentDesk(repo, models=models, access=Access('k', None)).ask('Buy')\n"
        "gate.reached.wait(60)\n"
        "print('at work', flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = start_python(program, place)
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    with Repository.open(place) as repo:
        watching = desk(repo, chat())
        (run,) = watching.runs()
        assert watching.follow(run.id).run.status is RunStatus.RUNNING
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
        run = watching.follow(run.id).run
        assert (run.status, run.problem) == (RunStatus.INTERRUPTED, "interrupted")
        assert [info.name for info in repo.branches()] == ["main", "tech"]
        assert desk(repo, chat()).runs() == [run]


def test_a_person_s_branch_is_written_only_when_handed_over(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("mine")
    for hand_over, head in ((False, 1), (True, 2)):
        found = desk(repo, chat(calls("execute_sql", branch="mine", sql=BUY), said("Done.")))
        found.wait(found.ask("Buy", "mine", hand_over=hand_over).id, 30)
        assert branch.head == head
    with pytest.raises(NotAllowed, match="cannot be handed over"):
        desk(repo, chat()).ask("Buy", "main", hand_over=True)


def test_without_a_key_a_chat_says_so(repo: Repository, main: Branch) -> None:
    found = AgentDesk(repo, access=Access(None, None))
    run = found.wait(found.ask("Hello?").id, 30)
    assert (run.status, run.problem) == (RunStatus.FAILED, "no_key")
    assert "OPENAI_API_KEY" in run.outcome
    assert not found.model.is_there


def pilot(purpose: Purpose) -> Sequence[Any]:
    if purpose.is_planning:
        ideas = [
            {"title": "Buy Apple", "idea": "More"},
            {"title": "Raise prices", "idea": "Dream"},
            {"title": "Rest", "idea": ""},
        ]
        return [calls("plan_scenarios", scenarios=ideas)]
    if purpose.title == "Rest":
        return [said("I did nothing.")]
    sql = BUY if purpose.title == "Buy Apple" else "UPDATE portfolio SET current_price = current_price * 2"
    return [calls("execute_sql", branch=purpose.branch, sql=sql), said("Worth a fortune!")]


def test_a_model_s_scenarios_are_measured_by_the_engine_and_facts_are_no_decisions(
    repo: Repository, main: Branch
) -> None:
    found = desk(repo, Scripted(pilot))
    run = found.wait(found.explore("Raise the value").id, 60)
    assert run.status is RunStatus.DONE, run
    assert not run.by_rule
    apple, dream, rest = found.follow(run.id).scenarios
    assert (apple.rank, apple.delta, apple.rows) == (1, 1850.0, 1)
    assert (dream.rank, dream.delta, dream.assumes) == (2, 58750.0, ("current_price",))
    assert (rest.status, rest.rank) == (ScenarioStatus.UNFIT, None)
    assert "changes nothing" in rest.reason
    assert [one.source for one in found.proposals()] == ["buy-apple"]
    assert main.head == 1


def test_a_scenario_whose_branch_is_discarded_fails_alone(repo: Repository, main: Branch) -> None:
    gate = Gate()

    def steps(purpose: Purpose) -> Sequence[Any]:
        if purpose.title == "Rest":
            return [gate.step(*calls("execute_sql", branch=purpose.branch, sql=BUY)), said("Hm.")]
        return pilot(purpose)

    found = desk(repo, Scripted(steps))
    run = found.explore("Raise the value")
    assert gate.reached.wait(30)
    repo.discard("rest")
    gate.opened.set()
    assert found.wait(run.id, 60).status is RunStatus.DONE
    rest = found.follow(run.id).scenarios[2]
    assert (rest.status, "was discarded" in rest.reason) == (ScenarioStatus.FAILED, True)
    assert [one.source for one in found.proposals()] == ["buy-apple"]


def test_stopping_an_autopilot_proposes_nothing(repo: Repository, main: Branch) -> None:
    gate = Gate()

    def steps(purpose: Purpose) -> Sequence[Any]:
        return [gate.step(*said("Hm."))] if purpose.title == "Rest" else pilot(purpose)

    found = desk(repo, Scripted(steps))
    run = found.explore("Raise the value")
    assert gate.reached.wait(30)
    found.stop(run.id)
    heads = {info.name: info.head for info in repo.branches()}
    gate.opened.set()
    assert found.wait(run.id, 60).status is RunStatus.STOPPED
    assert {info.name: info.head for info in repo.branches()} == heads
    assert found.proposals() == []
    assert not [one for one in found.follow(run.id).scenarios if one.status is ScenarioStatus.EXPLORING]
