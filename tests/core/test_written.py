"""What somebody writes into a cell is understood, or said not to be; it never becomes another value."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from hati_core import Repository, TableEdits
from hati_core.errors import InvalidValue
from hati_core.model import Column
from hati_core.written import Understood, Writing, understand

US, UK, DE = Writing(), Writing(day_first=True), Writing(comma=True, day_first=True)
_KINDS = {
    "whole": "INTEGER",
    "large": "BIGINT",
    "price": "DOUBLE",
    "exact": "DECIMAL(9,2)",
    "day": "DATE",
    "moment": "TIMESTAMP",
    "clock": "TIME",
    "held": "BOOLEAN",
    "note": "VARCHAR",
}


@pytest.fixture(scope="module")
def sheet(shared_repo: Repository) -> Repository:
    """A repository whose table ``sheet`` has a column of each kind."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _KINDS.items())
    shared_repo.main.execute(f"CREATE TABLE sheet (id INTEGER PRIMARY KEY, {columns})")
    return shared_repo


def _understood(sheet: Repository, column: str, text: Any, writing: Writing, stored: Any = ...) -> Understood:
    before = {} if stored is ... else {(1,): {column: stored}}
    edits = TableEdits(updates={(1,): {column: text}})
    return understand(sheet.main, sheet.main.table("sheet"), edits, before, writing)


@pytest.mark.parametrize(
    ("column", "text", "writing", "value"),
    [
        ("whole", "1,234", US, 1234),
        ("whole", "1.234", DE, 1234),
        ("whole", "1 234", US, 1234),
        ("whole", "12.0", US, 12),
        ("large", "9,007,199,254,740,993", US, 9_007_199_254_740_993),
        ("price", "1,234.5", US, 1234.5),
        ("price", "1.234,5", DE, 1234.5),
        ("price", "1,5", DE, 1.5),
        ("price", "12.5%", US, 0.125),
        ("price", "12,5 %", DE, 0.125),
        ("price", "$5", US, 5.0),
        ("price", "(5)", US, -5.0),
        ("price", "1e3", US, 1000.0),
        ("price", "inf", US, float("inf")),
        ("exact", "1,234.50", US, Decimal("1234.50")),
        ("exact", "0,25", DE, Decimal("0.25")),
        ("day", "2024-12-31", US, date(2024, 12, 31)),
        ("day", "12/31/2024", US, date(2024, 12, 31)),
        ("day", "03/04/2024", US, date(2024, 3, 4)),
        ("day", "03/04/2024", UK, date(2024, 4, 3)),
        ("day", "03.04.2024", DE, date(2024, 4, 3)),
        ("day", "6-May-24", US, date(2024, 5, 6)),
        ("moment", "12/31/2024 10:30", US, datetime(2024, 12, 31, 10, 30)),
        ("clock", "16:30", US, time(16, 30)),
        ("held", "TRUE", US, True),
        ("held", "no", US, False),
        ("whole", " ", US, None),
        ("note", "1,5", US, "1,5"),
    ],
)
def test_what_is_written_is_understood(
    column: str, text: str, writing: Writing, value: object, sheet: Repository
) -> None:
    understood = _understood(sheet, column, text, writing)
    assert understood.edits.updates == {(1,): {column: value}}
    assert understood.misfits == ()


@pytest.mark.parametrize(
    ("column", "text", "writing", "sentence"),
    [
        ("price", "1,5", US, "A number is written like 1,234.5."),
        ("price", "1.234,56", US, "A number is written like 1,234.5."),
        ("price", "1.5", DE, "A number is written like 1.234,5."),
        ("whole", "1.7", US, "it would lose its fraction."),
        ("whole", "12%", US, "A number is written like 1,234.5."),
        ("whole", "many", US, "“many” does not fit “whole” of “sheet”, which takes a whole number (INTEGER)."),
        ("whole", "9,007,199,254,740,993", US, "which takes a whole number (INTEGER)."),
        ("day", "31/12/2024", US, "A date is written like 2024-12-31 or 12/31/2024."),
        ("day", "12/31/2024", UK, "A date is written like 2024-12-31 or 31/12/2024."),
        ("day", "45000", US, "A date is written like"),
        ("day", "2024-12-31 10:00", US, "A date is written like"),
        ("clock", "noon", US, "A time is written like 16:30."),
        ("held", "x", US, "Write true or false."),
    ],
)
def test_what_cannot_be_understood_stays_as_it_is_and_is_refused(
    column: str, text: str, writing: Writing, sentence: str, sheet: Repository
) -> None:
    understood = _understood(sheet, column, text, writing)
    assert understood.edits.updates == {(1,): {column: text}}
    assert [misfit.text for misfit in understood.misfits] == [text]
    with pytest.raises(InvalidValue) as refused:
        understood.require_all("sheet", writing)
    assert sentence in refused.value.message


def test_the_same_value_in_another_way_of_writing_is_no_change(sheet: Repository) -> None:
    assert not _understood(sheet, "whole", "1,000", US, stored=1000).edits
    assert not _understood(sheet, "exact", "2.5", US, stored=Decimal("2.50")).edits


def test_a_key_written_in_another_way_is_the_row_that_it_was(sheet: Repository) -> None:
    before = {(1000,): {"id": 1000, "price": 1.0}}
    for price, updates in (("1.0", {}), ("2", {(1000,): {"price": 2.0}})):
        edits = TableEdits([{"id": "1000", "price": price}], deletes=[(1000,)])
        understood = understand(sheet.main, sheet.main.table("sheet"), edits, before, US)
        assert understood.edits == TableEdits([], updates, [])


def test_new_rows_are_understood_and_all_that_does_not_fit_is_counted(sheet: Repository) -> None:
    edits = TableEdits(inserts=[{"id": "1", "price": "1,000"}, {"id": "2", "price": "1,5"}, {"id": "x"}])
    understood = understand(sheet.main, sheet.main.table("sheet"), edits, {}, US)
    assert list(understood.edits.inserts) == [{"id": 1, "price": 1000.0}, {"id": 2, "price": "1,5"}, {"id": "x"}]
    with pytest.raises(InvalidValue, match=r"“1,5” does not fit .* \(1 more like that\.\)"):
        understood.require_all("sheet", US)


@pytest.mark.parametrize(
    ("kind", "value", "writing", "text"),
    [
        ("INTEGER", 1234, US, "1,234"),
        ("DOUBLE", 185.0, US, "185"),
        ("DOUBLE", 0.1 + 0.2, US, "0.3"),
        ("DOUBLE", 1234.5, DE, "1.234,5"),
        ("DOUBLE", 1e300, US, "1e+300"),
        ("FLOAT", 0.10000000149011612, US, "0.1"),
        ("DECIMAL(9,2)", Decimal("1234.50"), DE, "1.234,50"),
        ("DATE", date(2024, 12, 31), DE, "2024-12-31"),
        ("BOOLEAN", True, US, "true"),
        ("DOUBLE", None, US, None),
    ],
)
def test_a_value_is_written_as_it_is_read(kind: str, value: object, writing: Writing, text: str | None) -> None:
    assert writing.text(value, Column("x", kind)) == text


@pytest.mark.parametrize(
    ("locale", "writing"),
    [
        (None, US),
        ("en-US", US),
        ("en-GB", UK),
        ("de-DE", DE),
        ("de", DE),
        ("de-CH", UK),
        ("fr-FR", DE),
        ("es-MX", UK),
        ("ja", UK),
    ],
)
def test_a_browser_says_how_its_person_writes(locale: str | None, writing: Writing) -> None:
    assert Writing.of_locale(locale) == writing
