"""Where proposals stand, whoever has done what meanwhile: branches are merged, changed and discarded elsewhere too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import Enum

from hati_core.model import BranchStatus, Commit
from hati_core.repository import Repository
from hati_core.runs import Proposal, ProposalStatus
from hati_core.storage.registry_rows import MergeRow
from hati_core.store import Store


class Standing(Enum):
    """What can be done with a proposal that nobody decided on."""

    READY = "ready"
    """It can be reviewed and decided on."""
    CHANGED = "changed"
    """Its branch has commits that were not there when it was proposed."""
    DISCARDED = "discarded"
    """Its branch was discarded, and can be brought back."""
    GONE = "gone"
    """One of its branches is gone for good, or the target is discarded."""


def standing(repo: Repository, proposal: Proposal) -> Standing:
    """How things are for a proposal that nobody decided on."""
    store = repo._store
    source, target = (store.registry.branch(branch_id) for branch_id in (proposal.source_id, proposal.target_id))
    if not source or not target or target.status is not BranchStatus.ACTIVE or source.status is BranchStatus.COLLECTED:
        return Standing.GONE
    if source.status is BranchStatus.DISCARDED:
        return Standing.DISCARDED
    return Standing.READY if store.head(source.id) == proposal.source_version else Standing.CHANGED


def settled(repo: Repository, proposals: Sequence[Proposal]) -> list[Proposal]:
    """Proposals as they are now: one whose branch was merged meanwhile is not open any more, and is kept so."""
    store = repo._store
    still_open = [one for one in proposals if one.status is ProposalStatus.OPEN]
    for target_id in {one.target_id for one in still_open}:
        if _is_there(store, target_id):
            # A process that died may not have told the registry of its merge.
            store.catch_up(target_id)
    merges = store.registry.merges() if still_open else []
    found = {one.id: _merged(store, one, merge) for one in still_open if (merge := _first(merges, one))}
    return [found.get(one.id, one) for one in proposals]


def _merged(store: Store, proposal: Proposal, merge: MergeRow) -> Proposal:
    """Keep what a merge made of a proposal."""
    commit = _commit(store, merge) if _is_there(store, proposal.target_id) else None
    is_approved = commit is not None and _is_approval(store, proposal, merge, commit)
    found = replace(
        proposal,
        status=ProposalStatus.APPROVED if is_approved else ProposalStatus.MERGED,
        decided_by=commit.author if commit else None,
        decided_at=commit.at if commit else merge.at,
        commit=merge.target_version,
    )
    log = store.registry.runs
    # Somebody may have decided, or found the same, in this moment.
    return found if log.decide(found) else log.proposal(proposal.id) or found


def _is_approval(store: Store, proposal: Proposal, merge: MergeRow, commit: Commit) -> bool:
    """Whether a merge was the approval of a proposal, which a process that died after merging could not keep.

    A commit names its run alone: of several proposals that it takes in, the one that was kept as approved is meant,
    else the last.
    """
    if commit.origin is None or commit.origin.run != proposal.run:
        return False
    same = [one for one in store.registry.runs.proposals(run=proposal.run) if _first([merge], one)]
    kept = [one for one in same if one.status is ProposalStatus.APPROVED and one.commit == merge.target_version]
    meant = kept or [one for one in same if one.status is ProposalStatus.OPEN]
    return bool(meant) and meant[0].id == proposal.id


def _first(merges: Iterable[MergeRow], proposal: Proposal) -> MergeRow | None:
    """The first merge into the target that took in all that was proposed."""
    for merge in merges:
        is_between_them = (merge.target_id, merge.source_id) == (proposal.target_id, proposal.source_id)
        if is_between_them and merge.source_version >= proposal.source_version:
            return merge
    return None


def _commit(store: Store, merge: MergeRow) -> Commit | None:
    """The commit of a merge; None where it left nothing to write."""
    catalog = store.catalog(merge.target_id)
    if catalog.merged(merge.target_version) != (merge.source_id, merge.source_version):
        return None
    return catalog.commits(1, until=merge.target_version)[0]


def _is_there(store: Store, branch_id: str) -> bool:
    row = store.registry.branch(branch_id)
    return row is not None and row.status is not BranchStatus.COLLECTED
