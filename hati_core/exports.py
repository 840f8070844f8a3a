"""Tables and results of queries as files to take along: CSV, Parquet, Excel, or all of a branch as a zip."""

from __future__ import annotations

import re
import shutil
import uuid
import weakref
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

import duckdb

from hati_core.branch_view import BranchView
from hati_core.errors import ExportRefused, StatementRefused
from hati_core.quote import identifier, literal
from hati_core.sql import gate
from hati_core.sql.gate import StatementKind
from hati_core.storage.extensions import connect_with
from hati_core.storage.failures import translated
from hati_core.storage.limits import Limits, Stop
from hati_core.storage.results import Params, run
from hati_core.store import Store

SHEET_ROWS = 1_048_575
"""Rows of a sheet below the names of the columns; https://support.microsoft.com/office/1672b34d-7043-467e-8e27."""
_CELL_CHARACTERS = 32_767
_EXACT_DIGITS = 999_999_999_999_999
"""Excel keeps fifteen digits of a number."""
_FORMULA = "^[=+\\-@\t\r]"
_NUMBER = "^[-+]?[0-9.,]+([eE][-+]?[0-9]+)?%?$"
_CONTROLS = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]"
_PLAIN_IN_CELLS = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER", "DATE", "TIME")


class ExportFormat(Enum):
    """What kind of file; the value is the end of its name."""

    CSV = "csv"
    EXCEL = "xlsx"
    PARQUET = "parquet"


class Export:
    """A file in the repository's own temporary folder, which goes with :meth:`close` or when nobody holds it.

    ``file_name`` is what it should be called where it goes; ``rows`` counts what is in it.
    """

    def __init__(self, folder: Path, path: Path, file_name: str, rows: int) -> None:
        self.path = path
        self.file_name = file_name
        self.rows = rows
        self.close = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def __enter__(self) -> Export:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def export_query(
    store: Store,
    view: BranchView,
    sql: str,
    form: ExportFormat,
    name: str,
    params: Params = None,
    *,
    safe: bool = True,
    timeout: float | None = None,
    stop: Stop | None = None,
) -> Export:
    """Write what one read gives to a file called after ``name``; the rows never pass through Python.

    ``safe`` puts an apostrophe before text in a CSV file that a spreadsheet would take for a formula. In an Excel
    file text is always text.

    Raises:
        SyntaxRefused, StatementRefused: the gate does not let the read through, or it gives no rows.
        QueryError, QueryTimeout: the database cannot run it, or not in time.
        ExportRefused: it does not fit into a sheet.
    """
    query = _readable(sql, view.name)
    with _folder(store) as folder, store.engine.session(view.id, view.version) as cursor:
        path = folder / f"rows.{form.value}"
        with Limits(timeout, stop).over(cursor):
            rows = _write(cursor, query, params, form, path, _file_stem(name), safe=safe)
        return Export(folder, path, f"{_file_stem(name)}.{form.value}", rows)


def export_branch(store: Store, view: BranchView, form: ExportFormat, *, safe: bool = True) -> Export:
    """Write every table of a branch at one version into a zip, one file each.

    Raises:
        ExportRefused: there is no table, or the form is for single tables.
    """
    tables = list(view.tables())
    if not tables:
        raise ExportRefused(f"“{view.name}” has no tables yet, so there is nothing to export.")
    if form is ExportFormat.EXCEL:
        raise ExportRefused("All tables come as CSV or Parquet files. Export single tables to Excel.")
    with _folder(store) as folder, store.engine.session(view.id, view.version) as cursor:
        path, rows = folder / "tables.zip", 0
        packing = zipfile.ZIP_DEFLATED if form is ExportFormat.CSV else zipfile.ZIP_STORED
        with zipfile.ZipFile(path, "w", packing, allowZip64=True) as bundle:
            for table, stem in zip(tables, _distinct([_file_stem(table) for table in tables]), strict=True):
                part = folder / f"part.{form.value}"
                query = f"FROM {identifier(table)}"
                rows += _write(cursor, query, None, form, part, stem, safe=safe)
                bundle.write(part, f"{stem}.{form.value}")
                part.unlink()
        return Export(folder, path, f"{_file_stem(view.name)} {form.value}.zip", rows)


@contextmanager
def _folder(store: Store) -> Iterator[Path]:
    """A folder for one export, which stays unless the export fails."""
    folder = store.engine.place.scratch / f"export-{uuid.uuid4().hex}"
    folder.mkdir()
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _readable(sql: str, branch: str) -> str:
    statement = gate.check(sql, own=branch)
    first = statement.sql.split(maxsplit=1)[0]
    if statement.kind is not StatementKind.QUERY or first.upper() == "EXPLAIN":
        raise StatementRefused("Only what a query gives can be exported. Write a SELECT.", part=first)
    return statement.sql


def _write(
    cursor: duckdb.DuckDBPyConnection,
    query: str,
    params: Params,
    form: ExportFormat,
    path: Path,
    name: str,
    *,
    safe: bool,
) -> int:
    # On lines of its own, since a comment may end it.
    source = f"(\n{query}\n)"
    described = [(row[0], row[1]) for row in run(cursor, f"DESCRIBE FROM {source}", params).fetchall()]
    if form is ExportFormat.EXCEL:
        return _write_sheet(cursor, source, params, described, path, name)
    if form is ExportFormat.PARQUET:
        return _copy(cursor, f"FROM {source}", params, path, "FORMAT parquet, COMPRESSION zstd")
    cells = [(_guarded(column) if safe and kind == "VARCHAR" else identifier(column)) for column, kind in described]
    chosen = ", ".join(f"{cell} AS {identifier(column)}" for cell, (column, _) in zip(cells, described, strict=True))
    return _copy(cursor, f"SELECT {chosen} FROM {source}", params, path, "FORMAT csv, HEADER true")


def _guarded(column: str) -> str:
    """Text with an apostrophe in front where a spreadsheet would compute it; a number is harmless."""
    name = identifier(column)
    risky = f"regexp_matches({name}, {literal(_FORMULA)}) AND NOT regexp_matches({name}, {literal(_NUMBER)})"
    return f"CASE WHEN {risky} THEN '''' || {name} ELSE {name} END"


def _write_sheet(
    cursor: duckdb.DuckDBPyConnection,
    source: str,
    params: Params,
    described: Sequence[tuple[str, str]],
    path: Path,
    name: str,
) -> int:
    """By way of Parquet: the extension that writes sheets cannot be loaded behind the repository's fences."""
    between = path.with_suffix(".parquet")
    chosen = ", ".join(f"{_in_a_cell(column, kind)} AS {identifier(column)}" for column, kind in described)
    rows = _copy(cursor, f"SELECT {chosen} FROM {source}", params, between, "FORMAT parquet")
    if rows > SHEET_ROWS:
        between.unlink()
        raise ExportRefused(f"A sheet holds {SHEET_ROWS:,} rows, and these are {rows:,}. Take CSV or Parquet instead.")
    with translated(), connect_with(["excel"]) as plain:
        stored = f"read_parquet({literal(str(between))})"
        kinds = [(row[0], row[1]) for row in plain.execute(f"DESCRIBE FROM {stored}").fetchall()]
        _require_short(plain, stored, kinds)
        exact = ", ".join(_exact(plain, stored, column, kind) for column, kind in kinds)
        sheet = re.sub(r"[\[\]:*?/\\']", " ", name)[:31].strip() or "Sheet1"
        plain.execute(
            f"COPY (SELECT {exact} FROM {stored}) TO {literal(str(path))} "
            f"(FORMAT xlsx, HEADER true, SHEET {literal(sheet)})"
        )
    between.unlink()
    return rows


def _in_a_cell(column: str, kind: str) -> str:
    """A value as a cell can hold it; what has no counterpart there is text."""
    name = identifier(column)
    if kind in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN isfinite({name}) THEN {name} END"
    if kind == "VARCHAR":
        return f"regexp_replace({name}, {literal(_CONTROLS)}, '', 'g')"
    if kind.startswith("TIMESTAMP"):
        return f"CAST({name} AS TIMESTAMP)"
    if kind in ("BIGINT", "UBIGINT") or kind.startswith("DECIMAL") or kind in _PLAIN_IN_CELLS:
        return name
    return f"CAST({name} AS VARCHAR)"


def _exact(plain: duckdb.DuckDBPyConnection, stored: str, column: str, kind: str) -> str:
    """A column of numbers with more digits than Excel keeps becomes text."""
    name = identifier(column)
    if kind in ("BIGINT", "UBIGINT") or kind.startswith("DECIMAL"):
        largest = plain.execute(f"SELECT max(abs(CAST({name} AS DOUBLE))) FROM {stored}").fetchall()[0][0]
        if largest is not None and largest > _EXACT_DIGITS:
            return f"CAST({name} AS VARCHAR) AS {name}"
    return name


def _require_short(plain: duckdb.DuckDBPyConnection, stored: str, kinds: Sequence[tuple[str, str]]) -> None:
    for column, kind in kinds:
        if kind == "VARCHAR":
            longest = plain.execute(f"SELECT max(length({identifier(column)})) FROM {stored}").fetchall()[0][0]
            if longest is not None and longest > _CELL_CHARACTERS:
                raise ExportRefused(
                    f"A cell holds {_CELL_CHARACTERS:,} characters, and “{column}” has one of {longest:,}. "
                    "Take CSV or Parquet instead."
                )


def _copy(cursor: duckdb.DuckDBPyConnection, query: str, params: Params, path: Path, options: str) -> int:
    copied = run(cursor, f"COPY ({query}) TO {literal(str(path))} ({options})", params).fetchall()
    return int(copied[0][0])


def _file_stem(name: str) -> str:
    return re.sub(r'[\s\x00-\x1f<>:"/\\|?*]+', " ", name).strip(". ")[:100] or "rows"


def _distinct(stems: Sequence[str]) -> list[str]:
    """Names of files that differ even where case does not count."""
    found: list[str] = []
    for stem in stems:
        name, number = stem, 2
        while name.casefold() in (other.casefold() for other in found):
            name, number = f"{stem} {number}", number + 1
        found.append(name)
    return found
