"""Text files and workbooks as people have them: how they are read, and what they hold."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from hati_core import Repository
from hati_core.imports import Dates, ImportMode, Numbers, Reading
from hati_core.storage.extensions import connect_with
from tests.core.importing import Take, into


def _types(take: Take, content: str | bytes, how: Reading | None = None) -> dict[str, str]:
    return {column.name: column.type for column in take("file.csv", content).preview(how).columns}


def _first(take: Take, content: str | bytes, how: Reading | None = None) -> dict[str, Any]:
    return take("file.csv", content).preview(how).sample[0]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2"], "BIGINT"),
        (["1.5", "2"], "DOUBLE"),
        (["$1,234.50", "(12)"], "DOUBLE"),
        (["12 %", "7.5%"], "DOUBLE"),
        (["true", "FALSE"], "BOOLEAN"),
        (["2024-01-31", "2024-02-29"], "DATE"),
        (["2024-01-31 10:00", "2024-02-29T11:30:05"], "TIMESTAMP"),
        (["10:30", "11:45"], "TIME"),
        (["31/01/2024", "29/02/2024"], "DATE"),
        (["31.1.2024", "29.2.2024"], "DATE"),
        (["00123", "04567"], "VARCHAR"),
        (["12345678901234567890123", "1"], "VARCHAR"),
        (["A1", "2"], "VARCHAR"),
        (["", ""], "VARCHAR"),
    ],
)
def test_a_column_gets_the_narrowest_type_that_loses_nothing(cells: list[str], kind: str, take: Take) -> None:
    rows = "\n".join(f'"{cell}",x' for cell in cells)
    assert _types(take, f"value,other\n{rows}\n")["value"] == kind


def test_amounts_percentages_and_brackets_are_numbers(take: Take) -> None:
    row = _first(take, 'a,b,c,d\n"$1,234.50",12 %,(3),1e3\n')
    assert row == {"a": 1234.5, "b": pytest.approx(0.12), "c": -3.0, "d": 1000.0}


def test_a_file_of_continental_europe_is_read_as_such(take: Take) -> None:
    preview = take("preise.csv", "Titel;Kurs;Tag\nA;1.234,50;31.01.2024\nB;7;01.02.2024\n").preview()
    assert preview.sample[0] == {"Titel": "A", "Kurs": 1234.5, "Tag": date(2024, 1, 31)}
    assert (preview.reading.delimiter, preview.reading.numbers) == (";", Numbers.COMMA)


def test_days_and_months_that_could_be_either_are_pointed_out_and_can_be_said(take: Take) -> None:
    importer = take("dates.csv", "day,x\n01/02/2024,a\n03/04/2024,b\n")
    assert "could be day or month first" in " ".join(importer.preview().notes)
    assert importer.preview(Reading(dates=Dates.DAY_FIRST)).sample[0]["day"] == date(2024, 2, 1)
    assert importer.preview(Reading(dates=Dates.MONTH_FIRST)).sample[0]["day"] == date(2024, 1, 2)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str, take: Take) -> None:
    content = "\n".join(delimiter.join(row) for row in (["a", "b", "c"], ["1", "x, y; z", "2"], ["3", "w", "4"]))
    quoted = content.replace("x, y; z", '"x, y; z"')
    assert _types(take, quoted) == {"a": "BIGINT", "b": "VARCHAR", "c": "BIGINT"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_letters_survive_whatever_the_encoding(encoding: str, take: Take) -> None:
    assert _first(take, "name,v\nJosé Müller,1\n".encode(encoding)) == {"name": "José Müller", "v": 1}


def test_an_encoding_that_was_guessed_is_pointed_out_and_can_be_said(take: Take) -> None:
    importer = take("mac.csv", "name,v\nJosé,1\n".encode("mac-roman"))
    assert "not UTF-8; it is read as cp1252" in importer.preview().notes[0]
    assert importer.preview(Reading(encoding="mac-roman")).sample[0]["name"] == "José"


def test_a_title_above_the_table_is_passed_over(take: Take) -> None:
    preview = take("report.csv", "Holdings report\n\nticker,shares\nA,1\nB,2\n").preview()
    assert preview.sample[0] == {"ticker": "A", "shares": 1}
    assert "The table begins in line 3" in preview.notes[0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_through_blank_ones_and_values_of_several_lines(
    end: str, repo: Repository, take: Take
) -> None:
    lines = ["a,b", "1,x", "", '2,"two', 'lines"', "oops,y", "3", "also,z"]
    importer = take("odd.csv", end.join(lines) + end)
    preview = importer.preview()
    repo.main.execute("CREATE TABLE odd (a INTEGER, b VARCHAR)")
    plan = importer.plan(repo.main, into(preview, "odd", ImportMode.APPEND))
    assert [(row.line, row.values[0]) for row in plan.rejects] == [(6, "oops"), (7, "3"), (8, "also")]


def test_a_column_without_a_name_is_numbered(take: Take) -> None:
    assert list(_types(take, "a,,c\nx,1,2\n")) == ["a", "column1", "c"]


def test_a_sheet_of_a_workbook_keeps_its_types_and_its_row_numbers(
    repo: Repository, take: Take, tmp_path: Path
) -> None:
    file = tmp_path / "book.xlsx"
    with connect_with(["excel"]) as connection:
        connection.execute(
            "COPY (SELECT * FROM (VALUES ('A', 1, 1.5, DATE '2024-02-29', TIMESTAMP '2024-02-29 10:30:00', true), "
            "('B', 2, 0.25, NULL, NULL, false), (NULL, NULL, NULL, NULL, NULL, NULL), ('A', 3, 2.0, NULL, NULL, NULL)) "
            f"t(ticker, n, price, day, \"at\", ok)) TO '{file}' (FORMAT xlsx, HEADER true, SHEET 'Holdings')"
        )
    importer = take("book.xlsx", file.read_bytes())
    preview = importer.preview()
    assert preview.sheets == ("Holdings",)
    assert [column.type for column in preview.columns] == [
        "VARCHAR",
        "BIGINT",
        "DOUBLE",
        "DATE",
        "TIMESTAMP",
        "BOOLEAN",
    ]
    assert preview.sample[0] == {
        "ticker": "A",
        "n": 1,
        "price": 1.5,
        "day": date(2024, 2, 29),
        "at": datetime(2024, 2, 29, 10, 30),
        "ok": True,
    }
    plan = importer.plan(repo.main, preview.order("book", ("ticker",)))
    assert [(row.line, row.reason) for row in plan.rejects] == [
        (5, "“ticker” = A stands in the file already, in row 2")
    ]
    assert importer.run(repo.main, preview.order("book", ("n",))).added == 3
