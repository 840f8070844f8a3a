"""Reads and writes end when their time is over or somebody stops them, and a write is undone whole."""

from __future__ import annotations

import threading
from collections.abc import Callable

import duckdb
import pytest

from hati_core import Branch, Stop
from hati_core.errors import QueryTimeout
from hati_core.storage.limits import Limits, in_seconds
from tests.core.shares import shares
from tests.endless import ENDLESS, ENDLESS_WRITE

BEFORE = {"AAPL": 100, "GOOGL": 50, "MSFT": 75}


def test_a_write_that_takes_too_long_is_undone_and_the_branch_goes_on(branch: Branch) -> None:
    before = branch.head
    with pytest.raises(QueryTimeout, match=r"ran for 0\.2 seconds and was stopped\. Nothing was written\."):
        branch.execute(ENDLESS_WRITE, timeout=0.2)
    assert (branch.head, shares(branch)) == (before, BEFORE)
    branch.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'", timeout=60)
    assert shares(branch)["AAPL"] == 1


def test_a_transaction_is_undone_with_what_it_wrote_before_its_time_was_over(branch: Branch) -> None:
    before = branch.head

    def work() -> None:
        with branch.transaction(timeout=0.5) as tx:
            tx.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
            tx.query(ENDLESS)

    with pytest.raises(QueryTimeout, match="Nothing was written"):
        work()
    assert (branch.head, shares(branch)) == (before, BEFORE)


def test_the_time_of_a_transaction_counts_over_all_its_statements(branch: Branch) -> None:
    before = branch.head

    def work() -> None:
        with branch.transaction(timeout=0) as tx:
            tx.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")

    with pytest.raises(QueryTimeout):
        work()
    assert (branch.head, shares(branch)) == (before, BEFORE)


def test_a_transaction_that_is_stopped_before_its_commit_is_undone(branch: Branch) -> None:
    before, stop = branch.head, Stop()

    def work() -> None:
        with branch.transaction(stop=stop) as tx:
            tx.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
            stop()

    with pytest.raises(QueryTimeout, match=r"was stopped\. Nothing was written\."):
        work()
    assert (branch.head, shares(branch)) == (before, BEFORE)


@pytest.mark.parametrize(
    "run", [lambda b, stop: b.execute(ENDLESS_WRITE, stop=stop), lambda b, stop: b.query(ENDLESS, stop=stop)]
)
def test_another_thread_stops_what_runs(branch: Branch, run: Callable[[Branch, Stop], object]) -> None:
    before, stop, failures = branch.head, Stop(), []

    def work() -> None:
        try:
            run(branch, stop)
        except QueryTimeout as error:
            failures.append(error.message)

    worker = threading.Thread(target=work)
    worker.start()
    stop()
    worker.join(timeout=60)
    assert not worker.is_alive()
    (message,) = failures
    assert message.startswith("The statement was stopped.")
    assert (branch.head, shares(branch)) == (before, BEFORE)


def test_a_stop_that_comes_before_the_statement_has_quite_begun_is_not_lost(branch: Branch) -> None:
    stop = Stop()

    def work() -> None:
        with duckdb.connect() as cursor, Limits(stop=stop).over(cursor):
            stop()
            cursor.execute(ENDLESS)

    with pytest.raises(QueryTimeout, match="was stopped"):
        work()


def test_what_was_stopped_once_runs_nothing_more(branch: Branch) -> None:
    stop = Stop()
    branch.query("SELECT 1", stop=stop)
    stop()
    with pytest.raises(QueryTimeout):
        branch.execute("UPDATE portfolio SET shares = 1", stop=stop)
    assert shares(branch) == BEFORE


def test_stopping_after_the_end_stops_nobody_else(branch: Branch) -> None:
    stop = Stop()
    branch.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'", stop=stop, timeout=60)
    stop()
    branch.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    assert shares(branch)["AAPL"] == 2


def test_a_stop_that_is_forgotten_stops_nothing_more(branch: Branch) -> None:
    stop = Stop()
    stop()
    with pytest.raises(QueryTimeout):
        branch.query("SELECT 1", stop=stop)
    stop.forget()
    assert branch.query("SELECT 1 AS one", stop=stop) == [{"one": 1}]


def test_times_are_told_in_words() -> None:
    assert [in_seconds(span) for span in (1, 0.05, 60.0)] == ["1 second", "0.05 seconds", "60 seconds"]
