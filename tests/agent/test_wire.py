"""What goes over the wire, by both interfaces, and each way in which it can go wrong; ``main`` stays untouched."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hati_core import Branch, Repository
from hati_core.agent import Access, AgentDesk, Api, ModelChoice, VendorModels
from hati_core.runs import Run, RunLimits, RunStatus, ScenarioStatus
from tests.agent.model_server import Asked, ModelServer, Reply, serving

KEY = "sk-secret-of-ada-0123456789"
BOTH = pytest.mark.parametrize("api", list(Api))
DONE = Reply("All done")


@pytest.fixture(autouse=True)
def _main_is_untouched(repo: Repository, main: Branch) -> Iterator[None]:
    head = main.head
    yield
    assert main.head == head


def asked(
    repo: Repository, server: ModelServer, api: Api, *, seconds: float = 10, retries: int = 1, turns: int = 5
) -> Run:
    choice = ModelChoice("m-1", api, price_in=1.0, price_out=2.0)
    reach = Access(KEY, server.url)
    desk = AgentDesk(repo, models=VendorModels(choice, reach, seconds, retries), access=reach)
    desk.choose_model(choice)
    return desk.wait(desk.ask("Buy Apple", limits=RunLimits(turns=turns)).id, 60)


def call(name: str, /, **arguments: object) -> Reply:
    return Reply(calls=[(name, json.dumps(arguments))])


@BOTH
def test_a_tool_is_called_over_the_wire_and_answers_stream_back(api: Api, repo: Repository) -> None:
    sql = "UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'"
    replies = [call("create_branch", name="tech"), call("execute_sql", branch="tech", sql=sql), DONE]
    with serving(*replies) as server:
        run = asked(repo, server, api)
    assert (run.status, run.outcome) == (RunStatus.DONE, "All done")
    assert repo.branch("tech").head == 2
    assert (run.spent.turns, run.spent.tokens_in, run.spent.tokens_out) == (3, 300, 30)
    assert run.spent.cost == pytest.approx(360 / 1_000_000)
    assert server.keys == [f"Bearer {KEY}"] * 3
    assert {request["model"] for request in server.asked} == {"m-1"}
    assert all(request["stream"] for request in server.asked)


FAULTS = [
    pytest.param([Reply(status=401)], "wrong_key", RunStatus.FAILED, 1, id="wrong key"),
    pytest.param([Reply(status=403)], "wrong_key", RunStatus.FAILED, 1, id="no right to the model"),
    pytest.param([Reply(status=404)], "no_such_model", RunStatus.FAILED, 1, id="no such model"),
    pytest.param([Reply(status=400)], "refused", RunStatus.FAILED, 1, id="bad request"),
    pytest.param(
        [Reply(status=429, headers={"retry-after-ms": "1"})],
        "rate_limit",
        RunStatus.FAILED,
        2,
        id="429 with Retry-After",
    ),
    pytest.param([Reply(status=429)], "rate_limit", RunStatus.FAILED, 2, id="429 without"),
    pytest.param(
        [Reply(status=500, headers={"retry-after-ms": "1"})], "server_error", RunStatus.FAILED, 2, id="server error"
    ),
    pytest.param(
        [Reply(status=500, headers={"retry-after-ms": "1"}), DONE], None, RunStatus.DONE, 2, id="error, then an answer"
    ),
    pytest.param(
        [Reply(status=429, headers={"retry-after-ms": "1"}), DONE], None, RunStatus.DONE, 2, id="429, then an answer"
    ),
    pytest.param([Reply("One two three four five six", cut=True)], "cut_off", RunStatus.FAILED, 1, id="cut off"),
    pytest.param([Reply("")], "empty_answer", RunStatus.FAILED, 1, id="empty answer"),
    pytest.param([call("merge", branch="main"), DONE], None, RunStatus.DONE, 2, id="unknown tool"),
    pytest.param([Reply(calls=[("query", "{not json")]), DONE], None, RunStatus.DONE, 2, id="no JSON"),
    pytest.param([call("query", sql="SELECT 1"), DONE], None, RunStatus.DONE, 2, id="no branch"),
    pytest.param(
        [call("execute_sql", branch="main", sql="ATTACH 'x'"), DONE], None, RunStatus.DONE, 2, id="refused by the gate"
    ),
]


@BOTH
@pytest.mark.parametrize(("replies", "problem", "status", "requests"), FAULTS)
def test_a_fault_ends_in_a_clear_state(
    api: Api, replies: list[Reply], problem: str | None, status: RunStatus, requests: int, repo: Repository
) -> None:
    with serving(*replies) as server:
        run = asked(repo, server, api)
    assert (run.status, run.problem) == (status, problem), run.outcome
    assert run.outcome.strip()
    assert len(server.asked) == requests


@BOTH
def test_an_endless_loop_of_calls_ends(api: Api, repo: Repository) -> None:
    replies = [call("metrics", branch="main") for _ in range(9)]
    with serving(*replies) as server:
        run = asked(repo, server, api, turns=3)
    assert (run.status, run.problem, len(server.asked)) == (RunStatus.LIMITED, "turns", 3)


def pilot(asked: Asked) -> Reply:
    """Two ideas, of which the server fails for one."""
    text = json.dumps(asked, ensure_ascii=False)
    if "plan_scenarios once" in text:
        ideas = [{"title": title, "idea": "Buy"} for title in ("Good", "Unlucky")]
        return call("plan_scenarios", scenarios=ideas)
    if "The idea, Unlucky" in text:
        return Reply(status=500, headers={"retry-after-ms": "1"})
    if '"function_call_output"' in text or '"role": "tool"' in text:
        return Reply("Bought.")
    return call("execute_sql", branch="good", sql="UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")


@BOTH
def test_an_idea_for_which_the_server_fails_leaves_the_others(api: Api, repo: Repository) -> None:
    with serving(pilot) as server:
        choice, reach = ModelChoice("m-1", api), Access(KEY, server.url)
        desk = AgentDesk(repo, models=VendorModels(choice, reach, 10, 1), access=reach)
        run = desk.wait(desk.explore("Raise the value").id, 60)
    good, unlucky = desk.follow(run.id).scenarios
    assert (good.status, good.rank, run.status) == (ScenarioStatus.MEASURED, 1, RunStatus.DONE)
    assert (unlucky.status, "failed (status 500)" in unlucky.reason) == (ScenarioStatus.FAILED, True)
    assert [one.source for one in desk.proposals()] == ["good"]


def test_a_server_that_is_silent_times_out(repo: Repository) -> None:
    with serving(Reply(silent=True)) as server:
        run = asked(repo, server, Api.RESPONSES, seconds=0.2, retries=0)
    assert (run.status, run.problem) == (RunStatus.FAILED, "time_out")


def test_an_answer_that_ends_without_its_end_is_none(repo: Repository) -> None:
    with serving(Reply("One two three four", early=True)) as server:
        run = asked(repo, server, Api.RESPONSES)
    assert (run.status, run.problem) == (RunStatus.FAILED, "bad_answer")


def test_a_server_that_is_not_there_is_said_to_be_so(repo: Repository) -> None:
    with serving(DONE) as server:
        pass
    run = asked(repo, server, Api.RESPONSES, retries=0)
    assert (run.status, run.problem) == (RunStatus.FAILED, "no_connection")
    assert "127.0.0.1 cannot be reached" in run.outcome


def test_the_key_is_neither_kept_nor_shown(repo: Repository) -> None:
    leak = {"error": {"message": f"Incorrect API key provided: {KEY}. Also sk-proj-someone-elses-key."}}
    with serving(Reply(status=401, body=leak)) as server:
        run = asked(repo, server, Api.RESPONSES)
    assert "sk-" not in run.outcome
    assert KEY not in repr(Access(KEY, server.url))
    kept = b"".join(file.read_bytes() for file in repo.root.rglob("*") if file.is_file())
    assert KEY.encode() not in kept
    assert b"someone-elses-key" not in kept
    assert b"m-1" in kept
