"""How a text file is written: its encoding, what separates values, and where the names of the columns are."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from hati_core.importing.cells import looks_like_value

ENCODINGS = ("utf-8", "cp1252", "utf-16", "latin-1", "mac-roman")
"""Encodings that a person may choose from, the likeliest first."""
DELIMITERS = (",", ";", "\t", "|")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK = 1 << 20
_SAMPLE_CHARACTERS = 1 << 20
# Python's own limit of 128 kB is for the whole process, and a cell of text may be longer.
csv.field_size_limit(1 << 30)


NumberedRecord = tuple[int, list[str]]
"""A record and the number of the line, or of the row of a sheet, that it begins in; these count from 1."""


class Numbers(Enum):
    """How fractions are written."""

    POINT = "1,234.5"
    COMMA = "1.234,5"


class Dates(Enum):
    """What comes first in a date that is not written year first."""

    DAY_FIRST = "day/month/year"
    MONTH_FIRST = "month/day/year"


@dataclass(frozen=True)
class Reading:
    """How a file is read; whatever is None is found out from the file.

    ``skip`` counts lines above the names of the columns, or above the first row where there are none.
    """

    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool | None = None
    skip: int | None = None
    sheet: str | None = None
    numbers: Numbers | None = None
    dates: Dates | None = None


def find_encoding(file: Path) -> str:
    """The encoding of a text file: what its first bytes say, else UTF-8 where all of it is, else Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as content:
        start = content.read(4)
        for mark, encoding in _BOMS:
            if start.startswith(mark):
                return encoding
        if start[1:2] == b"\0":
            return "utf-16"
        content.seek(0)
        try:
            while chunk := content.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def transcode(source: Path, encoding: str, target: Path) -> None:
    """Write a text file again as UTF-8, with ``\\n`` at the end of each line; a byte without meaning becomes �."""
    exact = "utf-8-sig" if encoding == "utf-8" else encoding
    with source.open(encoding=exact, errors="replace", newline=None) as old, target.open("w", encoding="utf-8") as new:
        while chunk := old.read(_CHUNK):
            new.write(chunk)


def find_delimiter(sample: str) -> str:
    """What separates values: the sign that gives most records the same number of values, and the most of these."""

    def score(delimiter: str) -> tuple[float, int]:
        lengths = Counter(len(record) for _, record in numbered_records(io.StringIO(sample), delimiter))
        length, times = lengths.most_common(1)[0] if lengths else (1, 0)
        return (times / max(sum(lengths.values()), 1) if length > 1 else 0.0, length)

    return max(DELIMITERS, key=score)


def find_skip(records: Sequence[NumberedRecord]) -> int:
    """How many lines stand above a table, such as the title of a report: their records have one value, and it more."""
    lengths = Counter(len(record) for _, record in records)
    usual = lengths.most_common(1)[0][0] if lengths else 1
    if usual == 1:
        return 0
    return next((line - 1 for line, record in records if len([cell for cell in record if cell.strip()]) > 1), 0)


def find_header(first: Sequence[str]) -> bool:
    """Whether the first record holds names: none of them reads like a number, a date or a truth value."""
    return any(cell.strip() for cell in first) and not any(looks_like_value(cell) for cell in first)


def sample_of(file: Path) -> str:
    """The beginning of a UTF-8 file, cut at the end of a line."""
    with file.open(encoding="utf-8", newline="\n") as content:
        text = content.read(_SAMPLE_CHARACTERS)
        return text if len(text) < _SAMPLE_CHARACTERS else text[: text.rfind("\n") + 1] or text


def numbered_records(content: Iterable[str], delimiter: str) -> Iterator[NumberedRecord]:
    """Each record of a text with the number of the line that it begins in, counted from 1; blank lines left out."""
    reader = csv.reader(content, delimiter=delimiter)
    begins = 1
    for record in reader:
        if record:
            yield begins, record
        begins = reader.line_num + 1
