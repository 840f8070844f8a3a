"""The tool that tells what became of proposals."""

from __future__ import annotations

from hati_core.agent import answers
from hati_core.agent.answers import Answer
from hati_core.agent.standing import Standing, settled, standing
from hati_core.agent.workspace import Workspace
from hati_core.names import MAIN
from hati_core.repository import Repository
from hati_core.runs import Proposal, ProposalStatus

_WAITING = {
    Standing.READY: "open: a person has to decide",
    Standing.CHANGED: "open, but the branch was changed since: propose it again",
    Standing.DISCARDED: "open, but the branch was discarded",
    Standing.GONE: "open, but a branch of it is gone for good",
}


def list_proposals(work: Workspace) -> Answer:
    """List what you have proposed, newest first, and what became of it: open, approved, rejected or merged, by whom."""
    family = work.family | {work.run}
    found = settled(work.repo, [one for one in work.log.proposals() if one.run in family])
    return {
        "branch": MAIN,
        "count": len(found),
        "proposals": [_told(work.repo, one) for one in found[: answers.ROWS_SHOWN]],
    }


def _told(repo: Repository, one: Proposal) -> Answer:
    is_open = one.status is ProposalStatus.OPEN
    told = {
        "proposal": one.id,
        "branch": one.source,
        "version": one.source_version,
        "into": one.target,
        "reason": answers.shortened(one.reason),
        "status": _WAITING[standing(repo, one)] if is_open else one.status.value,
    }
    if is_open:
        return told
    decided = {"decided_by": one.decided_by, "decided_at": one.decided_at and one.decided_at.isoformat()}
    return {**told, **decided, "words": answers.shortened(one.words), "commit": one.commit}
