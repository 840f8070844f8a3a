"""Columns without a name have PostgreSQL's."""

from __future__ import annotations

import duckdb
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.rows import namedtuple_row

from hati_core.serve.answers import AnswerColumn
from hati_core.serve.naming import named

TABLE = "CREATE TABLE t (a INTEGER, b VARCHAR, d TIMESTAMP, s STRUCT(x INTEGER))"


@pytest.mark.parametrize(
    ("items", "names"),
    [
        ("count(*)", ["count"]),
        ("COUNT(DISTINCT a), sum(a) FILTER (WHERE a > 1), max(b)", ["count", "sum", "max"]),
        ("sum(a) OVER (ORDER BY d), row_number() OVER w", ["sum", "row_number"]),
        ("extract(epoch FROM d), position('x' IN b), date_part('year', d)", ["extract", "position", "date_part"]),
        ("a::DOUBLE, t.a::DECIMAL(9, 2), CAST(a AS VARCHAR), count(*)::INTEGER", ["a", "a", "a", "count"]),
        ("'1'::INTEGER, CAST('2026-01-02' AS DATE)", ["int4", "date"]),
        ("CASE WHEN a > 1 THEN 1 ELSE 2 END, coalesce(b, 'x'), ARRAY[1, a]", ["case", "coalesce", "array"]),
        ("(SELECT max(a) FROM t), EXISTS (SELECT 1), (sum(a))", ["max", "exists", "sum"]),
        ("count(*) AS n, sum(a) total, mean: avg(a), a", ["n", "total", "mean", "a"]),
        ("a::INTEGER AS x, a::INTEGER y", ["x", "y"]),
        ("*, upper(b)", ["a", "b", "d", "s", "upper"]),
        ("lower(b), t.*, upper(b)", ["lower", "a", "b", "d", "s", "upper"]),
        ("DISTINCT ON (a) lower(b)", ["lower"]),
        ("a IS DISTINCT FROM 1, lower(b)", ["(a IS DISTINCT FROM 1)", "lower"]),
        ("a + 1, -abs(a), NOT (a > 1), 7/2", ["(a + 1)", "-(abs(a))", "(a <= 1)", "(7 / 2)"]),
        ("*, *, upper(b)", None),
        ("unnest(s, recursive := true), upper(b)", ["x", "upper"]),
    ],
)
def test_expressions_are_named_as_postgresql_names_them(items: str, names: list[str] | None) -> None:
    tail = "WINDOW w AS (ORDER BY a)" if "OVER" in items else "GROUP BY ALL" if "count(*)" in items else ""
    with duckdb.connect() as connection:
        connection.execute(TABLE)
        for sql in (f"SELECT {items} FROM t {tail}", f"WITH u AS (SELECT 1) SELECT {items} FROM t {tail}"):
            described = connection.execute(f"DESCRIBE {sql}").fetchall()
            columns = tuple(AnswerColumn(row[0], row[1]) for row in described)
            told = [column.name for column in named(sql, columns)]
            assert told == (names or [column.name for column in columns])


@given(
    st.lists(st.sampled_from(["SELECT", "count", "(", ")", "*", ",", "::", "int", "CASE", "END", "FROM", "'x'", "["]))
)
def test_any_text_has_as_many_columns_as_before(words: list[str]) -> None:
    columns = (AnswerColumn("count_star()", "BIGINT"), AnswerColumn("CAST(x)", "INTEGER"))
    assert len(named(" ".join(words), columns)) == 2


def test_a_client_reads_count_by_its_name(reader: psycopg.Connection) -> None:
    cursor = reader.cursor(row_factory=namedtuple_row)
    row = cursor.execute("SELECT count(*), sum(shares) FROM portfolio").fetchone()
    assert row
    assert (row.count, row.sum) == (2, 175)
    reader.pgconn.prepare(b"counted", b"SELECT count(*), max(shares)::bigint FROM portfolio WHERE shares > $1")
    told = reader.pgconn.describe_prepared(b"counted")
    assert [told.fname(number) for number in range(told.nfields)] == [b"count", b"max"]
