"""Merge bases on graphs of branches, without any data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hati_core.merge.lineage import Lineage, Point
from hati_core.model import BranchStatus
from hati_core.storage.registry_rows import BranchRow, MergeRow

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def branch(name: str, parent: str | None = None, fork: int | None = None, second: int = 0) -> BranchRow:
    return BranchRow(
        id=name,
        name=name,
        parent_id=parent,
        fork_version=fork,
        status=BranchStatus.ACTIVE,
        author="ada",
        description="",
        created_at=NOON + timedelta(seconds=second),
        expires_at=None,
        discarded_at=None,
        recorded_version=fork or 0,
    )


def lineage(*merges: tuple[str, int, str, int], branches: list[BranchRow] | None = None) -> Lineage:
    """Branches ``a`` (from ``main`` at 5), ``b`` (from ``main`` at 8) and ``c`` (from ``a`` at 9), and merges:

    target, its version afterwards, source, its version; oldest first.
    """
    rows = branches or [branch("main"), branch("a", "main", 5), branch("b", "main", 8), branch("c", "a", 9)]
    return Lineage(
        rows,
        [MergeRow(*merge, at=NOON + timedelta(seconds=second)) for second, merge in enumerate(merges)],
    )


def test_versions_up_to_the_fork_belong_to_the_parent() -> None:
    graph = lineage()
    assert graph.normal(Point("a", 6)) == Point("a", 6)
    assert graph.normal(Point("a", 5)) == Point("main", 5)
    assert graph.normal(Point("c", 9)) == Point("a", 9)
    assert graph.normal(Point("c", 4)) == Point("main", 4)


def test_a_line_runs_through_every_ancestor_up_to_its_fork() -> None:
    graph = lineage()
    assert graph.line(Point("c", 12)) == {"c": 12, "a": 9, "main": 5}
    assert graph.line(Point("main", 7)) == {"main": 7}


@pytest.mark.parametrize(("version", "owner"), [(12, "c"), (10, "c"), (9, "a"), (6, "a"), (5, "main"), (0, "main")])
def test_every_version_has_one_owner(version: int, owner: str) -> None:
    assert lineage().owner(Point("c", 12), version) == owner


@pytest.mark.parametrize(
    ("left", "right", "ancestor"),
    [
        (Point("main", 20), Point("a", 9), Point("main", 5)),
        (Point("a", 9), Point("b", 9), Point("main", 5)),
        (Point("a", 20), Point("c", 20), Point("a", 9)),
        (Point("a", 7), Point("c", 20), Point("a", 7)),
        (Point("main", 3), Point("b", 20), Point("main", 3)),
        (Point("c", 20), Point("c", 20), Point("c", 20)),
    ],
)
def test_without_merges_the_base_is_the_common_ancestor(left: Point, right: Point, ancestor: Point) -> None:
    graph = lineage()
    assert graph.common_ancestor([left, right]) == graph.common_ancestor([right, left]) == ancestor
    assert graph.merge_base(left, right) == graph.merge_base(right, left) == ancestor


def test_after_a_merge_the_base_is_what_was_merged() -> None:
    graph = lineage(("main", 21, "a", 8))
    assert graph.merge_base(Point("main", 30), Point("a", 12)) == Point("a", 8)
    assert graph.merge_base(Point("a", 12), Point("main", 30)) == Point("a", 8)


def test_a_merge_counts_only_from_the_version_that_it_made() -> None:
    graph = lineage(("main", 21, "a", 8))
    assert graph.merge_base(Point("main", 20), Point("a", 12)) == Point("main", 5)


def test_of_several_merges_the_last_counts() -> None:
    graph = lineage(("main", 21, "a", 8), ("main", 25, "a", 11))
    assert graph.merge_base(Point("main", 30), Point("a", 12)) == Point("a", 11)


def test_after_a_sync_the_base_is_what_was_synced() -> None:
    graph = lineage(("a", 12, "main", 20))
    assert graph.merge_base(Point("main", 30), Point("a", 15)) == Point("main", 20)


def test_a_sync_and_then_a_merge_take_in_each_other() -> None:
    graph = lineage(("a", 12, "main", 20), ("main", 25, "a", 13))
    assert graph.merge_base(Point("main", 30), Point("a", 15)) == Point("a", 13)


def test_crossing_merges_have_two_bases_and_the_later_merge_decides() -> None:
    crossed = (("main", 21, "a", 8), ("a", 12, "main", 20))
    assert lineage(*crossed).merge_base(Point("main", 30), Point("a", 15)) == Point("main", 20)
    assert lineage(*crossed[::-1]).merge_base(Point("main", 30), Point("a", 15)) == Point("a", 8)


def test_a_merge_brings_in_what_its_source_had_taken_in() -> None:
    """``a`` into ``b``, then ``b`` into ``main``: ``main`` has ``a`` as well."""
    graph = lineage(("b", 12, "a", 8), ("main", 21, "b", 13))
    assert graph.merge_base(Point("main", 30), Point("a", 10)) == Point("a", 8)


def test_a_fork_has_what_its_parent_had_taken_in() -> None:
    rows = [branch("main"), branch("a", "main", 5), branch("late", "main", 22)]
    graph = lineage(("main", 21, "a", 8), branches=rows)
    assert graph.merge_base(Point("late", 25), Point("a", 10)) == Point("a", 8)


def test_a_fork_from_before_a_merge_has_not_taken_it_in() -> None:
    rows = [branch("main"), branch("a", "main", 5), branch("early", "main", 20)]
    graph = lineage(("main", 21, "a", 8), branches=rows)
    assert graph.merge_base(Point("early", 25), Point("a", 10)) == Point("main", 5)


def test_a_fork_of_a_fork_merged_into_main_takes_its_parent_along() -> None:
    graph = lineage(("main", 21, "c", 12))
    assert graph.merge_base(Point("main", 30), Point("a", 15)) == Point("a", 9)
    assert graph.merge_base(Point("main", 30), Point("c", 15)) == Point("c", 12)


def test_siblings_that_were_both_merged_share_main_as_it_was_when_they_forked() -> None:
    graph = lineage(("main", 21, "a", 8), ("main", 22, "b", 10))
    assert graph.merge_base(Point("a", 9), Point("b", 12)) == Point("main", 5)
    assert graph.merge_base(Point("main", 22), Point("b", 12)) == Point("b", 10)


def test_two_branches_that_took_each_other_in_without_a_commit_have_a_base() -> None:
    """``main`` at 20 into ``a``, which makes 12; then ``a`` into ``main``, which leaves nothing to write."""
    graph = lineage(("a", 12, "main", 20), ("main", 20, "a", 12))
    assert graph.merge_base(Point("main", 20), Point("a", 12)) == Point("a", 12)
    assert graph.merge_base(Point("main", 25), Point("a", 15)) == Point("a", 12)


@pytest.mark.parametrize(("second", "base"), [(0, Point("main", 5)), (20, Point("a", 8))])
def test_a_merge_without_a_commit_does_not_reach_forks_made_before_it(second: int, base: Point) -> None:
    """``a`` was merged into ``main`` at 20, which left nothing to write; ``fork`` is of ``main`` at 20."""
    rows = [branch("main"), branch("a", "main", 5), branch("fork", "main", 20, second)]
    graph = Lineage(rows, [MergeRow("main", 20, "a", 8, at=NOON + timedelta(seconds=10))])
    assert graph.merge_base(Point("fork", 25), Point("a", 9)) == base
    assert graph.merge_base(Point("main", 20), Point("a", 9)) == Point("a", 8)
