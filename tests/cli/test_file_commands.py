"""``hati import`` and ``hati export``."""

from __future__ import annotations

import io
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hati_core import Branch
from tests.cli.conftest import Hati
from tests.cli.test_merge_command import shares

MORE = "Ticker,Shares,avg cost,current_price\nNVDA,5,1,2\nAAPL,7,150,185\n"
BAD = "ticker,shares,avg_cost,current_price\nNVDA,five,1,2\nTSLA,7,1,2\nNVDA,1\n"


def test_a_file_becomes_a_table(hati: Hati, trunk: Branch) -> None:
    Path("my prices.csv").write_text("day,price\n2026-01-02,1.5\n2026-01-03,2.5\n")
    ended = hati("import", "my prices.csv", "-b", trunk.name, "-m", "Prices")
    assert ended.out == (
        f"my_prices on {trunk.name}: +2, 0 unchanged. {trunk.name} is at version {trunk.head}. "
        "Its key is day, found in the file; --key says another.\n"
    )
    assert trunk.table("my_prices").columns[0].type == "DATE"
    assert (trunk.log(1)[0].message, trunk.log(1)[0].author) == ("Prices", "eve")


def test_the_key_and_the_way_of_writing_can_be_said(hati: Hati, trunk: Branch) -> None:
    Path("x.csv").write_text("1;1,5\n2;2,5\n")
    words = ("--table", "half", "--key", "column0", "--no-header", "--delimiter", ";", "--numbers", "1.234,5")
    assert hati("import", "x.csv", "-b", trunk.name, *words).code == 0
    table = trunk.table("half")
    assert (table.key, len(table.columns)) == (("column0",), 2)
    assert trunk.query("SELECT sum(column1) AS s FROM half") == [{"s": 4.0}]


@pytest.mark.parametrize(
    ("mode", "counted", "left"),
    [
        ("upsert", "+1 ~1, 0 unchanged", {"AAPL": 7, "GOOGL": 50, "MSFT": 75, "NVDA": 5}),
        ("replace", "+1 −2 ~1, 0 unchanged", {"AAPL": 7, "NVDA": 5}),
    ],
)
def test_a_file_goes_into_a_table_that_is_there(
    mode: str, counted: str, left: dict[str, int], hati: Hati, trunk: Branch
) -> None:
    Path("more.csv").write_text(MORE)
    words = ("import", "more.csv", "--table", "portfolio", "--mode", mode, "-b", trunk.name)
    looked = hati(*words, "--dry-run")
    assert looked.out == f"portfolio on {trunk.name}: {counted}. Nothing was written.\n"
    assert trunk.head == 1
    assert hati(*words).code == 0
    assert shares(trunk) == left


def test_rejected_rows_are_named_by_line_and_nothing_is_written(hati: Hati, trunk: Branch) -> None:
    Path("bad.csv").write_text(BAD)
    words = ("import", "bad.csv", "--table", "portfolio", "--mode", "append", "-b", trunk.name)
    ended = hati(*words)
    assert (ended.code, trunk.head) == (3, 1)
    first, second = ended.err.splitlines()[-2:]
    assert first.startswith("line 2: ")
    assert "five" in first
    assert second.startswith("line 4: ")
    assert "2 of 3 rows do not fit" in ended.out
    found = hati(*words, "--json").document
    assert (found["done"], found["rejected"], [one["line"] for one in found["rejects"]]) == (False, 2, [2, 4])


def test_the_good_rows_can_be_taken_alone(hati: Hati, trunk: Branch) -> None:
    Path("bad.csv").write_text(BAD)
    ended = hati("import", "bad.csv", "--table", "portfolio", "--mode", "append", "-b", trunk.name, "--only-good")
    assert ended.code == 0
    assert "+1, 0 unchanged, 2 rows left out" in ended.out
    assert shares(trunk)["TSLA"] == 7


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("missing.csv",), "missing.csv"),
        (("odd.bin",), "odd.bin"),
        (("more.csv", "--table", "portfolio"), "has a table called “portfolio”"),
        (("more.csv", "--table", "nothing", "--mode", "append"), "There is no table “nothing”"),
        (("more.csv", "--key", "nothing"), "“nothing” is part of the key"),
    ],
)
def test_what_cannot_be_imported_is_a_sentence(words: tuple[str, ...], says: str, hati: Hati) -> None:
    Path("more.csv").write_text(MORE)
    Path("odd.bin").write_bytes(b"\x00\x01")
    ended = hati("import", *words)
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err


def test_a_table_is_exported_under_its_name(hati: Hati, growth: Branch) -> None:
    ended = hati("export", "PORTFOLIO", "-b", growth.name)
    assert ended.out.startswith(f"2 rows of {growth.name}@2 in portfolio.csv, ")
    assert Path("portfolio.csv").read_text().splitlines()[0] == "ticker,shares,avg_cost,current_price"


def test_what_was_there_is_kept_unless_said(hati: Hati, trunk: Branch) -> None:
    Path("portfolio.csv").write_text("mine")
    assert hati("export", "portfolio").code == 1
    assert Path("portfolio.csv").read_text() == "mine"
    assert hati("export", "portfolio", "--force").code == 0
    assert [file.name for file in Path().iterdir()] == ["portfolio.csv"]


def test_the_name_of_the_file_says_the_form(hati: Hati, growth: Branch) -> None:
    assert hati("export", "portfolio", "--to", "p.xlsx").code == 0
    assert Path("p.xlsx").read_bytes().startswith(b"PK")
    assert hati("export", "portfolio", "-b", f"{growth.name}@1", "--to", "p.parquet", "--json").document["rows"] == 3
    assert Path("p.parquet").read_bytes().startswith(b"PAR1")
    assert hati("export", "--sql", "SELECT 1 AS a", "--to", "one.csv").code == 0
    assert Path("one.csv").read_text() == "a\n1\n"
    assert "does not say in which form" in hati("export", "portfolio", "--to", "p.doc").err


def test_every_table_at_once(hati: Hati, trunk: Branch) -> None:
    trunk.execute("CREATE TABLE other AS SELECT 1 AS a")
    assert hati("export", "--all", "-b", trunk.name, "--to", "all.zip").code == 0
    with zipfile.ZipFile("all.zip") as bundle:
        assert sorted(bundle.namelist()) == ["other.csv", "portfolio.csv"]


def test_formulas_get_an_apostrophe_unless_raw(hati: Hati) -> None:
    hati("export", "--sql", "SELECT '=1+1' AS a", "--to", "safe.csv")
    hati("export", "--sql", "SELECT '=1+1' AS a", "--to", "raw.csv", "--raw")
    assert (Path("safe.csv").read_text(), Path("raw.csv").read_text()) == ("a\n'=1+1\n", "a\n=1+1\n")


def test_a_file_in_a_folder_that_is_not_there_is_a_sentence(hati: Hati) -> None:
    ended = hati("export", "portfolio", "--to", "nowhere/p.csv")
    assert (ended.code, ended.out) == (1, "")
    assert "There is no folder “nowhere” for “p.csv”" in ended.err


def test_rows_go_to_standard_output(hati: Hati, trunk: Branch) -> None:
    ended = hati("export", "portfolio", "-b", trunk.name, "--to", "-")
    assert (ended.code, ended.out.splitlines()[0]) == (0, "ticker,shares,avg_cost,current_price")
    assert ended.err.startswith(f"3 rows of {trunk.name}@1, ")
    assert hati("export", "portfolio", "--to", "-", "--json").code == 1


def test_a_link_stays_one_and_a_pipe_is_written_to(hati: Hati) -> None:
    Path("there").mkdir()
    Path("there/old.csv").write_text("old")
    Path("link.csv").symlink_to("there/old.csv")
    assert hati("export", "--sql", "SELECT 1 AS a", "--to", "link.csv", "--force").code == 0
    assert (Path("link.csv").is_symlink(), Path("there/old.csv").read_text()) == (True, "a\n1\n")
    os.mkfifo("pipe.csv")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(Path("pipe.csv").read_text)
        assert hati("export", "--sql", "SELECT 1 AS a", "--to", "pipe.csv").code == 0
        assert (read.result(), Path("pipe.csv").is_fifo()) == ("a\n1\n", True)


def test_the_key_is_told_with_the_import(hati: Hati, trunk: Branch) -> None:
    Path("p.csv").write_text("day,v\n2026-01-02,1.5\n2026-01-03,2.5\n")
    Path("one.csv").write_text("day,v\n2026-01-04,2.5\n")
    assert hati("import", "p.csv", "-b", trunk.name, "--json").document["key"] == ["day"]
    said = hati("import", "p.csv", "-b", trunk.name, "--table", "q", "--key", "day,v").out
    assert said.endswith("Its key is day, v.\n")
    ended = hati("import", "one.csv", "-b", trunk.name, "--table", "one")
    assert "The file has one row, so nothing shows" in ended.err
    assert ended.out.endswith("It has no key; --key says which columns tell rows apart.\n")
    ended = hati("import", "one.csv", "-b", trunk.name, "--table", "p", "--mode", "append", "--json")
    assert (ended.document["key"], ended.err) == (["day"], "")


def test_rows_come_from_standard_input(hati: Hati, trunk: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"day,v\n2026-01-02,1.5\n2026-01-03,2\n")))
    assert hati("import", "-", "-b", trunk.name).code == 2
    ended = hati("import", "-", "-b", trunk.name, "--table", "p")
    assert ended.out.startswith(f"p on {trunk.name}: +2, 0 unchanged.")
