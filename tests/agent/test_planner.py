"""The autopilot with the built-in planner, from a goal to a proposal."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from hati_core.agent import Access, AgentDesk, Progress
from hati_core.errors import BranchMoved, InvalidGoal, NoSuchRun
from hati_core.runs import Direction, ProposalStatus, RunLimits, RunStatus, ScenarioStatus

NO_KEY = Access(None, None)
ONE = RunLimits(scenarios=1)
RAISE = "Raise the portfolio value with at most 10 % more cost"


def flown(repo: Repository, goal: str, **more: object) -> Progress:
    desk = AgentDesk(repo, access=NO_KEY)
    run = desk.explore(goal, **more)  # type: ignore[arg-type]
    assert desk.wait(run.id, 60).status.is_over
    return desk.follow(run.id)


def test_a_goal_becomes_distinct_scenarios_and_the_best_is_proposed(repo: Repository, main: Branch) -> None:
    found = flown(repo, RAISE)
    assert (found.run.status, found.run.by_rule, found.run.model) == (RunStatus.DONE, True, "Built-in planner")
    assert [one.status for one in found.scenarios] == [ScenarioStatus.MEASURED] * 3, found
    assert len({one.branch_id for one in found.scenarios}) == 3
    best = next(one for one in found.scenarios if one.rank == 1)
    assert best.after is not None
    assert best.after == max(one.after for one in found.scenarios if one.after)
    assert "Portfolio value: $58,750 →" in best.reason
    assert [(one.source, one.status) for one in found.proposals] == [(best.branch, ProposalStatus.OPEN)]
    assert (main.head, {info.author for info in repo.branches()[1:]}) == (1, {"agent for ada"})
    assert all(info.expires_at for info in repo.branches()[1:])
    cost = repo.main.query("SELECT sum(shares * avg_cost) AS c FROM portfolio")[0]["c"]
    for one in found.scenarios:
        spent = repo.branch(one.branch).query("SELECT sum(shares * avg_cost) AS c FROM portfolio")[0]["c"]
        assert cost < spent <= 1.1 * cost
        assert not one.assumes


def test_spreading_keeps_the_value_and_says_what_it_did(repo: Repository, main: Branch) -> None:
    found = flown(repo, "Lower the concentration", metric="Largest weight")
    assert found.run.direction is Direction.LOWER
    best = next(one for one in found.scenarios if one.rank == 1)
    assert (best.before or 0) > 0.5 > (best.after or 1)
    value = repo.branch(best.branch).query("SELECT sum(shares * current_price) AS v FROM portfolio")[0]["v"]
    assert value == pytest.approx(58750, rel=0.02)
    assert "By rule: Rebalance" in best.reason


def test_what_the_goal_names_is_bought(repo: Repository, main: Branch) -> None:
    found = flown(repo, "Hedge with bonds: add 500 BND at 74")
    assert found.scenarios[0].title == "add BND"
    assert found.scenarios[0].delta == 37_000


def test_bonds_that_are_held_are_found(repo: Repository, main: Branch) -> None:
    main.execute("INSERT INTO portfolio VALUES ('BND', 100, 72, 74)")
    found = flown(repo, "Hedge with bonds", metric="Largest weight", direction=Direction.LOWER)
    into = next(one for one in found.scenarios if one.title == "into BND")
    assert into.status is ScenarioStatus.MEASURED
    assert "measures no risk" in into.reason


def test_prices_of_a_price_list_are_ours_to_set(repo: Repository) -> None:
    with repo.main.transaction("Set up") as tx:
        tx.execute("CREATE TABLE plans (product VARCHAR PRIMARY KEY, tier VARCHAR, price DOUBLE, units INTEGER)")
        tx.execute("INSERT INTO plans VALUES ('S', 'basic', 10, 100), ('M', 'basic', 20, 50), ('L', 'pro', 90, 20)")
    found = flown(repo, "Raise revenue with price rises of at most 4 %")
    best = next(one for one in found.scenarios if one.rank == 1)
    assert best.title == "all prices"
    assert (best.after or 0) == pytest.approx(1.04 * (best.before or 0))
    assert "demand" in best.reason
    assert not best.assumes


def test_a_table_of_which_nothing_is_known_is_moved_and_said_so(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE staff (id INTEGER PRIMARY KEY, hours DOUBLE, rate DOUBLE)")
    repo.main.execute("INSERT INTO staff VALUES (1, 10, 50), (2, 20, 40)")
    repo.set_metric("Wages", "SELECT sum(hours * rate) FROM staff")
    found = flown(repo, "Reduce wages", metric="Wages")
    best = next(one for one in found.scenarios if one.rank == 1)
    assert (best.after, best.before) == (pytest.approx(1170), pytest.approx(1300))
    assert "does not know" in best.reason


def test_where_nothing_serves_the_goal_nothing_is_proposed(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text VARCHAR)")
    found = flown(repo, "Raise it")
    assert (found.run.status, found.run.problem) == (RunStatus.FAILED, "no_ideas")
    assert "built-in planner works by rule" in found.run.outcome
    assert len(repo.branches()) == 1


def test_scenarios_that_may_change_too_few_rows_say_so(repo: Repository, main: Branch) -> None:
    found = flown(repo, "Lower the concentration", metric="Largest weight", limits=RunLimits(scenarios=1, rows=1))
    assert found.scenarios[0].status is ScenarioStatus.UNFIT
    assert "1 may still change" in found.scenarios[0].reason
    assert not found.proposals


def test_a_rule_of_the_table_is_kept(repo: Repository, main: Branch) -> None:
    repo.set_check("portfolio", "few", "shares <= 105")
    (found,) = flown(repo, RAISE, limits=ONE).scenarios
    assert repo.branch(found.branch).query("SELECT max(shares) AS most FROM portfolio") == [{"most": 105}]
    assert found.status is ScenarioStatus.MEASURED


def test_every_step_is_kept_with_its_scenario(repo: Repository, main: Branch) -> None:
    found = flown(repo, RAISE)
    assert {step.scenario for step in found.steps} == {None, 1, 2, 3}
    assert not [step for step in found.steps if step.failed]
    writes = [step for step in found.steps if step.version]
    assert len(writes) == 3
    desk = AgentDesk(repo, access=NO_KEY)
    commit = repo.branch(found.scenarios[0].branch).log(1)[0]
    made = desk.origin(commit)
    assert made is not None
    assert (made[0], made[1]) == (found.run, next(step for step in writes if step.scenario == 1))


def test_an_approved_proposal_is_merged_once_and_names_its_run(repo: Repository, main: Branch) -> None:
    found, desk = flown(repo, RAISE, limits=ONE), AgentDesk(repo, access=NO_KEY)
    (proposal,) = found.proposals
    review = desk.review(proposal.id)
    assert not review.has_moved
    commit = desk.approve(proposal.id, review.plan, author="bob")
    assert (commit.author, commit.merged_from) == ("bob", proposal.source)
    assert commit.origin is not None
    assert commit.origin.run == found.run.id
    assert desk.proposals(None)[0].commit == commit.version
    with pytest.raises(NoSuchRun, match="bob approved"):
        desk.review(proposal.id)


def test_a_proposal_is_not_merged_on_a_main_that_moved_unseen(repo: Repository, main: Branch) -> None:
    found, desk = flown(repo, RAISE, limits=ONE), AgentDesk(repo, access=NO_KEY)
    review = desk.review(found.proposals[0].id)
    main.execute("INSERT INTO portfolio VALUES ('NVDA', 1, 800, 950)")
    head = main.head
    with pytest.raises(BranchMoved):
        desk.approve(review.proposal.id, review.plan)
    assert (main.head, desk.proposals()[0].status) == (head, ProposalStatus.OPEN)
    again = desk.review(review.proposal.id)
    assert again.has_moved
    assert desk.approve(again.proposal.id, again.plan).version == head + 1


def test_what_was_changed_after_it_was_proposed_is_not_what_was_proposed(repo: Repository, main: Branch) -> None:
    found, desk = flown(repo, RAISE, limits=ONE), AgentDesk(repo, access=NO_KEY)
    repo.branch(found.proposals[0].source).execute("DELETE FROM portfolio")
    with pytest.raises(BranchMoved, match="not what was proposed"):
        desk.review(found.proposals[0].id)


def test_losers_are_discarded_in_one_call_and_rejected_ones_too(repo: Repository, main: Branch) -> None:
    found, desk = flown(repo, RAISE), AgentDesk(repo, access=NO_KEY)
    winner = found.proposals[0].source
    assert len(desk.discard_losers(found.run.id)) == 2
    assert [info.name for info in repo.branches()] == ["main", winner]
    assert desk.reject(found.proposals[0].id, "too bold", author="bob").words == "too bold"
    assert desk.discard_losers(found.run.id) == [winner]


def test_another_scenario_than_the_best_can_be_proposed(repo: Repository, main: Branch) -> None:
    found, desk = flown(repo, RAISE), AgentDesk(repo, access=NO_KEY)
    second = next(one for one in found.scenarios if one.rank == 2)
    assert desk.propose(found.run.id, second.number).source == second.branch
    assert len(desk.proposals()) == 2


@pytest.mark.parametrize(
    ("goal", "more", "says"),
    [
        ("  ", {}, "Say what you want"),
        ("Raise it", {"metric": "Charm"}, "no metric “Charm”"),
        ("Raise it", {"limits": RunLimits(turns=0)}, "turns has to be from 1"),
    ],
)
def test_what_makes_no_sense_is_not_started(
    goal: str, more: dict[str, object], says: str, repo: Repository, main: Branch
) -> None:
    with pytest.raises(InvalidGoal, match=says):
        AgentDesk(repo, access=NO_KEY).explore(goal, **more)  # type: ignore[arg-type]
    assert AgentDesk(repo, access=NO_KEY).runs() == []
