"""What the agent reads and says of amounts is in the repository's currency."""

from __future__ import annotations

from hati_core import Branch, Repository
from hati_core.agent import Access, AgentDesk
from hati_core.runs import RunLimits
from tests.agent.conftest import Call


def test_why_a_scenario_is_proposed_is_said_in_the_currency(repo: Repository, main: Branch) -> None:
    repo.set_currency("CHF")
    desk = AgentDesk(repo, access=Access(None, None))
    run = desk.explore("Raise the portfolio value with at most 10 % more cost", limits=RunLimits(scenarios=1))
    assert desk.wait(run.id, 60).status.is_over
    (scenario,) = desk.follow(run.id).scenarios
    assert scenario.reason.startswith("Portfolio value: CHF\u202f58,750 → CHF\u202f")
    assert "$" not in f"{scenario.reason} {desk.run(run.id).outcome}"


def test_a_model_is_told_the_currency_of_money_and_of_nothing_else(repo: Repository, tools: Call) -> None:
    repo.set_currency("€")
    found = {one["name"]: (one["unit"], one.get("currency")) for one in tools("metrics", branch="main")["metrics"]}
    assert found["Portfolio value"] == ("money", "€")
    assert found["Positions"] == ("number", None)
