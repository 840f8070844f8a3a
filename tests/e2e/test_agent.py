"""The agent in the browser: by rule from a goal to the merged result, and with a model that a server here plays."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from hati_core import Repository
from hati_core.agent import AgentDesk
from tests.agent import model_server
from tests.agent.model_server import Reply
from tests.e2e.conftest import App, Server, click, serving, window
from tests.sample import load_sample

WORTH = "SELECT sum(shares * current_price) AS worth FROM portfolio"
BUY = "UPDATE portfolio SET shares = shares + 10 WHERE ticker = '{}'"
RUN_MS = 90_000
KEY = "sk-made-up-0123456789"


@dataclass
class Brain:
    """What the model answers: a goal or question that names a gate is answered to its end once that is opened."""

    gates: dict[str, threading.Event] = field(default_factory=dict)

    def gate(self, name: str) -> threading.Event:
        return self.gates.setdefault(name, threading.Event())

    def answer(self, asked: dict[str, Any]) -> Reply:
        said = [str(item.get("content", "")) for item in asked["input"] if item.get("role") == "user"][-1]
        held = next((event for name, event in self.gates.items() if name in said), None)
        begins = asked["input"][-1].get("type") != "function_call_output"
        if "plan_scenarios" in asked["instructions"]:
            ideas = [{"title": f"Buy {name}", "idea": f"Ten more of {name}."} for name in ("AAPL", "MSFT")]
            return _call("plan_scenarios", scenarios=ideas)
        if own := re.search(r"Your branch: “(.+?)”\nThe idea, Buy (\w+):", said):
            branch, ticker = own.groups()
            buy = BUY.format(ticker)
            if begins:
                return _call("execute_sql", branch=branch, sql=buy)
            # Where it is held, what comes afterwards would write once more.
            return _call("execute_sql", held, branch=branch, sql=buy) if held else Reply(f"I bought ten of {ticker}.")
        if begins:
            return _call("metrics", branch="main")
        return Reply("The portfolio is worth what the tool says and nothing is missing.", held=held)


def _call(name: str, held: threading.Event | None = None, /, **arguments: object) -> Reply:
    return Reply(calls=[(name, json.dumps(arguments))], held=held)


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain()


@pytest.fixture(scope="module")
def with_model(tmp_path_factory: pytest.TempPathFactory, brain: Brain) -> Iterator[Server]:
    """The app with the sample portfolio and a model to ask."""
    place = tmp_path_factory.mktemp("with-model")
    with Repository.open(place / "hati", author="ada") as repository:
        load_sample(repository)
    with (
        model_server.serving(brain.answer) as model,
        serving(place, OPENAI_BASE_URL=model.url, OPENAI_API_KEY=KEY) as server,
    ):
        yield server
        assert set(model.keys) == {f"Bearer {KEY}"}
        assert KEY.encode() not in (place / "server.log").read_bytes()


def _worth(server: Server) -> float:
    with Repository.open(server.home, author="ada") as repository:
        return float(repository.main.query(WORTH)[0]["worth"])


def _send_off(app: App, goal: str) -> None:
    app.open("agent")
    app.page.get_by_label("Goal").fill(goal)
    click(app.page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Autopilot"))
    expect(app.page).to_have_url(re.compile("[?&]run="))


def _button(app: App, name: str) -> Locator:
    return app.page.get_by_role("button", name=name, exact=True)


def test_the_autopilot_goes_on_through_a_reload_and_what_it_proposes_is_merged(app: App, server: Server) -> None:
    with Repository.open(server.home, author="ada") as repository:
        load_sample(repository)
    before = _worth(server)
    _send_off(app, "Raise the portfolio value with at most 10 % more cost")
    expect(app.page.get_by_role("button", name="Stop")).to_be_visible()
    app.page.reload()
    approve = app.page.get_by_role("button", name="Approve and merge")
    expect(approve).to_be_visible(timeout=RUN_MS)
    app.settled()
    expect(app.page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(app.page.locator("[class*=st-key-scenario-]")).to_have_count(3)
    click(approve)
    app.sees("Approved")
    assert _worth(server) > before
    click(app.page.get_by_role("link", name="Look at the merge into main, or undo it"))
    app.sees(re.compile("was merged into main by ada"))
    expect(app.page.get_by_role("button", name="Undo this merge")).to_be_visible()


def test_what_a_model_tries_is_followed_ranked_and_merged(with_model: Server, browser: Browser, brain: Brain) -> None:
    before = _worth(with_model)
    with window(with_model, browser) as app:
        _send_off(app, "Raise the portfolio value")
        approve = _button(app, "Approve and merge")
        expect(approve).to_be_visible(timeout=RUN_MS)
        app.settled()
        best = app.page.locator(".st-key-scenario-2")
        expect(best.get_by_text("buy-msft", exact=True)).to_be_visible()
        expect(best.get_by_text("rank 1")).to_be_visible()
        click(best.get_by_text("Steps"))
        expect(best.get_by_text(BUY.format("MSFT"), exact=True)).to_be_visible()
        expect(app.page.get_by_text("I bought ten of MSFT.").first).to_be_visible()
        assert _worth(with_model) == before
        click(approve)
        app.sees("Approved")
        assert KEY not in app.page.content()
    assert _worth(with_model) > before


def test_of_two_runs_at_once_one_is_stopped_and_what_the_other_proposes_is_rejected(
    with_model: Server, browser: Browser, brain: Brain
) -> None:
    before, slow, late = _worth(with_model), brain.gate("slowly"), brain.gate("later")
    with window(with_model, browser) as one, window(with_model, browser) as other:
        _send_off(one, "Raise the value slowly")
        _send_off(other, "Raise the value later")
        for app in (one, other):
            expect(app.page.locator("[class*=st-key-scenario-]")).to_have_count(2, timeout=RUN_MS)
            expect(app.page.get_by_text("Δ +$").first).to_be_visible(timeout=RUN_MS)
            expect(_button(app, "Stop")).to_be_visible()
        one.press("Stop", exact=True)
        expect(one.page.get_by_text("Stopped. What was written by then stays").first).to_be_visible()
        commits = _commits(with_model, "Raise the value slowly")
        assert list(commits.values()) == [1, 1]
        slow.set()
        brain.gates.clear()
        late.set()
        reject = _button(other, "Reject")
        expect(reject).to_be_visible(timeout=RUN_MS)
        other.settled()
        click(reject)
        other.page.get_by_label("Why not (optional)").fill("Too bold for us")
        click(_button(other, "Reject it"))
        other.sees(re.compile("Rejected by ada.*Too bold for us"))
        expect(_button(one, "Approve and merge")).to_have_count(0)
    assert _commits(with_model, "Raise the value slowly") == commits
    assert _worth(with_model) == before


def test_an_answer_streams_with_its_steps_and_another_is_stopped(
    with_model: Server, browser: Browser, brain: Brain
) -> None:
    gate = brain.gate("worth")
    with window(with_model, browser) as app:
        app.open("agent?agent=chat")
        field = app.page.get_by_test_id("stChatInputTextArea")
        field.fill("What is it worth?")
        field.press("Enter")
        expect(app.page.get_by_text("The portfolio is worth")).to_be_visible(timeout=RUN_MS)
        expect(app.page.get_by_text("nothing is missing")).to_have_count(0)
        expect(_button(app, "Stop")).to_be_visible()
        gate.set()
        app.sees("nothing is missing.")
        expect(_button(app, "Stop")).to_have_count(0)
        click(app.page.get_by_text("Steps"))
        expect(app.page.get_by_text("metrics on main")).to_be_visible()
        brain.gate("bonds")
        field.fill("And with bonds?")
        field.press("Enter")
        expect(_button(app, "Stop")).to_be_visible()
        app.press("Stop", exact=True)
        expect(app.page.get_by_text("Stopped. What was written by then stays").first).to_be_visible()
        brain.gate("bonds").set()


def _commits(server: Server, goal: str) -> dict[str, int]:
    """How many commits the branches of a run have of their own."""
    with Repository.open(server.home, author="ada") as repository:
        desk = AgentDesk(repository)
        (run,) = [run for run in desk.runs() if run.goal == goal]
        made = {one.branch_id for one in desk.follow(run.id).scenarios}
        return {info.name: info.head - (info.base or 0) for info in repository.branches() if info.id in made}
