"""Values go to a client as PostgreSQL itself sends them, as text and in binary, and come back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from hati_core.serve.binary import as_binary, from_binary
from hati_core.serve.parameters import value_of
from hati_core.serve.types import as_text, wire_type
from tests.servers import Postgres

VALUES = [
    ("BOOLEAN", "boolean", True),
    ("SMALLINT", "smallint", -7),
    ("INTEGER", "integer", 2**31 - 1),
    ("BIGINT", "bigint", -(2**63)),
    ("DOUBLE", "double precision", 0.1),
    ("DOUBLE", "double precision", float("-inf")),
    ("FLOAT", "real", 1.5),
    ("DECIMAL(18,4)", "numeric", Decimal("-12345.6700")),
    ("DECIMAL(38,0)", "numeric", Decimal("12345678901234567890123456789012345678")),
    ("DECIMAL(9,8)", "numeric", Decimal("0.00012345")),
    ("DECIMAL(9,2)", "numeric", Decimal("0.00")),
    ("HUGEINT", "numeric", 10**30),
    ("VARCHAR", "varchar", "Größe 🚀 'quoted'"),
    ("BLOB", "bytea", b"\x00\xff\\"),
    ("DATE", "date", date(1999, 12, 31)),
    ("TIME", "time", time(23, 59, 59, 999999)),
    ("TIMESTAMP", "timestamp", datetime(2026, 1, 2, 3, 4, 5, 678000)),
    ("TIMESTAMP WITH TIME ZONE", "timestamptz", datetime(1970, 1, 1, 12, tzinfo=UTC)),
    ("INTERVAL", "interval", "1 year 2 months 3 days 04:05:06.7"),
    ("INTERVAL", "interval", "-3 days"),
    ("UUID", "uuid", uuid.UUID(int=5)),
    ("INTEGER[]", "integer[]", [1, None, 3]),
    ("INTEGER[]", "integer[]", []),
    ("VARCHAR[]", "text[]", ["a", 'with "quotes", comma', "NULL", "", None]),
    ("DOUBLE[]", "double precision[]", [0.5, -1.0]),
    ("BIT", "bit varying", "10110"),
]


@pytest.fixture(scope="module")
def original(postgres: Postgres) -> Iterator[psycopg.Connection]:
    """PostgreSQL itself."""
    with postgres.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.mark.parametrize(("kind", "name", "value"), VALUES)
def test_postgresql_reads_our_text_and_writes_the_same_bytes(
    original: psycopg.Connection, kind: str, name: str, value: Any
) -> None:
    text = as_text(wire_type(kind))(value).encode()
    told = original.pgconn.exec_params(f"SELECT $1::{name}".encode(), [text], result_format=1)
    assert told.error_message == b"", told.error_message
    assert as_binary(wire_type(kind))(value) == told.get_value(0, 0)
    again = original.pgconn.exec_params(f"SELECT $1::{name}".encode(), [text])
    if kind not in ("DOUBLE", "FLOAT", "INTERVAL", "DOUBLE[]"):
        assert again.get_value(0, 0) == text


@pytest.mark.parametrize(("kind", "name", "value"), [row for row in VALUES if row[0] not in ("INTERVAL", "BIT")])
def test_what_was_written_is_read_as_the_same_value(kind: str, name: str, value: Any) -> None:
    wire = wire_type(kind)
    assert from_binary(wire.oid, as_binary(wire)(value)) == value
    assert value_of(wire.oid, 1, None) is None
    if wire.name not in ("uuid", "time"):
        assert value_of(wire.oid, 0, as_text(wire)(value).encode()) == value


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("TIMESTAMP", datetime.max, "infinity"),
        ("DATE", "0044-03-15 (BC)", "0044-03-15 BC"),
        ("STRUCT(a INTEGER, b VARCHAR)", {"a": 1, "b": "ü"}, '{"a": 1, "b": "ü"}'),
        ("MAP(INTEGER, DOUBLE)", {1: float("nan")}, '{"1": "NaN"}'),
        ("INTEGER[][]", [[1], []], "[[1], []]"),
        ("STRUCT(at DATE)[]", [{"at": date(2026, 1, 2)}], '[{"at": "2026-01-02"}]'),
        ("INTERVAL", timedelta(days=-1, hours=-2), "-1 days -02:00:00"),
        ("TIME WITH TIME ZONE", time(10, 0, tzinfo=UTC), "10:00:00+00"),
        ("ENUM('a', 'b')", "a", "a"),
    ],
)
def test_values_that_postgresql_has_no_type_for_read_well(kind: str, value: Any, text: str) -> None:
    assert as_text(wire_type(kind))(value) == text
