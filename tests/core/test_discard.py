"""A discarded branch can be brought back, and whoever still holds it is told."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchDiscarded, BranchError, BranchExists, BranchNotFound
from tests.core.processes import run_python
from tests.core.shares import shares

pytestmark = pytest.mark.every_backend


def test_a_discarded_branch_is_listed_apart(repo: Repository, main: Branch) -> None:
    repo.create_branch("growth")
    repo.discard("growth")
    assert [info.name for info in repo.branches()] == ["main"]
    (info,) = repo.branches("discarded")
    assert info.name == "growth"
    assert info.discarded_at is not None
    with pytest.raises(BranchDiscarded, match="was discarded"):
        repo.branch("growth")


def test_undiscard_brings_back_the_rows(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    branch.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    repo.discard("growth")
    assert shares(repo.undiscard("growth"))["AAPL"] == 1
    assert shares(repo.branch("growth"))["AAPL"] == 1


def test_undiscard_brings_back_the_one_discarded_last(repo: Repository, main: Branch) -> None:
    repo.create_branch("growth").execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    repo.discard("growth")
    repo.create_branch("growth").execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    repo.discard("growth")
    assert shares(repo.undiscard("growth"))["AAPL"] == 2


def test_undiscard_is_refused_where_the_name_was_taken_meanwhile(repo: Repository) -> None:
    repo.create_branch("growth")
    repo.discard("growth")
    repo.create_branch("Growth")
    with pytest.raises(BranchExists, match="taken the name"):
        repo.undiscard("growth")


def test_only_branches_that_are_there_can_be_discarded(repo: Repository) -> None:
    with pytest.raises(BranchError, match="cannot be discarded"):
        repo.discard("main")
    with pytest.raises(BranchNotFound):
        repo.discard("growth")
    with pytest.raises(BranchNotFound, match="No discarded branch"):
        repo.undiscard("growth")


def test_whoever_holds_a_branch_is_told_that_another_discarded_it(repo: Repository, main: Branch, place: str) -> None:
    held = repo.create_branch("growth")
    with Repository.open(place) as other:
        other.discard("growth")
    for use in (
        lambda: held.execute("DELETE FROM portfolio"),
        lambda: held.query("FROM portfolio"),
        lambda: repo.create_branch("child", parent="growth"),
        lambda: repo.merge("growth"),
    ):
        with pytest.raises(BranchDiscarded, match=r"“growth” was discarded\. Bring it back"):
            use()


def test_whoever_holds_a_branch_is_told_that_another_process_discarded_it(
    repo: Repository, main: Branch, place: str
) -> None:
    held = repo.create_branch("growth")
    run_python("from hati_core import Repository; Repository.open(sys.argv[1]).discard('growth')", place)
    with pytest.raises(BranchDiscarded):
        held.execute("DELETE FROM portfolio")
    assert shares(repo.undiscard("growth")) == shares(main)


def test_a_new_branch_of_that_name_is_not_written_by_whoever_held_the_old_one(repo: Repository, main: Branch) -> None:
    held = repo.create_branch("growth")
    repo.discard("growth")
    fresh = repo.create_branch("growth")
    with pytest.raises(BranchDiscarded):
        held.execute("DELETE FROM portfolio")
    assert shares(fresh) == shares(main)


def test_a_commit_is_undone_though_the_branch_it_was_forked_from_was_discarded(repo: Repository, main: Branch) -> None:
    parent = repo.create_branch("parent")
    parent.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    child = repo.create_branch("child", parent="parent")
    child.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    repo.discard("parent")
    repo.apply_merge(repo.plan_revert("child", child.head))
    assert shares(child)["AAPL"] == 1
