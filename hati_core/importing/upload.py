"""One uploaded file, kept in the repository's own temporary folder, and its rows as the database reads them."""

from __future__ import annotations

import io
import re
import shutil
import uuid
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

import duckdb

from hati_core.errors import HatiError, ImportRefused
from hati_core.importing import reading
from hati_core.importing.reading import NumberedRecord, Reading
from hati_core.importing.sheets import Workbook, write_cells
from hati_core.importing.staging import Staged, column_names, stage_cells, stage_parquet, stage_text
from hati_core.storage.failures import plain
from hati_core.store import MAIN_ID, Store

TEXT = ("csv", "tsv", "txt")
WORKBOOKS = ("xlsx", "xlsm", "xls")
SUFFIXES = (*TEXT, "parquet", *WORKBOOKS)
_LOOKED_AT = 200
_STORED_AS = {
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "DECIMAL(38,0)",
    "TIME WITH TIME ZONE": "VARCHAR",
    "BIT": "VARCHAR",
}


class Upload:
    """A file as it was uploaded; gone with :meth:`close`, or when nobody holds it any more.

    Raises:
        ImportRefused: it is not of a kind that can be read, or is empty.
    """

    def __init__(self, store: Store, name: str, content: BinaryIO) -> None:
        self.name = name
        self._store = store
        self._suffix = Path(name).suffix.lower().lstrip(".")
        if self._suffix not in SUFFIXES:
            raise ImportRefused(f"“{name}” is not a CSV, Excel or Parquet file. Save it as one of these and try again.")
        self._folder = store.engine.place.scratch / f"upload-{uuid.uuid4().hex}"
        self._folder.mkdir()
        self.close = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._file = self._folder / f"file.{self._suffix}"
        with self._file.open("wb") as target:
            shutil.copyfileobj(content, target)
        self._staged: tuple[Reading, Staged] | None = None
        self._book: Workbook | None = None

    @property
    def folder(self) -> Path:
        """Where files that belong to it may lie; they go with it."""
        return self._folder

    @property
    def is_text(self) -> bool:
        """Whether it is a text file, such as CSV."""
        return self._suffix in TEXT

    @property
    def sheets(self) -> tuple[str, ...]:
        """The sheets of a workbook; none of any other file."""
        return self._workbook().sheets if self._suffix in WORKBOOKS else ()

    def staged(self, how: Reading) -> Staged:
        """Its rows, read once for each way of reading; numbers and dates do not matter to that.

        Raises:
            ImportRefused: it is empty, broken, or has two columns of one name.
        """
        how = replace(how, numbers=None, dates=None)
        if self._staged is None or self._staged[0] != how:
            if self._file.stat().st_size == 0:
                raise ImportRefused(f"“{self.name}” is empty: it has no columns and no rows.")
            self._staged = (how, self._stage(how))
        return self._staged[1]

    def _stage(self, how: Reading) -> Staged:
        target = self._folder / "rows.parquet"
        if self.is_text:
            return self._stage_text(how, target)
        if self._suffix == "parquet":
            with self.session() as cursor:
                return stage_parquet(cursor, self._file, _STORED_AS)
        return self._stage_sheet(how, target)

    def _stage_text(self, how: Reading, target: Path) -> Staged:
        with self._file.open("rb") as content:
            start = content.read(4096)
        encoding = how.encoding or reading.find_encoding(self._file)
        if b"\0" in start and not encoding.startswith("utf-16"):
            raise ImportRefused(f"“{self.name}” is not a text file. Save it as CSV, Excel or Parquet and try again.")
        text = self._folder / "text.csv"
        reading.transcode(self._file, encoding, text)
        sample = reading.sample_of(text)
        delimiter = how.delimiter or ("\t" if self._suffix == "tsv" else reading.find_delimiter(sample))
        records = list(islice(reading.numbered_records(io.StringIO(sample), delimiter), _LOOKED_AT))
        if not records:
            raise ImportRefused(f"“{self.name}” is empty: it has no columns and no rows.")
        found = self._found(replace(how, encoding=encoding, delimiter=delimiter), records)
        names = self._names(found, records)
        with self.session() as cursor:
            return stage_text(cursor, text, names, found, target)

    def _stage_sheet(self, how: Reading, target: Path) -> Staged:
        book = self._workbook()
        sheet = how.sheet or book.sheets[0]
        rows = book.records(sheet)
        first = [(number, _trimmed(cells)) for number, cells in islice(rows, _LOOKED_AT)]
        if not first:
            raise ImportRefused(f"The sheet “{sheet}” of “{self.name}” is empty: it has no columns and no rows.")
        found = self._found(replace(how, sheet=sheet), first)
        names = self._names(found, first)
        below = (row for row in chain(first, rows) if row[0] > (found.skip or 0))
        cells = self._folder / "cells.csv"
        write_cells(islice(below, int(found.has_header is True), None), len(names), cells)
        with self.session() as cursor:
            return stage_cells(cursor, cells, names, found, target)

    def _found(self, how: Reading, records: Sequence[NumberedRecord]) -> Reading:
        """The way of reading with what the first records tell; a wish of the person stands."""
        skip = reading.find_skip(records) if how.skip is None else how.skip
        below = next((record for line, record in records if line > skip), [])
        header = reading.find_header(below) if how.has_header is None else how.has_header
        return replace(how, skip=skip, has_header=header)

    def _names(self, how: Reading, records: Sequence[NumberedRecord]) -> list[str]:
        first = next((record for line, record in records if line > (how.skip or 0)), None)
        if first is None:
            raise ImportRefused(f"Nothing is left of “{self.name}” below line {how.skip or 0:,}. Skip fewer lines.")
        return column_names(first if how.has_header else [""] * len(first), self.name)

    def _workbook(self) -> Workbook:
        if self._book is None:
            self._book = Workbook(self._file, self.name)
        return self._book

    @contextmanager
    def session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor to read the file with.

        Raises:
            ImportRefused: the file is to blame for what went wrong.
        """
        try:
            with self._store.engine.session(MAIN_ID) as cursor:
                yield cursor
        except HatiError as error:
            if isinstance(error.__cause__, duckdb.InvalidInputException | duckdb.IOException):
                raise self._refused(error.__cause__) from error
            raise

    def _refused(self, error: BaseException) -> ImportRefused:
        text = re.sub(rf"{re.escape(str(self._folder))}\S*\.\w+", self.name, plain(error))
        told = [part.strip() for part in text.split("\n") if part.strip()]
        return ImportRefused(f"“{self.name}” cannot be read: {' '.join(told[:3])}")


def _trimmed(cells: list[str]) -> list[str]:
    """A row of a sheet without the empty cells at its end."""
    filled = [at for at, cell in enumerate(cells) if cell]
    return cells[: filled[-1] + 1] if filled else []
