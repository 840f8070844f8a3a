"""The branch graph: every dot says which commit it is, so that a click can open it."""

from __future__ import annotations

from datetime import UTC, datetime

from hati_core import BranchInfo, Commit
from hati_core.model import BranchStatus
from pages.parts.graph import branch_graph
from pages.parts.palette import LIGHT


def test_every_dot_names_its_branch_and_version() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    main = BranchInfo("0", "main", None, None, 2, BranchStatus.ACTIVE, at, "ada")
    bold = BranchInfo("1", "bold", "main", 1, 2, BranchStatus.ACTIVE, at, "ada")
    commits = [
        Commit(branch, version, "ada", "x", at.replace(day=day))
        for day, branch, version in ((1, "main", 1), (3, "main", 2), (2, "bold", 2))
    ]
    figure = branch_graph([main, bold], commits, {"main": "#000000", "bold": "#ffffff"}, LIGHT)
    dots = figure.data[-1]
    assert [tuple(named) for named in dots.customdata] == [("main", 1), ("bold", 2), ("main", 2)]
    assert list(dots.y) == [0, 1, 0]


def test_a_branch_from_before_its_parent_was_forked_leaves_the_commit_of_the_one_before() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    infos = [
        BranchInfo("0", "main", None, None, 2, BranchStatus.ACTIVE, at, "ada"),
        BranchInfo("1", "bold", "main", 2, 3, BranchStatus.ACTIVE, at, "ada"),
        BranchInfo("2", "early", "bold", 1, 1, BranchStatus.ACTIVE, at, "ada"),
    ]
    commits = [
        Commit(branch, version, "ada", "x", at.replace(day=version))
        for branch, version in (("main", 1), ("main", 2), ("bold", 3))
    ]
    figure = branch_graph(infos, commits, dict.fromkeys(("main", "bold", "early"), "#000000"), LIGHT)
    early = next(line for line in figure.data if line.mode == "lines" and line.y[-1] == 2)
    assert (early.x[0], early.y[0]) == (0, 0)
