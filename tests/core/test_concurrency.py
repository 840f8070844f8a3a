"""Writers of one branch, in threads and processes, lose nothing; readers never fail."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchBusy
from tests.core.processes import outputs, start_python

pytestmark = pytest.mark.every_backend

INCREMENTS = """
import threading
from hati_core import Repository
repo = Repository.open(sys.argv[1])
def increment():
    for _ in range(3):
        repo.main.execute("UPDATE counter SET n = n + 1")
threads = [threading.Thread(target=increment) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
repo.close()
"""

EXPLORERS = """
from datetime import timedelta
from hati_core import Repository
from hati_core.errors import BranchMoved
number, rounds = int(sys.argv[2]), int(sys.argv[3])
repo = Repository.open(sys.argv[1])
for turn in range(rounds):
    name = f"{number} {turn}"
    branch = repo.create_branch(name)
    branch.execute(f"UPDATE t SET merged = merged + 1 WHERE k = {number}")
    repo.main.execute("UPDATE counter SET n = n + 1")
    while True:
        try:
            repo.merge(name)
            break
        except BranchMoved:
            pass
    repo.main.execute(f"INSERT INTO log VALUES ({number}, {turn})")
    repo.discard(name)
    repo.gc(timedelta(seconds=2))
    if turn % 2:
        repo.compact("main")
repo.close()
"""


def test_two_processes_of_two_threads_lose_no_increment(repo: Repository, place: str) -> None:
    repo.main.execute("CREATE TABLE counter AS SELECT 0 AS n")
    processes = [start_python(INCREMENTS, place) for _ in range(2)]
    outputs(processes)
    assert repo.main.query("FROM counter") == [{"n": 12}]


def test_three_processes_fork_write_merge_collect_and_compact_at_once(repo: Repository, place: str) -> None:
    rounds = 12 if os.environ.get("SOAK") == "1" else 2
    repo.main.execute("CREATE TABLE counter AS SELECT 0 AS n")
    repo.main.execute("CREATE TABLE log (process INTEGER, turn INTEGER)")
    repo.main.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, merged INTEGER)")
    repo.main.execute("INSERT INTO t SELECT range, 0 FROM range(3)")
    outputs([start_python(EXPLORERS, place, number, rounds) for number in range(3)], seconds=300)
    assert repo.main.query("FROM counter") == [{"n": 3 * rounds}]
    assert repo.main.query("FROM t ORDER BY k") == [{"k": number, "merged": rounds} for number in range(3)]
    assert repo.main.query("SELECT count(DISTINCT (process, turn)) AS n FROM log") == [{"n": 3 * rounds}]
    assert len(repo._store.registry.merges()) == 3 * rounds
    repo.gc(timedelta(0))
    assert repo.main.query("FROM counter") == [{"n": 3 * rounds}]


def test_a_writer_that_waited_long_enough_is_told_so(repo: Repository, main: Branch) -> None:
    place = repo._store.engine.place
    before = main.head
    sentence = "“main”.* Nothing was written; try again"
    with place.lock(main.id, "main"), pytest.raises(BranchBusy, match=sentence) as told:
        run_in_thread(lambda: place.lock(main.id, "main", timeout=0.2))
    assert told.value.branch == "main"
    main.execute("UPDATE portfolio SET shares = 1")
    assert main.head == before + 1


def test_branches_are_made_and_written_at_once(repo: Repository, main: Branch) -> None:
    def explore(number: int) -> None:
        branch = repo.create_branch(f"b{number}")
        branch.execute(f"UPDATE portfolio SET shares = {number}")
        found[number] = branch.query("SELECT DISTINCT shares FROM portfolio")

    found: dict[int, object] = {}
    in_threads([lambda number=number: explore(number) for number in range(4)])
    assert found == {number: [{"shares": number}] for number in range(4)}


def test_tables_can_be_replaced_beside_readers(repo: Repository, main: Branch) -> None:
    """DuckLake 1.5.3 to 1.5.5 loses its way where tables are loaded beside a definition: duckdb/ducklake #1248."""

    def replace() -> None:
        for number in range(6):
            main.execute(f"CREATE OR REPLACE TABLE t AS SELECT {number} AS a")
        done.set()

    def read() -> None:
        while not done.is_set():
            main.query("FROM t")

    done = threading.Event()
    main.execute("CREATE TABLE t AS SELECT 0 AS a")
    in_threads([replace, read, read])
    assert main.query("FROM t") == [{"a": 5}]


def run_in_thread(lock: Callable[[], AbstractContextManager[None]]) -> None:
    """Take a lock as another writer of this process would."""

    def take() -> None:
        with lock():
            pass

    in_threads([take])


def in_threads(tasks: list) -> None:  # type: ignore[type-arg]
    """Run all at once; the first failure fails the test."""
    failures: list[BaseException] = []

    def guarded(task: object) -> None:
        try:
            task()  # type: ignore[operator]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
