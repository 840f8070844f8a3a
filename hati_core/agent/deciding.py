"""What a person decides on: merges that runs propose, and the branches that they leave behind."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hati_core.agent.control import Control
from hati_core.agent.jobs import job_of
from hati_core.agent.model_choice import ModelChoice
from hati_core.agent.standing import Standing, settled, standing
from hati_core.agent.workspace import Allowance, Workspace
from hati_core.agent.writing import make_proposal
from hati_core.errors import BranchError, BranchMoved, NoSuchRun, NotAllowed
from hati_core.mandate import Mandate
from hati_core.merge.plan import MergePlan
from hati_core.model import Commit, Origin
from hati_core.repository import Repository
from hati_core.runs import Proposal, ProposalStatus
from hati_core.storage.run_log import RunLog


@dataclass(frozen=True)
class Review:
    """A proposal with the merge that it asks for, as it would be now.

    ``has_moved`` says that the target has commits that were not there when it was proposed; the plan has seen them.
    """

    proposal: Proposal
    plan: MergePlan
    has_moved: bool


class Deciding:
    """Proposals and leftovers of one repository's runs."""

    _repo: Repository

    @property
    def _log(self) -> RunLog:
        return self._repo._store.registry.runs

    def proposals(
        self, status: ProposalStatus | None = ProposalStatus.OPEN, *, run: str | None = None
    ) -> list[Proposal]:
        """What runs have proposed, as it stands now, newest first; None for a status is any."""
        found = settled(self._repo, self._log.proposals(run=run))
        return [one for one in found if status in (None, one.status)]

    def standing(self, proposal: Proposal) -> Standing:
        """What can be done with an open proposal."""
        return standing(self._repo, proposal)

    def waiting(self) -> set[str]:
        """The runs of which something waits for a decision that can be made."""
        possible = (Standing.READY, Standing.CHANGED)
        return {one.run for one in self.proposals() if self.standing(one) in possible}

    def review(self, proposal_id: str) -> Review:
        """Plan the merge of a proposal that nobody decided yet; nothing is written. :meth:`approve` takes the plan.

        Raises:
            NoSuchRun: there is no such proposal, or it was decided, or somebody merged its branch.
            BranchMoved: the branch was changed since it was proposed, so it is not what was proposed any more.
            BranchNotFound, BranchDiscarded: one of the two branches is gone.
        """
        proposal = self._open(proposal_id)
        plan = self._repo.plan_merge(proposal.source, proposal.target)
        self._require_same(proposal, plan)
        return Review(proposal, plan, plan.target_version != proposal.target_version)

    def approve(self, proposal_id: str, plan: MergePlan, *, author: str | None = None) -> Commit:
        """Merge what was reviewed, with the choices for its conflicts; the commit is the person's, and names the run.

        Raises:
            NoSuchRun: there is no such proposal, or it was decided.
            BranchMoved: either branch has commits that were not in the plan that was shown; nothing is written, and the
                proposal stays open, to be reviewed again.
            UnresolvedConflicts, CheckViolation: as :meth:`Repository.apply_merge`; nothing is written.
        """
        proposal = self._open(proposal_id)
        self._require_same(proposal, plan)
        signed = author or self._repo.author
        message = f"Merge {proposal.source} into {proposal.target}, as proposed"
        commit = self._repo.apply_merge(plan, message, author=signed, mandate=Mandate(Origin(proposal.run)))
        self._decide(proposal, ProposalStatus.APPROVED, signed, "", commit.version)
        return commit

    def reject(self, proposal_id: str, reason: str = "", *, author: str | None = None) -> Proposal:
        """Turn a proposal down; its branch stays until it is discarded, or expires.

        Raises:
            NoSuchRun: there is no such proposal, or it was decided.
        """
        proposal = self._open(proposal_id)
        return self._decide(proposal, ProposalStatus.REJECTED, author or self._repo.author, reason.strip(), None)

    def propose(self, run_id: str, scenario: int) -> Proposal:
        """Propose a scenario that the run itself did not.

        Raises:
            NoSuchRun: there is no such run or scenario.
            BadCall: it changes nothing.
            BranchNotFound, BranchDiscarded: its branch is gone.
        """
        run = self._log.run(run_id)
        found = next((one for one in self._log.scenarios(run_id) if one.number == scenario), None)
        if run is None or found is None:
            raise NoSuchRun("There is no such scenario. Choose one from the list of the run.")
        stop = Control(run.limits, ModelChoice()).stop
        work = Workspace(self._repo, run.id, run.author, stop, run.limits, Allowance(0))
        return make_proposal(work, found.branch, run.branch, found.reason or found.idea, scenario=scenario)

    def discard_losers(self, run_id: str) -> list[str]:
        """Discard the branches of a run's scenarios but those that it proposed and nobody turned down; returns names.

        Raises:
            NotAllowed: the run is still at work.
            BranchBusy: somebody is writing one of them.
        """
        if job_of(run_id):
            raise NotAllowed("The run is still at work. Stop it first, or wait until it is over.")
        kept = {one.source_id for one in self._log.proposals(run=run_id) if one.status is not ProposalStatus.REJECTED}
        gone = []
        for scenario in self._log.scenarios(run_id):
            if scenario.branch_id in kept or not self._is_live(scenario.branch, scenario.branch_id):
                continue
            self._repo.discard(scenario.branch)
            gone.append(scenario.branch)
        return gone

    def _is_live(self, name: str, branch_id: str) -> bool:
        """Whether the branch of that name is still the one that was made."""
        with suppress(BranchError):
            return self._repo.branch(name).id == branch_id
        return False

    def _open(self, proposal_id: str) -> Proposal:
        found = self._log.proposal(proposal_id)
        if found is None:
            raise NoSuchRun("There is no such proposal. Choose one from the list of proposals.")
        (found,) = settled(self._repo, [found])
        if found.status is not ProposalStatus.OPEN:
            what = "its branch" if found.status is ProposalStatus.MERGED else "this proposal"
            raise NoSuchRun(f"{found.decided_by or 'Somebody'} {found.status.value} {what} already.")
        return found

    @staticmethod
    def _require_same(proposal: Proposal, plan: MergePlan) -> None:
        if plan.theirs.branch_id != proposal.source_id or plan.ours.branch_id != proposal.target_id:
            raise NoSuchRun("This plan is of other branches than the proposal. Review the proposal again.")
        if plan.source_version != proposal.source_version:
            raise BranchMoved(
                f"“{proposal.source}” was changed since it was proposed, so this is not what was proposed. Reject it, "
                "or merge the branch on the page Merge.",
                branch=proposal.source,
                expected=proposal.source_version,
                actual=plan.source_version,
            )

    def _decide(
        self, proposal: Proposal, status: ProposalStatus, author: str, words: str, commit: int | None
    ) -> Proposal:
        decided = replace(
            proposal, status=status, decided_by=author, decided_at=datetime.now(UTC), words=words, commit=commit
        )
        if not self._log.decide(decided) and status is ProposalStatus.REJECTED:
            raise NoSuchRun("Somebody decided on this proposal in this moment. Look at it again.")
        return decided
