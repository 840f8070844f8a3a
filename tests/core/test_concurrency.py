"""Writers of one branch, in threads and processes, lose nothing; readers never fail."""

from __future__ import annotations

import threading

import pytest

from hati_core import Branch, Repository
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


def test_two_processes_of_two_threads_lose_no_increment(repo: Repository, place: str) -> None:
    repo.main.execute("CREATE TABLE counter AS SELECT 0 AS n")
    processes = [start_python(INCREMENTS, place) for _ in range(2)]
    outputs(processes)
    assert repo.main.query("FROM counter") == [{"n": 12}]


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
