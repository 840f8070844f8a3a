"""Proposals that others act on: merged by hand, changed, discarded; and a process that dies while it approves."""

from __future__ import annotations

import signal

import pytest

from hati_core import Branch, Repository
from hati_core.agent import Access, AgentDesk
from hati_core.agent.standing import Standing
from hati_core.errors import NoSuchRun
from hati_core.runs import Proposal, ProposalStatus, RunLimits
from tests.core.processes import start_python

GOAL = "Raise the portfolio value with at most 10 % more cost"


@pytest.fixture
def desk(repo: Repository, main: Branch) -> AgentDesk:
    return AgentDesk(repo, access=Access(None, None))


@pytest.fixture
def proposal(desk: AgentDesk) -> Proposal:
    """What the built-in planner proposes."""
    desk.wait(desk.explore(GOAL, limits=RunLimits(scenarios=1)).id, 60)
    (found,) = desk.proposals()
    assert desk.standing(found) is Standing.READY
    assert desk.waiting() == {found.run}
    return found


@pytest.mark.parametrize("more", [False, True])
def test_a_branch_that_somebody_merged_waits_for_nobody(
    more: bool, repo: Repository, desk: AgentDesk, proposal: Proposal
) -> None:
    if more:
        repo.branch(proposal.source).execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    plan = repo.plan_merge(proposal.source)
    commit = repo.apply_merge(plan, author="bob")
    (found,) = desk.follow(proposal.run).proposals
    assert (found.status, found.decided_by, found.commit) == (ProposalStatus.MERGED, "bob", commit.version)
    assert desk.waiting() == set()
    with pytest.raises(NoSuchRun, match="bob merged its branch already"):
        desk.approve(proposal.id, plan)


def test_of_two_proposals_of_one_branch_the_one_that_was_approved_is_and_the_other_is_through(
    desk: AgentDesk, proposal: Proposal
) -> None:
    again = desk.propose(proposal.run, 1)
    desk.approve(proposal.id, desk.review(proposal.id).plan)
    status = {one.id: one.status for one in desk.proposals(None)}
    assert status == {proposal.id: ProposalStatus.APPROVED, again.id: ProposalStatus.MERGED}


def test_a_merge_of_what_was_there_before_is_no_merge_of_what_is_proposed(
    repo: Repository, desk: AgentDesk, proposal: Proposal
) -> None:
    older = repo.create_branch("older", proposal.source, at=1)
    older.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    repo.merge("older")
    (found,) = desk.proposals()
    assert found.status is ProposalStatus.OPEN
    assert desk.review(found.id).has_moved


def test_a_merge_that_left_nothing_to_write_counts(repo: Repository, desk: AgentDesk, proposal: Proposal) -> None:
    head = repo.branch(proposal.source).at(proposal.source_version)
    for row in head.query("FROM portfolio"):
        repo.main.execute("UPDATE portfolio SET shares = ? WHERE ticker = ?", [row["shares"], row["ticker"]])
    repo.merge(proposal.source)
    (found,) = desk.proposals(None)
    assert (found.status, found.decided_by) == (ProposalStatus.MERGED, None)


def test_a_discarded_branch_can_be_brought_back_and_decided_on(
    repo: Repository, desk: AgentDesk, proposal: Proposal
) -> None:
    repo.discard(proposal.source)
    assert desk.standing(proposal) is Standing.DISCARDED
    assert desk.waiting() == set()
    repo.undiscard(proposal.source, branch_id=proposal.source_id)
    assert desk.standing(proposal) is Standing.READY
    assert desk.approve(proposal.id, desk.review(proposal.id).plan).merged_from == proposal.source


def test_a_branch_that_took_the_name_is_not_what_was_proposed(
    repo: Repository, desk: AgentDesk, proposal: Proposal
) -> None:
    repo.discard(proposal.source)
    repo.create_branch(proposal.source).execute("DELETE FROM portfolio")
    assert desk.standing(proposal) is Standing.DISCARDED
    with pytest.raises(NoSuchRun, match="other branches"):
        desk.review(proposal.id)


def test_a_branch_that_was_changed_still_waits(repo: Repository, desk: AgentDesk, proposal: Proposal) -> None:
    repo.branch(proposal.source).execute("DELETE FROM portfolio")
    assert desk.standing(proposal) is Standing.CHANGED
    assert desk.waiting() == {proposal.run}


def test_where_the_target_is_gone_nothing_can_be_decided(repo: Repository, main: Branch) -> None:
    desk = AgentDesk(repo, access=Access(None, None))
    repo.create_branch("growth")
    desk.wait(desk.explore(GOAL, branch="growth", limits=RunLimits(scenarios=1)).id, 60)
    repo.discard("growth")
    (proposal,) = desk.proposals()
    assert desk.standing(proposal) is Standing.GONE
    assert desk.reject(proposal.id).status is ProposalStatus.REJECTED


@pytest.mark.every_backend
def test_an_approval_whose_process_died_after_merging_is_found_as_one(place: str) -> None:
    program = (
        "import os, signal\n"
        "from hati_core import Repository\n"
        "from hati_core.agent import Access, AgentDesk\n"
        "from hati_core.runs import RunLimits\n"
        "from tests.core.conftest import set_up\n"
        "class Dying(AgentDesk):\n"
        "    def _decide(self, *about):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "repo = Repository.open(sys.argv[1], author='ada')\n"
        "set_up(repo)\n"
        "desk = Dying(repo, access=Access(None, None))\n"
        f"run = desk.wait(desk.explore({GOAL!r}, limits=RunLimits(scenarios=1)).id)\n"
        "proposal, = desk.proposals()\n"
        "desk.approve(proposal.id, desk.review(proposal.id).plan, author='bob')\n"
    )
    process = start_python(program, place)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    with Repository.open(place) as repo:
        desk = AgentDesk(repo, access=Access(None, None))
        (run,) = desk.runs()
        (found,) = desk.follow(run.id).proposals
        assert (found.status, found.decided_by, found.commit) == (ProposalStatus.APPROVED, "bob", repo.main.head)
        assert repo.main.log(1)[0].merged_from == found.source
        assert desk.waiting() == set()
