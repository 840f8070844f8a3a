"""SQL from a client goes through the gate, and every refusal has its SQLSTATE and says what to do."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hati_core.errors import HatiError
from hati_core.serve import catalog_sql
from hati_core.serve.command_reader import read_command
from hati_core.serve.guessing import guess
from hati_core.sql import gate
from tests.serve.conftest import Served


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("COPY portfolio TO '/tmp/out.csv'", "42501"),
        ("COPY portfolio FROM STDIN", "42501"),
        ("SELECT * FROM read_csv('/etc/passwd')", "42501"),
        ("SELECT * FROM '/etc/passwd'", "42501"),
        ('SELECT * FROM "main"."/etc/passwd"', "42501"),
        ("SELECT a.oid FROM pg_type a, pg_type b, pg_type c, pg_type d", "54000"),
        ("SELECT * FROM nowhere.portfolio", "3F000"),
        ("ATTACH 'elsewhere.db'", "42501"),
        ("INSTALL httpfs", "42501"),
        ("SET memory_limit = '1GB'", "42704"),
        ("PRAGMA database_list", "42501"),
        ("SELECT * FROM duckdb_settings()", "42501"),
        ("SELECT * FROM __ducklake_metadata_b_000000000000.ducklake_table", "42501"),
        ("SELECT * FROM pg_catalog.pg_class, portfolio", "0A000"),
        ("SELECT * FROM pg_class, read_csv('/etc/passwd')", "58030"),
        ("SELECT getenv('HOME'), version()", "42883"),
        ("SELECT nope()", "42883"),
        ("SELEC 1", "42601"),
        ("SELECT 'open", "42601"),
        ("SELECT 1 FROM nothing", "42P01"),
        ("SELECT nope FROM portfolio", "42703"),
        ("CREATE TABLE portfolio (a INTEGER)", "42P07"),
        ("INSERT INTO portfolio (ticker, shares) VALUES ('AAPL', 1)", "23505"),
        ("INSERT INTO portfolio (ticker, shares) VALUES ('X', -1)", "23514"),
        ("INSERT INTO portfolio (ticker, shares) VALUES ('X', NULL)", "23502"),
        ("INSERT INTO portfolio (ticker, shares) VALUES ('X', 1) RETURNING ticker", "0A000"),
        ("CREATE SEQUENCE s", "0A000"),
        ("SELECT 'x'::INTEGER", "22P02"),
        ("SELECT branch_merge('nowhere')", "3D000"),
        ("SELECT branch_create('main')", "42602"),
        ("SELECT branch_merge('main', 'maybe')", "22023"),
        ("SELECT branch_nothing('a')", "42883"),
        ("SELECT branch_query('main', 'COPY portfolio TO ''/tmp/x''')", "42501"),
        ("FETCH 1 FROM nothing", "34000"),
        ("SAVEPOINT outside", "25P01"),
    ],
)  # fmt: skip
def test_a_refusal_has_its_sqlstate_and_leaves_the_session_alone(
    reader: psycopg.Connection, sql: str, state: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        reader.execute(sql)  # type: ignore[arg-type]
    assert caught.value.sqlstate == state
    assert "ducklake_metadata" not in str(caught.value) or "__ducklake" in sql
    assert reader.execute("SELECT 1").fetchone() == (1,)


def test_a_refusal_says_what_to_do_and_where(reader: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
        reader.execute("COPY portfolio TO '/tmp/out.csv'")
    assert caught.value.diag.message_hint == (
        "Load files with hati import or on the page Data, and save results with hati export."
    )
    with pytest.raises(psycopg.errors.UndefinedColumn) as caught_too:
        reader.execute("SELECT ticker,\n  nope FROM portfolio")
    assert caught_too.value.diag.statement_position == "18"


@pytest.mark.parametrize(
    ("sql", "state", "said"),
    [
        ("CREATE TABLE s (id SERIAL PRIMARY KEY)", "0A000", "Use INTEGER or BIGINT and give each row its number"),
        ("CREATE TABLE s (a JSONB)", "42704", "Use JSON."),
        ("CREATE TABLE s (a TSVECTOR)", "42704", "Use VARCHAR, or another type"),
        ("CREATE TABLE s (id INTEGER GENERATED ALWAYS AS IDENTITY)", "0A000", "there are no sequences"),
        ("SELECT * INTO x FROM portfolio", "0A000", "write CREATE TABLE name AS SELECT"),
        ("SELECT * FROM portfolio FOR UPDATE", "0A000", "A transaction holds its branch from its first write on"),
        ("INSERT INTO portfolio VALUES (NULL, 1, 1, NULL, NULL)", "23502",
         "“ticker” of “portfolio” must not be empty. Nothing was written."),
        ("SELECT $1", "42P02", "The statement has a place for $1, and no value was given for it."),
        ("GRANT SELECT ON portfolio TO bob", "0A000", "there are no rights to give"),
        ("LOCK TABLE portfolio", "0A000", "there are no locks"),
        ("DO $$ BEGIN END $$", "0A000", "Write the statements themselves"),
        ("LISTEN x", "0A000", "there are no messages"),
        ("CREATE USER bob", "0A000", "there are no users to make"),
        ("DROP DATABASE d", "0A000", "branch_create"),
        ("SET ROLE bob", "0A000", "There are no roles"),
        ("SET CONSTRAINTS ALL IMMEDIATE", "0A000", "looked at when a commit is made"),
        ("SELECT pg_sleep(1)", "42501", "waiting is not a query"),
        ("SELECT to_char(now(), 'YYYY')", "42883", "Use strftime"),
        ("CREATE TABLE s (a INTEGER DEFERRABLE)", "42601", "The statement cannot be read: Constraint not implemented."),
    ],
)  # fmt: skip
def test_what_postgresql_has_and_a_branch_has_not_is_refused_in_words(
    reader: psycopg.Connection, sql: str, state: str, said: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        reader.execute(sql)  # type: ignore[arg-type]
    assert said in f"{caught.value.diag.message_primary} {caught.value.diag.message_hint}"
    assert caught.value.sqlstate == state


def test_catalogs_never_show_what_ducklake_keeps(reader: psycopg.Connection) -> None:
    for sql in ("SELECT relname FROM pg_class", "SELECT table_name FROM information_schema.tables",
                "SELECT nspname FROM pg_namespace", "SELECT datname FROM pg_database"):  # fmt: skip
        assert not [row for row in reader.execute(sql).fetchall() if "ducklake" in row[0] or row[0].startswith("b_")]


def test_a_client_cannot_change_the_catalogs_it_asks(reader: psycopg.Connection) -> None:
    for sql in ("DELETE FROM pg_class", "DROP TABLE pg_catalog.pg_class", "INSERT INTO pg_roles (rolname) VALUES ('x')",
                "WITH gone AS (DELETE FROM pg_class RETURNING oid) SELECT * FROM gone"):  # fmt: skip
        with pytest.raises(psycopg.Error):
            reader.execute(sql)  # type: ignore[arg-type]
    assert reader.execute("SELECT count(*) > 0 FROM pg_class").fetchone() == (True,)


def test_two_statements_cannot_be_prepared_as_one(reader: psycopg.Connection) -> None:
    result = reader.pgconn.exec_params(b"SELECT 1; SELECT 2", [])
    assert b"several statements" in result.error_message


def test_an_empty_statement_answers_so(reader: psycopg.Connection) -> None:
    for sql in (b"", b" ;; "):
        assert reader.pgconn.exec_(sql).status == psycopg.pq.ExecStatus.EMPTY_QUERY


PIECES = [
    *(
        "SELECT",
        "FROM",
        "pg_class",
        "WHERE",
        "(",
        ")",
        ",",
        ".",
        ";",
        "'",
        '"',
        "$1",
        "::",
        "regclass",
        "SET",
        "TO",
        "=",
    ),
    *("BEGIN", "FETCH", "1", "branch_list", "*", "JOIN", "version()", "pg_catalog.", "information_schema.tables"),
    *("ARRAY[", "]", "'{a}'::char[]", "OPERATOR(pg_catalog.~)", "COLLATE", "--", "/*", "E'\\''", "\0"),
    *("CREATE", "INDEX", "ON", "USING", "DROP"),
]
WORDS = st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)


@given(WORDS)
def test_any_text_is_read_or_refused_in_words(sql: str) -> None:
    try:
        read_command(sql)
        tree = catalog_sql.parsed(sql)
        if tree is not None:
            guess(tree, lambda table: None)
            catalog_sql.rewritten(tree, catalog_sql.Here({}))
        gate.pieces(sql)
    except HatiError:
        return


def test_the_app_and_the_server_see_each_others_commits(served: Served, client: psycopg.Connection) -> None:
    name = client.info.dbname
    beside = served.repository.branch(name)
    client.execute("UPDATE portfolio SET shares = 41 WHERE ticker = 'AAPL'")
    beside.execute("UPDATE portfolio SET shares = shares + 1 WHERE ticker = 'AAPL'")
    assert client.execute("SELECT shares FROM portfolio WHERE ticker = 'AAPL'").fetchone() == (42,)
