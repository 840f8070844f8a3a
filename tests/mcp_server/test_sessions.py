"""What a session allows and keeps, with a client in this process."""

from __future__ import annotations

import asyncio

import pytest
from mcp_types import Implementation

from hati_core import Branch, Repository
from hati_core.agent.desk import AgentDesk
from hati_core.agent.toolkit import EVERY_TOOL, LANDING
from hati_core.mcp.server import described
from hati_core.mcp.session import UNNAMED, Terms, shown_name
from hati_core.runs import RunKind, Step
from tests.mcp_server.conftest import Tools, beside, run

BUY = "UPDATE portfolio SET shares = shares * 2 WHERE ticker = 'AAPL'"


def test_the_tools_are_the_agents_own_with_schemas_and_hints() -> None:
    for tool in (*EVERY_TOOL, *LANDING):
        found = described(tool)
        assert (found.name, found.description, found.input_schema) == (tool.name, tool.description, dict(tool.schema))
        assert found.input_schema["additionalProperties"] is False
        assert found.annotations
        assert found.annotations.read_only_hint is (tool.name in READING)


READING = {
    "list_branches",
    "describe_tables",
    "query",
    "metrics",
    "diff",
    "compare",
    "plan_merge",
    "preview_action",
    "list_proposals",
}


async def proposed_by(tools: Tools, branch: str) -> str:
    """Make a branch, change a row on it and propose it; returns the proposal's id."""
    await tools("create_branch", name=branch)
    await tools("execute_sql", branch=branch, sql=BUY)
    proposed = await tools("propose_merge", branch=branch, reason="Worth more")
    return str(proposed.answer["proposal"])


def test_a_client_that_only_looks_at_the_tools_is_no_run(repo: Repository, main: Branch) -> None:
    async def job() -> None:
        async with beside(repo, Terms("ada")) as tools:
            await tools.client.list_tools()

    run(job)
    assert AgentDesk(repo).runs() == []


def test_the_limits_of_a_session_hold(repo: Repository, main: Branch) -> None:
    async def job() -> None:
        async with beside(repo, Terms("ada", branches=1, rows=4)) as tools:
            await tools("create_branch", name="one")
            assert (await tools("create_branch", name="two")).answer["error"] == "not_allowed"
            act = {"branch": "one", "table": "portfolio", "factor": 2}
            assert (await tools("scale_positions", **act)).answer["count"] == 3
            refused = await tools("scale_positions", **act)
            assert (refused.answer["error"], refused.is_error) == ("too_many_rows", True)

    run(job)
    assert repo.branch("one").head == 2


def test_arguments_that_do_not_fit_are_an_answer(repo: Repository, main: Branch) -> None:
    async def job() -> None:
        async with beside(repo, Terms("ada")) as tools:
            for arguments, says in (
                ({"branch": "main"}, "needs “sql”"),
                ({"branch": 5, "sql": "SELECT 1"}, "type string"),
                ({"branch": "main", "sql": "SELECT 1", "force": True}, "takes no “force”"),
                ({"branch": "main", "sql": "DROP TABLE portfolio"}, "This writes"),
            ):
                found = await tools("query", **arguments)
                assert found.is_error
                assert says in found.answer["message"]

    run(job)
    assert main.head == 1


def test_a_huge_answer_is_cut(repo: Repository, main: Branch) -> None:
    main.execute("CREATE TABLE huge AS SELECT i, repeat('x', 5000) AS text FROM range(3000) t(i)")

    async def job() -> None:
        async with beside(repo, Terms("ada")) as tools:
            found = await tools.client.call_tool("query", {"branch": "main", "sql": "FROM huge"})
            assert len(found.content[0].text) < 13_000
            assert found.structured_content["count"] == "more than 1,000"

    run(job)


def test_the_next_session_of_the_same_person_goes_on_and_nobody_elses_does(repo: Repository, main: Branch) -> None:
    async def job() -> None:
        async with beside(repo, Terms("ada")) as tools:
            await tools("create_branch", name="tech")
        async with beside(repo, Terms("bob")) as tools:
            assert (await tools("execute_sql", branch="tech", sql=BUY)).answer["error"] == "not_allowed"
        async with beside(repo, Terms("ada")) as tools:
            assert not (await tools("execute_sql", branch="tech", sql=BUY)).is_error
            assert (await tools("discard_branch", branch="tech")).answer["discarded"]

    run(job)


def test_a_proposal_goes_by_the_new_name_of_a_branch_that_was_renamed(repo: Repository, main: Branch) -> None:
    async def job() -> None:
        async with beside(repo, Terms("ada", may_merge=True)) as tools:
            proposed = await proposed_by(tools, "tech")
            repo.rename_branch("tech", "chips")
            merged = await tools("approve_merge", proposal=proposed)
            assert merged.answer["merged"] == "chips"

    run(job)
    assert main.log(1)[0].merged_from == "chips"


def test_nobody_elses_proposal_is_merged(repo: Repository, main: Branch) -> None:
    proposals: list[str] = []

    async def job() -> None:
        async with beside(repo, Terms("bob")) as tools:
            proposals.append(await proposed_by(tools, "tech"))
        async with beside(repo, Terms("ada", may_merge=True)) as tools:
            assert (await tools("approve_merge", proposal=proposals[0])).answer["error"] == "not_allowed"
            absent = (await tools("approve_merge", proposal="none")).answer
            assert (absent["error"], "list_proposals" in absent["message"]) == ("no_such_run", True)

    run(job)
    assert main.head == 1


def test_a_client_sees_what_became_of_its_proposals(repo: Repository, main: Branch) -> None:
    async def job() -> None:
        async with beside(repo, Terms("bob")) as tools:
            await proposed_by(tools, "bobs")
        async with beside(repo, Terms("ada")) as tools:
            first = await proposed_by(tools, "tech")
            assert (await tools("propose_merge", branch="tech", reason=" ")).answer["error"] == "bad_call"
            again = (await tools("propose_merge", branch="tech", reason="Worth more")).answer
            assert (again["proposal"], "proposed already" in again["status"]) == (first, True)
            (waiting,) = (await tools("list_proposals")).answer["proposals"]
            assert (waiting["proposal"], waiting["status"]) == (first, "open: a person has to decide")
            AgentDesk(repo).reject(first, "Too risky", author="eve")
            (decided,) = (await tools("list_proposals")).answer["proposals"]
            assert [decided[name] for name in ("status", "decided_by", "words")] == ["rejected", "eve", "Too risky"]

    run(job)


def test_a_client_that_may_merge_is_not_told_that_it_cannot(repo: Repository, main: Branch) -> None:
    async def job() -> None:
        for may_merge in (True, False):
            async with beside(repo, Terms("ada", may_merge=may_merge)) as tools:
                assert ("nor merge" in tools.client.instructions) is not may_merge
                assert ("approve_merge" in tools.client.instructions) is may_merge
                assert tools.client.server_info.version

    run(job)


def test_a_changed_branch_is_proposed_again_before_it_is_merged(repo: Repository, main: Branch) -> None:
    async def job() -> None:
        async with beside(repo, Terms("ada", may_merge=True)) as tools:
            proposed = await proposed_by(tools, "tech")
            await tools("execute_sql", branch="tech", sql=BUY)
            moved = (await tools("approve_merge", proposal=proposed)).answer
            assert (moved["error"], "propose it again" in moved["message"]) == ("branch_moved", True)
            (waiting,) = (await tools("list_proposals")).answer["proposals"]
            assert "propose it again" in waiting["status"]

    run(job)


def test_a_call_that_is_given_up_writes_nothing(repo: Repository, main: Branch) -> None:
    async def job() -> None:
        async with beside(repo, Terms("ada")) as tools:
            await tools("create_branch", name="slow")
            endless = "CREATE TABLE big AS SELECT count(*) AS n FROM range(10000000000) a"
            call = asyncio.create_task(tools("execute_sql", branch="slow", sql=endless))
            while len(await asyncio.to_thread(_steps, repo)) < 2:
                pass
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            # The next call waits for the one before, which has ended by then.
            assert (await tools("describe_tables", branch="slow")).answer["version"] == 1

    run(job)
    last = _steps(repo)[1]
    assert (last.failed, last.version) == (True, None)


def _steps(repo: Repository) -> tuple[Step, ...]:
    desk = AgentDesk(repo)
    return desk.follow(desk.runs(kind=RunKind.CLIENT)[0].id).steps


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Notebook 1.2", "Notebook 1.2"),
        ("a\nb\x1b[2J\u202ec", "a b [2J c"),
        (" \n ", UNNAMED),
        ("x" * 200, "x" * 60),
    ],
)
def test_what_a_client_calls_itself_is_made_fit_to_be_shown(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_the_name_of_the_client_is_kept_with_the_session(repo: Repository, main: Branch) -> None:
    async def job() -> None:
        info = Implementation(name="<b>evil</b>\n", version="9")
        async with beside(repo, Terms("ada"), info) as tools:
            await tools("list_branches")

    run(job)
    (session,) = AgentDesk(repo).runs()
    assert (session.goal, session.model) == ("Session of <b>evil</b> 9", "<b>evil</b> 9")
