"""Upkeep goes on in the background, tells what went wrong, and ends with its repository."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchBusy, BranchDiscarded
from hati_core.model import CompactReport, GcReport
from hati_core.storage.collector import DEFAULT_GRACE
from hati_core.storage.compaction import MANY_FILES
from hati_core.upkeep import Upkeep

NOTHING_TO_COLLECT = GcReport((), 0, 0, 0, 0, dry_run=False)
NOTHING_TO_COMPACT = CompactReport((), 0, 0)


def test_branches_whose_time_is_over_go_and_many_files_become_few(repo: Repository, main: Branch) -> None:
    repo.create_branch("short", ttl=timedelta(microseconds=1))
    for number in range(MANY_FILES):
        main.execute(f"INSERT INTO portfolio (ticker) VALUES ('T{number}')")
    upkeep = repo.keep_up()
    upkeep.close()
    assert upkeep.last is not None
    assert upkeep.last.compacted is not None
    assert (upkeep.last.error, upkeep.last.compacted.branches) == (None, ("main",))
    with pytest.raises(BranchDiscarded):
        repo.branch("short")


def test_old_files_that_were_let_go_just_now_stay_for_whoever_reads_them(repo: Repository, main: Branch) -> None:
    for number in range(3):
        main.execute(f"UPDATE portfolio SET shares = {number}")
    long_ago = (datetime.now(UTC) - DEFAULT_GRACE * 2).timestamp()
    for file in (repo.root / "data").rglob("*.parquet"):
        os.utime(file, (long_ago, long_ago))
    main.execute("INSERT INTO portfolio (ticker) VALUES ('NVDA')")
    assert repo.compact("main").files_before > 1
    assert repo.gc().files == 0
    assert repo.gc(timedelta(0)).files > 1


def test_it_ends_with_the_repository(repo: Repository) -> None:
    before = set(threading.enumerate())
    with Repository.open(repo.root) as other:
        assert other.keep_up() is other.keep_up()
        assert len(set(threading.enumerate()) - before) == 1
    assert set(threading.enumerate()) <= before
    assert repo.main.name == "main"


def test_it_comes_again_after_an_error_and_keeps_the_error(repo: Repository) -> None:
    def collect() -> GcReport:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise BranchBusy("Another writer has held “main”.")
        third.set()
        return NOTHING_TO_COLLECT

    rounds: list[int] = []
    third = threading.Event()
    upkeep = Upkeep(collect, lambda: NOTHING_TO_COMPACT, timedelta(0))
    assert third.wait(20)
    upkeep.close()
    assert upkeep.last is not None
    assert (upkeep.last.error, upkeep.last.collected) == (None, NOTHING_TO_COLLECT)

    rounds.clear()
    failed = Upkeep(collect, lambda: NOTHING_TO_COMPACT, timedelta(hours=1))
    failed.close()
    assert failed.last is not None
    assert isinstance(failed.last.error, BranchBusy)
