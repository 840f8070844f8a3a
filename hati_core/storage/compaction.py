"""Putting the many small files of a branch together, so that reading does not slow down with every edit.

DuckLake's own ``ducklake_merge_adjacent_files`` does the work, but never on the branch: it runs
on a throw-away copy of the catalog, and what it made then takes the place of the small files in one
transaction of the real one. So a compaction is no version. No head moves, no plan grows old, and
history shows what people did. It also lets us prepare the copy for what DuckLake does not see to:

- It numbers rows anew where files follow each other in its numbering, although rows that were
  updated carry numbers of their own. In the copy, files with such rows have no place in the numbering.
- It adds columns to files written before there were such. A fork of an older version would take
  them for columns of its own that got the same number. Only files with today's columns are taken.

``ducklake_rewrite_data_files`` is not used: a change feed that crosses a rewrite tells of every row
of the file as deleted and inserted.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import duckdb

from hati_core.errors import BranchBusy
from hati_core.model import CompactReport
from hati_core.quote import literal
from hati_core.storage.engine import Engine, alias_of
from hati_core.storage.registry_rows import BranchRow

MANY_FILES = 32
"""A table with this many small files is worth compacting."""
_SMALL_BYTES = 1 << 20
_AT_ONCE_BYTES = 32 << 20
"""A fork of an old version may have to write a merged file again, so none becomes large."""
_ROW_ID_FIELD = 2147483540
"""The number that DuckLake gives a column of row numbers in a Parquet file."""
_UNHINDERED_ATTEMPTS = 2
_BY_FILE = ("ducklake_data_file", "ducklake_file_column_stats", "ducklake_file_variant_stats")

_SMALL_FILES = """
    WITH columns_since AS (
        SELECT table_id, max(greatest(begin_snapshot, coalesce(end_snapshot, 0))) AS version
        FROM {ducklake_column} GROUP BY table_id
    ), small AS (
        SELECT file.data_file_id, file.table_id, home.path || parent.path || file.path AS path,
            sum(file.file_size_bytes) OVER (PARTITION BY file.table_id ORDER BY file.data_file_id) AS bytes
        FROM {ducklake_data_file} AS file JOIN columns_since USING (table_id)
        JOIN {ducklake_table} AS parent USING (table_id) JOIN {ducklake_schema} AS home USING (schema_id)
        WHERE file.end_snapshot IS NULL AND parent.end_snapshot IS NULL AND home.end_snapshot IS NULL
            AND file.begin_snapshot > $after AND file.begin_snapshot >= columns_since.version
            AND file.file_size_bytes <= $small AND file.partition_id IS NULL
            AND file.data_file_id NOT IN (SELECT data_file_id FROM {ducklake_delete_file})
    )
    SELECT data_file_id, path FROM small WHERE bytes <= $at_once
    QUALIFY count(*) OVER (PARTITION BY table_id) >= $least
"""
_MADE_FILES = """
    SELECT home.path || parent.path || file.path FROM {ducklake_data_file} AS file
    JOIN {ducklake_table} AS parent USING (table_id) JOIN {ducklake_schema} AS home USING (schema_id)
    WHERE file.data_file_id >= $1 AND parent.end_snapshot IS NULL AND home.end_snapshot IS NULL
"""
_TABLES = ("ducklake_column", "ducklake_data_file", "ducklake_delete_file", "ducklake_schema", "ducklake_table")


@dataclass(frozen=True)
class _State:
    """What every commit and every compaction of a branch changes."""

    head: int
    next_file_id: int


@dataclass(frozen=True)
class _Merged:
    """What DuckLake made of a copy: the files by their address, and the ids of those that they replace."""

    copy_id: str
    seen: _State
    replaced: tuple[int, ...]
    files: tuple[str, ...]


def compact_branches(engine: Engine, rows: Sequence[BranchRow], *, least: int, patient: bool) -> CompactReport:
    """Compact branches one after the other; a busy one is passed over, unless the caller is ``patient``.

    Raises:
        BranchBusy: a branch is being written for longer than a patient caller waits.
    """
    done, busy = {}, []
    for row in rows:
        try:
            done[row.name] = Compactor(engine, row.id, row.name, row.fork_version or 0).run(least)
        except BranchBusy:
            if patient:
                raise
            busy.append(row.name)
    changed = {name: counts for name, counts in done.items() if counts != (0, 0)}
    return CompactReport(
        tuple(changed),
        sum(before for before, _ in changed.values()),
        sum(after for _, after in changed.values()),
        tuple(busy),
    )


class Compactor:
    """Compacts one branch; files up to version ``after`` are shared with its parent and stay as they are."""

    def __init__(self, engine: Engine, branch_id: str, name: str, after: int) -> None:
        self._engine = engine
        self._place = engine.place
        self._branch_id = branch_id
        self._name = name
        self._after = after

    def run(self, least: int) -> tuple[int, int]:
        """Put together the small files of every table that has at least ``least``; returns how many became how many.

        A writer waits while the result takes the place of the files, no longer. Only where the
        branch is written again and again in the meantime does the last attempt hold it throughout.

        Raises:
            BranchBusy: the branch is being written for longer than a writer waits; nothing was changed.
        """
        if not self._small_files(self._branch_id, least):
            return 0, 0
        for attempt in range(_UNHINDERED_ATTEMPTS + 1):
            is_last = attempt == _UNHINDERED_ATTEMPTS
            with ExitStack() as stack:
                if is_last:
                    stack.enter_context(self._held())
                merged = stack.enter_context(self._merged(least))
                if merged is None:
                    break
                if not is_last:
                    stack.enter_context(self._held())
                if self._still_stands(merged):
                    self._replace(merged)
                    return len(merged.replaced), len(merged.files)
        return 0, 0

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._place.lock(self._branch_id, self._name):
            yield

    def _metadata(self, branch_id: str) -> dict[str, str]:
        return {table: self._engine.metadata(branch_id, table) for table in _TABLES}

    def _small_files(self, branch_id: str, least: int) -> dict[int, str]:
        """The addresses of files with nothing deleted from them, by id, in a catalog."""
        limits = {"after": self._after, "small": _SMALL_BYTES, "at_once": _AT_ONCE_BYTES, "least": least}
        with self._engine.metadata_session(branch_id) as cursor:
            found = cursor.execute(_SMALL_FILES.format(**self._metadata(branch_id)), limits).fetchall()
        return {file_id: self._place.data.url + path for file_id, path in found}

    @contextmanager
    def _merged(self, least: int) -> Iterator[_Merged | None]:
        """A copy of the catalog in which the small files are merged; None where there is nothing to merge."""
        copy_id = uuid.uuid4().hex[:12]
        try:
            # The collector passes over what belongs to somebody who is still at work.
            with self._place.lock(copy_id, self._name):
                try:
                    self._engine.fork_catalog(self._branch_id, copy_id)
                    yield self._merge_in(copy_id, least)
                finally:
                    self._engine.detach(copy_id)
                    self._place.drop(copy_id)
        finally:
            self._place.forget_lock(copy_id)

    def _merge_in(self, copy_id: str, least: int) -> _Merged | None:
        seen = self._state(copy_id)
        small = self._small_files(copy_id, least)
        if not small:
            return None
        self._prepare(copy_id, small)
        with self._engine.metadata_session(copy_id) as cursor:
            cursor.execute(f"CALL ducklake_merge_adjacent_files({literal(alias_of(copy_id))})").fetchall()
        with self._engine.metadata_session(copy_id) as cursor:
            metadata = self._metadata(copy_id)
            left = cursor.execute(f"SELECT data_file_id FROM {metadata['ducklake_data_file']}").fetchall()
            made = cursor.execute(_MADE_FILES.format(**metadata), [seen.next_file_id]).fetchall()
        replaced = tuple(small.keys() - {file_id for (file_id,) in left})
        return (
            _Merged(copy_id, seen, replaced, tuple(self._place.data.url + path for (path,) in made)) if made else None
        )

    def _prepare(self, copy_id: str, small: Mapping[int, str]) -> None:
        """Leave no file in the copy but the small ones, and take those with row numbers of their own out of order."""
        ids = {address: file_id for file_id, address in small.items()}
        metadata = self._metadata(copy_id)
        with self._engine.metadata_session(copy_id) as cursor:
            numbered = cursor.execute(
                "SELECT DISTINCT file_name FROM parquet_schema($1) WHERE field_id = $2", [list(ids), _ROW_ID_FIELD]
            ).fetchall()
            files = metadata["ducklake_data_file"]
            with _transaction(cursor):
                cursor.execute(f"DELETE FROM {metadata['ducklake_delete_file']}")
                cursor.execute(f"DELETE FROM {files} WHERE data_file_id NOT IN ({_listed(small)})")
                if numbered:
                    own = _listed(ids[name] for (name,) in numbered)
                    cursor.execute(f"UPDATE {files} SET row_id_start = NULL WHERE data_file_id IN ({own})")

    def _state(self, branch_id: str) -> _State:
        snapshots = self._engine.metadata(branch_id, "ducklake_snapshot")
        with self._engine.metadata_session(branch_id) as cursor:
            newest = f"SELECT snapshot_id, next_file_id FROM {snapshots} ORDER BY snapshot_id DESC LIMIT 1"
            return _State(*cursor.execute(newest).fetchall()[0])

    def _still_stands(self, merged: _Merged) -> bool:
        """Whether nobody wrote the branch since it was copied, or collected the files that it does not name yet."""
        with self._engine.metadata_session(self._branch_id) as cursor:
            there = cursor.execute("SELECT count(*) FROM glob($1)", [list(merged.files)]).fetchall()[0][0]
        return bool(there == len(merged.files)) and self._state(self._branch_id) == merged.seen

    def _replace(self, merged: _Merged) -> None:
        """Let the merged files take the place of the small ones, which are left to the collector."""
        next_file_id = self._state(merged.copy_id).next_file_id
        gone, made = _listed(merged.replaced), f"data_file_id >= {merged.seen.next_file_id}"
        with self._engine.metadata_session(self._branch_id) as cursor, _transaction(cursor):
            for table in _BY_FILE:
                real, copy = (self._engine.metadata(place, table) for place in (self._branch_id, merged.copy_id))
                cursor.execute(f"DELETE FROM {real} WHERE data_file_id IN ({gone})")
                cursor.execute(f"INSERT INTO {real} SELECT * FROM {copy} WHERE {made}")
            scheduled = "ducklake_files_scheduled_for_deletion"
            real, copy = (self._engine.metadata(place, scheduled) for place in (self._branch_id, merged.copy_id))
            cursor.execute(f"INSERT INTO {real} SELECT * FROM {copy} WHERE data_file_id IN ({gone})")
            cursor.execute(
                f"UPDATE {self._engine.metadata(self._branch_id, 'ducklake_snapshot')} SET next_file_id = $1 "
                "WHERE snapshot_id = $2",
                [next_file_id, merged.seen.head],
            )
            self._place.require_locks({self._branch_id: self._name})


@contextmanager
def _transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What a failure leaves open goes with the cursor."""
    cursor.execute("BEGIN")
    yield
    cursor.execute("COMMIT")


def _listed(ids: Iterable[int]) -> str:
    return ", ".join(str(int(file_id)) for file_id in ids)
