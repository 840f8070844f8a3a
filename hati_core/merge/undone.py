"""Merges that were undone and stay so, and what that means for a merge of the same branches later.

As in git, undoing a merge is a change like any other: it travels with the branch that it was made on, and what was
undone counts as merged, so that nothing offers it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hati_core.landing import Landed, landings
from hati_core.merge.context import MergeContext
from hati_core.merge.lineage import Lineage, Point
from hati_core.storage.registry_rows import MergeRow


@dataclass(frozen=True)
class UndoneMerge:
    """A merge into the branch of that id, and the commit there that undid it last.

    ``is_taken_out`` says that the plan takes what the merge brought out of the plan's own target as well, where
    nobody changed it since; else the plan leaves out what the merge brought.
    """

    landed: Landed
    branch_id: str
    target: str
    is_taken_out: bool

    @property
    def message(self) -> str:
        """What happened, and what it means for the plan."""
        merge, undo = self.landed.merge, self.landed.last
        happened = (
            f"The merge of “{merge.merged_from}” into “{merge.branch}” (version {merge.version}) was undone "
            f"(version {undo.version})."
        )
        if self.is_taken_out:
            return f"{happened} Merging this takes what it had brought out of “{self.target}” too."
        return f"{happened} What it had brought counts as merged, so it is not part of this."


def undone_merges(context: MergeContext, base: Point, ours: Point, theirs: Point) -> tuple[UndoneMerge, ...]:
    """The merges whose undoing a plan carries over to its target, and those whose undoing it leaves as it is."""
    target = context.catalog(ours.branch_id).name
    return tuple(
        UndoneMerge(landed, branch_id, target, is_taken_out)
        for side, is_taken_out in ((theirs, True), (ours, False))
        for branch_id, undone in _undone_since(context, base, side).items()
        for landed in undone
    )


def _undone_since(context: MergeContext, base: Point, side: Point) -> dict[str, list[Landed]]:
    """The merges that the base has the work of, and that one side has undone since, by the branch they were made on."""
    lineage = context.lineage
    known, reached = lineage.taken_in(base), lineage.taken_in(side)
    found: dict[str, list[Landed]] = {}
    for branch_id, until in reached.items():
        merges = {merge.target_version: merge for merge in lineage.merges if merge.target_id == branch_id}
        after = known.get(branch_id, -1)
        if not merges or after >= until or not lineage.is_kept(branch_id):
            continue
        catalog = context.catalog(branch_id)
        # Hardly ever has anything been undone, and then the older merges need not be read.
        if any(commit.reverts is not None for commit in catalog.landings(after, until)):
            found[branch_id] = [
                landed
                for landed in landings(catalog.landings(min(merges) - 1, until))
                if landed.is_undone
                and landed.last.version > after
                and landed.merge.version in merges
                and _has_any_of(lineage, known, merges[landed.merge.version])
            ]
    return found


def _has_any_of(lineage: Lineage, known: Mapping[str, int], merge: MergeRow) -> bool:
    """Whether a state that has taken so much in has any of what a merge brought."""
    before = lineage.taken_in(Point(merge.target_id, merge.target_version - 1))
    after = lineage.taken_in(Point(merge.source_id, merge.source_version))
    return any(min(version, known.get(id_, -1)) > before.get(id_, -1) for id_, version in after.items())
