"""Definitions of tables are rewritten for DuckLake, keep their key, and run."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from hati_core.errors import HatiError, StatementRefused
from hati_core.sql.ddl import CreateTable, alter_key, creates_table, rewrite_create
from hati_core.sql.gate import check


@pytest.fixture
def rolled_back(branch: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    branch.execute("BEGIN")
    yield branch
    branch.execute("ROLLBACK")


def _create(branch: duckdb.DuckDBPyConnection, sql: str) -> CreateTable:
    """Rewrite and run; the types come from DuckDB itself."""

    def describe(query: str) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in branch.execute(f"DESCRIBE {query}").fetchall()]

    created = rewrite_create(check(sql), describe)
    branch.execute(created.sql)
    return created


def _columns(branch: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str, str]]:
    return [(row[0], row[1], row[2]) for row in branch.execute(f"DESCRIBE {table}").fetchall()]


@pytest.mark.parametrize(
    ("sql", "key"),
    [
        ("CREATE TABLE t (a VARCHAR PRIMARY KEY, b INTEGER)", ("a",)),
        ("create or replace table t (a varchar primary key default 'x', b integer);", ("a",)),
        ("CREATE TABLE IF NOT EXISTS t (a VARCHAR, b INTEGER, PRIMARY KEY (b, a))", ("b", "a")),
        ("CREATE TABLE t (a VARCHAR, b INTEGER, CONSTRAINT pk PRIMARY KEY (A))", ("a",)),
        ("CREATE TABLE main.t (a VARCHAR NOT NULL PRIMARY KEY, b INTEGER)", ("a",)),
        ("CREATE TABLE t (a VARCHAR CONSTRAINT pk PRIMARY KEY NOT NULL, b INTEGER)", ("a",)),
        ("CREATE TABLE t (\n  a VARCHAR -- the key, (not b)\n PRIMARY KEY -- yes\n, b INTEGER /* b */)", ("a",)),
        ("CREATE TABLE t (PRIMARY KEY (a), a VARCHAR, b INTEGER -- last\n)", ("a",)),
        ("CREATE TABLE t (a VARCHAR PRIMARY KEY, b INTEGER, )", ("a",)),
        ("CREATE TABLE t (a VARCHAR DEFAULT 'PRIMARY KEY, b', b INTEGER)", ()),
    ],
)
def test_a_key_is_taken_out_and_its_columns_are_not_null(
    rolled_back: duckdb.DuckDBPyConnection, sql: str, key: tuple[str, ...]
) -> None:
    created = _create(rolled_back, sql)
    assert (created.table, created.key) == ("t", key)
    assert {name for name, _, null in _columns(rolled_back, "t") if null == "NO"} == set(key)
    assert [name for name, _, _ in _columns(rolled_back, "t")] == ["a", "b"]


def test_quoted_key_columns_keep_their_spelling(rolled_back: duckdb.DuckDBPyConnection) -> None:
    created = _create(
        rolled_back, 'CREATE TABLE "My ""T""" ("Größe, cm" DOUBLE, "b)" INTEGER, PRIMARY KEY ("b)", "größe, cm"))'
    )
    assert created.table == 'My "T"'
    assert created.key == ("b)", "Größe, cm")


def test_everything_else_of_the_definition_is_kept(rolled_back: duckdb.DuckDBPyConnection) -> None:
    _create(
        rolled_back,
        "CREATE TABLE t (a DECIMAL(18, 4) DEFAULT 1.5, b STRUCT(x INTEGER, y VARCHAR[]), c MAP(VARCHAR, DOUBLE), "
        "d TIMESTAMP_NS NOT NULL, e TIMESTAMPTZ DEFAULT now(), primary_key UUID PRIMARY KEY, f UTINYINT)",
    )
    assert _columns(rolled_back, "t") == [
        ("a", "DECIMAL(18,4)", "YES"),
        ("b", "STRUCT(x INTEGER, y VARCHAR[])", "YES"),
        ("c", "MAP(VARCHAR, DOUBLE)", "YES"),
        ("d", "TIMESTAMP_NS", "NO"),
        ("e", "TIMESTAMP WITH TIME ZONE", "YES"),
        ("primary_key", "UUID", "NO"),
        ("f", "UTINYINT", "YES"),
    ]


def test_integers_of_128_bits_are_stored_as_decimals(rolled_back: duckdb.DuckDBPyConnection) -> None:
    _create(
        rolled_back,
        "CREATE TABLE t (hugeint HUGEINT PRIMARY KEY, b uhugeint[], c STRUCT(hugeint INTEGER, d HUGEINT), "
        "e MAP(VARCHAR, INT128))",
    )
    assert [kind for _, kind, _ in _columns(rolled_back, "t")] == [
        "DECIMAL(38,0)",
        "DECIMAL(38,0)[]",
        "STRUCT(hugeint INTEGER, d DECIMAL(38,0))",
        "MAP(VARCHAR, DECIMAL(38,0))",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 9007199254740993::HUGEINT AS \"big one\", 'x' AS b",
        "SELECT sum(n) AS \"big one\", 'x' AS b FROM (SELECT 9007199254740993 AS n) -- in full",
        "WITH w AS (SELECT 9007199254740993::BIGINT AS n) SELECT sum(n) AS \"big one\", 'x' AS b FROM w ORDER BY 1",
        "VALUES (9007199254740993::HUGEINT, 'x')",
    ],
)
def test_results_of_128_bits_are_stored_exactly(rolled_back: duckdb.DuckDBPyConnection, query: str) -> None:
    created = _create(rolled_back, f"CREATE TABLE t AS {query}")
    assert created.key == ()
    assert [kind for _, kind, _ in _columns(rolled_back, "t")] == ["DECIMAL(38,0)", "VARCHAR"]
    assert [int(value) for value, _ in rolled_back.execute("FROM t").fetchall()] == [9007199254740993]


def test_nested_results_of_128_bits_are_stored_exactly(rolled_back: duckdb.DuckDBPyConnection) -> None:
    _create(
        rolled_back, "CREATE OR REPLACE TABLE t AS SELECT [sum(shares)] AS sums, {'n': sum(shares)} AS s FROM portfolio"
    )
    assert [kind for _, kind, _ in _columns(rolled_back, "t")] == ["DECIMAL(38,0)[]", "STRUCT(n DECIMAL(38,0))"]


def test_results_of_one_name_are_numbered_as_duckdb_does(rolled_back: duckdb.DuckDBPyConnection) -> None:
    _create(rolled_back, "CREATE TABLE t AS SELECT sum(shares) AS a, 1 AS b, sum(shares) AS A FROM portfolio")
    assert [(name, kind) for name, kind, _ in _columns(rolled_back, "t")] == [
        ("a", "DECIMAL(38,0)"),
        ("b", "INTEGER"),
        ("A_1", "DECIMAL(38,0)"),
    ]


def test_a_table_without_data_has_the_rewritten_types(rolled_back: duckdb.DuckDBPyConnection) -> None:
    _create(rolled_back, "CREATE TABLE t (a, b) AS SELECT sum(shares), 1 FROM portfolio WITH NO DATA")
    assert [(name, kind) for name, kind, _ in _columns(rolled_back, "t")] == [("a", "DECIMAL(38,0)"), ("b", "INTEGER")]
    assert rolled_back.execute("FROM t").fetchall() == []


def test_a_query_without_such_results_stays_as_written() -> None:
    sql = "CREATE TABLE t AS SELECT 1 AS a -- one"
    assert rewrite_create(check(sql), lambda _: [("a", "INTEGER")]).sql == sql


@pytest.mark.parametrize(
    ("columns", "fragment"),
    [
        ("a INTEGER UNIQUE", "Declare it as PRIMARY KEY, or leave it out"),
        ("a INTEGER, UNIQUE (a)", "UNIQUE is not allowed here"),
        ("a INTEGER PRIMARY KEY, b INTEGER UNIQUE", "UNIQUE is not allowed here"),
        ("a INTEGER REFERENCES portfolio (ticker)", "foreign keys are not kept"),
        ("a INTEGER, FOREIGN KEY (a) REFERENCES portfolio (ticker)", "foreign keys are not kept"),
        ("a ENUM('x', 'y')", "use VARCHAR"),
        ("a BIT", "The type BIT is not kept"),
        ("a UNION(x INTEGER, y VARCHAR)", "The type UNION is not kept"),
        ("a BIGNUM", "use DECIMAL(38,0)"),
        ("a INTEGER[3]", "leave the number out"),
        ("a INTEGER, b INTEGER GENERATED ALWAYS AS (a + 1)", "generated columns are not kept"),
        ("a INTEGER, b INTEGER AS (a + 1)", "generated columns are not kept"),
        ("a VARCHAR COLLATE nocase", "collations are not kept"),
        ("a INTEGER PRIMARY KEY, b INTEGER, PRIMARY KEY (b)", "PRIMARY KEY"),
        ("a INTEGER, PRIMARY KEY (b)", "key column b is not a column"),
        ("a INTEGER, PRIMARY KEY (a, A)", "twice"),
    ],
)
def test_what_ducklake_does_not_keep_is_refused_with_what_to_write_instead(columns: str, fragment: str) -> None:
    with pytest.raises(StatementRefused) as refused:
        rewrite_create(check(f"CREATE TABLE t ({columns})"), lambda _: [])
    assert fragment in refused.value.message


@pytest.mark.parametrize("sql", ["CREATE TEMP TABLE t (a INTEGER)", "CREATE TABLE temp.t (a INTEGER)"])
def test_temporary_tables_are_refused(sql: str) -> None:
    with pytest.raises(HatiError):
        check(sql)


@pytest.mark.parametrize(
    ("sql", "key"),
    [
        ("ALTER TABLE portfolio ADD PRIMARY KEY (ticker)", ("portfolio", ("ticker",))),
        ('alter table if exists main.Portfolio add constraint pk primary key (ticker, "My Sector")',
         ("Portfolio", ("ticker", "My Sector"))),
        ("ALTER TABLE portfolio ADD COLUMN a INTEGER", None),
        ("ALTER TABLE portfolio RENAME TO p", None),
        ("DROP TABLE portfolio", None),
        ("SELECT 1", None),
    ],
)  # fmt: skip
def test_a_key_added_later_is_recognised(sql: str, key: tuple[str, tuple[str, ...]] | None) -> None:
    assert alter_key(check(sql)) == key


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE t (a INTEGER)", True),
        ("create or replace /* x */ table t as select 1", True),
        ("CREATE VIEW t AS SELECT 1", False),
        ("DROP TABLE t", False),
        ("SELECT 1", False),
    ],
)
def test_only_create_table_needs_rewriting(sql: str, expected: bool) -> None:
    assert creates_table(check(sql)) is expected
