"""Agent: a goal for the autopilot, what comes of it, the decision, and what was asked before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hati_core import Repository
from hati_core.agent.desk import AgentDesk
from hati_core.runs import ProposalStatus, Run, RunLimits, RunStatus, Step, StepKind
from pages.parts.agent_words import in_short, spoken
from tests.agent.model_server import Reply, serving
from tests.app.screen import Screen

GOAL = "Raise the portfolio value with at most 10 % more cost"
WORTH = "SELECT sum(shares * current_price) AS worth FROM portfolio"


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def _ended(repository: Repository, goal: str = GOAL) -> Run:
    """A run of the built-in planner that is over."""
    desk = AgentDesk(repository)
    return desk.wait(desk.explore(goal, limits=RunLimits(scenarios=2)).id)


def test_without_tables_the_overview_is_the_way(empty: Repository, screen: Screen) -> None:
    screen.open("Agent")
    assert "There is nothing to try ideas on yet" in screen.text
    assert "Begin on the overview" in screen.text


def test_the_autopilot_goes_from_a_goal_to_the_merged_result(portfolio: Repository, screen: Screen) -> None:
    screen.open("Agent")
    assert "No key is set, so autopilot works by rule, with the built-in planner" in screen.text
    screen.type("Goal", GOAL).press("Autopilot")
    (run,) = AgentDesk(portfolio).runs()
    assert screen.at.query_params["run"] == run.id
    while not AgentDesk(portfolio).run(run.id).status.is_over:
        screen.run()
    screen.run()
    assert "Approve and merge" in screen.buttons, screen.text
    (proposal,) = AgentDesk(portfolio).proposals()
    assert "Proposed: merge" in screen.text
    assert "Why:" in screen.text
    assert len(screen.part("scenario-1", "markdown")) > 0
    assert proposal.source in screen.figure("run-values")
    before = portfolio.main.query(WORTH)[0]["worth"]
    screen.press("Approve and merge")
    assert screen.problems == []
    assert "Approved by ada" in screen.text
    assert "Look at the merge into main, or undo it" in screen.text
    assert portfolio.main.query(WORTH)[0]["worth"] > before
    (commit,) = portfolio.main.log(1)
    assert commit.author == "ada"
    assert commit.origin is not None
    assert commit.origin.run == run.id


def test_a_goal_that_is_empty_is_said_and_begins_nothing(portfolio: Repository, screen: Screen) -> None:
    screen.open("Agent").press("Autopilot")
    assert "Say what you want in a sentence" in screen.problems[0]
    assert AgentDesk(portfolio).runs() == []


def test_a_proposal_is_rejected_with_a_reason(portfolio: Repository, screen: Screen) -> None:
    run = _ended(portfolio)
    screen.open("Agent", run=run.id).fill("Why not (optional)", "Too *bold*").press("Reject it")
    assert "Rejected by ada, just now" in screen.text
    assert "Too *bold*" in screen.text
    (proposal,) = AgentDesk(portfolio).proposals(None)
    assert (proposal.status, proposal.words) == (ProposalStatus.REJECTED, "Too *bold*")
    assert portfolio.main.head == 1


def test_another_scenario_is_proposed_and_the_rest_discarded(portfolio: Repository, screen: Screen) -> None:
    run = _ended(portfolio)
    desk = AgentDesk(portfolio)
    (first,) = desk.proposals()
    other = 3 - (first.scenario or 0)
    screen.open("Agent", run=run.id).press("Reject it").press(f"propose-{other}")
    assert [one.scenario for one in desk.proposals()] == [other]
    screen.press("Discard these")
    assert first.source not in [info.name for info in portfolio.branches()]
    assert desk.proposals()[0].source in [info.name for info in portfolio.branches()]


def test_a_conflict_is_settled_on_the_page_merge(portfolio: Repository, screen: Screen) -> None:
    run = _ended(portfolio)
    portfolio.main.execute("UPDATE portfolio SET shares = 1")
    screen.open("Agent", run=run.id)
    assert "Settle the conflicts on the page Merge" in screen.text
    assert "Approve and merge" not in screen.buttons
    assert "Reject it" in screen.buttons


def test_a_run_that_is_not_there_is_said_with_the_way_on(portfolio: Repository, screen: Screen) -> None:
    screen.open("Agent", run="nonesuch")
    assert "There is no such run" in screen.problems[0]
    screen.press("See the runs")
    assert "No run yet" in screen.text
    screen.press("Give it a goal").press("New goal")
    assert screen.problems == []
    assert "Autopilot" in screen.buttons


def test_earlier_runs_are_listed_and_opened(portfolio: Repository, screen: Screen) -> None:
    run = _ended(portfolio, "Raise *it*")
    screen.open("Agent", agent="runs")
    assert "Raise *it*" in screen.text
    assert "built-in planner, no model" in screen.text
    assert "to decide" in screen.text
    screen.press("Open")
    assert screen.at.query_params["run"] == run.id
    assert "Why:" in screen.text


def test_chat_without_a_model_says_what_to_set(portfolio: Repository, screen: Screen) -> None:
    screen.open("Agent", agent="chat")
    assert "Chat needs a model, and none is set up" in screen.text
    assert "OPENAI_API_KEY" in screen.text
    assert not screen.at.chat_input


def test_chat_answers_and_is_found_again(
    portfolio: Repository, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Reply(text="There are *three* positions.")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        screen.open("Agent", agent="chat")
        (field,) = screen.at.chat_input
        field.set_value("How many positions?")
        screen.run()
        (run,) = AgentDesk(portfolio).runs()
        AgentDesk(portfolio).wait(run.id)
        screen.run()
    assert "There are *three* positions." in screen.text
    again = Screen().open("Agent", agent="runs").press("Open")
    assert "How many positions?" in again.text
    assert "There are *three* positions." in again.text
    again.press("New conversation")
    assert "How many positions?" not in again.text


def test_a_run_at_work_is_stopped(portfolio: Repository, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Reply(silent=True)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        run = AgentDesk(portfolio).explore(GOAL)
        screen.open("Agent", run=run.id)
        assert "at work" in screen.text
        screen.press("Stop")
        assert AgentDesk(portfolio).wait(run.id).status is RunStatus.STOPPED
        screen.run()
    assert "stopped" in screen.text
    assert "Stop" not in screen.buttons


def test_which_model_is_asked_is_set_and_a_key_is_refused_there(portfolio: Repository, screen: Screen) -> None:
    screen.open("Settings", section="model").type("Model", "my-model").press("Use this model")
    assert AgentDesk(portfolio).model.choice.name == "my-model"
    screen.type("Model", "sk-abcdefghij").press("Use this model")
    assert "Keys belong into the environment" in screen.problems[0]
    assert AgentDesk(portfolio).model.choice.name == "my-model"


def test_a_commit_of_a_run_leads_to_it(portfolio: Repository, screen: Screen) -> None:
    run = _ended(portfolio)
    desk = AgentDesk(portfolio)
    (proposal,) = desk.proposals()
    desk.approve(proposal.id, desk.review(proposal.id).plan)
    screen.open("History", version="2")
    assert f"See the run: {run.goal}" in screen.text
    assert run.status is RunStatus.DONE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It is **worth** $5", "It is **worth** \\$5  "),
        ("- one\n2. **two** *three*", "- one\n2. **two** \\*three\\*"),
        ("![x](http://evil/?q=1)", "\\!\\[x\\]\\(http\\:\\/\\/evil\\/?q=1\\)  "),
        ("**[go](http://evil)**", "**\\[go\\]\\(http\\:\\/\\/evil\\)**  "),
        ("# Not a title <b>", "\\# Not a title \\<b\\>  "),
    ],
)
def test_bold_and_lists_of_a_model_are_drawn_and_nothing_else(text: str, shown: str) -> None:
    assert spoken(text) == shown


def _step(answer: dict[str, object] | None, *, failed: bool = False) -> Step:
    return Step("run", 1, StepKind.TOOL, datetime.now(UTC), answer=answer, failed=failed)


@pytest.mark.parametrize(
    ("answer", "failed", "told"),
    [
        (None, False, "no answer yet"),
        ({"branch": "b", "rows_changed": 3, "version": 2}, False, "rows changed: 3 · version: 2"),
        ({"rows": [{"a": 1}, {"a": 2}], "note": None}, False, "rows: 2"),
        ({"error": "bad_call", "message": "There is no such table."}, True, "There is no such table."),
        ({"branch": "b"}, False, "done"),
    ],
)
def test_an_answer_is_told_in_a_line(answer: dict[str, object] | None, failed: bool, told: str) -> None:
    assert in_short(_step(answer, failed=failed)) == told
