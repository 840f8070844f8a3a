"""A branch goes by another name, and whoever holds it by its old one goes on with it."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchDiscarded, BranchExists, BranchNotFound, InvalidBranchName


def test_who_holds_a_branch_goes_on_with_it(repo: Repository, main: Branch) -> None:
    held = repo.create_branch("what-if")
    renamed = repo.rename_branch("What-If", "tech first")
    held.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    assert (renamed.id, renamed.name, renamed.head) == (held.id, "tech first", 2)
    assert repo.diff("tech first").source == "tech first"
    assert repo.merge("tech first").merged_from == "tech first"


def test_the_old_name_is_free_again(repo: Repository, main: Branch) -> None:
    repo.create_branch("what-if")
    repo.rename_branch("what-if", "tech")
    with pytest.raises(BranchNotFound):
        repo.branch("what-if")
    other = repo.create_branch("what-if", "tech")
    assert [info.parent for info in repo.branches() if info.id == other.id] == ["tech"]


def test_what_cannot_be_is_refused(repo: Repository, main: Branch) -> None:
    repo.create_branch("one")
    repo.create_branch("two")
    with pytest.raises(BranchExists):
        repo.rename_branch("one", "TWO")
    with pytest.raises(InvalidBranchName):
        repo.rename_branch("main", "trunk")
    repo.discard("two")
    with pytest.raises(BranchDiscarded):
        repo.rename_branch("two", "three")
    assert repo.rename_branch("one", "two").name == "two"
    with pytest.raises(BranchExists):
        repo.undiscard("two")
