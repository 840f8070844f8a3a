"""On a server a branch is held by a connection; when that breaks, nothing is written by who held it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import psycopg
import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchBusy
from hati_core.storage.address import Address
from hati_core.storage.advisory import AdvisoryLocks
from tests.conftest import NewPlace
from tests.core.conftest import set_up
from tests.core.shares import shares
from tests.servers import Postgres

BREAK = (
    "PERFORM pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
SENTENCE = "“main” was held by, and another writer may hold it now. Nothing was written; try again"
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def lock_place(new_server: NewPlace) -> str:
    return new_server()


@pytest.fixture(scope="module")
def lock_repo(lock_place: str) -> Iterator[Repository]:
    with Repository.open(lock_place, author="ada") as repo:
        set_up(repo)
        yield repo


@pytest.fixture
def main(lock_repo: Repository) -> Branch:
    return lock_repo.main


@pytest.fixture
def server(postgres: Postgres, lock_place: str) -> Iterator[psycopg.Connection]:
    """A connection of somebody else."""
    with postgres.connect(Address.parse(lock_place).database or "") as connection:
        yield connection


def break_locks(server: psycopg.Connection) -> None:
    server.execute(f"DO $$ BEGIN {BREAK}; END $$")


def test_a_commit_is_given_up_when_the_lock_is_lost(main: Branch, server: psycopg.Connection) -> None:
    before = main.head, shares(main)

    def write() -> None:
        with main.transaction() as tx:
            tx.execute("UPDATE portfolio SET shares = 1")
            break_locks(server)

    with pytest.raises(BranchBusy, match=SENTENCE):
        write()
    assert (main.head, shares(main)) == before
    assert main.execute("UPDATE portfolio SET avg_cost = 1") == 3


def test_a_fork_is_given_up_when_the_lock_is_lost(
    lock_repo: Repository, main: Branch, server: psycopg.Connection
) -> None:
    name = f"fork {next(NUMBERS)}"
    server.execute(f"CREATE FUNCTION break_locks() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN {BREAK}; END $$")
    server.execute(
        "CREATE EVENT TRIGGER breaking ON ddl_command_end WHEN TAG IN ('CREATE SCHEMA') EXECUTE FUNCTION break_locks()"
    )
    try:
        with pytest.raises(BranchBusy, match=SENTENCE):
            lock_repo.create_branch(name)
    finally:
        server.execute("DROP EVENT TRIGGER breaking")
    assert [info.name for info in lock_repo.branches("all") if info.name == name] == []
    schemas = {name for (name,) in server.execute("SELECT nspname FROM pg_namespace")}
    known = {f"{Address.parse(lock_repo.place).schema}_{info.id}" for info in lock_repo.branches("all")}
    assert {schema for schema in schemas if schema.startswith("place_0_")} == known
    assert shares(lock_repo.create_branch(name)) == shares(main)


def test_a_compaction_is_given_up_when_the_lock_is_lost(
    lock_repo: Repository, main: Branch, server: psycopg.Connection
) -> None:
    for number in range(4):
        main.execute(f"INSERT INTO portfolio VALUES ('{number}', {number}, 1, 1)")
    snapshots = f"place_0_{main.id}.ducklake_snapshot"
    server.execute(
        "CREATE FUNCTION break_locks_at_write() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$ BEGIN {BREAK}; RETURN NEW; END $$"
    )
    server.execute(
        f"CREATE TRIGGER breaking BEFORE UPDATE ON {snapshots} FOR EACH ROW EXECUTE FUNCTION break_locks_at_write()"
    )
    before = shares(main)
    with pytest.raises(BranchBusy, match=SENTENCE):
        lock_repo.compact("main")
    server.execute(f"DROP TRIGGER breaking ON {snapshots}")
    assert shares(main) == before
    report = lock_repo.compact("main")
    assert report.files_before > report.files_after
    assert shares(main) == before


def test_of_many_locks_none_may_be_lost(postgres: Postgres, new_server: NewPlace) -> None:
    database = Address.parse(new_server()).database or ""
    locks = AdvisoryLocks(lambda: postgres.connect(database), "scope")
    with postgres.connect(database) as server, locks.hold("a", "main"):
        locks.require({"a": "main"})
        break_locks(server)
        with locks.hold("b", "other"):
            locks.require({"b": "other"})
            with pytest.raises(BranchBusy, match=SENTENCE):
                locks.require({"b": "other", "a": "main"})
    locks.close()
