"""Taking main into a branch, and what a merge starts from afterwards."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository, Side
from hati_core.errors import (
    BranchNotFound,
    CheckViolation,
    MergeConflict,
    MergeError,
    UnknownStrategy,
    UnresolvedConflicts,
)

EDIT = "UPDATE portfolio SET {} = {} WHERE ticker = '{}'"


@pytest.fixture
def branch(repo: Repository) -> Branch:
    repo.main.execute("CREATE TABLE portfolio (ticker VARCHAR PRIMARY KEY, shares INTEGER, price INTEGER)")
    repo.main.execute("INSERT INTO portfolio VALUES ('AAPL', 100, 1), ('MSFT', 75, 2), ('XOM', 10, 3)")
    return repo.create_branch("growth")


def rows(branch: Branch) -> dict[str, tuple[int, int]]:
    return {row["ticker"]: (row["shares"], row["price"]) for row in branch.query("FROM portfolio")}


def test_a_branch_takes_in_what_is_new_on_main_and_keeps_its_own(repo: Repository, branch: Branch) -> None:
    branch.execute(EDIT.format("shares", 1, "AAPL"))
    with repo.main.transaction() as tx:
        tx.execute(EDIT.format("price", 9, "AAPL"))
        tx.execute("DELETE FROM portfolio WHERE ticker = 'XOM'")
        tx.execute("INSERT INTO portfolio VALUES ('NEW', 5, 5)")
    before = rows(repo.main)
    commit = repo.sync("growth")
    assert rows(branch) == {"AAPL": (1, 9), "MSFT": (75, 2), "NEW": (5, 5)}
    assert (commit.branch, commit.version, commit.merged_from) == ("growth", branch.head, "main")
    assert rows(repo.main) == before
    assert repo.sync("growth").version == commit.version


def test_after_a_sync_the_next_merge_starts_from_what_was_synced(repo: Repository, branch: Branch) -> None:
    branch.execute(EDIT.format("shares", 1, "AAPL"))
    repo.main.execute(EDIT.format("shares", 50, "XOM"))
    synced = repo.main.head
    repo.sync("growth")
    plan = repo.plan_merge("growth")
    assert (plan.base.branch_id, plan.base.version) == (repo.main.id, synced)
    branch.execute(EDIT.format("shares", 60, "XOM"))
    repo.merge("growth", "abort")
    assert rows(repo.main) == {"AAPL": (1, 1), "MSFT": (75, 2), "XOM": (60, 3)}


def test_an_edit_on_main_after_the_sync_conflicts_with_one_on_the_branch(repo: Repository, branch: Branch) -> None:
    repo.main.execute(EDIT.format("shares", 50, "XOM"))
    repo.sync("growth")
    repo.main.execute(EDIT.format("shares", 51, "XOM"))
    branch.execute(EDIT.format("shares", 52, "XOM"))
    (conflict,) = repo.plan_merge("growth").conflicts
    assert [row and row["shares"] for row in (conflict.base, conflict.ours, conflict.theirs)] == [50, 51, 52]


def test_a_conflict_stops_a_sync_and_is_settled_as_in_a_merge(repo: Repository, branch: Branch) -> None:
    branch.execute(EDIT.format("shares", 1, "AAPL"))
    repo.main.execute(EDIT.format("shares", 2, "AAPL"))
    before = branch.head
    with pytest.raises(UnresolvedConflicts):
        repo.sync("growth")
    with pytest.raises(MergeConflict) as caught:
        repo.sync("growth", "abort")
    with pytest.raises(UnknownStrategy, match="branch_wins"):
        repo.sync("growth", "theirs")
    assert branch.head == before
    (conflict,) = caught.value.conflicts
    repo.sync("growth", resolutions={conflict.id: {"shares": 3}})
    assert rows(branch)["AAPL"] == (3, 1)
    repo.merge("growth", "abort")
    assert rows(repo.main)["AAPL"] == (3, 1)


@pytest.mark.parametrize(("strategy", "shares"), [("branch_wins", 1), ("main_wins", 2)])
def test_a_strategy_names_who_wins_in_either_direction(
    repo: Repository, branch: Branch, strategy: str, shares: int
) -> None:
    branch.execute(EDIT.format("shares", 1, "AAPL"))
    repo.main.execute(EDIT.format("shares", 2, "AAPL"))
    repo.create_branch("other", "growth")
    repo.sync("growth", strategy)
    assert rows(branch)["AAPL"] == (shares, 1)
    repo.merge("other", strategy)
    assert rows(repo.main)["AAPL"] == (shares, 1)


def test_a_conflict_settled_for_the_branch_in_a_sync_stays_settled(repo: Repository, branch: Branch) -> None:
    branch.execute(EDIT.format("shares", 1, "AAPL"))
    repo.main.execute(EDIT.format("shares", 2, "AAPL"))
    repo.sync("growth", "branch_wins")
    assert not repo.plan_merge("growth").conflicts
    repo.merge("growth", "abort")
    assert rows(repo.main)["AAPL"] == (1, 1)


def test_a_sync_is_held_to_checks(repo: Repository, branch: Branch) -> None:
    repo.set_check("portfolio", "small", "shares * price < 300")
    branch.execute(EDIT.format("shares", 200, "AAPL"))
    repo.main.execute(EDIT.format("price", 2, "AAPL"))
    before = branch.head
    with pytest.raises(CheckViolation, match="on “growth”"):
        repo.sync("growth")
    assert branch.head == before


def test_a_fork_of_a_fork_takes_main_in_by_itself(repo: Repository, branch: Branch) -> None:
    branch.execute(EDIT.format("shares", 1, "AAPL"))
    child = repo.create_branch("child", "growth")
    child.execute(EDIT.format("shares", 7, "MSFT"))
    repo.main.execute(EDIT.format("price", 8, "XOM"))
    repo.sync("child")
    assert rows(child) == {"AAPL": (1, 1), "MSFT": (7, 2), "XOM": (10, 8)}
    assert rows(branch) == {"AAPL": (1, 1), "MSFT": (75, 2), "XOM": (10, 3)}
    repo.merge("child", "abort", into="growth")
    assert rows(branch) == rows(child)
    assert repo.plan_merge("growth").base.version == repo.main.head
    repo.merge("growth", "abort")
    assert rows(repo.main) == rows(child)
    assert not repo.plan_merge("child").tables


def test_merging_into_a_branch_leaves_main_alone_and_goes_on_from_there(repo: Repository, branch: Branch) -> None:
    other = repo.create_branch("other")
    other.execute(EDIT.format("shares", 2, "AAPL"))
    branch.execute(EDIT.format("shares", 1, "AAPL"))
    branch.execute(EDIT.format("price", 9, "XOM"))
    plan = repo.plan_merge("other", into="growth")
    assert [conflict.key for conflict in plan.conflicts] == [("AAPL",)]
    repo.apply_merge(plan.with_default(Side.THEIRS))
    assert rows(branch) == {"AAPL": (2, 1), "MSFT": (75, 2), "XOM": (10, 9)}
    assert rows(repo.main) == {"AAPL": (100, 1), "MSFT": (75, 2), "XOM": (10, 3)}
    other.execute(EDIT.format("shares", 3, "AAPL"))
    repo.merge("other", "abort", into="growth")
    repo.merge("growth", "abort")
    assert rows(repo.main) == {"AAPL": (3, 1), "MSFT": (75, 2), "XOM": (10, 9)}


def test_forks_three_deep_from_old_versions_merge_step_by_step_and_at_once(repo: Repository, branch: Branch) -> None:
    branch.execute(EDIT.format("shares", 1, "AAPL"))
    old = branch.head
    branch.execute(EDIT.format("shares", 2, "AAPL"))
    child = repo.create_branch("child", "growth", at=old)
    child.execute(EDIT.format("price", 4, "AAPL"))
    grandchild = repo.create_branch("grandchild", "child")
    grandchild.execute("DELETE FROM portfolio WHERE ticker = 'XOM'")
    assert rows(grandchild) == {"AAPL": (1, 4), "MSFT": (75, 2)}
    repo.merge("grandchild", "abort", into="growth")
    assert rows(branch) == {"AAPL": (2, 4), "MSFT": (75, 2)}
    repo.main.execute(EDIT.format("shares", 70, "MSFT"))
    repo.merge("grandchild", "abort")
    assert rows(repo.main) == {"AAPL": (1, 4), "MSFT": (70, 2)}
    repo.merge("growth", "abort")
    assert rows(repo.main) == {"AAPL": (2, 4), "MSFT": (70, 2)}
    assert not repo.plan_merge("child").tables


def test_main_and_what_is_not_there_cannot_be_synced(repo: Repository, branch: Branch) -> None:
    with pytest.raises(MergeError, match="into itself"):
        repo.sync("main")
    with pytest.raises(BranchNotFound):
        repo.sync("nowhere")
