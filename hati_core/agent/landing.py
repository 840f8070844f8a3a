"""The tool that merges, for programs that a person has allowed to before they were started."""

from __future__ import annotations

from typing import Annotated

from hati_core.agent import answers
from hati_core.agent.answers import Answer
from hati_core.agent.deciding import Review
from hati_core.agent.desk import AgentDesk
from hati_core.agent.workspace import Workspace
from hati_core.errors import BranchMoved, NoSuchRun, NotAllowed


def approve_merge(
    work: Workspace, proposal: Annotated[str, "The id that propose_merge gave for a proposal of yours."]
) -> Answer:
    """Merge what you proposed, as it was proposed. Do so when the person you work for has said yes to it."""
    desk = AgentDesk(work.repo)
    if work.log.proposal(proposal) is None:
        raise NoSuchRun(f"There is no proposal “{proposal}”. list_proposals has yours with their ids.")
    try:
        review = desk.review(proposal)
    except BranchMoved as error:
        raise BranchMoved(
            f"“{error.branch}” was changed since it was proposed, so this is not what was proposed. Look at plan_merge "
            "and propose it again.",
            branch=error.branch or "",
            expected=error.expected,
            actual=error.actual,
        ) from error
    _require_own(work, review)
    if review.has_moved:
        raise BranchMoved(
            f"“{review.plan.target}” has changed since this was proposed, so nobody has seen what would be merged now. "
            "Look at plan_merge and propose it again.",
            branch=review.plan.target,
            expected=review.proposal.target_version,
            actual=review.plan.target_version,
        )
    with work.stop.lasting():
        commit = desk.approve(proposal, review.plan, author=work.author)
    return {
        "branch": commit.branch,
        "version": commit.version,
        "merged": review.plan.source,
        "count": sum(touch.inserted + touch.updated + touch.deleted for touch in commit.touched),
        "changed": answers.shortened(commit.summary),
    }


def _require_own(work: Workspace, review: Review) -> None:
    if review.proposal.run not in work.family | {work.run}:
        raise NotAllowed("Somebody else proposed this. A person decides on it.", branch=review.proposal.source)
