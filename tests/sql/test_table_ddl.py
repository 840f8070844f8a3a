"""Statements that a form builds: names and values are quoted, and the database takes them through the gate."""

from __future__ import annotations

import pytest

from hati_core import Repository
from hati_core.errors import HatiError, StatementRefused
from hati_core.sql import table_ddl as ddl
from hati_core.sql.table_ddl import NewColumn

ODD = 'a "b"; DROP TABLE t --'


def test_names_and_values_are_quoted() -> None:
    quoted = '"a ""b""; DROP TABLE t --"'
    assert ddl.create_table(ODD, [NewColumn(ODD, "BIGINT")], [ODD]) == (
        f"CREATE TABLE {quoted} ({quoted} BIGINT, PRIMARY KEY ({quoted}))"
    )
    assert ddl.rename_table(ODD, ODD) == f"ALTER TABLE {quoted} RENAME TO {quoted}"
    assert ddl.drop_table(ODD) == f"DROP TABLE {quoted}"
    assert (
        ddl.add_column("t", NewColumn("c", "VARCHAR", "it's"))
        == "ALTER TABLE \"t\" ADD COLUMN \"c\" VARCHAR DEFAULT 'it''s'"
    )
    assert ddl.add_column("t", NewColumn("c", "DOUBLE", "1.5")).endswith("DOUBLE DEFAULT 1.5")
    assert ddl.add_column("t", NewColumn("c", "DOUBLE", "1); DROP")).endswith("DEFAULT '1); DROP'")


@pytest.mark.parametrize("name", ["", "  "])
def test_what_has_no_name_is_refused(name: str) -> None:
    for build in (
        lambda: ddl.create_table(name, [NewColumn("a", "BIGINT")]),
        lambda: ddl.create_table("t", [NewColumn(name, "BIGINT")]),
        lambda: ddl.create_table("t", []),
        lambda: ddl.rename_table("t", name),
        lambda: ddl.rename_column("t", "a", name),
        lambda: ddl.create_table_as("t", name),
    ):
        with pytest.raises(StatementRefused, match=r"Give|Write"):
            build()


def test_a_table_goes_through_its_whole_life(repo: Repository) -> None:
    main = repo.main
    columns = [
        NewColumn("my id", "BIGINT"),
        NewColumn("price", "DOUBLE", "1.5"),
        NewColumn("since", "DATE", "2024-01-31"),
    ]
    main.execute(ddl.create_table("odd name", columns, ["my id"]))
    assert main.table("odd name").key == ("my id",)
    main.execute('INSERT INTO "odd name" ("my id") VALUES (1)')
    main.execute(ddl.add_column("odd name", NewColumn("note", "VARCHAR", "none yet")))
    main.execute(ddl.add_column("odd name", NewColumn("ok", "BOOLEAN", "true")))
    main.execute(ddl.rename_column("odd name", "price", "cost"))
    main.execute(ddl.drop_column("odd name", "since"))
    with main.transaction("Copy") as tx:
        tx.execute(
            ddl.create_table("copy", [NewColumn(c.name, c.type) for c in main.table("odd name").columns], ["my id"])
        )
        tx.execute(ddl.fill_from("copy", "odd name", main.table("odd name").column_names))
    main.execute(ddl.create_table_as("few", 'SELECT "my id" FROM copy -- all;'))
    main.execute(ddl.rename_table("odd name", "even"))
    assert main.query("FROM copy") == [{"my id": 1, "cost": 1.5, "note": "none yet", "ok": True}]
    assert main.query("FROM even") == main.query("FROM copy")
    main.execute(ddl.drop_table("few"))
    assert set(main.tables()) == {"even", "copy"}


@pytest.mark.parametrize("kind", ["TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER", "FLOAT"])
def test_each_type_widens_to_what_is_offered(kind: str, repo: Repository) -> None:
    for number, wider in enumerate(ddl.wider_types(kind)):
        repo.main.execute(f"CREATE TABLE t{number} AS SELECT 1::{kind} AS a")
        repo.main.execute(ddl.widen_column(f"t{number}", "a", wider))
        assert repo.main.table(f"t{number}").columns[0].type == wider
        assert repo.main.query(f"FROM t{number}") == [{"a": 1}]


def test_what_cannot_be_widened_is_offered_nothing(repo: Repository) -> None:
    assert ddl.wider_types("VARCHAR") == ()
    repo.main.execute("CREATE TABLE t AS SELECT 'x' AS a")
    with pytest.raises(HatiError):
        repo.main.execute(ddl.widen_column("t", "a", "BIGINT"))
