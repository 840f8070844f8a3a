"""Files that become rows of a table: what is in them, what taking them in would do, and the import itself."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import duckdb

from hati_core.branch import Branch
from hati_core.errors import BranchMoved, ImportRefused, TableExists
from hati_core.importing import judging
from hati_core.importing.fitting import (
    fitted,
    key_note,
    notes,
    plan_of,
    refusal,
    require_columns,
    require_filled,
    typed,
)
from hati_core.importing.guessing import ColumnNote, guess
from hati_core.importing.judging import Target, Verdict
from hati_core.importing.order import ImportMode, ImportOrder, ImportPlan, RejectedRow, TakenColumn
from hati_core.importing.reading import Dates, Numbers, Reading
from hati_core.importing.staging import Staged
from hati_core.importing.suggesting import is_meant_for, suggested_key, table_name, taken_by_name
from hati_core.importing.upload import SUFFIXES, TEXT, WORKBOOKS, Upload
from hati_core.importing.writing import write
from hati_core.model import Column, KeyOrigin, Row, TableInfo
from hati_core.quote import identifier
from hati_core.storage.results import rows_of
from hati_core.store import Store, named

__all__ = [
    "SUFFIXES",
    "TEXT",
    "WORKBOOKS",
    "Dates",
    "FilePreview",
    "ImportMode",
    "ImportOrder",
    "ImportPlan",
    "Importer",
    "Numbers",
    "Reading",
    "RejectedRow",
    "TakenColumn",
    "is_meant_for",
    "table_name",
    "taken_by_name",
]

_SAMPLE_ROWS = 8
_REJECTS_SHOWN = 200
_CHANGES_SHOWN = 50


@dataclass(frozen=True)
class FilePreview:
    """What is in a file: typed columns, its number of rows, the first of them, and what to know before.

    ``reading`` says how it was read, with nothing left open; ``misread`` counts lines that are no rows.
    """

    table: str
    columns: tuple[Column, ...]
    rows: int
    sample: tuple[Row, ...]
    suggested_key: tuple[str, ...]
    reading: Reading
    sheets: tuple[str, ...]
    misread: int
    file_notes: tuple[str, ...]
    key_note: str
    column_notes: tuple[ColumnNote, ...]

    @property
    def has_header(self) -> bool:
        """Whether the names of the columns are in the file."""
        return self.reading.has_header is not False

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the file and of its columns."""
        return self.notes_with({})

    def notes_with(self, types: Mapping[str, str], mode: ImportMode = ImportMode.NEW) -> tuple[str, ...]:
        """The notes that hold when columns, by their names in the file, get other types than those guessed.

        What is said of a key holds for a new table: every other has its own.
        """
        guessed = {column.name: column.type for column in self.columns}
        return (
            *self.file_notes,
            *((self.key_note,) if self.key_note and mode is ImportMode.NEW else ()),
            *(
                note.text
                for note in self.column_notes
                if types.get(note.column, guessed[note.column]) == guessed[note.column]
            ),
        )

    def order(self, table: str, key: Sequence[str] | None = None) -> ImportOrder:
        """Everything in the file as a new table."""
        taken = tuple(TakenColumn(column.name, column.name, column.type) for column in self.columns)
        numbers, dates = self.reading.numbers or Numbers.POINT, self.reading.dates or Dates.DAY_FIRST
        return ImportOrder(
            table, ImportMode.NEW, taken, self.suggested_key if key is None else tuple(key), numbers, dates
        )


class Importer:
    """One uploaded file, kept in the repository's own temporary folder until :meth:`close`.

    Raises:
        ImportRefused: it is not of a kind that can be read.
    """

    def __init__(self, store: Store, name: str, content: BinaryIO) -> None:
        self._store = store
        self._name = name
        self._upload = Upload(store, name, content)
        self._reading = Reading()

    @property
    def sheets(self) -> tuple[str, ...]:
        """The sheets of a workbook; none of any other file.

        Raises:
            ImportRefused: it cannot be read as a workbook.
        """
        return self._upload.sheets

    def close(self) -> None:
        """Forget the file."""
        self._upload.close()

    def preview(self, how: Reading | None = None) -> FilePreview:
        """Read the whole file once for its types; what ``how`` leaves open is found out.

        Raises:
            ImportRefused: it is empty, broken, or has two columns of one name.
        """
        self._reading = how or Reading()
        staged = self._upload.staged(self._reading)
        with self._upload.session() as cursor:
            found = guess(cursor, staged, self._reading.numbers, self._reading.dates)
            columns = tuple(Column(column.name, kind) for column, kind in zip(staged.columns, found.types, strict=True))
            relation = typed(staged, found.types, found.numbers, found.dates)
            sample = rows_of(cursor.execute(f"SELECT * FROM {relation} LIMIT {_SAMPLE_ROWS}"))
            key = suggested_key(cursor, relation, columns, found.mixed)
        how = replace(staged.reading, numbers=found.numbers, dates=found.dates)
        return FilePreview(
            table_name(self._name, how.sheet if len(self._upload.sheets) > 1 else None),
            columns,
            staged.rows,
            tuple(sample),
            key,
            how,
            self._upload.sheets,
            len(staged.misread),
            tuple(notes(staged)),
            key_note(staged, key),
            found.notes,
        )

    def sample(self, preview: FilePreview, types: Mapping[str, str]) -> tuple[Row, ...]:
        """The first rows when columns, by their names in the file, get other types; what does not fit is empty."""
        staged = self._upload.staged(self._reading)
        kinds = [types.get(column.name, column.type) for column in preview.columns]
        relation = typed(staged, kinds, preview.reading.numbers, preview.reading.dates)
        with self._upload.session() as cursor:
            return tuple(rows_of(cursor.execute(f"SELECT * FROM {relation} LIMIT {_SAMPLE_ROWS}")))

    def plan(self, branch: Branch, order: ImportOrder) -> ImportPlan:
        """Work out what an import would do, and which rows cannot be taken in; nothing is written.

        Raises:
            ImportRefused: the order does not fit the file or the table.
            TableExists, TableNotFound: there is, or is not, a table of that name.
        """
        head = branch.head
        target, order = self._target(branch, order, head, at_head=False)
        staged = self._upload.staged(self._reading)
        with self._judged(branch, order, target) as (cursor, verdict):
            require_filled(order, target.info, verdict)
            plan = plan_of(staged, order, head, verdict, self._rejects(cursor, staged, _REJECTS_SHOWN))
            return replace(plan, changes=judging.changes(cursor, order, target, _CHANGES_SHOWN) if plan.changed else ())

    def run(
        self,
        branch: Branch,
        order: ImportOrder,
        *,
        only_good: bool = False,
        expected_version: int | None = None,
        message: str | None = None,
        author: str | None = None,
    ) -> ImportPlan:
        """Take the rows in as one commit; says what was done. Rejected rows are left out if ``only_good``.

        Raises:
            ImportRefused: there are rejected rows, or the order does not fit.
            BranchMoved: the head is not ``expected_version`` any more.
            TableExists, TableNotFound: there is, or is not, a table of that name.
        """
        staged = self._upload.staged(self._reading)
        with branch.transaction(message or self._message(order), author=author) as tx:
            if expected_version is not None and tx.head != expected_version:
                raise BranchMoved(
                    f"“{branch.name}” has changed since you looked at this import. Nothing was written; look at what "
                    "it would do now.",
                    branch=branch.name,
                    expected=expected_version,
                    actual=tx.head,
                    table=order.table,
                )
            target, order = self._target(branch, order, tx.head, at_head=True)
            try:
                verdict = judging.judge(tx.cursor, staged, order, target)
                require_filled(order, target.info, verdict)
                rejects = self._rejects(tx.cursor, staged, _REJECTS_SHOWN)
                plan = plan_of(staged, order, tx.head, verdict, rejects)
                if plan.rejected and not only_good:
                    raise refusal(self._name, plan)
                write(tx, order, target, verdict)
            finally:
                judging.forget(tx.cursor)
        return plan

    def load(
        self,
        branch: Branch,
        table: str,
        key: Sequence[str],
        *,
        has_header: bool | None = None,
        author: str | None = None,
    ) -> int:
        """Make all of the file a new table of a branch, as one commit; returns its number of rows.

        Raises:
            TableExists: the branch has a table of that name.
            ImportRefused: a row cannot be taken in.
        """
        order = self.preview(Reading(has_header=has_header)).order(table, key)
        return self.run(branch, order, author=author).good

    def rejected_file(self, branch: Branch, order: ImportOrder) -> Path:
        """Write all rejected rows as CSV, each with its line and why; the file goes with :meth:`close`."""
        target, order = self._target(branch, order, branch.head, at_head=False)
        staged = self._upload.staged(self._reading)
        file = self._upload.folder / "rejected.csv"
        with (
            self._judged(branch, order, target) as (cursor, _),
            file.open("w", encoding="utf-8-sig", newline="") as out,
        ):
            writer = csv.writer(out)
            writer.writerow([staged.place, "reason", *(column.name for column in staged.columns)])
            for row in self._rejects(cursor, staged, None):
                writer.writerow([row.line, row.reason, *row.values])
        return file

    @contextmanager
    def _judged(
        self, branch: Branch, order: ImportOrder, target: Target
    ) -> Iterator[tuple[duckdb.DuckDBPyConnection, Verdict]]:
        with self._store.engine.session(branch.id) as cursor:
            try:
                yield cursor, judging.judge(cursor, self._upload.staged(self._reading), order, target)
            finally:
                judging.forget(cursor)

    def _rejects(self, cursor: duckdb.DuckDBPyConnection, staged: Staged, limit: int | None) -> list[RejectedRow]:
        """Rejected rows in the order of the file, lines that are no rows included."""
        texts = ", ".join(f"CAST(s.{column.staged} AS VARCHAR)" for column in staged.columns)
        few = "" if limit is None else f" LIMIT {limit}"
        rows = cursor.execute(
            f"SELECT i.place, i.why, i.other, {texts} FROM {judging.ROWS} AS i "
            f"JOIN {staged.relation} AS s USING (place) WHERE i.why IS NOT NULL ORDER BY i.place{few}"
        ).fetchall()
        lines = staged.lines({at for row in rows for at in (row[0], row[2]) if at is not None})
        found = [
            RejectedRow(
                lines.of[at],
                f"{why}{staged.place} {lines.of[other]:,}" if other is not None else why,
                tuple("" if text is None else text for text in texts),
            )
            for at, why, other, *texts in rows
        ]
        found += [RejectedRow(wrong.line, wrong.reason, (wrong.text,)) for wrong in lines.misread]
        return sorted(found, key=lambda row: row.line)[:limit]

    def _target(self, branch: Branch, order: ImportOrder, head: int, *, at_head: bool) -> tuple[Target, ImportOrder]:
        """The table that the order is about, and the order with the types of that table."""
        name = order.table.strip()
        sources = {column.name for column in self._upload.staged(self._reading).columns}
        require_columns(order, sources, self._name)
        if order.mode is ImportMode.NEW:
            if not name:
                raise ImportRefused("Give the table a name.")
            if named(self._store.tables(branch.id, head), name):
                raise TableExists(
                    f"“{branch.name}” has a table called “{name}”. Choose another name, or put the rows into it.",
                    table=name,
                )
            columns = tuple(Column(c.name, c.type, c.name not in order.key) for c in order.columns)
            info = TableInfo(name, "", columns, order.key, KeyOrigin.DECLARED if order.key else KeyOrigin.LINEAGE)
            return Target(info, None), order
        info = self._store.table(branch.id, head, name)
        catalog = self._store.catalog(branch.id)
        relation = identifier(info.name) if at_head else f"(FROM {catalog.at(info.name, head)})"
        checks = self._store.checks(branch.id, head, info.name)
        return Target(info, relation, checks), fitted(order, info)

    def _message(self, order: ImportOrder) -> str:
        verbs = {
            ImportMode.NEW: "Import {file} into {table}",
            ImportMode.APPEND: "Add {file} to {table}",
            ImportMode.UPSERT: "Bring {table} up to date with {file}",
            ImportMode.REPLACE: "Replace {table} by {file}",
        }
        return verbs[order.mode].format(file=self._name, table=order.table.strip())
