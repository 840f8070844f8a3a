"""The merging half of a repository's face: compare two branches, plan, write and undo a merge."""

from __future__ import annotations

from collections.abc import Mapping

from hati_core.applying import apply_plan
from hati_core.choosing import Choices
from hati_core.errors import BranchMoved, MergeConflict, MergeError, UnknownStrategy, VersionNotFound
from hati_core.history import no_version
from hati_core.mandate import Mandate
from hati_core.merge.diff import Diff, diff_points
from hati_core.merge.lineage import Point
from hati_core.merge.plan import MergePlan, PlanKind
from hati_core.merge.planner import plan_points
from hati_core.model import Commit, Resolution, Side, Strategy
from hati_core.names import MAIN, folded
from hati_core.store import Store

_REPLANS = 5


class Merging:
    """What a repository does with two of its branches."""

    _store: Store

    def diff(
        self,
        source: str,
        target: str = MAIN,
        *,
        source_version: int | None = None,
        target_version: int | None = None,
    ) -> Diff:
        """How ``source`` differs from ``target``, at their heads or at older versions; rows go from target to source.

        Both may be the same branch.

        Raises:
            BranchNotFound, BranchDiscarded: there is no such live branch, or no such version of it.
            InvalidKey: rows of a table cannot be told apart.
        """
        after, before = self._point(source, source_version), self._point(target, target_version)
        return diff_points(self._store.merge_context(), before, after)

    def changes(self, name: str) -> Diff:
        """What a branch has changed since it last had everything in common with its parent.

        Raises:
            BranchNotFound, BranchDiscarded: there is no such live branch.
        """
        row = self._store.row(name)
        head = self._store.point(row.id)
        context = self._store.merge_context()
        parent = self._store.registry.branch(row.parent_id) if row.parent_id else None
        if parent is None:
            return diff_points(context, head, head)
        return diff_points(context, context.lineage.merge_base(self._store.point(parent.id), head), head)

    def plan_merge(
        self,
        source: str,
        into: str = MAIN,
        *,
        resolutions: Mapping[str, Resolution] | None = None,
        row_level: bool | None = None,
    ) -> MergePlan:
        """Work out a merge without writing anything; ``resolutions`` that still fit are kept.

        With ``row_level`` two edits of one row conflict even in different cells; the repository's rule by default.

        Raises:
            BranchNotFound, BranchDiscarded: there is no such live branch.
            InvalidKey: rows of a table cannot be told apart.
            MergeError: both are the same branch.
        """
        theirs, ours = self._head(source), self._head(into)
        if theirs.branch_id == ours.branch_id:
            raise MergeError(f"“{source}” cannot be merged into itself. Choose another branch.")
        context = self._store.merge_context(self._store.row_level_merge() if row_level is None else row_level)
        base = context.lineage.merge_base(ours, theirs)
        return plan_points(context, PlanKind.MERGE, base, ours, theirs, resolutions or {})

    def plan_revert(self, branch: str, version: int) -> MergePlan:
        """Work out how to undo one commit of a branch, a merge included, keeping what came later.

        Raises:
            VersionNotFound: the branch has no such commit.
        """
        head = self._head(branch)
        if not 1 <= version <= head.version:
            raise VersionNotFound(f"“{branch}” has no commit {version} that could be undone.", branch=branch)
        base, before = (self._store.lineage().normal(Point(head.branch_id, v)) for v in (version, version - 1))
        return plan_points(self._store.merge_context(), PlanKind.REVERT, base, head, before, {})

    def apply_merge(
        self,
        plan: MergePlan,
        message: str | None = None,
        *,
        author: str | None = None,
        mandate: Mandate | None = None,
    ) -> Commit:
        """Write a plan as one commit on its target; returns the commit, or the head where nothing had to be written.

        Raises:
            UnresolvedConflicts: a conflict is open.
            CheckViolation: the merged rows break a rule.
            BranchMoved: either branch has commits that the plan has not seen.
        """
        return apply_plan(self._store, plan, message, author, mandate)

    def merge(
        self,
        source: str,
        strategy: str | Strategy = Strategy.MANUAL,
        into: str = MAIN,
        resolutions: Mapping[str, Resolution] | None = None,
        *,
        message: str | None = None,
    ) -> Commit:
        """Plan and write a merge in one go; the strategy settles what ``resolutions`` do not.

        ``branch_wins`` is for the branch and ``main_wins`` for ``main``, whichever is merged into the other;
        between two branches, for the one merged from and the one merged into.

        Raises:
            UnknownStrategy: before anything happens.
            MergeConflict: strategy ``abort`` met conflicts; nothing is written.
            UnresolvedConflicts: strategy ``manual`` and a conflict has no resolution; nothing is written.
            CheckViolation: the merged rows break a rule; nothing is written.
            BranchMoved: others kept committing while it was planned anew; nothing is written.
        """
        chosen, attempt = _strategy(strategy), 0
        while True:
            attempt += 1
            plan = self.plan_merge(source, into).with_resolutions(resolutions or {})
            if chosen is Strategy.ABORT and plan.conflicts:
                rows = "row conflicts" if len(plan.conflicts) == 1 else "rows conflict"
                raise MergeConflict(
                    f"{len(plan.conflicts):,} {rows} between “{plan.target}” and “{plan.source}”. "
                    "Nothing was written. Settle them one by one, or merge with branch_wins or main_wins.",
                    conflicts=plan.conflicts,
                    branch=plan.target,
                )
            try:
                return self.apply_merge(plan.with_default(winner(chosen, source)), message)
            except BranchMoved:
                if attempt == _REPLANS:
                    raise

    def sync(
        self,
        branch: str,
        strategy: str | Strategy = Strategy.MANUAL,
        resolutions: Mapping[str, Resolution] | None = None,
        *,
        message: str | None = None,
    ) -> Commit:
        """Take what is new on ``main`` into a branch; the next merge starts from what was taken in.

        Look at it first by ``plan_merge("main", into=branch)``. Where a merge of the branch was undone on ``main``,
        that is taken over too, and the branch's own work goes: the plan says so in ``undone``.

        Raises:
            UnknownStrategy, MergeConflict, UnresolvedConflicts, CheckViolation: as :meth:`merge`; nothing is written.
            BranchNotFound, BranchDiscarded: there is no such live branch.
        """
        return self.merge(MAIN, strategy, branch, resolutions, message=message)

    def choices(self, source: str, into: str = MAIN) -> Choices:
        """The choices made so far for the conflicts of a merge, kept until it is made.

        Raises:
            BranchNotFound, BranchDiscarded: there is no such live branch.
        """
        return Choices(self._store, self._store.row(source).id, self._store.row(into).id)

    def _head(self, name: str) -> Point:
        return self._store.point(self._store.row(name).id)

    def _point(self, name: str, version: int | None) -> Point:
        head = self._head(name)
        if version is not None and not 0 <= version <= head.version:
            raise no_version(self._store.row(name).name, head.version, version)
        return head if version is None else Point(head.branch_id, version)


def winner(strategy: Strategy, source: str) -> Side | None:
    """The side that a strategy settles conflicts for; it names branches, and ``main`` can be on either side."""
    sides = {Strategy.BRANCH_WINS: Side.THEIRS, Strategy.MAIN_WINS: Side.OURS}
    if folded(source) == MAIN:
        sides = {Strategy.BRANCH_WINS: Side.OURS, Strategy.MAIN_WINS: Side.THEIRS}
    return sides.get(strategy)


def _strategy(strategy: str | Strategy) -> Strategy:
    try:
        return Strategy(strategy)
    except ValueError as error:
        known = ", ".join(choice.value for choice in Strategy)
        raise UnknownStrategy(f"There is no merge strategy {strategy!r}. The strategies are: {known}.") from error
