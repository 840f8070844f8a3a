"""The strict rule that a repository may ask for: two edits of one row conflict, whichever cells they touch."""

from __future__ import annotations

from pathlib import Path

import pytest

from hati_core import Branch, ConflictKind, Repository, Side
from hati_core.errors import UnresolvedConflicts


@pytest.fixture
def branch(repo: Repository) -> Branch:
    """A branch that edited shares of x and y, deleted d and inserted n, while main edited the price of x."""
    repo.main.execute("CREATE TABLE t (k VARCHAR PRIMARY KEY, shares INTEGER, price INTEGER)")
    repo.main.execute("INSERT INTO t VALUES ('x', 1, 1), ('y', 1, 1), ('z', 1, 1), ('same', 1, 1), ('d', 1, 1)")
    branch = repo.create_branch("b")
    with branch.transaction() as tx:
        tx.execute("UPDATE t SET shares = 2 WHERE k IN ('x', 'y', 'same')")
        tx.execute("DELETE FROM t WHERE k = 'd'")
        tx.execute("INSERT INTO t VALUES ('n', 1, 1)")
    with repo.main.transaction() as tx:
        tx.execute("UPDATE t SET price = 3 WHERE k IN ('x', 'z')")
        tx.execute("UPDATE t SET shares = 2 WHERE k = 'same'")
    return branch


def rows(branch: Branch) -> dict[str, tuple[int, int]]:
    return {row["k"]: (row["shares"], row["price"]) for row in branch.query("FROM t")}


MERGED = {"x": (2, 3), "y": (2, 1), "z": (1, 3), "same": (2, 1), "n": (1, 1)}


def test_cells_merge_unless_somebody_asks_for_the_strict_rule(repo: Repository, branch: Branch) -> None:
    assert repo.row_level_merge is False
    plan = repo.plan_merge("b")
    assert (len(plan.conflicts), plan.row_level) == (0, False)
    repo.merge("b", "abort")
    assert rows(repo.main) == MERGED


def test_other_cells_of_one_row_conflict_under_the_strict_rule_and_nothing_else_does(
    repo: Repository, branch: Branch
) -> None:
    repo.set_row_level_merge(True)
    (conflict,) = repo.plan_merge("b").conflicts
    assert (conflict.kind, conflict.key, conflict.columns) == (ConflictKind.EDIT_EDIT, ("x",), ("shares", "price"))
    with pytest.raises(UnresolvedConflicts):
        repo.merge("b")


@pytest.mark.parametrize(("side", "x"), [(Side.OURS, (1, 3)), (Side.THEIRS, (2, 1)), (Side.BASE, (1, 1))])
def test_a_side_takes_its_whole_row(repo: Repository, branch: Branch, side: Side, x: tuple[int, int]) -> None:
    plan = repo.plan_merge("b", row_level=True)
    repo.apply_merge(plan.with_resolution(plan.conflicts[0].id, side))
    assert rows(repo.main) == {**MERGED, "x": x}


def test_cells_of_both_sides_can_be_taken_one_by_one(repo: Repository, branch: Branch) -> None:
    plan = repo.plan_merge("b", row_level=True)
    plan = plan.with_resolution(plan.conflicts[0].id, {"shares": Side.THEIRS})
    assert len(plan.open_conflicts) == 1
    repo.apply_merge(plan.with_resolution(plan.conflicts[0].id, {"price": Side.OURS}))
    assert rows(repo.main) == MERGED


def test_a_plan_remembers_the_rule_it_was_made_under(repo: Repository, branch: Branch) -> None:
    strict, by_cell = repo.plan_merge("b", row_level=True), repo.plan_merge("b")
    repo.set_row_level_merge(True)
    assert (strict.row_level, by_cell.row_level, repo.plan_merge("b").row_level) == (True, False, True)
    repo.apply_merge(by_cell)
    assert rows(repo.main) == MERGED


def test_the_rule_is_kept_with_the_repository_and_can_be_given_up(tmp_path: Path) -> None:
    with Repository.open(tmp_path) as repo:
        repo.set_row_level_merge(True)
    with Repository.open(tmp_path) as repo:
        assert repo.row_level_merge is True
        repo.set_row_level_merge(False)
        assert repo.row_level_merge is False


def test_a_sync_goes_by_the_rule_and_an_undo_does_not(repo: Repository, branch: Branch) -> None:
    repo.set_row_level_merge(True)
    with pytest.raises(UnresolvedConflicts):
        repo.sync("b")
    undone = repo.main.head
    repo.main.execute("UPDATE t SET shares = 7 WHERE k = 'x'")
    repo.apply_merge(repo.plan_revert("main", undone))
    assert rows(repo.main)["x"] == (7, 1)
