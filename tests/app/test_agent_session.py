"""The page Agent shows what programs of somebody's do through MCP, and a person decides on what they propose."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hati_core import Repository, Stop
from hati_core.agent.desk import AgentDesk
from hati_core.mcp.session import Session, Terms
from hati_core.runs import RunKind
from tests.app.screen import Screen

Call = Callable[..., None]
BUY = "UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'"


@pytest.fixture
def session(portfolio: Repository) -> Iterator[Session]:
    """An open session of a client, which is ended with the test unless it was before."""
    with portfolio.again() as repo:
        opened = Session(repo, Terms("bob"))
        yield opened
        opened.close()


@pytest.fixture
def call(session: Session) -> Iterator[Call]:
    """Calls a tool as the client does."""
    known = {tool.name: tool for tool in session.tools}
    with ThreadPoolExecutor(1) as pool:

        def run(name: str, /, **arguments: object) -> None:
            answer = pool.submit(session.call, known[name], json.dumps(arguments), "note*book 1", Stop()).result()
            assert "error" not in answer

        yield run


def _run_id(repository: Repository) -> str:
    return AgentDesk(repository).runs(kind=RunKind.CLIENT)[0].id


def test_a_person_approves_while_the_session_goes_on(portfolio: Repository, screen: Screen, call: Call) -> None:
    call("create_branch", name="tech")
    call("execute_sql", branch="tech", sql=BUY)
    call("propose_merge", branch="tech", reason="Apple is worth more")
    screen.open("Agent", run=_run_id(portfolio))
    assert "Session of note*book 1" in screen.text
    assert "through MCP · for bob" in screen.text
    assert "is over when that ends it" in screen.text
    assert "Apple is worth more" in screen.text
    assert BUY in [code.value for code in screen.at.code]
    screen.press("Approve and merge")
    assert portfolio.main.query("SELECT shares FROM portfolio WHERE ticker = 'AAPL'") == [{"shares": 200}]
    assert "Approved by ada" in screen.text


def test_a_session_is_among_the_runs_and_says_how_it_ended(
    portfolio: Repository, screen: Screen, call: Call, session: Session
) -> None:
    call("list_branches")
    session.close()
    screen.open("Agent", agent="runs")
    assert "note*book 1, through MCP" in screen.text
    screen.press("Open")
    assert "The session is over: 1 call, 0 branches made, 0 proposals." in screen.text


def test_the_history_leads_to_the_session_that_made_a_commit(portfolio: Repository, screen: Screen, call: Call) -> None:
    call("create_branch", name="tech")
    call("execute_sql", branch="tech", sql=BUY)
    screen.open("History", branch="tech", version="2")
    assert "See the run: Session of note*book 1" in screen.text
