"""What came of the merges into a branch, read from its commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hati_core.model import Commit


@dataclass(frozen=True)
class Landed:
    """A merge, and the commit that undid it or made it again last; the merge itself where nobody did."""

    merge: Commit
    last: Commit
    is_undone: bool


def landings(commits: Sequence[Commit]) -> list[Landed]:
    """Every merge among the commits of one branch, newest first; in the order of what was done about them last."""
    by_version = {commit.version: commit for commit in commits}
    found: dict[int, Landed] = {}
    for commit in commits:
        undone, times = commit, 0
        while undone.reverts is not None and undone.reverts in by_version:
            undone, times = by_version[undone.reverts], times + 1
        if undone.merged_from is not None:
            found.setdefault(undone.version, Landed(undone, commit, is_undone=times % 2 == 1))
    return list(found.values())


def last_merge(commits: Sequence[Commit]) -> Landed | None:
    """The merge that was made, undone or made again last among the commits of one branch, newest first."""
    return next(iter(landings(commits)), None)
