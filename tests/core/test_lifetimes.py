"""A branch with a time to live goes by itself, and can be kept or brought back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchError, BranchNotFound

WEEK = timedelta(days=7)
MOMENT = timedelta(microseconds=1)


def _ends(repo: Repository, name: str) -> datetime | None:
    return next(info.expires_at for info in repo.branches() if info.name == name)


def test_a_time_is_set_changed_and_taken_away(repo: Repository, main: Branch) -> None:
    repo.create_branch("growth", ttl=WEEK)
    first = _ends(repo, "growth")
    assert first is not None
    assert first > datetime.now(UTC) + timedelta(days=6)
    assert repo.set_ttl("growth", 2 * WEEK) == _ends(repo, "growth")
    assert _ends(repo, "growth") > first  # type: ignore[operator]
    assert repo.set_ttl("growth", None) is None
    assert _ends(repo, "growth") is None


def test_a_branch_goes_when_its_time_is_over_and_one_that_was_given_more_stays(repo: Repository, main: Branch) -> None:
    for name in ("spent", "prolonged"):
        repo.create_branch(name, ttl=MOMENT)
    repo.set_ttl("prolonged", WEEK)
    repo.gc()
    assert [info.name for info in repo.branches()] == ["main", "prolonged"]
    assert [info.name for info in repo.branches("discarded")] == ["spent"]


def test_a_branch_that_was_brought_back_stays(repo: Repository, main: Branch) -> None:
    repo.create_branch("spent", ttl=MOMENT)
    repo.gc()
    repo.undiscard("spent")
    repo.gc()
    assert _ends(repo, "spent") is None


def test_bringing_back_keeps_a_time_that_is_still_to_come(repo: Repository, main: Branch) -> None:
    repo.create_branch("growth", ttl=WEEK)
    repo.discard("growth")
    repo.undiscard("growth")
    assert _ends(repo, "growth") is not None


@pytest.mark.parametrize("ttl", [timedelta(), timedelta(days=-1), timedelta.max])
def test_a_time_has_to_be_one_to_come(ttl: timedelta, repo: Repository, main: Branch) -> None:
    with pytest.raises(BranchError, match="or none to keep"):
        repo.create_branch("growth", ttl=ttl)
    assert [info.name for info in repo.branches()] == ["main"]


def test_main_stays_for_good(repo: Repository, main: Branch) -> None:
    with pytest.raises(BranchError, match="stays for good"):
        repo.set_ttl("main", WEEK)
    with pytest.raises(BranchNotFound):
        repo.set_ttl("gone", WEEK)
