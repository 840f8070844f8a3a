"""Tables and results as files: what comes out is what is there, and text stays text."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import python_calamine

from hati_core import Branch, Repository
from hati_core.errors import ExportRefused, QueryError
from hati_core.exports import Export, ExportFormat


@pytest.fixture
def scratch(repo: Repository) -> Iterator[Path]:
    """Where exports lie; nothing of them may stay."""
    folder = repo._store.engine.place.scratch
    yield folder
    assert list(folder.glob("export-*")) == []


def _lines(export: Export) -> list[list[str]]:
    with export.path.open(newline="", encoding="utf-8") as content:
        return list(csv.reader(content))


def _sheet(export: Export) -> list[list[object]]:
    book = python_calamine.CalamineWorkbook.from_path(str(export.path))
    return list(book.get_sheet_by_index(0).iter_rows())


@pytest.mark.parametrize("form", list(ExportFormat))
def test_a_query_comes_out_as_it_is_and_its_file_goes_away(
    form: ExportFormat, repo: Repository, main: Branch, scratch: Path
) -> None:
    sql = "SELECT ticker, shares FROM portfolio WHERE shares > $1 ORDER BY ticker -- the large ones"
    with repo.export(main, sql, form, "large: ones?", [60]) as export:
        assert export.file_name == f"large ones.{form.value}"
        assert export.rows == 2
        rows = {
            ExportFormat.CSV: lambda: _lines(export),
            ExportFormat.EXCEL: lambda: _sheet(export),
            ExportFormat.PARQUET: lambda: duckdb.read_parquet(str(export.path)).fetchall(),
        }[form]()
    expected = [["AAPL", 100], ["MSFT", 75]]
    assert [[str(cell).removesuffix(".0") for cell in row] for row in rows][-2:] == [
        [str(cell) for cell in row] for row in expected
    ]
    assert not export.path.exists()


FORMULAS = "SELECT * FROM (VALUES ('=1+1', -5), ('+49 30', 1), ('-3.5', 2), ('@x', 3), ('safe', 4)) t(text, n)"


def test_text_that_a_spreadsheet_would_compute_is_kept_from_it_in_csv(repo: Repository, scratch: Path) -> None:
    with repo.export(repo.main, FORMULAS, ExportFormat.CSV, "x") as export:
        assert [row[0] for row in _lines(export)[1:]] == ["'=1+1", "'+49 30", "-3.5", "'@x", "safe"]
        assert _lines(export)[1][1] == "-5"
    with repo.export(repo.main, FORMULAS, ExportFormat.CSV, "x", safe=False) as export:
        assert _lines(export)[1][0] == "=1+1"


def test_text_in_a_sheet_is_text(repo: Repository, scratch: Path) -> None:
    with repo.export(repo.main, FORMULAS, ExportFormat.EXCEL, "x") as export:
        assert [row[0] for row in _sheet(export)[1:]] == ["=1+1", "+49 30", "-3.5", "@x", "safe"]
        with zipfile.ZipFile(export.path) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_every_type_finds_its_way_into_a_sheet(repo: Repository, scratch: Path) -> None:
    sql = (
        "SELECT DATE '2024-02-29' AS d, TIMESTAMP '2024-02-29 10:30:00' AS t, TIMESTAMPTZ '2024-02-29 10:30:00Z' AS z, "
        "12345678901234567 AS big, 1.25::DECIMAL(9,2) AS price, 'nan'::DOUBLE AS no, [1, 2] AS list, NULL AS nothing, "
        "'a' || chr(1) || 'b' AS odd, true AS yes, 1::HUGEINT << 100 AS huge, 'x' AS \"a\", 'y' AS \"A\""
    )
    with repo.export(repo.main, sql, ExportFormat.EXCEL, "[types]") as export:
        row = _sheet(export)[1]
    assert row[:3] == [date(2024, 2, 29), datetime(2024, 2, 29, 10, 30), datetime(2024, 2, 29, 10, 30)]
    assert row[3:] == ["12345678901234567", 1.25, "", "[1, 2]", "", "ab", True, str(1 << 100), "x", "y"]


def test_what_does_not_fit_into_a_sheet_is_refused_and_says_what_to_take(repo: Repository, scratch: Path) -> None:
    with pytest.raises(ExportRefused, match=r"A sheet holds 1,048,575 rows, and these are 1,048,576"):
        repo.export(repo.main, "FROM range(1048576)", ExportFormat.EXCEL, "long")
    with pytest.raises(ExportRefused, match="“x” has one of 40,000"):
        repo.export(repo.main, "SELECT repeat('x', 40000) AS x", ExportFormat.EXCEL, "wide")


@pytest.mark.parametrize("sql", ["DELETE FROM portfolio", "EXPLAIN SELECT 1", "SELECT 1) TO '/tmp/x'; SELECT (1"])
def test_only_what_a_query_gives_can_be_exported(sql: str, repo: Repository, main: Branch, scratch: Path) -> None:
    with pytest.raises(QueryError):
        repo.export(main, sql, ExportFormat.CSV, "x")


@pytest.mark.parametrize("form", [ExportFormat.CSV, ExportFormat.PARQUET])
def test_a_branch_comes_out_whole_at_one_version(
    form: ExportFormat, repo: Repository, main: Branch, scratch: Path
) -> None:
    main.execute('CREATE TABLE "Cash | 1" (account VARCHAR, amount DOUBLE)')
    then = main.at(main.head)
    main.execute("DELETE FROM portfolio")
    with repo.export_tables(then, form) as export, zipfile.ZipFile(export.path) as bundle:
        assert sorted(bundle.namelist()) == [f"Cash 1.{form.value}", f"portfolio.{form.value}"]
        assert export.rows == 3
        assert export.file_name == f"main {form.value}.zip"
        assert bundle.testzip() is None


def test_a_branch_without_tables_says_so(repo: Repository, scratch: Path) -> None:
    with pytest.raises(ExportRefused, match="“main” has no tables yet"):
        repo.export_tables(repo.main, ExportFormat.CSV)
