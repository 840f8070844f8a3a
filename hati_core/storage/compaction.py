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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from hati_core.errors import BranchBusy
from hati_core.model import CompactReport
from hati_core.quote import identifier, literal
from hati_core.storage.clone import clone
from hati_core.storage.engine import Engine
from hati_core.storage.locks import lock_file, writer_lock
from hati_core.storage.registry import BranchRow

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
        FROM {0}.ducklake_column GROUP BY table_id
    ), small AS (
        SELECT file.data_file_id, file.table_id, home.path || parent.path AS folder, file.path,
            sum(file.file_size_bytes) OVER (PARTITION BY file.table_id ORDER BY file.data_file_id) AS bytes
        FROM {0}.ducklake_data_file AS file JOIN columns_since USING (table_id)
        JOIN {0}.ducklake_table AS parent USING (table_id) JOIN {0}.ducklake_schema AS home USING (schema_id)
        WHERE file.end_snapshot IS NULL AND parent.end_snapshot IS NULL AND home.end_snapshot IS NULL
            AND file.begin_snapshot > $after AND file.begin_snapshot >= columns_since.version
            AND file.file_size_bytes <= $small AND file.partition_id IS NULL
            AND file.data_file_id NOT IN (SELECT data_file_id FROM {0}.ducklake_delete_file)
    )
    SELECT data_file_id, folder || path FROM small WHERE bytes <= $at_once
    QUALIFY count(*) OVER (PARTITION BY table_id) >= $least
"""


@dataclass(frozen=True)
class _State:
    """What every commit and every compaction of a branch changes."""

    head: int
    next_file_id: int


@dataclass(frozen=True)
class _Merged:
    """What DuckLake made of the copy that is attached as ``metadata``."""

    metadata: str
    seen: _State
    replaced: tuple[int, ...]
    files: tuple[Path, ...]


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
        with self._engine.metadata_session(self._branch_id) as cursor:
            if not self._small_files(cursor, self._engine.metadata_of(self._branch_id), least):
                return 0, 0
        for attempt in range(_UNHINDERED_ATTEMPTS + 1):
            with ExitStack() as stack:
                if attempt == _UNHINDERED_ATTEMPTS:
                    stack.enter_context(self._held())
                cursor = stack.enter_context(self._engine.metadata_session(self._branch_id))
                merged = stack.enter_context(self._merged(cursor, least))
                if merged is None:
                    break
                if attempt < _UNHINDERED_ATTEMPTS:
                    stack.enter_context(self._held())
                if self._still_stands(cursor, merged):
                    self._replace(cursor, merged)
                    return len(merged.replaced), len(merged.files)
        return 0, 0

    @contextmanager
    def _held(self) -> Iterator[None]:
        with writer_lock(self._engine.locks, self._branch_id, self._name):
            yield

    def _small_files(self, cursor: duckdb.DuckDBPyConnection, metadata: str, least: int) -> dict[int, Path]:
        """Files with nothing deleted from them, by id."""
        limits = {"after": self._after, "small": _SMALL_BYTES, "at_once": _AT_ONCE_BYTES, "least": least}
        found = cursor.execute(_SMALL_FILES.format(identifier(metadata)), limits).fetchall()
        return {file_id: self._engine.data / path for file_id, path in found}

    @contextmanager
    def _merged(self, cursor: duckdb.DuckDBPyConnection, least: int) -> Iterator[_Merged | None]:
        """A copy of the catalog in which the small files are merged; None where there is nothing to merge."""
        copy_id = uuid.uuid4().hex[:12]
        file = self._engine.catalogs / f"{copy_id}.compaction"
        lake, metadata = f"c_{copy_id}", f"__ducklake_metadata_c_{copy_id}"
        # The collector passes over leftovers of whoever is still at work.
        with writer_lock(self._engine.locks, copy_id, self._name):
            try:
                clone(cursor, self._engine.metadata_of(self._branch_id), file)
                cursor.execute(f"ATTACH {literal(str(file))} AS {identifier(metadata)} (TYPE sqlite)")
                seen = _state(cursor, metadata)
                small = self._small_files(cursor, metadata, least)
                if not small:
                    yield None
                    return
                _prepare(cursor, metadata, small)
                cursor.execute(f"DETACH {identifier(metadata)}")
                cursor.execute(
                    f"ATTACH {literal(f'ducklake:sqlite:{file}')} AS {identifier(lake)} (DATA_PATH "
                    f"{literal(f'{self._engine.data}/')}, OVERRIDE_DATA_PATH true, DATA_INLINING_ROW_LIMIT 0)"
                )
                cursor.execute(f"CALL ducklake_merge_adjacent_files({literal(lake)})")
                yield self._outcome(cursor, metadata, seen, small)
            finally:
                for name in (lake, metadata):
                    with suppress(duckdb.Error):
                        cursor.execute(f"DETACH {identifier(name)}")
                for left in self._engine.catalogs.glob(f"{copy_id}.*"):
                    left.unlink(missing_ok=True)
        lock_file(self._engine.locks, copy_id).unlink(missing_ok=True)

    def _outcome(
        self, cursor: duckdb.DuckDBPyConnection, metadata: str, seen: _State, small: dict[int, Path]
    ) -> _Merged | None:
        files = f"{identifier(metadata)}.ducklake_data_file"
        left = {file_id for (file_id,) in cursor.execute(f"SELECT data_file_id FROM {files}").fetchall()}
        made = cursor.execute(
            f"SELECT home.path || parent.path || file.path FROM {files} AS file "
            f"JOIN {identifier(metadata)}.ducklake_table AS parent USING (table_id) "
            f"JOIN {identifier(metadata)}.ducklake_schema AS home USING (schema_id) WHERE data_file_id >= $1",
            [seen.next_file_id],
        ).fetchall()
        replaced = tuple(small.keys() - left)
        return _Merged(metadata, seen, replaced, tuple(self._engine.data / path for (path,) in made)) if made else None

    def _still_stands(self, cursor: duckdb.DuckDBPyConnection, merged: _Merged) -> bool:
        """Whether nobody wrote the branch since it was copied, or collected the files that it does not name yet."""
        unmoved = _state(cursor, self._engine.metadata_of(self._branch_id)) == merged.seen
        return unmoved and all(file.exists() for file in merged.files)

    def _replace(self, cursor: duckdb.DuckDBPyConnection, merged: _Merged) -> None:
        """Let the merged files take the place of the small ones, which stay scheduled for the collector."""
        real, copy = identifier(self._engine.metadata_of(self._branch_id)), identifier(merged.metadata)
        cursor.execute("BEGIN")
        for table in _BY_FILE:
            cursor.execute(
                f"DELETE FROM {real}.{table} WHERE list_contains($1::BIGINT[], data_file_id)", [list(merged.replaced)]
            )
            cursor.execute(
                f"INSERT INTO {real}.{table} FROM {copy}.{table} WHERE data_file_id >= $1", [merged.seen.next_file_id]
            )
        cursor.execute(
            f"INSERT INTO {real}.ducklake_files_scheduled_for_deletion "
            f"FROM {copy}.ducklake_files_scheduled_for_deletion WHERE list_contains($1::BIGINT[], data_file_id)",
            [list(merged.replaced)],
        )
        cursor.execute(
            f"UPDATE {real}.ducklake_snapshot SET next_file_id = $1 WHERE snapshot_id = $2",
            [_state(cursor, merged.metadata).next_file_id, merged.seen.head],
        )
        cursor.execute("COMMIT")


def _state(cursor: duckdb.DuckDBPyConnection, metadata: str) -> _State:
    newest = f"FROM {identifier(metadata)}.ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1"
    return _State(*cursor.execute(f"SELECT snapshot_id, next_file_id {newest}").fetchall()[0])


def _prepare(cursor: duckdb.DuckDBPyConnection, metadata: str, small: dict[int, Path]) -> None:
    """Leave nothing in the copy but the small files, and take those with row numbers of their own out of order."""
    place = identifier(metadata)
    by_name = {str(path): file_id for file_id, path in small.items()}
    numbered = cursor.execute(
        "SELECT DISTINCT file_name FROM parquet_schema($1) WHERE field_id = $2", [list(by_name), _ROW_ID_FIELD]
    ).fetchall()
    cursor.execute("BEGIN")
    cursor.execute(
        f"DELETE FROM {place}.ducklake_data_file WHERE NOT list_contains($1::BIGINT[], data_file_id)", [list(small)]
    )
    cursor.execute(f"DELETE FROM {place}.ducklake_delete_file")
    cursor.execute(
        f"UPDATE {place}.ducklake_data_file SET row_id_start = NULL WHERE list_contains($1::BIGINT[], data_file_id)",
        [[by_name[name] for (name,) in numbered]],
    )
    cursor.execute("COMMIT")
