"""Nested transactions: what came after a savepoint is undone, and what came before it stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from hati_core import Branch
from hati_core.sql import steady
from tests.serve.conftest import Served

Client = psycopg.Connection


def insert(client: Client, ticker: str, shares: int = 1) -> None:
    client.execute("INSERT INTO portfolio (ticker, shares) VALUES (%s, %s)", [ticker, shares])


def tickers(branch: Branch) -> list[str]:
    return [row["ticker"] for row in branch.query("SELECT ticker FROM portfolio ORDER BY ticker")]


@pytest.mark.parametrize("broken", ["SELECT nope FROM portfolio", "INSERT INTO portfolio VALUES ('X')", "SELECT 1"])
def test_the_outer_write_stays_when_an_inner_transaction_fails(client: Client, branch: Branch, broken: str) -> None:
    head = branch.head
    with client.transaction():
        insert(client, "N1")
        with suppress(ValueError, psycopg.Error), client.transaction():
            insert(client, "N2")
            client.execute(broken)
            raise ValueError
        assert client.execute("SELECT count(*) FROM portfolio").fetchone() == (3,)
        with client.transaction():
            insert(client, "N3")
    assert tickers(branch) == ["AAPL", "MSFT", "N1", "N3"]
    assert branch.head == head + 1
    assert "N2" not in branch.log(1)[0].message


def test_savepoints_inside_of_savepoints_are_gone_back_to_one_by_one(client: Client, branch: Branch) -> None:
    client.execute("BEGIN")
    insert(client, "A1")
    client.execute("SAVEPOINT outer_one")
    client.execute("CREATE TABLE beside (a INTEGER PRIMARY KEY)")
    client.execute("SAVEPOINT inner_one")
    client.execute("INSERT INTO beside VALUES (1)")
    client.execute("ROLLBACK TO inner_one")
    assert client.execute("SELECT count(*) FROM beside").fetchone() == (0,)
    client.execute("ROLLBACK TO outer_one")
    with pytest.raises(errors.UndefinedTable):
        client.execute("SELECT * FROM beside")
    client.execute("ROLLBACK TO outer_one")
    insert(client, "A2")
    client.execute("COMMIT")
    assert tickers(branch) == ["A1", "A2", "AAPL", "MSFT"]


def test_a_branch_stays_held_until_its_transaction_is_back_at_the_savepoint(
    client: Client, served: Served, branch: Branch
) -> None:
    client.execute("BEGIN")
    client.execute("UPDATE portfolio SET shares = 5 WHERE ticker = 'AAPL'")
    client.execute("SAVEPOINT s")
    with suppress(errors.UndefinedColumn):
        client.execute("UPDATE portfolio SET nope = 1")
    with served.connect(branch.name) as other, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other.execute, "UPDATE portfolio SET shares = shares + 1 WHERE ticker = 'AAPL'")
        client.execute("ROLLBACK TO s")
        client.execute("COMMIT")
        waiting.result(60)
    assert branch.query("SELECT shares FROM portfolio WHERE ticker = 'AAPL'") == [{"shares": 6}]


def test_a_cancelled_statement_can_be_gone_back_before(client: Client, branch: Branch) -> None:
    client.execute("SET statement_timeout = 50")
    with client.transaction():
        insert(client, "N1")
        with suppress(errors.QueryCanceled), client.transaction():
            client.execute("SELECT count(*) FROM range(1000000000000) AS a")
    assert tickers(branch) == ["AAPL", "MSFT", "N1"]


@pytest.mark.parametrize(
    "write",
    [
        "INSERT INTO noted (id) VALUES (1)",
        "INSERT INTO noted VALUES (1, now())",
        "INSERT INTO noted SELECT shares, bought FROM main.portfolio",
        "INSERT INTO noted SELECT shares, NULL FROM portfolio TABLESAMPLE 50%",
    ],
)
def test_what_would_not_repeat_is_an_error_of_the_commit_and_not_a_silent_loss(
    client: Client, branch: Branch, write: str
) -> None:
    client.execute("CREATE TABLE noted (id INTEGER, noted_at TIMESTAMPTZ DEFAULT now())")
    head = branch.head
    client.execute("BEGIN")
    client.execute(write)
    with suppress(ValueError), client.transaction():
        insert(client, "N2")
        raise ValueError
    with pytest.raises(errors.FeatureNotSupported, match="Nothing of this transaction is written"):
        client.execute("COMMIT")
    assert branch.head == head
    assert client.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
    insert(client, "N3")
    assert tickers(branch) == ["AAPL", "MSFT", "N3"]


def test_sqlalchemy_nests(served: Served, branch: Branch) -> None:
    url = sa.URL.create("postgresql+psycopg", "ada", host="localhost", port=served.port, database=branch.name)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE portfolio SET shares = 7 WHERE ticker = 'AAPL'"))
        nested = connection.begin_nested()
        connection.execute(sa.text("DELETE FROM portfolio"))
        nested.rollback()
    engine.dispose()
    assert branch.query("SELECT sum(shares) AS n FROM portfolio") == [{"n": 82}]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE t SET age = 3 WHERE today > 1", True),
        ("INSERT INTO t VALUES ('now()')", True),
        ("UPDATE t SET a = random()", False),
        ('UPDATE t SET a = "uuid" ()', False),
        ("INSERT INTO t VALUES (CURRENT_TIMESTAMP)", False),
        ("INSERT INTO t FROM u USING SAMPLE 3", False),
    ],
)
def test_words_tell_what_repeats(sql: str, expected: bool) -> None:
    assert steady.repeats(sql) is expected
