"""What is said where a branch, or a version of it, is not there."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchNotFound, VersionNotFound


def test_a_branch_that_is_not_there_is_told_with_those_that_are(repo: Repository, main: Branch) -> None:
    for name in ("growth", "value"):
        repo.create_branch(name)
    with pytest.raises(BranchNotFound) as absent:
        repo.branch("valeu")
    assert absent.value.message == "There is no branch called “valeu”. There are: “value”, “main”, “growth”."
    for number in range(10):
        repo.create_branch(f"more {number}")
    with pytest.raises(BranchNotFound, match=r"“more 7”\xa0?and 3 more\.$|and 3 more\.$"):
        repo.branch("nothing")


def test_a_version_that_is_not_there_is_no_absent_branch(repo: Repository, main: Branch) -> None:
    for refused in (lambda: main.at(99).query("SELECT 1"), lambda: repo.plan_revert("main", 99)):
        with pytest.raises(VersionNotFound) as absent:
            refused()
        assert absent.value.title == "No such version"
