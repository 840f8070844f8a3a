"""Excel workbooks: their sheets, and the cells of one as text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import python_calamine

from hati_core.errors import ImportRefused


class Workbook:
    """A workbook that a person uploaded; ``name`` is what messages call it.

    Raises:
        ImportRefused: it cannot be read.
    """

    def __init__(self, file: Path, name: str) -> None:
        self._name = name
        try:
            self._book = python_calamine.CalamineWorkbook.from_path(str(file))
        except (python_calamine.CalamineError, OSError) as error:
            raise self._refused(error) from error

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names of the sheets, in their order."""
        return tuple(self._book.sheet_names)

    def records(self, sheet: str) -> Iterator[tuple[int, list[str]]]:
        """The rows of a sheet that are not empty, as text, with their numbers in the sheet.

        Raises:
            ImportRefused: there is no such sheet, or it cannot be read.
        """
        try:
            found = self._book.get_sheet_by_name(sheet)
            for at, row in enumerate(found.iter_rows(), 1):
                cells = [text_of(value) for value in row]
                if any(cells):
                    yield at, cells
        except (python_calamine.CalamineError, OSError) as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> ImportRefused:
        return ImportRefused(
            f"“{self._name}” cannot be read as an Excel workbook: {error}. Open it in Excel, save it as .xlsx without "
            "a password, and try again."
        )


def write_cells(records: Iterator[tuple[int, list[str]]], width: int, target: Path) -> None:
    """Write rows as CSV with their number first; rows are cut or filled to ``width``."""
    with target.open("w", encoding="utf-8", newline="") as content:
        writer = csv.writer(content, lineterminator="\n")
        for at, cells in records:
            writer.writerow([at, *cells[:width], *[""] * (width - len(cells))])


def text_of(value: Any) -> str:
    """A cell as text that is read back as the same value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
