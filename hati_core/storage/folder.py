"""A repository in a folder of this machine: a SQLite catalog per branch, Parquet files, lock files, the registry."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from hati_core.errors import StorageUnavailable
from hati_core.quote import identifier, literal
from hati_core.storage.clone import clone, rename_durably
from hati_core.storage.cutback import columns_of, cut_back, shortened_files
from hati_core.storage.failures import storage_failure
from hati_core.storage.locks import lock_file, writer_lock
from hati_core.storage.place import OPENING, WAIT_SECONDS, Stored

_METADATA = "__ducklake_metadata_"
_READ_AT_ONCE = 50
"""Catalogs that one query reads; it keeps all of their files open."""
_SETTLED_SECONDS = 0.1
"""A file this old shows by its time that nothing was written since; clocks of file systems tick some hundred times a
second."""
_SETTLED_COARSELY_SECONDS = 2.0
"""The same where the clock of the file system is coarse, as on memory cards."""
_COARSE_NANOSECONDS = 10_000_000


class DataFolder:
    """Parquet files in a folder, of this machine or shared by several."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def url(self) -> str:
        return f"{self.root}{os.sep}"

    def probe(self, *, create: bool) -> None:
        if not create and not self.root.is_dir():
            raise StorageUnavailable(
                f"The folder {self.root}, which holds the repository's rows, is not there. Mount it on this machine."
            )
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self.root / f"probe-{uuid.uuid4().hex}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise storage_failure(self.root, error) from error

    def list(self) -> Sequence[Stored]:
        found = ((file, _stat(file)) for file in self.root.rglob("*"))
        return [_stored(file, stat, self.root) for file, stat in found if stat and file.is_file()]

    def remove(self, files: Sequence[Stored]) -> None:
        for file in files:
            (self.root / file.name).unlink(missing_ok=True)

    def take(self, file: Path, name: str) -> None:
        target = self.root / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        except OSError as error:
            raise storage_failure(self.root, error) from error

    def secrets(self) -> Sequence[str]:
        return ()

    def renewal(self) -> str | None:
        return None


class Folder:
    """The embedded place."""

    extensions: Sequence[str] = ("sqlite_scanner", "ducklake")

    def __init__(self, root: Path) -> None:
        try:
            self.root = root.resolve()
        except OSError as error:
            raise storage_failure(root, error) from error
        self.catalogs = self.root / "catalogs"
        self.locks = self.root / "locks"
        self.scratch = self.root / "tmp"
        self.data = DataFolder(self.root / "data")

    @property
    def name(self) -> str:
        return str(self.root)

    @property
    def identity(self) -> str:
        return str(self.root)

    @property
    def is_made(self) -> bool:
        """Whether there is a repository in it."""
        return (self.root / "registry.sqlite").exists()

    def prepare(self) -> None:
        try:
            for folder in (self.catalogs, self.data.root, self.locks, self.scratch):
                folder.mkdir(parents=True, exist_ok=True)
            (self.scratch / f"probe-{uuid.uuid4().hex}").touch()
            for probe in self.scratch.glob("probe-*"):
                probe.unlink(missing_ok=True)
        except OSError as error:
            raise storage_failure(self.root, error) from error

    def before_fences(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Nothing: all of it lies in the one folder."""

    def after_death(self) -> None:
        """Nothing: what DuckDB held ends with its connections."""

    def before_use(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Nothing: a folder takes no credentials."""

    def allowed(self) -> Sequence[str]:
        return (f"{self.root}{os.sep}",)

    def catalog_file(self, branch_id: str) -> Path:
        """Where the catalog of a branch lives."""
        return self.catalogs / f"{branch_id}.sqlite"

    def attach(
        self, connection: duckdb.DuckDBPyConnection, branch_id: str, alias: str, version: int | None, *, create: bool
    ) -> None:
        file = self.catalog_file(branch_id)
        if not create and not file.exists():
            raise StorageUnavailable(f"The catalog {file} is missing. It may have been collected; open another branch.")
        past = "" if version is None else f", SNAPSHOT_VERSION {version}"
        connection.execute(
            f"ATTACH {literal(f'ducklake:sqlite:{file}')} AS {identifier(alias)} ("
            f"DATA_PATH {literal(self.data.url)}, OVERRIDE_DATA_PATH true, "
            f"DATA_INLINING_ROW_LIMIT 0, META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT 5000{past})"
        )

    def detach(self, connection: duckdb.DuckDBPyConnection, alias: str) -> None:
        connection.execute(f"DETACH {identifier(alias)}")

    def metadata(self, branch_id: str, alias: str) -> str:
        return f"{identifier(_METADATA + alias)}.main"

    def clone(
        self, cursor: duckdb.DuckDBPyConnection, alias: str, parent_id: str, child_id: str, at: int | None
    ) -> None:
        """The copy is made under another name and renamed when it is whole."""
        half_done = self.catalogs / f"{child_id}.tmp"
        clone(cursor, _METADATA + alias, half_done)
        if at is not None:
            self._cut_back(cursor, half_done, at)
        try:
            rename_durably(half_done, self.catalog_file(child_id))
        except OSError as error:
            raise storage_failure(self.root, error) from error

    def _cut_back(self, cursor: duckdb.DuckDBPyConnection, file: Path, at: int) -> None:
        copy = f"copy_{uuid.uuid4().hex}"
        cursor.execute(f"ATTACH {literal(str(file))} AS {identifier(copy)} (TYPE sqlite)")
        try:
            shortened = shortened_files(cursor, identifier(copy), at, self.data.url)
            columns = columns_of(cursor, copy)
            cursor.execute("BEGIN")
            cut_back(cursor.execute, identifier(copy), columns, shortened, at)
            cursor.execute("COMMIT")
        except BaseException:
            # What failed is what to tell; a copy that stays attached would hold on to its space.
            for leave in ("ROLLBACK", f"DETACH {identifier(copy)}"):
                with suppress(duckdb.Error):
                    cursor.execute(leave)
            raise
        cursor.execute(f"DETACH {identifier(copy)}")

    def unattached(self, branch_id: str, table: str) -> str | None:
        file = self.catalog_file(branch_id)
        return f"sqlite_scan({literal(str(file))}, {literal(table)})" if file.exists() else None

    def drop(self, branch_id: str) -> None:
        for file in self.catalogs.glob(f"{branch_id}.*"):
            file.unlink(missing_ok=True)

    def settled(self, branch_id: str) -> tuple[int, ...] | None:
        """What the file system says of the catalog; None when it was written a moment ago."""
        file = self.catalog_file(branch_id)
        stats = [found for name in (file, file.with_name(f"{file.name}-wal")) if (found := _stat(name))]
        if not stats or not all(map(_is_settled, stats)):
            return None
        return tuple(part for found in stats for part in (found.st_mtime_ns, found.st_size))

    def heads(self, cursor: duckdb.DuckDBPyConnection, branch_ids: Sequence[str]) -> Mapping[str, int]:
        tables = {branch_id: self.unattached(branch_id, "ducklake_snapshot") for branch_id in branch_ids}
        there = [(branch_id, table) for branch_id, table in tables.items() if table]
        found: dict[str, int] = {}
        for first in range(0, len(there), _READ_AT_ONCE):
            asked = " UNION ALL ".join(
                f"SELECT {literal(branch_id)}, max(snapshot_id) FROM {snapshots}"
                for branch_id, snapshots in there[first : first + _READ_AT_ONCE]
            )
            try:
                found |= dict(cursor.execute(asked).fetchall())
            except duckdb.FatalException:
                raise
            except duckdb.Error:
                # A catalog that another process is closing says that it is locked; whoever attaches it waits for that.
                continue
        return found

    def lock(self, branch_id: str, name: str, timeout: float = WAIT_SECONDS) -> AbstractContextManager[None]:
        return writer_lock(self.locks, branch_id, name, timeout)

    def require_locks(self, held: Mapping[str, str]) -> None:
        """The operating system takes the lock of a file from nobody who lives."""

    def forget_lock(self, branch_id: str) -> None:
        lock_file(self.locks, branch_id).unlink(missing_ok=True)

    def registry(self) -> sa.Engine:
        file = str(self.root / "registry.sqlite")
        engine = sa.create_engine(sa.URL.create("sqlite", database=file), connect_args={"timeout": 30})
        sa.event.listen(engine, "connect", _set_up)
        return engine

    def leftovers(self) -> Mapping[str, Sequence[Stored]]:
        found: dict[str, list[Stored]] = defaultdict(list)
        for file in [*self.catalogs.iterdir(), *self.locks.iterdir()]:
            branch_id, stat = file.name.split(".")[0], _stat(file)
            if branch_id != OPENING and stat:
                found[branch_id].append(_stored(file, stat, self.root))
        return found

    def remove_leftovers(self, leftovers: Sequence[Stored]) -> None:
        for file in leftovers:
            (self.root / file.name).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is held."""


def _set_up(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _stored(file: Path, stat: os.stat_result, root: Path) -> Stored:
    return Stored(file.relative_to(root).as_posix(), stat.st_size, stat.st_mtime)


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except FileNotFoundError:
        return None


def _is_settled(stat: os.stat_result) -> bool:
    is_coarse = stat.st_mtime_ns % _COARSE_NANOSECONDS == 0
    return time.time() - stat.st_mtime >= (_SETTLED_COARSELY_SECONDS if is_coarse else _SETTLED_SECONDS)
