"""``hati revert``."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from tests.cli.conftest import Hati
from tests.cli.test_merge_command import shares


@pytest.fixture
def merged(repo: Repository, trunk: Branch, growth: Branch) -> Branch:
    """The trunk, into which the branch was merged as version 2."""
    repo.merge(growth.name, into=trunk.name)
    return trunk


def test_without_yes_it_is_only_shown(hati: Hati, merged: Branch) -> None:
    ended = hati("revert", f"{merged.name}@2")
    assert ended.code == 0
    assert ended.out.startswith(f"Undoing version 2 of {merged.name} would write this. Nothing was written; add --yes")
    assert "  ~ AAPL  shares 200 → 100" in ended.out
    assert "Portfolio value: $45,750 → $58,750 (+$13,000)" in ended.out
    assert merged.head == 2


def test_a_commit_is_undone_by_its_number(hati: Hati, merged: Branch) -> None:
    found = hati("revert", "2", "--branch", merged.name, "--yes", "--json").document
    assert (found["done"], found["commit"]["version"], found["commit"]["reverts"]) == (True, 3, 2)
    assert (merged.log(1)[0].author, shares(merged)["AAPL"]) == ("eve", 100)


def test_a_merge_is_undone_by_the_name_of_its_branch_and_made_again(hati: Hati, merged: Branch, growth: Branch) -> None:
    for expected in (100, 200):
        assert hati("revert", growth.name, "-b", merged.name, "-y").code == 0
        assert shares(merged)["AAPL"] == expected


def test_what_changed_again_since_stays_or_goes_back(hati: Hati, repo: Repository, merged: Branch) -> None:
    merged.execute("UPDATE portfolio SET shares = 150 WHERE ticker = 'AAPL'")
    kept = hati("revert", f"{merged.name}@2")
    assert "! 1 row changed again since, left as they are now (--later keep):" in kept.out
    assert "portfolio · AAPL" in kept.out
    other = repo.create_branch(f"{merged.name} other", merged.name)
    assert hati("revert", f"{merged.name}@2", "--yes").code == 0
    assert shares(merged) == {"AAPL": 150, "GOOGL": 50, "MSFT": 75}
    undone = hati("revert", f"{other.name}@2", "--later", "undo", "--yes")
    assert (undone.code, "! 1 row changed again since, going back as well (--later undo):" in undone.out) == (0, True)
    assert shares(other) == {"AAPL": 100, "GOOGL": 50, "MSFT": 75}


def test_a_branch_that_was_never_merged_has_nothing_to_undo(hati: Hati, trunk: Branch, growth: Branch) -> None:
    ended = hati("revert", growth.name, "-b", trunk.name, "--yes")
    assert (ended.code, ended.out) == (1, "")
    assert f"“{growth.name}” was not merged into “{trunk.name}”" in ended.err


def test_a_commit_that_is_not_there(hati: Hati, trunk: Branch) -> None:
    assert hati("revert", "99", "-b", trunk.name).err.startswith(f"No such version. “{trunk.name}” has no commit 99")
    assert "no branch called “nowhere”" in hati("revert", "nowhere", "-b", trunk.name).err
