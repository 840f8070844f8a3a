"""What branches look like beside each other, remembered by their versions: a version never changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from hati_core.branch_view import BranchView
from hati_core.measured import PartChange, label_sql, parts_sql
from hati_core.measures import Measures
from hati_core.merge.diff import Diff, diff_points
from hati_core.merge.lineage import Point
from hati_core.merge.rows import fetch
from hati_core.model import BranchInfo
from hati_core.quote import identifier
from hati_core.recent import Recent
from hati_core.scenarios.allocation import (
    Allocation,
    Holding,
    allocation_query,
    groups_query,
    largest_query,
    possible_groups,
)
from hati_core.scenarios.metrics import Breakdown
from hati_core.sql import gate
from hati_core.sql.steady import is_steady
from hati_core.store import Store

_DIFFS = 16
"""Each holds its changed rows in memory."""
_SMALL = 512
T = TypeVar("T")


class Comparisons:
    """Two branches at the versions that a list of branches shows; the first is what the other is compared with."""

    def __init__(self, store: Store, measures: Measures) -> None:
        self._store = store
        self._measures = measures
        self._diffs: Recent[object, Diff] = Recent(_DIFFS)
        self._small: Recent[object, object] = Recent(_SMALL)

    def diff(self, before: BranchInfo, after: BranchInfo) -> Diff:
        """How ``after`` differs from ``before``.

        Raises:
            InvalidKey: rows of a table cannot be told apart.
        """
        # A key is no commit, and tells which rows are the same one.
        keys = frozenset(self._store.registry.keys().items())
        place = (_point(before), _point(after), before.name, after.name, keys)
        known = self._diffs.get(place)
        if known is None or known.is_lost:
            points = (Point(before.id, before.head), Point(after.id, after.head))
            known = self._diffs.put(place, diff_points(self._store.merge_context(), *points))
        return known

    def changes(
        self, before: BranchInfo, after: BranchInfo, breakdown: Breakdown, limit: int
    ) -> tuple[PartChange, ...]:
        """The parts in which two branches differ most, largest difference first, then “other” for the rest.

        Raises:
            HatiError: the breakdown does not run on one of the branches.
        """
        first, last = (BranchView(self._store, info.id, info.name, info.head) for info in (before, after))
        return self._remembered(
            ("changes", _point(before), _point(after), breakdown, limit),
            breakdown,
            lambda: tuple(self._measures.changes(first, last, breakdown, limit)),
        )

    def groups(self, branch: BranchInfo, breakdown: Breakdown) -> tuple[str, ...]:
        """The columns by which the parts of a metric fall into a few groups.

        Raises:
            TableNotFound: the branch does not have the table.
        """
        return self._remembered(
            ("groups", _point(branch), breakdown), breakdown, lambda: self._groups(branch, breakdown)
        )

    def largest(self, branch: BranchInfo, breakdown: Breakdown, limit: int) -> Mapping[str, float]:
        """The largest parts of a metric on a branch, by label.

        Raises:
            HatiError: the breakdown does not run on the branch.
        """
        return self._remembered(
            ("largest", _point(branch), breakdown, limit), breakdown, lambda: self._largest(branch, breakdown, limit)
        )

    def allocation(
        self,
        reference: BranchInfo,
        branch: BranchInfo,
        breakdown: Breakdown,
        labels: Sequence[str],
        group: str | None = None,
    ) -> Allocation:
        """Chosen parts of a metric on a branch, each beside its amount on the reference; all others as one.

        Raises:
            HatiError: the breakdown does not run on one of the branches.
        """
        return self._remembered(
            ("allocation", _point(reference), _point(branch), breakdown, tuple(labels), group),
            breakdown,
            lambda: self._allocation(reference, branch, breakdown, labels, group),
        )

    def _groups(self, branch: BranchInfo, breakdown: Breakdown) -> tuple[str, ...]:
        info = self._store.table(branch.id, branch.head, breakdown.table)
        candidates = possible_groups(info, breakdown)
        if not candidates:
            return ()
        (row,) = fetch(self._store.engine, branch.id, groups_query(candidates, self._source(branch, breakdown)))
        return tuple(name for at, name in enumerate(candidates) if row[f"is_group_{at}"])

    def _largest(self, branch: BranchInfo, breakdown: Breakdown, limit: int) -> Mapping[str, float]:
        gate.check(parts_sql(breakdown))
        query = largest_query(parts_sql(breakdown, self._source(branch, breakdown)), limit)
        return {row["label"]: row["amount"] for row in fetch(self._store.engine, branch.id, query)}

    def _allocation(
        self,
        reference: BranchInfo,
        branch: BranchInfo,
        breakdown: Breakdown,
        labels: Sequence[str],
        group: str | None,
    ) -> Allocation:
        gate.check(parts_sql(breakdown))
        before, source = self._source(reference, breakdown), self._source(branch, breakdown)
        groups = f"SELECT {label_sql(breakdown)} AS label, {_group(group)} AS part_of FROM {source} GROUP BY label"
        self._store.engine.attach(reference.id)
        query = allocation_query(parts_sql(breakdown, before), parts_sql(breakdown, source), groups, labels)
        rows = fetch(self._store.engine, branch.id, query)
        shown = [Holding(row["label"], row["amount"], row["before"], row["part_of"]) for row in rows if row["amount"]]
        return Allocation.of(shown, rows[0])

    def _source(self, branch: BranchInfo, breakdown: Breakdown) -> str:
        table = self._store.table(branch.id, branch.head, breakdown.table)
        return self._store.catalog(branch.id).at(table.name, branch.head)

    def _remembered(self, place: object, breakdown: Breakdown, work: Callable[[], T]) -> T:
        """What was worked out before, unless the amounts ask for the time or for chance."""
        if not is_steady(parts_sql(breakdown)):
            return work()
        known = self._small.get(place)
        if known is None:
            known = self._small.put(place, work())
        return known  # type: ignore[return-value]


def _point(info: BranchInfo) -> tuple[str, int]:
    return info.id, info.head


def _group(group: str | None) -> str:
    return f"min({identifier(group)})::VARCHAR" if group else "NULL::VARCHAR"
