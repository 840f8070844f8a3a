"""A statement may read tables of other branches by schema, and write none of them."""

from __future__ import annotations

import pytest

from hati_core.errors import StatementRefused
from hati_core.sql import elsewhere, gate
from hati_core.sql.gate import Statement

BRANCHES = {"main": "main", "growth": "growth", "a b": "a b"}


def check(sql: str, own: str = "growth") -> Statement:
    return elsewhere.check(sql, own, BRANCHES.get, lambda branch, table: f"<{branch}|{table}>")


def placed(sql: str, own: str = "growth") -> str:
    statement = check(sql, own)
    return statement.placed(statement.sql)


@pytest.mark.parametrize(
    ("sql", "runs"),
    [
        ("SELECT * FROM portfolio", "SELECT * FROM portfolio"),
        ("SELECT p.a FROM portfolio p", "SELECT p.a FROM portfolio p"),
        ("SELECT * FROM growth.portfolio", "SELECT * FROM portfolio"),
        ("SELECT * FROM main.portfolio AS p", "SELECT * FROM <main|portfolio> AS p"),
        ('SELECT * FROM "a b" . "T x" t', "SELECT * FROM <a b|T x> t"),
        ("SELECT main.t.x FROM main.t -- main.t", "SELECT t.x FROM <main|t> -- main.t"),
        ("SELECT 'main.t' FROM main.t", "SELECT 'main.t' FROM <main|t>"),
        ("SELECT 'é' FROM main.t JOIN t USING (x)", "SELECT 'é' FROM <main|t> JOIN t USING (x)"),
        ("WITH c AS (FROM main.t) SELECT (SELECT max(x) FROM main.t) FROM c",
         "WITH c AS (FROM <main|t>) SELECT (SELECT max(x) FROM <main|t>) FROM c"),
        ("INSERT INTO growth.t SELECT * FROM main.t", "INSERT INTO t SELECT * FROM <main|t>"),
        ("DELETE FROM t WHERE x IN (SELECT x FROM main.t)", "DELETE FROM t WHERE x IN (SELECT x FROM <main|t>)"),
    ],
)  # fmt: skip
def test_tables_of_other_branches_take_their_places(sql: str, runs: str) -> None:
    assert placed(sql) == runs


@pytest.mark.parametrize(
    "sql",
    ["INSERT INTO main.t VALUES (1)", "UPDATE main.t SET x = 1", "DELETE FROM main.t", "DROP TABLE main.t",
     "CREATE TABLE main.n (a INTEGER)"],
)  # fmt: skip
def test_another_branch_cannot_be_written(sql: str) -> None:
    with pytest.raises(StatementRefused, match=r"another branch, which can only be read .*SET branch = 'main'"):
        check(sql)


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM other.t", "SELECT * FROM x.main.t", "SELECT * FROM main.t, read_csv('a')"]
)
def test_what_the_gate_refuses_stays_refused(sql: str) -> None:
    with pytest.raises(StatementRefused):
        check(sql)


def test_values_need_no_space_between_them() -> None:
    assert gate.check("INSERT INTO t VALUES ($1,$2), ('$1,$2',$3)").writes == {"t"}
