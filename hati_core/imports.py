"""Files that become tables: what is in them, what is wrong with them, and the import itself."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import BinaryIO

import duckdb

from hati_core.branch import Branch
from hati_core.errors import HatiError, ImportRefused, TableExists
from hati_core.merge.keys import can_identify, infer_key, require_key
from hati_core.model import Column, Row, TableInfo, Touch
from hati_core.quote import identifier, identifiers, literal
from hati_core.scenarios.roles import is_numeric
from hati_core.storage.failures import plain
from hati_core.storage.results import rows_of
from hati_core.store import MAIN_ID, Store

SUFFIXES = ("csv", "tsv", "txt", "parquet")
_SAMPLE_ROWS = 8
_MOSTLY = 0.5
_PAIRED_COLUMNS = 4
_LINE = re.compile(r"Line: (\d+)")
_STORED_AS = {
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "DECIMAL(38,0)",
    "TIME WITH TIME ZONE": "VARCHAR",
    "BIT": "VARCHAR",
}


@dataclass(frozen=True)
class FilePreview:
    """What a file would become: typed columns, its number of rows, the first of them, and what to know before."""

    table: str
    columns: tuple[Column, ...]
    rows: int
    sample: tuple[Row, ...]
    suggested_key: tuple[str, ...]
    has_header: bool
    notes: tuple[str, ...]


class Importer:
    """One uploaded file, kept in the repository's own temporary folder until :meth:`close`.

    Raises:
        ImportRefused: it cannot become a table, with the sentence why.
    """

    def __init__(self, store: Store, name: str, content: BinaryIO) -> None:
        self._store = store
        self._name = name
        suffix = Path(name).suffix.lower().lstrip(".")
        if suffix not in SUFFIXES:
            raise ImportRefused(f"“{name}” is not a CSV or Parquet file. Save it as one of these and try again.")
        self._is_parquet = suffix == "parquet"
        self._file = store.engine.place.scratch / f"upload-{uuid.uuid4().hex}.{suffix}"
        with self._file.open("wb") as target:
            shutil.copyfileobj(content, target)

    def close(self) -> None:
        """Forget the file."""
        self._file.unlink(missing_ok=True)

    def preview(self, has_header: bool | None = None) -> FilePreview:
        """Read the whole file once for its types; ``has_header`` None lets the reader decide.

        Raises:
            ImportRefused: it is empty, broken, not UTF-8, or has two columns of one name.
        """
        if self._file.stat().st_size == 0:
            raise ImportRefused(f"“{self._name}” is empty: it has no columns and no rows.")
        with self._reading() as cursor:
            header = self._header(cursor) if has_header is None else has_header
            if header and not self._is_parquet:
                self._require_distinct_names(cursor)
            source = self._source(header)
            described = cursor.execute(f"DESCRIBE FROM {source}").fetchall()
            columns = tuple(Column(row[0], _stored_type(row[1])) for row in described)
            count = cursor.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]
            sample = rows_of(cursor.execute(f"FROM {source} LIMIT {_SAMPLE_ROWS}"))
            key = _suggested_key(cursor, source, columns)
            notes = [*self._notes(header, count, key), *_mixed(cursor, source, columns)]
        return FilePreview(table_name(self._name), columns, count, tuple(sample), key, header, tuple(notes))

    def load(
        self, branch: Branch, table: str, key: Sequence[str], *, has_header: bool, author: str | None = None
    ) -> int:
        """Make the file a new table of a branch, as one commit; returns its number of rows.

        Raises:
            TableExists: the branch has a table of that name.
            InvalidKey: the key columns are empty or repeated in some rows.
            ImportRefused: a row cannot be read.
        """
        name = table.strip()
        if not name:
            raise ImportRefused("Give the table a name.")
        source, keys = self._source(has_header), tuple(key)
        message = f"Import {self._name} into {name}"
        with self._reading(), branch.transaction(message, author=author) as tx:
            if name.casefold() in {known.casefold() for known in self._store.tables(branch.id, tx.head)}:
                raise TableExists(
                    f"“{branch.name}” has a table called “{name}” already. Choose another name.", table=name
                )
            described = tx.cursor.execute(f"DESCRIBE FROM {source}").fetchall()
            columns = tuple(Column(row[0], _stored_type(row[1]), row[0] not in keys) for row in described)
            if keys:
                require_key(tx.cursor, TableInfo(name, "", columns), source, keys, f"“{self._name}”")
            fields = ", ".join(f"{identifier(c.name)} {c.type}{'' if c.nullable else ' NOT NULL'}" for c in columns)
            tx.before_definition()
            tx.cursor.execute(f"CREATE TABLE {identifier(name)} ({fields})")
            order = f" ORDER BY {identifiers(keys)}" if keys else ""
            count = tx.cursor.execute(f"INSERT INTO {identifier(name)} FROM {source}{order}").fetchall()[0][0]
            tx.note(Touch(name, inserted=count, note="imported"), keys={name: keys} if keys else None)
        return int(count)

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with self._store.engine.session(MAIN_ID) as cursor:
                yield cursor
        except HatiError as error:
            if isinstance(error.__cause__, duckdb.InvalidInputException | duckdb.IOException):
                raise self._refused(error.__cause__) from error
            raise

    def _refused(self, error: BaseException) -> ImportRefused:
        text = plain(error)
        if "unicode" in text.lower() or "utf-8" in text.lower():
            line = _LINE.search(text)
            where = f" in line {line[1]}" if line else ""
            return ImportRefused(
                f"“{self._name}” is not UTF-8 text{where}. Save it with the encoding UTF-8 and try again."
            )
        told = [part.strip() for part in text.replace(str(self._file), self._name).split("\n") if part.strip()]
        return ImportRefused(f"“{self._name}” cannot be read: {' '.join(told[:3])}")

    def _source(self, header: bool) -> str:
        path = literal(str(self._file))
        if self._is_parquet:
            return f"read_parquet({path})"
        return f"read_csv({path}, header = {str(header).lower()}, skip = 0, sample_size = -1)"

    def _header(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        if self._is_parquet:
            return True
        found = cursor.execute(f"SELECT HasHeader FROM sniff_csv({literal(str(self._file))})").fetchall()
        return bool(found[0][0])

    def _require_distinct_names(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """The reader would rename a second column of one name without a word."""
        first = cursor.execute(
            f"FROM read_csv({literal(str(self._file))}, header = false, all_varchar = true) LIMIT 1"
        ).fetchall()
        names = [str(name).strip() for name in (first[0] if first else ()) if name is not None]
        folded = [name.casefold() for name in names]
        repeated = sorted({name for name in names if folded.count(name.casefold()) > 1})
        if repeated:
            raise ImportRefused(
                f"“{self._name}” has more than one column called “{repeated[0]}”. Rename one of them and try again."
            )

    def _notes(self, header: bool, count: int, key: tuple[str, ...]) -> list[str]:
        notes = []
        if not header:
            notes.append(
                "The first line looks like data, so the columns are numbered. Switch the header on if it holds names."
            )
        if count == 0:
            notes.append("There are column names but no rows: the table will be empty.")
        elif not key:
            notes.append(
                "No column, and no pair of columns, is unique. Choose several columns that together "
                "identify a row, or import without a key."
            )
        return notes


def table_name(file_name: str) -> str:
    """A table's name made out of a file's."""
    stem = re.sub(r"\W+", "_", Path(file_name).stem).strip("_").lower()
    return f"t_{stem}" if not stem or stem[0].isdigit() else stem


def _stored_type(kind: str) -> str:
    return "VARCHAR" if kind.startswith("ENUM") else _STORED_AS.get(kind, kind)


def _suggested_key(cursor: duckdb.DuckDBPyConnection, source: str, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """What names rows, alone or two together; a whole number further back only where nothing else is unique."""
    naming = tuple(c for c in columns if c is columns[0] or c.name.lower().endswith("id") or not is_numeric(c))
    single = infer_key(cursor, source, naming) or _infer_pair(cursor, source, naming)
    return single or infer_key(cursor, source, columns) or _infer_pair(cursor, source, columns)


def _infer_pair(cursor: duckdb.DuckDBPyConnection, source: str, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """Two of the first columns that are unique together, such as a date and a ticker."""
    for pair in combinations([c.name for c in columns if can_identify(c)][:_PAIRED_COLUMNS], 2):
        names = identifiers(pair)
        filled = " AND ".join(f"{identifier(name)} IS NOT NULL" for name in pair)
        rows, distinct = cursor.execute(
            f"SELECT count(*), count(DISTINCT ({names})) FILTER ({filled}) FROM {source}"
        ).fetchall()[0]
        if rows > 1 and rows == distinct:
            return pair
    return ()


def _mixed(cursor: duckdb.DuckDBPyConnection, source: str, columns: tuple[Column, ...]) -> list[str]:
    """Text columns that are mostly numbers: which values keep them from being numbers."""
    notes = []
    for column in columns:
        if column.type != "VARCHAR":
            continue
        name = identifier(column.name)
        filled, numbers, other = cursor.execute(
            f"SELECT count({name}), count(TRY_CAST({name} AS DOUBLE)), "
            f"any_value({name}) FILTER ({name} IS NOT NULL AND TRY_CAST({name} AS DOUBLE) IS NULL) FROM {source}"
        ).fetchall()[0]
        if filled and filled > numbers >= filled * _MOSTLY:
            notes.append(
                f"“{column.name}” is read as text: {filled - numbers:,} of {filled:,} "
                f"values are not numbers, such as {other!r}."
            )
    return notes
