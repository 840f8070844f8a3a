"""Agent: what the page says and offers where a run did not go the usual way, or others acted meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from hati_core import Repository
from hati_core.agent import Access, AgentDesk
from hati_core.agent.control import Ending
from hati_core.agent.jobs import job_of
from hati_core.agent.models import Purpose
from hati_core.runs import Direction, Proposal, Run, RunKind, RunLimits, RunStatus, Scenario, ScenarioStatus
from tests.agent.model_server import ModelServer, Reply, serving
from tests.agent.scripts import BUY, Gate, Scripted, calls, said
from tests.app.screen import Screen

GOAL = "Raise the portfolio value with at most 10 % more cost"


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def proposal(portfolio: Repository) -> Proposal:
    """What the built-in planner proposes."""
    desk = AgentDesk(portfolio)
    desk.wait(desk.explore(GOAL, limits=RunLimits(scenarios=1)).id)
    (found,) = desk.proposals()
    return found


def test_a_merge_by_hand_is_recognised_and_can_be_looked_at(
    portfolio: Repository, screen: Screen, proposal: Proposal
) -> None:
    portfolio.apply_merge(portfolio.plan_merge(proposal.source), author="bob")
    screen.open("Agent", run=proposal.run)
    assert "Merged elsewhere by bob, just now" in screen.text
    assert "Look at the merge into main, or undo it" in screen.text
    assert not {"Approve and merge", "Reject it"} & set(screen.buttons)
    assert "To decide (0)" in _labels(Screen().open("Agent", agent="runs"))


def test_approving_what_was_shown_before_main_moved_merges_nothing_until_it_is_seen_anew(
    portfolio: Repository, screen: Screen, proposal: Proposal
) -> None:
    screen.open("Agent", run=proposal.run)
    portfolio.main.execute("INSERT INTO portfolio VALUES ('NVDA', 1, 800, 950)")
    head = portfolio.main.head
    screen.press("Approve and merge")
    assert portfolio.main.head == head
    assert "main has changed since this was proposed" in screen.text
    screen.press("Approve and merge")
    assert "Approved by ada" in screen.text
    assert portfolio.main.head == head + 1


def test_a_discarded_branch_is_brought_back_from_its_proposal(
    portfolio: Repository, screen: Screen, proposal: Proposal
) -> None:
    portfolio.discard(proposal.source)
    screen.open("Agent", run=proposal.run)
    assert f"{proposal.source} was discarded" in screen.text
    assert "Approve and merge" not in screen.buttons
    screen.press(f"Bring back {proposal.source}")
    assert "Approve and merge" in screen.buttons


def test_a_branch_that_was_changed_is_merged_on_the_page_merge(
    portfolio: Repository, screen: Screen, proposal: Proposal
) -> None:
    portfolio.branch(proposal.source).execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    screen.open("Agent", run=proposal.run)
    assert "it is not what was proposed any more" in screen.text
    assert f"Merge {proposal.source} as it is now" in screen.text
    assert "Approve and merge" not in screen.buttons
    assert "Reject it" in screen.buttons


def test_what_waits_for_a_decision_is_found(portfolio: Repository, screen: Screen, proposal: Proposal) -> None:
    AgentDesk(portfolio).wait(AgentDesk(portfolio).explore("Nothing", "Positions").id)
    screen.open("Agent").press("1 run waits for your decision")
    assert GOAL in screen.text
    assert "Nothing" not in screen.text


def test_an_interrupted_run_says_so_and_is_run_again(portfolio: Repository, screen: Screen) -> None:
    log = portfolio._store.registry.runs
    begun = datetime.now(UTC)
    run = Run("lost", RunKind.AUTOPILOT, GOAL, "ada", "main", "m-1", False, RunStatus.RUNNING, begun)
    branch = portfolio.create_branch("left-behind")
    branch.execute(BUY)
    log.put_run(Run(**{**vars(run), "metric": "Portfolio value", "direction": Direction.RAISE}))
    log.put_scenario(Scenario("lost", 1, "left", "Buy", branch.id, branch.name, ScenarioStatus.EXPLORING, 58_750.0))
    screen.open("Agent", run="lost")
    assert "interrupted" in screen.text
    assert "What was written by then stays on its branches" in screen.text
    assert "$60,600" in screen.text
    screen.press("propose-1")
    assert "Approve and merge" in screen.buttons
    screen.press("Run it again")
    (again,) = [one for one in AgentDesk(portfolio).runs() if one.id != "lost"]
    assert (again.goal, again.metric, again.direction) == (GOAL, "Portfolio value", Direction.RAISE)
    assert screen.at.query_params["run"] == again.id
    AgentDesk(portfolio).wait(again.id)


def test_a_limit_is_said_and_what_was_found_by_then_is_proposed(portfolio: Repository, screen: Screen) -> None:
    gate = Gate()

    def steps(purpose: Purpose) -> list[object]:
        if purpose.is_planning:
            return [calls("plan_scenarios", scenarios=[{"title": "Buy Apple", "idea": "More"}])]
        return [calls("execute_sql", branch=purpose.branch, sql=BUY), gate.step(*said("Too late."))]

    desk = AgentDesk(portfolio, models=Scripted(steps), access=Access("k", None))
    run = desk.explore(GOAL, by_rule=False)
    assert gate.reached.wait(30)
    screen.open("Agent", run=run.id)
    assert "$60,600" in screen.text
    assert BUY in [code.value for code in screen.at.code]
    job = job_of(run.id)
    assert job is not None
    job.control.end(Ending.SECONDS)
    gate.opened.set()
    desk.wait(run.id)
    screen.run()
    assert "The time was up" in screen.text
    assert screen.text.count("limit reached") == 3
    assert "Approve and merge" in screen.buttons


@contextmanager
def _asked(monkeypatch: pytest.MonkeyPatch, *replies: Reply) -> Iterator[ModelServer]:
    with serving(*replies) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


def _ask(screen: Screen, portfolio: Repository, text: str) -> Run:
    (field,) = screen.at.chat_input
    field.set_value(text)
    screen.run()
    desk = AgentDesk(portfolio)
    run = desk.wait(desk.runs(1)[0].id)
    screen.run()
    return run


def test_a_branch_is_written_by_the_agent_only_while_it_is_handed_over(
    portfolio: Repository, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = portfolio.create_branch("mine")
    write = Reply(calls=[("execute_sql", json.dumps({"branch": "mine", "sql": BUY}))])
    with _asked(monkeypatch, write, Reply("I may not."), write, Reply("Bought.")):
        assert not screen.open("Agent", agent="chat", branch="main").at.checkbox
        screen.choose_branch("mine")
        _ask(screen, portfolio, "Buy ten shares of Apple")
        assert "was not handed over" in screen.text
        assert mine.head == 1
        (box,) = screen.at.checkbox
        assert box.label == "It may write mine"
        box.check()
        run = _ask(screen.run(), portfolio, "Now you may")
    assert "Bought." in screen.text
    (commit,) = mine.log(1)
    assert (mine.head, commit.author) == (2, "agent for ada")
    assert commit.origin is not None
    assert commit.origin.run == run.id
    screen.open("History", branch="mine", version="2")
    assert f"Step {commit.origin.step} of the run: execute_sql" in screen.text
    assert BUY in [code.value for code in screen.at.code]


def test_what_is_proposed_in_a_chat_is_decided_there(
    portfolio: Repository, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [
        ("create_branch", {"name": "tech"}),
        ("execute_sql", {"branch": "tech", "sql": BUY}),
        ("propose_merge", {"branch": "tech", "reason": "More Apple"}),
    ]
    replies = [Reply(calls=[(name, json.dumps(arguments))]) for name, arguments in steps]
    with _asked(monkeypatch, *replies, Reply("Proposed.")):
        _ask(screen.open("Agent", agent="chat"), portfolio, "Buy Apple and propose it")
        assert "Proposed: merge" in screen.text
        screen.press("Approve and merge")
    assert "Approved by ada" in screen.text
    assert portfolio.main.log(1)[0].merged_from == "tech"


def test_a_wrong_key_leads_to_the_settings_of_the_model(
    portfolio: Repository, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _asked(monkeypatch, Reply(status=401)):
        run = AgentDesk(portfolio).explore(GOAL)
        AgentDesk(portfolio).wait(run.id)
        screen.open("Agent", run=run.id)
    assert "refuses the key" in screen.text
    assert "See how the model is set up" in screen.text
    assert "Run it again" in screen.buttons


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, ["No model is asked. No key is set", "`OPENAI_API_KEY` :gray-badge[not set]"]),
        (
            {"OPENAI_API_KEY": "sk-secret-of-ada"},
            ["gpt-5.6-luna is asked at api.openai.com", "`OPENAI_API_KEY` :green-badge[:material/check: set]"],
        ),
        (
            {"OPENAI_BASE_URL": "http://ada:secret@models.local:8000/v1"},
            ["is asked at models.local", "`OPENAI_BASE_URL` :green-badge[:material/check: set] models.local"],
        ),
        (
            {"OPENAI_BASE_URL": "localhost:11434"},
            ["OPENAI_BASE_URL is no address that begins with http://", "no address]"],
        ),
    ],
    ids=["nothing", "key", "server", "wrong address"],
)
def test_what_the_environment_says_is_shown_by_name_alone(
    environment: dict[str, str],
    says: list[str],
    portfolio: Repository,
    screen: Screen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    text = screen.open("Settings", section="model").text
    assert all(one in text for one in says), text
    assert "secret" not in text


def _labels(screen: Screen) -> str:
    return " ".join(str(option) for control in screen.at.segmented_control for option in control.options)
