"""A file as rows of the database: texts with the place that each stands at, kept as Parquet beside the upload."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb

from hati_core.errors import ImportRefused
from hati_core.importing.reading import Reading, numbered_records
from hati_core.quote import identifier, literal

_MISREAD = {
    "MISSING COLUMNS": "it has fewer values than there are columns",
    "TOO MANY COLUMNS": "it has more values than there are columns",
    "UNQUOTED VALUE": "a quotation mark does not close",
    "LINE SIZE OVER MAXIMUM": "the line is too long",
    "INVALID ENCODING": "it has bytes that are no text",
}
_LONGEST_LINE = 64 << 20


@dataclass(frozen=True)
class SourceColumn:
    """A column of a file: its name there, the type that it has there, and what it is called in the staged rows."""

    name: str
    type: str
    staged: str


@dataclass(frozen=True)
class Misread:
    """A line of a text file that is no row, and why."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Lines:
    """By ``place``, the line that a row begins in; and the lines that are no rows."""

    of: Mapping[int, int]
    misread: tuple[Misread, ...]


@dataclass(frozen=True)
class Staged:
    """The rows of a file: ``relation`` is SQL with the column ``place``, which counts from 1, and the staged ones."""

    relation: str
    columns: tuple[SourceColumn, ...]
    rows: int
    misread: tuple[Misread, ...]
    reading: Reading
    is_text: bool
    text_file: Path | None = None

    @property
    def place(self) -> str:
        """What messages call the place of a row in the file."""
        return "line" if self.text_file else "row"

    def lines(self, places: Collection[int]) -> Lines:
        """Where rows begin that are given by their ``place``."""
        if self.text_file is None:
            return Lines({place: place for place in places}, self.misread)
        above = (self.reading.skip or 0) + (1 if self.reading.has_header else 0)
        if _line_count(self.text_file) == above + self.rows + len(self.misread):
            wrong = [found.line for found in self.misread]
            return Lines({place: _skipping(above + place, wrong) for place in places}, self.misread)
        return self._lines_read(self.text_file, above)

    def _lines_read(self, file: Path, above: int) -> Lines:
        """Where there are blank lines, or values of several lines, only reading tells."""
        with file.open(encoding="utf-8", newline="\n") as content:
            for _ in range(self.reading.skip or 0):
                content.readline()
            records = numbered_records(content, self.reading.delimiter or ",")
            body = islice(records, int(self.reading.has_header is True), None)
            shaped = [(line + (self.reading.skip or 0), len(record) == len(self.columns)) for line, record in body]
        good = [line for line, fits in shaped if fits]
        wrong = [line for line, fits in shaped if not fits]
        if len(good) != self.rows or len(wrong) != len(self.misread):
            return Lines({place: above + place for place in range(1, self.rows + 1)}, self.misread)
        misread = tuple(replace(found, line=line) for found, line in zip(self.misread, wrong, strict=True))
        return Lines(dict(enumerate(good, 1)), misread)


def stage_text(
    cursor: duckdb.DuckDBPyConnection, file: Path, names: Sequence[str], reading: Reading, target: Path
) -> Staged:
    """Write the rows of a UTF-8 file to ``target``; lines that are no rows are told apart."""
    columns = tuple(SourceColumn(name, "VARCHAR", f"c{at}") for at, name in enumerate(names))
    fields = ", ".join(f"{literal(column.staged)}: 'VARCHAR'" for column in columns)
    source = (
        f"read_csv({literal(str(file))}, auto_detect = false, columns = {{{fields}}}, quote = '\"', escape = '\"', "
        f"delim = {literal(reading.delimiter or ',')}, header = {str(bool(reading.has_header)).lower()}, "
        f"skip = {reading.skip or 0}, max_line_size = {_LONGEST_LINE}, ignore_errors = true, store_rejects = true, "
        "rejects_table = 'misread_lines', rejects_scan = 'misread_files')"
    )
    try:
        rows = _write(cursor, f"SELECT row_number() OVER () AS place, * FROM {source}", target)
        found = cursor.execute(
            "SELECT line, min(error_type), any_value(csv_line) FROM temp.misread_lines GROUP BY line ORDER BY line"
        ).fetchall()
    finally:
        for table in ("misread_lines", "misread_files"):
            cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")
    misread = tuple(
        Misread(line, _MISREAD.get(kind, kind.lower()), (text or "").strip("\n")) for line, kind, text in found
    )
    relation = f"read_parquet({literal(str(target))})"
    return Staged(relation, columns, rows, misread, reading, is_text=True, text_file=file)


def stage_cells(
    cursor: duckdb.DuckDBPyConnection, file: Path, names: Sequence[str], reading: Reading, target: Path
) -> Staged:
    """Write the rows of a CSV file that :func:`~hati_core.importing.sheets.write_cells` wrote, place first."""
    columns = tuple(SourceColumn(name, "VARCHAR", f"c{at}") for at, name in enumerate(names))
    fields = ", ".join(f"{literal(column.staged)}: 'VARCHAR'" for column in columns)
    rows = _write(
        cursor,
        f"SELECT * FROM read_csv({literal(str(file))}, auto_detect = false, columns = {{'place': 'BIGINT', {fields}}}, "
        f"quote = '\"', escape = '\"', delim = ',', header = false, max_line_size = {_LONGEST_LINE})",
        target,
    )
    return Staged(f"read_parquet({literal(str(target))})", columns, rows, (), reading, is_text=True)


def stage_parquet(cursor: duckdb.DuckDBPyConnection, file: Path, stored: Mapping[str, str]) -> Staged:
    """The rows of a Parquet file where it lies; ``stored`` has the types that a table cannot have."""
    source = f"read_parquet({literal(str(file))})"
    described = cursor.execute(f"DESCRIBE FROM {source}").fetchall()
    kinds = ["VARCHAR" if kind.startswith("ENUM") else stored.get(kind, kind) for _, kind, *_ in described]
    columns = tuple(
        SourceColumn(name, kind, f"c{at}") for at, ((name, *_), kind) in enumerate(zip(described, kinds, strict=True))
    )
    chosen = ", ".join(f"CAST({identifier(c.name)} AS {c.type}) AS {c.staged}" for c in columns)
    relation = f"(SELECT row_number() OVER () AS place, {chosen} FROM {source})"
    rows = cursor.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]
    return Staged(relation, columns, rows, (), Reading(), is_text=False)


def column_names(given: Sequence[str], file: str) -> list[str]:
    """The names of columns as the first line has them; one without a name is numbered.

    Raises:
        ImportRefused: two columns have one name.
    """
    names = [name.strip() or f"column{at}" for at, name in enumerate(given)]
    folded = [name.casefold() for name in names]
    repeated = sorted({name for name in names if folded.count(name.casefold()) > 1})
    if repeated:
        raise ImportRefused(
            f"“{file}” has more than one column called “{repeated[0]}”. Rename one of them and try again."
        )
    return names


def _write(cursor: duckdb.DuckDBPyConnection, query: str, target: Path) -> int:
    copied = cursor.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION lz4)").fetchall()
    return int(copied[0][0])


def _line_count(file: Path) -> int:
    with file.open("rb") as content:
        count, last = 0, b"\n"
        while chunk := content.read(1 << 20):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")


def _skipping(line: int, wrong: Sequence[int]) -> int:
    """The line of the row that would stand in ``line`` if there were no wrong ones, which are in order."""
    while passed := bisect_right(wrong, line):
        line, wrong = line + passed, wrong[passed:]
    return line
