"""What a session is: its branch, its author, its transactions, and how it ends."""

from __future__ import annotations

import socket
import struct
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
import pytest
from psycopg import errors

from hati_core import Branch
from hati_core.quote import literal
from tests.serve.conftest import Served

ENDLESS = "SELECT count(*) FROM range(1000000000000) AS a"
Client = psycopg.Connection


@pytest.fixture
def other(served: Served, branch: Branch) -> Iterator[Client]:
    """A second client on the same branch."""
    with served.connect(branch.name, user="grace") as connection:
        yield connection


def shares(branch: Branch, ticker: str = "AAPL") -> int:
    return int(branch.query("SELECT shares FROM portfolio WHERE ticker = $1", [ticker])[0]["shares"])


def test_a_session_is_on_main_unless_it_says_so(served: Served, branch: Branch) -> None:
    for database in ("main", "hatidata", "ada", "postgres"):
        with served.connect(database) as client:
            assert client.execute("SELECT current_schema()").fetchone() == ("main",)
    with served.connect("MAIN") as client:
        client.execute(f"SET branch = '{branch.name}'")
        assert client.execute("SHOW branch").fetchone() == (branch.name,)
        client.execute("UPDATE portfolio SET shares = 3 WHERE ticker = 'AAPL'")
        client.execute("RESET branch")
        assert client.execute("SELECT shares FROM portfolio WHERE ticker = 'AAPL'").fetchone() == (100,)
        client.execute(f'SET search_path TO "{branch.name}", public')
        assert client.execute("SELECT shares FROM portfolio WHERE ticker = 'AAPL'").fetchone() == (3,)
        with pytest.raises(errors.InvalidCatalogName, match="no branch called"):
            client.execute("SET branch = 'nowhere'")


def test_the_search_path_names_the_branch_from_the_start_or_is_refused(served: Served, branch: Branch) -> None:
    path = branch.name.replace(" ", "\\\\ ")
    for asked, expected in (
        (path, branch.name),
        (f"nowhere,{path},public", branch.name),
        ('"$user",public', "main"),
        ("", "main"),
    ):
        with served.connect(options=f"-c search_path={asked}") as client:
            assert client.execute("SELECT current_schema()").fetchone() == (expected,)
            assert client.execute("SHOW search_path").fetchone() == (expected,)
    with pytest.raises(psycopg.OperationalError, match="There is no branch called “nope”"):
        served.connect(options="-c search_path=nope")
    with served.connect(branch.name) as client:
        with pytest.raises(errors.InvalidSchemaName, match="There is no branch called “nope”"):
            client.execute("SET search_path TO nope, public")
        client.execute("SET search_path TO public")
        assert client.execute("SHOW branch").fetchone() == (branch.name,)
        client.execute("SET search_path TO nope, main")
        assert client.execute("SHOW branch").fetchone() == ("main",)
        client.execute("RESET search_path")
        assert client.execute("SHOW branch").fetchone() == (branch.name,)


def test_an_unknown_branch_cannot_be_connected_to(served: Served) -> None:
    with pytest.raises(psycopg.OperationalError, match="There is no branch called “nowhere”"):
        served.connect("nowhere")


def test_the_agent_of_the_options_signs_commits(served: Served, branch: Branch) -> None:
    with served.connect(branch.name, options="-c hatidata_agent_id=portfolio-agent") as client:
        client.execute("SET commit_message = 'Why not'")
        client.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
        name = f"made {uuid.uuid4().hex[:6]}"
        client.execute(f"SELECT branch_create('{name}')")
    commit = branch.log(1)[0]
    assert (commit.author, commit.message) == ("portfolio-agent", "Why not")
    made = next(info for info in served.repository.branches() if info.name == name)
    assert made.author == "portfolio-agent"


def test_a_transaction_is_one_commit_that_others_see_at_its_end(client: Client, other: Client, branch: Branch) -> None:
    head = branch.head
    with client.transaction():
        client.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
        client.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'MSFT'")
        assert client.execute("SELECT sum(shares) FROM portfolio").fetchone() == (3,)
        assert other.execute("SELECT sum(shares) FROM portfolio").fetchone() == (175,)
    assert branch.head == head + 1
    assert other.execute("SELECT sum(shares) FROM portfolio").fetchone() == (3,)


def test_an_error_fails_the_transaction_until_it_is_rolled_back(client: Client, other: Client, branch: Branch) -> None:
    client.execute("BEGIN")
    client.execute("UPDATE portfolio SET shares = 1")
    with pytest.raises(errors.UndefinedColumn):
        client.execute("SELECT nope FROM portfolio")
    assert client.info.transaction_status is psycopg.pq.TransactionStatus.INERROR
    with pytest.raises(errors.InFailedSqlTransaction):
        client.execute("SELECT 1")
    # The branch is free although the client has not rolled back yet.
    other.execute("UPDATE portfolio SET shares = 9 WHERE ticker = 'AAPL'")
    assert client.execute("COMMIT").statusmessage == "ROLLBACK"
    assert client.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
    assert shares(branch) == 9


def test_reading_in_a_transaction_holds_up_nobody(client: Client, other: Client, branch: Branch) -> None:
    client.execute("BEGIN")
    client.execute("SELECT * FROM portfolio")
    other.execute("UPDATE portfolio SET shares = 8 WHERE ticker = 'AAPL'")
    assert client.execute("SELECT shares FROM portfolio WHERE ticker = 'AAPL'").fetchone() == (8,)
    client.execute("ROLLBACK")


def test_repeatable_reads_see_one_version_and_refuse_to_write_over_a_later_one(client: Client, other: Client) -> None:
    client.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    client.execute("SELECT count(*) FROM portfolio")
    other.execute("UPDATE portfolio SET shares = 8 WHERE ticker = 'AAPL'")
    assert client.execute("SELECT shares FROM portfolio WHERE ticker = 'AAPL'").fetchone() == (100,)
    with pytest.raises(errors.SerializationFailure, match="has changed since this transaction began"):
        client.execute("UPDATE portfolio SET shares = 9 WHERE ticker = 'AAPL'")
    client.execute("ROLLBACK")


def test_savepoints_before_the_first_write_can_be_gone_back_to(client: Client, branch: Branch) -> None:
    head = branch.head
    with client.transaction():
        with suppress(errors.UndefinedColumn), client.transaction():
            client.execute("SELECT nope FROM portfolio")
        with client.transaction():
            client.execute("UPDATE portfolio SET shares = 4 WHERE ticker = 'AAPL'")
    assert (branch.head, shares(branch)) == (head + 1, 4)


def test_calls_about_branches_stay_out_of_open_changes(client: Client, branch: Branch) -> None:
    client.execute("BEGIN")
    client.execute("UPDATE portfolio SET shares = 4 WHERE ticker = 'AAPL'")
    assert client.execute(f"SELECT branch_query('{branch.name}', 'SELECT min(shares) FROM portfolio')").fetchone() == (
        4,
    )
    with pytest.raises(errors.ActiveSqlTransaction, match="changes that are not committed"):
        client.execute(f"SELECT branch_merge('{branch.name}')")
    client.execute("ROLLBACK")


def test_two_clients_work_on_two_branches_at_once(served: Served) -> None:
    branches = [served.repository.create_branch(f"twin {uuid.uuid4().hex[:6]}") for _ in range(2)]

    def work(branch: Branch) -> int:
        with served.connect(branch.name) as client:
            for _ in range(10):
                client.execute("UPDATE portfolio SET shares = shares + 1 WHERE ticker = 'AAPL'")
        return shares(branch)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, branches)) == [110, 110]


def test_fifty_clients_are_served_at_once(served: Served, branch: Branch) -> None:
    everyone = threading.Barrier(50)

    def work(number: int) -> int:
        with served.connect(branch.name, user=f"user {number % 5}") as client:
            everyone.wait(60)
            row = client.execute("SELECT sum(shares) + %s FROM portfolio", [number]).fetchone()
            assert row
            return int(row[0])

    with ThreadPoolExecutor(50) as pool:
        assert list(pool.map(work, range(50))) == [175 + number for number in range(50)]


def test_a_statement_is_cancelled_and_the_session_goes_on(client: Client) -> None:
    client.execute("SET statement_timeout = '60s'")
    timer = threading.Timer(0.3, client.cancel)
    timer.start()
    with pytest.raises(errors.QueryCanceled):
        client.execute(ENDLESS)
    timer.join()
    client.execute("SET statement_timeout = 50")
    with pytest.raises(errors.QueryCanceled, match=r"0\.05 seconds"):
        client.execute(ENDLESS)
    client.execute("RESET statement_timeout")
    assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_request_to_cancel_needs_the_secret(served: Served, client: Client) -> None:
    client.pgconn.send_query(b"SELECT count(*) FROM range(300000000) AS a WHERE a.range % 3 = 0")
    client.pgconn.flush()
    with socket.create_connection(("localhost", served.port)) as asking:
        asking.sendall(struct.pack("!iiii", 16, 80877102, client.info.backend_pid, 12345))
        assert asking.recv(1) == b""
    result = client.pgconn.get_result()
    assert result
    assert result.get_value(0, 0) == b"100000000"
    assert client.pgconn.get_result() is None


def test_a_client_that_leaves_in_the_middle_frees_its_branch(served: Served, client: Client, branch: Branch) -> None:
    leaving = served.connect(branch.name)
    leaving.execute("BEGIN")
    leaving.execute("UPDATE portfolio SET shares = 1")
    leaving.pgconn.send_query(ENDLESS.encode())
    leaving.pgconn.flush()
    leaving.pgconn.finish()
    # This waits until the server has noticed, and fails where the branch stays held.
    client.execute("UPDATE portfolio SET shares = 6 WHERE ticker = 'AAPL'")
    assert client.execute("SELECT sum(shares) FROM portfolio").fetchone() == (81,)


def test_a_transaction_that_does_nothing_is_ended(served: Served, client: Client, branch: Branch) -> None:
    with served.connect(branch.name) as idle:
        idle.execute("SET idle_in_transaction_session_timeout = '100ms'")
        idle.execute("BEGIN")
        idle.execute("UPDATE portfolio SET shares = 1")
        client.execute("UPDATE portfolio SET shares = 6 WHERE ticker = 'AAPL'")
        with pytest.raises(errors.IdleInTransactionSessionTimeout, match="SET idle_in_transaction_session_timeout"):
            idle.execute("COMMIT")


def test_settings_are_read_and_written(client: Client) -> None:
    client.execute("SET application_name = 'a program'")
    assert client.info.parameter_status("application_name") == "a program"
    assert client.execute("SHOW application_name").fetchone() == ("a program",)
    client.execute("SET hatidata_request_id = 'r1'")
    client.execute("SET extra_float_digits = 3")
    assert client.execute("SET CONSTRAINTS ALL DEFERRED").statusmessage == "SET CONSTRAINTS"
    with pytest.raises(errors.UndefinedObject, match="There is no setting “memory_limit”"):
        client.execute("SET memory_limit = '1GB'")
    with pytest.raises(errors.InvalidParameterValue):
        client.execute("SET client_encoding = 'LATIN1'")
    client.execute("DISCARD ALL")
    assert client.execute("SHOW application_name").fetchone() == ("",)


def test_logs_differences_and_conflicts_are_tables(client: Client, branch: Branch, served: Served) -> None:
    client.execute("UPDATE portfolio SET shares = 101 WHERE ticker = 'AAPL'")
    log = client.execute(f"SELECT branch_log('{branch.name}', 1)").fetchall()
    assert log[0][2] == "ada"
    diff = client.execute(f"SELECT branch_diff('{branch.name}')").fetchall()
    assert [(row[0], row[1], row[2], row[3], row[5]["shares"]) for row in diff] == [
        ("portfolio", "changed", "AAPL", ["shares"], 101)
    ]
    assert client.execute(f"SELECT branch_conflicts('{branch.name}')").fetchall() == []
    names = [row[0] for row in client.execute("SELECT branch_list()").fetchall()]
    assert branch.name in names
    version = branch.head
    assert client.execute(f"SELECT branch_revert('{branch.name}', {version})").fetchone() == (
        branch.name, version, version + 1
    )  # fmt: skip
    assert shares(branch) == 100
    assert client.execute(f"SELECT branch_sync('{branch.name}')").fetchone()


def test_a_changed_row_of_a_small_table_stays_where_it_was(client: Client) -> None:
    client.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    assert client.execute("SELECT ticker FROM portfolio AS p WHERE shares < 80").fetchall() == [("AAPL",), ("MSFT",)]
    assert client.execute("SELECT max(ticker) FROM portfolio").fetchall() == [("MSFT",)]
    assert client.execute("SELECT DISTINCT shares > 0 FROM portfolio").fetchall() == [(True,)]
    assert len(client.execute("SELECT * FROM portfolio AT (VERSION => 2)").fetchall()) == 2
    assert len(client.execute("SELECT ticker FROM worth").fetchall()) == 2


def test_a_merge_that_meets_conflicts_names_what_lists_them(client: Client, served: Served, branch: Branch) -> None:
    beside = served.repository.create_branch(f"it's {uuid.uuid4().hex[:6]}", parent=branch.name)
    theirs = served.repository.create_branch(f"theirs {uuid.uuid4().hex[:6]}")
    with pytest.raises(psycopg.Error, match="There are no “foo” branches"):
        client.execute("SELECT branch_list('foo')")
    theirs.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    beside.execute("UPDATE portfolio SET shares = 3 WHERE ticker = 'AAPL'")
    served.repository.merge(theirs.name)
    try:
        for strategy in ("manual", "abort"):
            with pytest.raises(
                errors.ObjectNotInPrerequisiteState, match=r"1 row (conflicts|is in conflict)"
            ) as caught:
                client.execute("SELECT branch_merge(%s, %s)", [beside.name, strategy])
            hint = caught.value.diag.message_hint or ""
            listing = hint[hint.index("SELECT branch_conflicts") :].removesuffix(" lists the conflicts.")
            assert len(client.execute(listing).fetchall()) == 1
        with pytest.raises(errors.ObjectNotInPrerequisiteState) as caught:
            client.execute("SELECT branch_sync(%s)", [beside.name])
        assert f"branch_conflicts('main', {literal(beside.name)})" in (caught.value.diag.message_hint or "")
    finally:
        served.repository.main.execute("UPDATE portfolio SET shares = 100 WHERE ticker = 'AAPL'")
