"""Programs that speak to PostgreSQL work unchanged: psycopg 2 and 3, SQLAlchemy, pandas."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import psycopg
import psycopg2
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from hati_core import Branch
from tests.serve.conftest import Served

Client = psycopg.Connection


@pytest.fixture
def engine(served: Served, branch: Branch) -> Iterator[sa.Engine]:
    """SQLAlchemy on a branch of its own."""
    url = sa.URL.create("postgresql+psycopg", "ada", host="localhost", port=served.port, database=branch.name)
    made = sa.create_engine(url)
    yield made
    made.dispose()


def test_psycopg2_reads_and_writes(served: Served, branch: Branch) -> None:
    connection = psycopg2.connect(served.address(branch.name))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT ticker, price, tags FROM portfolio WHERE shares > %s", (80,))
            assert cursor.fetchall() == [("AAPL", Decimal("185.00"), ["tech", "big one"])]
            cursor.execute("INSERT INTO portfolio (ticker, shares) VALUES (%s, %s)", ("BND", 500))
            assert cursor.rowcount == 1
        with connection, connection.cursor("by the server") as cursor:
            cursor.itersize = 100
            cursor.execute("SELECT * FROM range(1001)")
            assert sum(1 for _ in cursor) == 1001
    finally:
        connection.close()
    assert branch.query("SELECT shares FROM portfolio WHERE ticker = 'BND'") == [{"shares": 500}]


@pytest.mark.parametrize("binary", [False, True])
def test_psycopg_gets_values_of_every_type(reader: Client, binary: bool) -> None:
    cursor = reader.cursor(binary=binary)
    row = cursor.execute(
        "SELECT true, 7::TINYINT, 10::HUGEINT, 1.50::DECIMAL(9, 2), 0.1::DOUBLE, 'x', '\\xAA'::BLOB, "
        "DATE '2026-01-02', "
        "TIMESTAMPTZ '2026-01-02 03:04:05+00', [1, NULL], ['a'], {'a': 1}, INTERVAL 3 DAY, uuid(), NULL"
    ).fetchone()
    assert row
    assert row[:3] == (True, 7, Decimal(10))
    assert row[3:9] == (
        Decimal("1.50"), 0.1, "x", b"\xaa", date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    )  # fmt: skip
    assert row[9:13] == ([1, None], ["a"], {"a": 1}, pd.Timedelta(days=3))
    assert isinstance(row[13], uuid.UUID)
    assert row[14] is None


@pytest.mark.parametrize("form", ["%s", "%b", "%t"])
@pytest.mark.parametrize(
    "value",
    [5, 2**40, -1.5, Decimal("2.50"), "it's", b"\x00", True, None, date(2026, 1, 2), datetime(2026, 1, 2, 3),
     datetime(2026, 1, 2, tzinfo=UTC), [1, 2], uuid.UUID(int=7)],
    ids=repr,
)  # fmt: skip
def test_a_bound_value_comes_back(reader: Client, form: str, value: Any) -> None:
    sent = uuid.UUID(int=7) if form == "%t" and isinstance(value, uuid.UUID) else value
    told = reader.execute(f"SELECT {form}", [sent]).fetchone()  # type: ignore[arg-type]
    assert told == (value,)


def test_values_without_a_type_take_that_of_their_column(client: Client) -> None:
    result = client.pgconn.exec_params(
        b"SELECT ticker FROM portfolio WHERE shares = $1 AND ticker = ANY($2) LIMIT $3", [b"100", b"{AAPL,X}", b"5"]
    )
    assert result.get_value(0, 0) == b"AAPL"
    client.pgconn.prepare(b"described", b"UPDATE portfolio SET shares = shares + $1 WHERE ticker = $2")
    told = client.pgconn.describe_prepared(b"described")
    assert [told.param_type(number) for number in range(told.nparams)] == [23, 1043]


def test_the_columns_of_a_prepared_query_are_known_before_it_runs(reader: Client) -> None:
    reader.pgconn.prepare(b"q", b"SELECT ticker, shares * $1 AS more FROM portfolio")
    told = reader.pgconn.describe_prepared(b"q")
    assert [(told.fname(n), told.ftype(n)) for n in range(told.nfields)] == [(b"ticker", 1043), (b"more", 23)]


def test_a_call_that_writes_is_described_without_being_carried_out(client: Client, served: Served) -> None:
    name = f"described {uuid.uuid4().hex[:6]}"
    client.pgconn.prepare(b"call", f"SELECT branch_create('{name}')".encode())
    told = client.pgconn.describe_prepared(b"call")
    assert [told.fname(number) for number in range(told.nfields)] == [b"branch", b"version"]
    assert name not in [info.name for info in served.repository.branches()]


def test_a_pipeline_is_one_commit_and_executemany_too(client: Client, branch: Branch) -> None:
    head = branch.head
    with client.pipeline():
        client.execute("INSERT INTO portfolio (ticker, shares) VALUES ('P1', 1)")
        client.execute("INSERT INTO portfolio (ticker, shares) VALUES ('P2', 2)")
    assert branch.head == head + 1
    rows = [(f"T{number}", number + 1) for number in range(30)]
    client.cursor().executemany("INSERT INTO portfolio (ticker, shares) VALUES (%s, %s)", rows)
    assert branch.head == head + 2


def test_calls_about_branches_take_bound_values(client: Client) -> None:
    name = f"Größe {uuid.uuid4().hex[:6]} (v2)"
    assert client.execute("SELECT branch_create(%s)", [name]).fetchone() is not None
    told = client.execute("SELECT branch_query(%s, 'SELECT sum(shares) AS n FROM portfolio')", [name])
    assert told.description
    assert (told.description[0].name, told.fetchall()) == ("n", [(175,)])
    assert client.execute("SELECT branch_discard(%s)", [name]).fetchone() == (name, True)


def test_sqlalchemy_reflects_tables(engine: sa.Engine, branch: Branch) -> None:
    inspector = sa.inspect(engine)
    assert inspector.default_schema_name == branch.name
    assert inspector.get_table_names() == ["portfolio"]
    assert inspector.get_view_names() == ["worth"]
    assert inspector.get_table_names(schema="main") == ["portfolio"]
    assert inspector.get_pk_constraint("portfolio")["constrained_columns"] == ["ticker"]
    assert [check["sqltext"] for check in inspector.get_check_constraints("portfolio")] == ["shares > 0"]
    columns = {
        column["name"]: (str(column["type"]), column["nullable"]) for column in inspector.get_columns("portfolio")
    }
    assert columns["shares"] == ("INTEGER", False)
    assert columns["price"] == ("NUMERIC(10, 2)", True)
    assert inspector.get_foreign_keys("portfolio") == inspector.get_indexes("portfolio") == []
    assert set(sa.Table("portfolio", sa.MetaData(), autoload_with=engine).primary_key.columns.keys()) == {"ticker"}


def test_pandas_reads_and_writes_frames(engine: sa.Engine, branch: Branch) -> None:
    frame = pd.DataFrame({"name": ["a", "b", None], "amount": [1.5, None, 3.0], "count": [1, 2, 3]})
    frame.to_sql("frames", engine, index=False)
    pd.testing.assert_frame_equal(pd.read_sql_table("frames", engine), frame)
    read = pd.read_sql("SELECT * FROM frames WHERE count > %(least)s", engine, params={"least": 1})
    assert list(read["count"]) == [2, 3]
    with engine.connect().execution_options(stream_results=True) as connection:
        assert [len(part) for part in pd.read_sql("SELECT * FROM frames", connection, chunksize=2)] == [2, 1]
    assert branch.log(1)[0].author == "ada"


def test_sqlalchemy_keeps_objects_whose_keys_are_given(engine: sa.Engine, branch: Branch) -> None:
    class Base(DeclarativeBase):
        pass

    class Holding(Base):
        __tablename__ = "holdings"
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        name: Mapped[str] = mapped_column(index=True)

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Holding(id=1, name="a"), Holding(id=2, name="b")])
        session.flush()
        with session.begin_nested() as nested:
            session.execute(sa.delete(Holding))
            nested.rollback()
        session.commit()
        assert session.scalars(sa.select(Holding.name).order_by(Holding.id)).all() == ["a", "b"]
    assert branch.query("SELECT count(*) AS n FROM holdings") == [{"n": 2}]


def test_pandas_writes_frames_with_their_index(engine: sa.Engine, branch: Branch) -> None:
    frame = pd.DataFrame({"amount": [1.5, 2.5]}, index=pd.Index(["a", "b"], name="odd name"))
    for _ in range(2):
        frame.to_sql("frames", engine, if_exists="replace")
    pd.testing.assert_frame_equal(pd.read_sql_table("frames", engine, index_col="odd name"), frame)
    assert sa.inspect(engine).get_indexes("frames") == []


def test_an_index_changes_nothing_and_a_notice_says_so(client: Client, branch: Branch) -> None:
    head = branch.head
    told: list[str | None] = []
    client.add_notice_handler(lambda notice: told.append(notice.message_primary))
    made = (
        "CREATE INDEX ON portfolio (shares)",
        'CREATE INDEX IF NOT EXISTS "x y" ON main.portfolio USING btree (price DESC)',
        "CREATE INDEX CONCURRENTLY i ON portfolio (ticker, shares) WHERE shares > 1",
    )
    assert [client.execute(sql).statusmessage for sql in made] == ["CREATE INDEX"] * 3
    assert client.execute('DROP INDEX IF EXISTS "x y", i').statusmessage == "DROP INDEX"
    assert told == ["CREATE INDEX changes nothing: tables on a branch have no indexes and need none."] * 3 + [
        "DROP INDEX changes nothing: tables on a branch have no indexes and need none."
    ]
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("CREATE INDEX i ON nowhere (a)")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        client.execute("CREATE INDEX i ON portfolio (nope)")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="Declare a PRIMARY KEY"):
        client.execute("CREATE UNIQUE INDEX i ON portfolio (shares)")
    assert branch.head == head


def test_each_branch_reads_as_a_schema(client: Client, branch: Branch) -> None:
    client.execute("UPDATE portfolio SET shares = 7 WHERE ticker = 'AAPL'")
    told = client.execute(
        f'SELECT here.shares, there.shares, public.portfolio.shares FROM "{branch.name}".portfolio AS here '
        "JOIN main.portfolio AS there USING (ticker) JOIN public.portfolio USING (ticker) WHERE ticker = 'AAPL'"
    ).fetchall()
    assert told == [(7, 100, 7)]
    client.execute("CREATE TABLE both_sides AS SELECT ticker, shares FROM main.portfolio")
    assert client.execute("SELECT sum(shares) FROM both_sides").fetchone() == (175,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="another branch"):
        client.execute("UPDATE main.portfolio SET shares = 1")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("SELECT * FROM main.nothing")
