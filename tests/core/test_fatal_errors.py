"""An error inside DuckDB closes its instance; people meet one error, try again, and lose nothing."""

from __future__ import annotations

import re
import threading
import uuid

import duckdb
import pytest

from hati_core import Branch, Repository, Side, Stop
from hati_core.errors import EngineRestarted, HatiError, StatementRefused
from hati_core.storage.commits import certain
from tests.core.dying import Trap
from tests.core.shares import shares
from tests.core.test_concurrency import in_threads

pytestmark = pytest.mark.every_backend

INSIDE = re.compile(r"error inside DuckDB .*Nothing was written.*Try again", re.DOTALL)
ELSEWHERE = "in another statement .* Nothing was written; try again"


class Beginning(Stop):
    """Tells when a statement is about to run."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()

    def begin(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        self.began.set()
        return super().begin(cursor)


@pytest.fixture
def trap(shared_repo: Repository) -> Trap:
    """A statement that closes DuckDB; on a branch of its own."""
    return Trap(shared_repo, shared_repo.create_branch(f"trap {uuid.uuid4()}"))


def test_the_statement_that_closed_duckdb_says_so_and_the_next_one_runs(
    shared_repo: Repository, branch: Branch, trap: Trap
) -> None:
    before = shares(branch)
    with pytest.raises(EngineRestarted, match=INSIDE) as told:
        trap.step_in()
    assert "Stack Trace" not in told.value.message
    assert shares(branch) == shares(branch.at(branch.head)) == before
    branch.execute("UPDATE portfolio SET shares = 3")
    assert set(shares(shared_repo.create_branch(f"later {uuid.uuid4()}", branch.name)).values()) == {3}
    assert trap.branch.query(trap.sql) == [{"k": 2}]


def test_the_fences_are_up_again(shared_repo: Repository, branch: Branch, trap: Trap) -> None:
    with pytest.raises(EngineRestarted):
        trap.step_in()
    for statement in (
        "FROM read_csv('/etc/passwd')",
        "ATTACH '/tmp/other.db'",
        "SET enable_external_access = true",
        "INSTALL spatial",
    ):
        with pytest.raises(HatiError), shared_repo._store.engine.session(branch.id) as cursor:
            cursor.execute(statement)
        with pytest.raises(StatementRefused):
            branch.query(statement)


def test_a_transaction_in_progress_is_undone_and_can_be_made_again(branch: Branch, trap: Trap) -> None:
    before = branch.head, shares(branch)

    def write() -> None:
        with branch.transaction() as tx:
            tx.execute("UPDATE portfolio SET shares = 9")
            with pytest.raises(EngineRestarted):
                trap.step_in()
            tx.execute("DELETE FROM portfolio")

    with pytest.raises(EngineRestarted, match=ELSEWHERE):
        write()
    assert (branch.head, shares(branch)) == before
    branch.execute("UPDATE portfolio SET shares = 9")
    assert set(shares(branch).values()) == {9}


def test_a_commit_that_duckdb_refuses_is_no_version(branch: Branch, trap: Trap) -> None:
    before = branch.head, shares(branch)

    def write() -> None:
        with branch.transaction() as tx:
            tx.execute("UPDATE portfolio SET shares = 9")
            with pytest.raises(EngineRestarted):
                trap.step_in()

    with pytest.raises(EngineRestarted, match=ELSEWHERE):
        write()
    assert (branch.head, shares(branch)) == before


def test_a_transaction_that_closed_duckdb_itself_is_undone(trap: Trap) -> None:
    before = trap.branch.head

    def write() -> None:
        with trap.branch.transaction() as tx:
            tx.execute("DELETE FROM portfolio")
            tx.query(trap.sql)

    with pytest.raises(EngineRestarted, match=INSIDE):
        write()
    assert (trap.branch.head, len(shares(trap.branch))) == (before, 3)
    assert trap.branch.execute("DELETE FROM portfolio") == 3


def test_a_commit_that_came_to_pass_is_not_told_as_lost(shared_repo: Repository, branch: Branch, trap: Trap) -> None:
    catalog = shared_repo._store.catalog(branch.id)
    with certain(catalog) as commit:
        commit.begins(branch.head)
        branch.execute("UPDATE portfolio SET shares = 9")
        trap.step_in()
    with pytest.raises(EngineRestarted), certain(catalog):
        Trap(shared_repo, trap.branch).step_in()


def test_several_threads_meet_it_at_once_and_one_instance_takes_its_place(shared_repo: Repository, trap: Trap) -> None:
    engine = shared_repo._store.engine
    before = engine.generation
    branches = [shared_repo.create_branch(f"thread {uuid.uuid4()}") for _ in range(4)]
    met, all_ready = [], threading.Barrier(len(branches))

    def work(branch: Branch) -> None:
        try:
            with branch.transaction() as tx:
                tx.execute("UPDATE portfolio SET shares = 9")
                all_ready.wait()
                if branch is branches[0]:
                    with pytest.raises(EngineRestarted):
                        trap.step_in()
                all_ready.wait()
                tx.execute("UPDATE portfolio SET shares = 8")
        except EngineRestarted as error:
            met.append(error)
        branch.execute("UPDATE portfolio SET shares = shares + 1 WHERE ticker = 'AAPL'")

    in_threads([lambda branch=branch: work(branch) for branch in branches])
    assert len(met) == len(branches)
    assert engine.generation == before + 1
    assert all(shares(branch) == {"AAPL": 101, "GOOGL": 50, "MSFT": 75} for branch in branches)


def test_a_reader_that_runs_meanwhile_is_told_the_same(branch: Branch, trap: Trap) -> None:
    told: list[HatiError] = []
    beginning = Beginning()
    endless = "SELECT count(*) FROM range(1_000_000_000) AS a, range(1_000_000) AS b WHERE a.range % 7 = b.range % 5"

    def read() -> None:
        with pytest.raises(EngineRestarted) as error:
            branch.query(endless, stop=beginning)
        told.append(error.value)

    reader = threading.Thread(target=read)
    reader.start()
    beginning.began.wait()
    with pytest.raises(EngineRestarted):
        trap.step_in()
    reader.join()
    assert told
    assert len(shares(branch)) == 3


def test_a_merge_plan_from_before_is_planned_again_with_its_choices(
    shared_repo: Repository, branch: Branch, trap: Trap
) -> None:
    theirs = shared_repo.create_branch(f"theirs {uuid.uuid4()}", branch.name)
    theirs.execute("UPDATE portfolio SET shares = 7")
    branch.execute("UPDATE portfolio SET shares = 8 WHERE ticker = 'AAPL'")
    plan = shared_repo.plan_merge(theirs.name, into=branch.name)
    plan = plan.with_resolution(plan.conflicts[0].id, Side.THEIRS)
    diff = shared_repo.diff(theirs.name, branch.name)
    with pytest.raises(EngineRestarted):
        trap.step_in()
    before = branch.head
    assert plan.is_lost
    with pytest.raises(EngineRestarted, match=r"plan or compare again\. Choices that still fit are kept"):
        shared_repo.apply_merge(plan)
    with pytest.raises(EngineRestarted, match="plan or compare again"):
        diff.tables["portfolio"].rows()
    assert branch.head == before
    again = shared_repo.plan_merge(theirs.name, into=branch.name, resolutions=plan.resolutions)
    assert (again.is_lost, again.dropped_resolutions) == (False, ())
    shared_repo.apply_merge(again)
    assert set(shares(branch).values()) == {7}
