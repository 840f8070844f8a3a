"""What the gate lets through runs on a real branch; what it refuses, it refuses with a reason."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hati_core.errors import HatiError, StatementRefused, SyntaxRefused
from hati_core.sql.gate import Statement, StatementKind, check, split


def _blocks(file: str) -> list[str]:
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    return [block for block in re.split(r"\n\s*\n", text.strip()) if block]


ALLOWED = _blocks("allowed.sql")
REFUSED = [tuple(block.removeprefix("-- ").split("\n", 1)) for block in _blocks("refused.sql")]

PIECES = ["", "(", ")", "'", '"', ";", ",", "--", "/*", "$$", " FROM ", " AS ", ".", "\0", "\xa0"]


@pytest.mark.parametrize("sql", ALLOWED)
def test_ordinary_statements_pass_and_run(branch: duckdb.DuckDBPyConnection, sql: str) -> None:
    statement = check(sql)
    branch.execute("BEGIN")
    try:
        rows = branch.execute(statement.sql).fetchall()
    finally:
        branch.execute("ROLLBACK")
    if statement.kind is StatementKind.WRITE:
        assert len(rows) == 1


@pytest.mark.parametrize(("fragment", "sql"), REFUSED)
def test_what_reaches_out_of_the_branch_is_refused_with_a_reason(fragment: str, sql: str) -> None:
    with pytest.raises(StatementRefused, match=re.escape(fragment)) as refused:
        check(sql)
    assert refused.value.message.endswith((".", "?"))


def test_the_lists_hold_at_least_sixty_statements_each() -> None:
    assert len(ALLOWED) >= 60
    assert len(REFUSED) >= 60


@pytest.mark.parametrize(
    ("sql", "reads", "writes"),
    [
        ("SELECT * FROM Portfolio p JOIN sectors s ON true", {"Portfolio", "sectors"}, set()),
        ("WITH portfolio AS (FROM portfolio) FROM portfolio", {"portfolio"}, set()),
        ("WITH a AS (FROM portfolio) FROM a", {"portfolio"}, set()),
        ("SELECT * FROM (WITH a AS (SELECT 1) FROM a), a", {"a"}, set()),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) FROM n", set(), set()),
        ("PIVOT portfolio ON sector USING sum(shares)", {"portfolio"}, set()),
        ("INSERT INTO a SELECT * FROM b", {"b"}, {"a"}),
        ("UPDATE a SET x = (SELECT max(x) FROM b) FROM c WHERE c.x = a.x", {"b", "c"}, {"a"}),
        ("DELETE FROM a USING b WHERE a.x IN (FROM c)", {"b", "c"}, {"a"}),
        ("MERGE INTO a USING b ON a.x = b.x WHEN MATCHED AND a.x IN (FROM c) THEN DELETE", {"b", "c"}, {"a"}),
        ('CREATE TABLE "New" AS FROM portfolio', {"portfolio"}, {"New"}),
        ("CREATE VIEW v AS FROM portfolio", {"portfolio"}, {"v"}),
        ("ALTER TABLE a RENAME TO b", set(), {"a", "b"}),
        ("DROP TABLE IF EXISTS main.a", set(), {"a"}),
        ("EXPLAIN DELETE FROM a", {"a"}, set()),
    ],
)
def test_a_statement_tells_what_it_reads_and_writes(sql: str, reads: set[str], writes: set[str]) -> None:
    statement = check(sql)
    assert statement.reads == reads
    assert statement.writes == writes


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SHOW TABLES", StatementKind.QUERY),
        ("EXPLAIN DROP TABLE portfolio", StatementKind.QUERY),
        ("TRUNCATE portfolio", StatementKind.WRITE),
        ("WITH a AS (SELECT 1) DELETE FROM portfolio", StatementKind.WRITE),
        ("DROP VIEW v", StatementKind.DDL),
    ],
)
def test_a_statement_tells_its_kind(sql: str, kind: StatementKind) -> None:
    assert check(sql).kind is kind


def test_the_statement_to_run_is_the_text_without_its_semicolon() -> None:
    assert check("  SELECT 'a;b' ;\n ").sql == "SELECT 'a;b'"


@pytest.mark.parametrize(("sql", "values"), [("SELECT ? + ?", [1, 2]), ("SELECT $a + $b", {"a": 1, "b": 2})])
def test_values_can_be_bound(branch: duckdb.DuckDBPyConnection, sql: str, values: list[int] | dict[str, int]) -> None:
    assert branch.execute(check(sql).sql, values).fetchall() == [(3,)]


def test_several_statements_are_checked_one_by_one() -> None:
    kinds = [statement.kind for statement in split("DELETE FROM a; ; SELECT ';' -- ;\n; DROP TABLE a;")]
    assert kinds == [StatementKind.WRITE, StatementKind.QUERY, StatementKind.DDL]
    with pytest.raises(StatementRefused, match="LOAD"):
        split("SELECT 1; LOAD httpfs")


def test_a_table_may_be_named_like_a_file_when_it_is_known() -> None:
    assert check('SELECT * FROM "Prices.csv"', known_names=["prices.CSV"]).reads == {"Prices.csv"}
    with pytest.raises(StatementRefused, match="looks like a file"):
        check('SELECT * FROM "Prices.csv"', known_names=["portfolio"])


def test_metadata_of_ducklake_stays_closed_even_when_it_is_called_known() -> None:
    with pytest.raises(StatementRefused):
        check("FROM __ducklake_metadata_b", known_names=["__ducklake_metadata_b"])


@pytest.mark.parametrize(
    ("sql", "line", "column"), [("SELCT 1", 1, 1), ("SELECT 1,\n  FROM WHERE", 2, 8), ("SELECT 'é' ééé + )", 1, 16)]
)
def test_a_syntax_error_tells_line_and_column(sql: str, line: int, column: int) -> None:
    with pytest.raises(SyntaxRefused) as refused:
        check(sql)
    assert (refused.value.line, refused.value.column) == (line, column)


@pytest.mark.parametrize("sql", ["", " ", ";", "-- nothing", "/* nothing */ ;"])
def test_no_statement_at_all_is_a_syntax_error(sql: str) -> None:
    with pytest.raises(SyntaxRefused):
        check(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1\0; DROP TABLE portfolio",
        "SELECT '\ud800'",
        "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
        "SELECT " + "+".join(["1"] * 5_000),
        "SELECT " + "x.lower()" * 500,
        "SELECT '" + "a" * 300_000 + "'",
        "WITH a AS (INSERT INTO portfolio (ticker) VALUES ('X') RETURNING *) SELECT * FROM a",
        "SELECT * INTO other FROM portfolio",
    ],
)
def test_hostile_shapes_are_refused_and_not_crashed_on(sql: str) -> None:
    with pytest.raises(HatiError):
        check(sql)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_random_text_is_refused_with_a_reason_or_is_one_plain_statement(text: str) -> None:
    _refused_or_one_plain_statement(text)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ALLOWED + [sql for _, sql in REFUSED]), st.data())
def test_a_mutated_statement_is_refused_with_a_reason_or_is_one_plain_statement(sql: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(sql)))
    end = data.draw(st.integers(begin, min(len(sql), begin + 12)))
    piece = data.draw(st.sampled_from(PIECES))
    _refused_or_one_plain_statement(sql[:begin] + piece + sql[end:])


def _refused_or_one_plain_statement(text: str) -> None:
    """What passes says what it is, and stays that when it is asked about again."""
    statement, reason = _examined(text)
    if statement is None:
        assert reason.endswith((".", "?"))
        return
    assert bool(statement.writes) == (statement.kind is not StatementKind.QUERY)
    again = check(statement.sql)
    assert (again.sql, again.kind, again.reads, again.writes) == (
        statement.sql,
        statement.kind,
        statement.reads,
        statement.writes,
    )


def _examined(text: str) -> tuple[Statement | None, str]:
    try:
        return check(text), ""
    except HatiError as error:
        return None, error.message


NAMES_MAIN = [
    ("SELECT * FROM main.portfolio", "main.portfolio"),
    ('SELECT * FROM "MAIN" . /* of */ "Portfolio"', "MAIN.Portfolio"),
    ("FROM portfolio JOIN Main.sectors USING (sector)", "Main.sectors"),
    ("SELECT portfolio.shares - main.portfolio.shares FROM portfolio", "main.portfolio"),
    ("WITH portfolio AS (FROM main.portfolio) FROM portfolio", "main.portfolio"),
    ("EXPLAIN SELECT (SELECT max(shares) FROM main.portfolio)", "main.portfolio"),
    ("DESCRIBE main.portfolio", "main.portfolio"),
    ("SUMMARIZE main.portfolio", "main.portfolio"),
    ("PIVOT main.portfolio ON sector USING sum(shares)", "main.portfolio"),
    ("UPDATE main.portfolio SET shares = 1", "main.portfolio"),
    ("INSERT INTO portfolio SELECT * FROM main.portfolio", "main.portfolio"),
    ("DELETE FROM main.portfolio", "main.portfolio"),
    ("MERGE INTO portfolio USING main.portfolio AS s ON false WHEN MATCHED THEN DELETE", "main.portfolio"),
    ("CREATE TABLE main.t (a INTEGER)", "main.t"),
    ("CREATE VIEW v AS FROM main.portfolio", "main.portfolio"),
    ("DROP TABLE main.portfolio", "main.portfolio"),
    ("ALTER TABLE main.portfolio ADD COLUMN a INTEGER", "main.portfolio"),
]


@pytest.mark.parametrize(("sql", "part"), NAMES_MAIN)
def test_main_in_front_of_a_table_is_refused_on_another_branch(sql: str, part: str) -> None:
    check(sql)
    check(sql, own="main")
    with pytest.raises(StatementRefused, match="would not be a table of “main” here, but of “growth”") as refused:
        check(sql, own="growth")
    assert refused.value.part == part


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'main.portfolio' AS text FROM portfolio -- main.portfolio",
        "SELECT main.shares FROM portfolio AS main",
        "SELECT main.ticker, s.main FROM main JOIN (SELECT 1 AS main) AS s ON true",
        "SELECT x.main.portfolio FROM (SELECT {'main': {'portfolio': 1}} AS x), portfolio",
    ],
)
def test_what_is_called_main_and_is_no_schema_passes(sql: str) -> None:
    assert check(sql, own="growth").sql == sql
