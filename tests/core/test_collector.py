"""The collector removes what no branch needs, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchDiscarded, BranchNotFound, StorageUnavailable
from tests.core.processes import run_python
from tests.core.shares import shares

pytestmark = pytest.mark.every_backend

NOW = timedelta(0)


def rows(repo: Repository) -> set[str]:
    """The names of the files that hold rows."""
    return {file.base for file in repo._store.engine.place.data.list()}


def catalogs(repo: Repository) -> set[str]:
    """The ids of the branches of which something is stored."""
    return set(repo._store.engine.place.leftovers())


def test_files_of_a_collected_branch_go_and_all_others_stay(repo: Repository, main: Branch) -> None:
    main.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    kept = rows(repo)
    branch = repo.create_branch("growth")
    branch.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    made = rows(repo) - kept
    repo.discard("growth")
    report = repo.gc(NOW)
    assert report.branches == ("growth",)
    assert (report.files, rows(repo)) == (len(made), kept)
    assert branch.id not in catalogs(repo)
    assert shares(main.at(main.head - 1))["AAPL"] == 100
    with pytest.raises(BranchNotFound):
        repo.undiscard("growth")
    with pytest.raises(BranchNotFound, match="gone for good"):
        branch.query("FROM portfolio")


def test_a_dry_run_tells_the_same_and_removes_nothing(repo: Repository, main: Branch) -> None:
    repo.create_branch("growth").execute("UPDATE portfolio SET shares = 2")
    repo.discard("growth")
    before = rows(repo), catalogs(repo)
    dry = repo.gc(NOW, dry_run=True)
    assert (rows(repo), catalogs(repo)) == before
    wet = repo.gc(NOW)
    assert dry.dry_run
    assert (dry.branches, dry.files, dry.bytes, dry.kept_files) == (wet.branches, wet.files, wet.bytes, wet.kept_files)
    assert dry.files > 0


def test_within_the_grace_period_everything_can_come_back(repo: Repository, main: Branch) -> None:
    repo.create_branch("growth").execute("UPDATE portfolio SET shares = 2")
    repo.discard("growth")
    report = repo.gc()
    assert (report.branches, report.files) == ((), 0)
    assert set(shares(repo.undiscard("growth")).values()) == {2}


def test_a_branch_whose_time_is_over_is_discarded_not_collected(repo: Repository, main: Branch) -> None:
    repo.create_branch("short", ttl=timedelta(microseconds=1))
    repo.create_branch("long", ttl=timedelta(days=1))
    assert repo.gc().branches == ()
    with pytest.raises(BranchDiscarded):
        repo.branch("short")
    assert shares(repo.undiscard("short")) == shares(main)
    assert repo.branch("long").name == "long"


def test_a_branch_that_others_were_forked_from_stays(repo: Repository, main: Branch) -> None:
    repo.create_branch("parent").execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    for name in ("left", "right"):
        repo.create_branch(name, parent="parent")
    repo.discard("parent")
    assert repo.gc(NOW).branches == ()
    repo.branch("left").execute("UPDATE portfolio SET shares = 3 WHERE ticker = 'GOOGL'")
    repo.branch("right").execute("UPDATE portfolio SET shares = 4 WHERE ticker = 'MSFT'")
    repo.merge("left", into="right")
    repo.merge("right")
    assert shares(main) == {"AAPL": 2, "GOOGL": 3, "MSFT": 4}


def test_what_was_merged_from_a_collected_branch_stays_merged(repo: Repository, main: Branch) -> None:
    other = repo.create_branch("other")
    main.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    repo.create_branch("growth").execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'GOOGL'")
    repo.merge("growth", into="other")
    repo.discard("growth")
    assert repo.gc(NOW).branches == ("growth",)
    other.execute("UPDATE portfolio SET shares = 7 WHERE ticker = 'AAPL'")
    plan = repo.plan_merge("other")
    assert not plan.conflicts
    repo.apply_merge(plan)
    assert shares(main) == {"AAPL": 7, "GOOGL": 2, "MSFT": 75}


def test_half_done_forks_are_swept_unless_somebody_is_making_them(repo: Repository, main: Branch) -> None:
    engine, half_done, in_the_making = repo._store.engine, "a" * 12, "b" * 12
    for branch_id in (half_done, in_the_making):
        engine.fork_catalog(main.id, branch_id)
    with engine.place.lock(in_the_making, "in the making"):
        repo.gc(NOW)
    engine.attach(in_the_making)
    with pytest.raises(StorageUnavailable, match="is missing"):
        engine.attach(half_done)
    assert shares(main)["AAPL"] == 100


def test_another_open_repository_goes_on_working(repo: Repository, main: Branch, place: str) -> None:
    with Repository.open(place) as other:
        held = other.create_branch("held")
        held.execute("UPDATE portfolio SET shares = 5")
        repo.create_branch("gone").execute("UPDATE portfolio SET shares = 6")
        repo.discard("gone")
        repo.gc(NOW)
        assert set(shares(held).values()) == {5}
        held.execute("UPDATE portfolio SET shares = 7")
    program = (
        "from hati_core import Repository; print(Repository.open(sys.argv[1]).branch('held').query('FROM portfolio'))"
    )
    assert run_python(program, place).count("'shares': 7") == 3
