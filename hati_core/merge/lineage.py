"""Which state two branches last had in common.

A :class:`Point` is one version of one branch. A branch's catalog is a clone of its parent's,
so versions up to the fork are the parent's own and a branch is a line that continues the line
of its parent. Merges add edges between lines. As in git, a merge base is a point that both
sides have taken in whole and that no later such point has taken in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hati_core.model import BranchStatus
from hati_core.storage.registry_rows import BranchRow, MergeRow


@dataclass(frozen=True)
class Point:
    """A version of a branch."""

    branch_id: str
    version: int


class Lineage:
    """Branches and merges as a graph of points."""

    def __init__(self, branches: Iterable[BranchRow], merges: Iterable[MergeRow]) -> None:
        self._branches: Mapping[str, BranchRow] = {branch.id: branch for branch in branches}
        self._merges = tuple(merges)

    def __contains__(self, branch_id: object) -> bool:
        return branch_id in self._branches

    def is_kept(self, branch_id: str) -> bool:
        """Whether what a branch wrote can still be read: it was not collected."""
        row = self._branches.get(branch_id)
        return row is not None and row.status is not BranchStatus.COLLECTED

    def normal(self, point: Point) -> Point:
        """The same state on the branch that made it: versions up to a fork belong to the parent."""
        row = self._branches.get(point.branch_id)
        while row and row.parent_id is not None and row.fork_version is not None and point.version <= row.fork_version:
            point = Point(row.parent_id, point.version)
            row = self._branches.get(point.branch_id)
        return point

    def line(self, point: Point) -> dict[str, int]:
        """The branches that the line of a point runs through, each with its last version on it."""
        reached: dict[str, int] = {}
        branch_id: str | None = point.branch_id
        version = point.version
        while branch_id is not None:
            reached[branch_id] = version
            row = self._branches.get(branch_id)
            if row is None or row.fork_version is None:
                break
            branch_id, version = row.parent_id, min(version, row.fork_version)
        return reached

    def owner(self, point: Point, version: int) -> str:
        """The branch on the line of ``point`` that made ``version``."""
        return self.normal(Point(point.branch_id, version)).branch_id

    def common_ancestor(self, points: Iterable[Point]) -> Point:
        """The last point on the lines of all ``points``, merges aside."""
        lines = [self.line(point) for point in points]
        shared = set.intersection(*(set(line) for line in lines))
        return max(
            (self.normal(Point(branch_id, min(line[branch_id] for line in lines))) for branch_id in shared),
            key=lambda point: point.version,
        )

    def taken_in(self, point: Point) -> dict[str, int]:
        """What a point has taken in whole, by fork or merge: the last version of each branch."""
        reached = self.line(point)
        grown = True
        while grown:
            grown = False
            for merge in self._merges:
                if not self._includes(point, reached, merge):
                    continue
                for branch_id, version in self.line(Point(merge.source_id, merge.source_version)).items():
                    if reached.get(branch_id, -1) < version:
                        reached[branch_id] = version
                        grown = True
        return reached

    def _includes(self, point: Point, reached: Mapping[str, int], merge: MergeRow) -> bool:
        """Whether what a point has reached came after a merge.

        A merge with nothing to write is recorded at the version that its target had already:
        a fork made of that very version before the merge has not seen it.
        """
        version = reached.get(merge.target_id, -1)
        if version != merge.target_version or point.branch_id == merge.target_id:
            return version >= merge.target_version
        forks = (
            row
            for row in map(self._branches.get, reached)
            if row and (row.parent_id, row.fork_version) == (merge.target_id, version)
        )
        return all(row.created_at >= merge.at for row in forks)

    def merge_base(self, ours: Point, theirs: Point) -> Point:
        """The best point that both sides have taken in whole; of several, the one that was merged last."""
        left, right = self.taken_in(ours), self.taken_in(theirs)
        common = {
            self.normal(Point(branch_id, min(left[branch_id], right[branch_id])))
            for branch_id in left.keys() & right.keys()
        }
        best = [point for point in common if not any(self._is_behind(point, other) for other in common)]
        return max(best, key=self._recency)

    def _is_behind(self, point: Point, other: Point) -> bool:
        """Whether another point has taken this one in, and not the other way round as well."""
        behind = self.taken_in(other).get(point.branch_id, -1) >= point.version
        return behind and self.taken_in(point).get(other.branch_id, -1) < other.version

    def _recency(self, point: Point) -> tuple[str, int]:
        """Later merges of this very point sort last."""
        times = [
            merge.at.isoformat()
            for merge in self._merges
            if (merge.source_id, merge.source_version) == (point.branch_id, point.version)
        ]
        return (max(times, default=""), point.version)
