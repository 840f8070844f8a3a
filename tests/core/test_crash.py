"""A crash between a commit and the registry loses neither keys nor checks nor merges."""

from __future__ import annotations

import pytest

from hati_core import Repository
from hati_core.errors import CheckViolation
from hati_core.model import KeyOrigin

pytestmark = pytest.mark.every_backend


def forget_what_commits_said(repo: Repository) -> None:
    """Leave the registry as a crash right after the commits would have."""
    with repo._store.engine.place.registry().begin() as registry:
        for table in ("keys", "checks", "merges"):
            registry.exec_driver_sql(f"DELETE FROM {table}")
        registry.exec_driver_sql("UPDATE branches SET recorded_version = 0")


def test_a_key_outlives_a_crash(place: str) -> None:
    with Repository.open(place) as repo:
        repo.main.execute("CREATE TABLE t (a INTEGER, k INTEGER PRIMARY KEY)")
        repo.main.execute("INSERT INTO t VALUES (1, 1), (2, 2)")
        forget_what_commits_said(repo)
    with Repository.open(place) as repo:
        info = repo.main.table("t")
        assert (info.key, info.key_origin) == (("k",), KeyOrigin.DECLARED)


def test_checks_outlive_a_crash_those_that_a_merge_brought_too(place: str) -> None:
    with Repository.open(place) as repo:
        repo.main.execute("CREATE TABLE t (a INTEGER CONSTRAINT positive CHECK (a > 0))")
        repo.create_branch("b").execute("CREATE TABLE u (a INTEGER CONSTRAINT small CHECK (a < 9))")
        repo.merge("b")
        forget_what_commits_said(repo)
    with Repository.open(place) as repo:
        for table, row, told in (("t", -1, "−1"), ("u", 10, "10")):
            with pytest.raises(CheckViolation, match=f"a = {told}"):
                repo.main.execute(f"INSERT INTO {table} VALUES ({row})")


def test_a_merge_outlives_a_crash(place: str) -> None:
    with Repository.open(place) as repo:
        repo.main.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v INTEGER)")
        repo.main.execute("INSERT INTO t VALUES (1, 1)")
        repo.create_branch("b").execute("UPDATE t SET v = 2")
        repo.merge("b")
        repo.main.execute("UPDATE t SET v = 3")
        forget_what_commits_said(repo)
    with Repository.open(place) as repo:
        assert not repo.plan_merge("b").conflicts
        repo.merge("b")
        assert repo.main.query("FROM t") == [{"k": 1, "v": 3}]


def test_a_key_set_since_is_not_overridden_by_an_older_commit(place: str) -> None:
    with Repository.open(place) as repo, Repository.open(place) as late:
        late.main.query("SELECT 1")
        repo.main.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)")
        repo.set_key("t", ["b"])
        late.main.execute("INSERT INTO t VALUES (1, 1)")
        assert late.main.table("t").key == ("b",)
