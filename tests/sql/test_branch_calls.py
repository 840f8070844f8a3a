"""The founding document's SELECT branch_…('…') is recognised word for word, and nothing else is."""

from __future__ import annotations

import pytest

from hati_core.errors import HatiError, StatementRefused
from hati_core.sql.functions import BranchCall, parse_call


@pytest.mark.parametrize(
    ("sql", "name", "arguments"),
    [
        ("SELECT branch_create('aggressive-growth')", "branch_create", ("aggressive-growth",)),
        (
            "\nSELECT branch_query(\n'aggressive-growth',\n"
            "'INSERT INTO portfolio VALUES (''NVDA'', 200, 800.0, 950.0)'\n)\n",
            "branch_query",
            ("aggressive-growth", "INSERT INTO portfolio VALUES ('NVDA', 200, 800.0, 950.0)"),
        ),
        (
            "SELECT branch_query('b', 'UPDATE portfolio SET shares = 200 WHERE ticker = ''AAPL'';')",
            "branch_query",
            ("b", "UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL';"),
        ),
        ("select Branch_Merge('a', 'branch_wins') as result;", "branch_merge", ("a", "branch_wins")),
        ("SELECT branch_discard('a') done -- bye", "branch_discard", ("a",)),
        ("SELECT branch_list()", "branch_list", ()),
        ("SELECT /* why not */ branch_create ( 'a' , NULL, 7 )", "branch_create", ("a", None, 7)),
        ("SELECT branch_query('a', $$SELECT 'x;y'$$)", "branch_query", ("a", "SELECT 'x;y'")),
        ("SELECT branch_query('a', E'SELECT \\'x\\'')", "branch_query", ("a", "SELECT 'x'")),
        ("SELECT branch_create('Größe 🚀 (v2)')", "branch_create", ("Größe 🚀 (v2)",)),
        ("SELECT branch_query('a', 'SELECT branch_create(''b'') FROM t')", "branch_query",
         ("a", "SELECT branch_create('b') FROM t")),
    ],
)  # fmt: skip
def test_a_call_is_read_with_its_arguments(sql: str, name: str, arguments: tuple[str | int | None, ...]) -> None:
    assert parse_call(sql) == BranchCall(name, arguments)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM portfolio",
        "SELECT 'branch_create(''a'')'",
        "SELECT branch_id FROM branch_offices -- branch_create('a')",
        "INSERT INTO t VALUES ('SELECT branch_create(1)')",
        "not even SQL",
        "'an open quote",
        "",
    ],
)
def test_statements_without_a_call_are_left_to_others(sql: str) -> None:
    assert parse_call(sql) is None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT branch_create('a') FROM portfolio",
        "SELECT branch_create('a'), branch_create('b')",
        "SELECT branch_create('a'); SELECT branch_create('b')",
        "SELECT upper(branch_create('a'))",
        "SELECT branch_create('a' || 'b')",
        "SELECT branch_create(lower('A'))",
        "SELECT branch_create(name) FROM branches",
        "SELECT branch_create(1.5)",
        "SELECT branch_create(true)",
        "SELECT branch_create(?)",
        "SELECT branch_create('a') WHERE false",
        "SELECT branch_create('a') LIMIT 0",
        "SELECT branch_create('a') UNION SELECT 1",
        "WITH x AS (SELECT 1) SELECT branch_create('a')",
        "SELECT (SELECT branch_create('a'))",
        "SELECT other.branch_create('a')",
        "SELECT branch_create('a') OVER ()",
        "SELECT DISTINCT branch_create('a')",
        "FROM branch_create('a')",
        "VALUES (branch_create('a'))",
        "INSERT INTO t SELECT branch_create('a')",
        "EXPLAIN SELECT branch_create('a')",
        'SELECT "branch_create"(x := 1)',
    ],
)
def test_any_other_use_of_a_call_is_refused_with_how_to_write_it(sql: str) -> None:
    with pytest.raises(StatementRefused, match=r"stands alone in a statement: write SELECT branch_create"):
        parse_call(sql)


def test_a_call_in_broken_sql_is_an_error_of_ours() -> None:
    with pytest.raises(HatiError):
        parse_call("SELECT branch_create('a'")
