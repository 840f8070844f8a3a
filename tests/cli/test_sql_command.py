"""``hati sql``."""

from __future__ import annotations

import csv
import io
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchBusy
from tests.cli.conftest import Hati
from tests.cli.test_merge_command import shares


def test_rows_are_a_table_with_numbers_on_the_right(hati: Hati) -> None:
    out = hati("sql", "SELECT ticker, shares, NULL AS nothing FROM portfolio ORDER BY ticker").out
    assert out.splitlines() == [
        "ticker  shares  nothing",
        "──────  ──────  ───────",
        "AAPL       100     NULL",
        "GOOGL       50     NULL",
        "MSFT        75     NULL",
    ]


def test_rows_as_json_keep_what_json_has_no_form_for(hati: Hati) -> None:
    sql = (
        "SELECT 1.5::DECIMAL(38, 20) AS d, 'NaN'::DOUBLE AS n, DATE '2026-01-02' AS day, '\\xAA'::BLOB AS b, "
        "[1, NULL] AS l, {'a': 1} AS s, INTERVAL 90 SECOND AS i, true AS t, 9007199254740993 AS big"
    )
    assert hati("sql", sql, "--json").document == [
        {
            "d": "1.50000000000000000000",
            "n": "nan",
            "day": "2026-01-02",
            "b": "qg==",
            "l": [1, None],
            "s": {"a": 1},
            "i": "90.0",
            "t": True,
            "big": 9007199254740993,
        }
    ]


def test_rows_as_csv(hati: Hati) -> None:
    sql = "SELECT 'a \"quoted\", text' AS t, NULL AS n, true AS b, [1, 2] AS l, INTERVAL 1 DAY AS i"
    assert list(csv.reader(io.StringIO(hati("sql", sql, "--format", "csv").out))) == [
        ["t", "n", "b", "l", "i"],
        ['a "quoted", text', "", "true", "[1, 2]", "1 day"],
    ]
    out = hati("sql", "SELECT 1 AS a; FROM range(3)", "--format", "csv", "--limit", "2")
    assert (out.out, out.err.count("--limit shows more")) == ("a\n1\n\nrange\n0\n1\n", 1)
    assert hati("sql", "SHOW TABLES", "--format", "csv").out.splitlines() == ["name", "portfolio"]
    assert "explain_value" in hati("sql", "EXPLAIN SELECT 1", "--format", "csv").out


def test_a_table_has_an_end_and_says_so(hati: Hati) -> None:
    ended = hati("sql", "FROM range(500)")
    assert (len(ended.out.splitlines()), ended.err) == (102, "These are the first 100 rows; --limit shows more.\n")
    assert len(hati("sql", "FROM range(500)", "--format", "csv").out.splitlines()) == 501
    assert hati("sql", "FROM range(3)", "--limit", "3").err == ""


def test_text_in_a_cell_does_nothing_to_a_terminal(hati: Hati, trunk: Branch) -> None:
    trunk.execute("INSERT INTO portfolio VALUES ($1, 1, 1, 1)", ["\x1b[2J\x07\u202eevil\nline"])
    for words in ((), ("--json",)):
        out = hati("sql", "-b", trunk.name, "SELECT ticker FROM portfolio WHERE shares = 1", *words).out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)
        assert "\\u202eevil\\nline" in out
    assert "\x1b" not in hati("diff", trunk.name).out


def test_several_statements_are_one_commit_or_none(hati: Hati, trunk: Branch) -> None:
    good = "UPDATE portfolio SET shares = 1; DELETE FROM portfolio WHERE ticker = 'MSFT'"
    ended = hati("sql", "-b", trunk.name, "-m", "Clear out", good)
    assert ended.out == f"4 rows affected. {trunk.name} is at version 2: portfolio ~3 −1\n"
    assert (trunk.log(1)[0].message, trunk.log(1)[0].author) == ("Clear out", "eve")
    ended = hati("sql", "-b", trunk.name, "DELETE FROM portfolio; INSERT INTO portfolio VALUES ('A', 'many', 1, 1)")
    assert (ended.code, trunk.head) == (1, 2)
    assert shares(trunk) == {"AAPL": 1, "GOOGL": 1}


def test_a_write_is_looked_at_first(hati: Hati, trunk: Branch) -> None:
    sql = "UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'"
    out = hati("sql", "-b", trunk.name, sql, "--preview").out
    assert out.startswith(f"On {trunk.name}@1 it would write this. Nothing was written.\n")
    assert "  ~ AAPL  shares 100 → 200" in out
    found = hati("sql", "-b", trunk.name, sql, "--preview", "--json").document
    assert (found["rows"], found["tables"]["portfolio"]["changed"], trunk.head) == (1, 1, 1)


def test_a_rule_that_a_write_would_break_is_told(hati: Hati, trunk: Branch) -> None:
    trunk.execute("CREATE TABLE few (k INTEGER PRIMARY KEY)")
    sql = "INSERT INTO few VALUES (1), (1)"
    looked = hati("sql", "-b", trunk.name, sql, "--preview")
    assert looked.code == 3
    assert "! " in looked.out
    assert (hati("sql", "-b", trunk.name, sql).code, trunk.head) == (3, 2)


def test_statements_come_from_a_file_or_from_standard_input(
    hati: Hati, trunk: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("changes.sql").write_text("-- a comment\nDELETE FROM portfolio WHERE ticker = 'MSFT';\n")
    assert hati("sql", "-b", trunk.name, "-f", "changes.sql").code == 0
    assert trunk.head == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 5 AS five"))
    assert hati("sql", "--json").document == [{"five": 5}]
    assert hati("sql", "SELECT 1", "-f", "changes.sql").code == 2
    assert "changes.txt" in hati("sql", "-f", "changes.txt").err


def test_what_is_interrupted_writes_nothing(hati: Hati, repo: Repository, trunk: Branch) -> None:
    me = threading.main_thread().ident
    assert me

    def interrupt() -> None:
        place = repo._store.engine.place
        with suppress(BranchBusy):
            while True:
                with place.lock(trunk.id, trunk.name, timeout=0):
                    pass
        signal.pthread_kill(me, signal.SIGINT)

    presser = threading.Thread(target=interrupt)
    presser.start()
    ended = hati("sql", "-b", trunk.name, "CREATE TABLE big AS SELECT count(*) AS n FROM range(100000000000) a")
    presser.join()
    assert (ended.code, ended.out, trunk.head) == (130, "", 1)
    assert ended.err == "Interrupted. What had been committed stays; nothing else was written.\n"


def test_the_functions_of_the_founding_document(hati: Hati, repo: Repository) -> None:
    assert hati("sql", "SELECT branch_create('from sql')", "--json").document[0]["branch"] == "from sql"
    assert hati("sql", "SELECT branch_query('from sql', 'SELECT count(*) AS n FROM portfolio')").out.split()[-1] == "3"
    assert hati("sql", "SELECT branch_discard('from sql')").code == 0
    assert repo.branches("discarded")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("SELEC 1",), 1, "The statement"),
        (("SELECT * FROM read_csv('/etc/passwd')",), 1, "read_csv"),
        (("COPY portfolio TO '/tmp/x.csv'",), 1, "not allowed"),
        (("-b", "main@0", "DELETE FROM portfolio"), 1, "Version 0 of “main” stays as it is"),
        (("DELETE FROM portfolio", "--format", "csv"), 1, "give no rows"),
        (("SELECT 1; DELETE FROM portfolio",), 1, "Some of these statements read and some write"),
        (("   ",), 1, "There is no statement"),
    ],
)
def test_what_cannot_be_run_is_a_sentence(words: tuple[str, ...], code: int, says: str, hati: Hati) -> None:
    ended = hati("sql", *words)
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err
