"""Moving a repository from a folder to a server: every branch, version, key, merge and metric comes along.

The source is held while it is read and stays as it was. The registry is written last, so a move
that breaks off leaves no repository; what it made is taken away again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hati_core.errors import RepositoryError, StorageUnavailable
from hati_core.quote import identifier
from hati_core.storage import tables
from hati_core.storage.catalog import Catalog
from hati_core.storage.clone import clone
from hati_core.storage.engine import Engine
from hati_core.storage.engines import open_engine, release_engine
from hati_core.storage.folder import Folder
from hati_core.storage.place import OPENING
from hati_core.storage.registry import Registry
from hati_core.storage.registry_rows import BranchRow
from hati_core.storage.server import Server

_COPIED_AT_ONCE = 8
_BATCH = 1000


@dataclass(frozen=True)
class Moved:
    """What was copied: branches, rows at their heads, files and their bytes."""

    branches: int
    rows: int
    files: int
    bytes: int


def move(source: Folder, target: Server) -> Moved:
    """Copy the repository in a folder to a server that has none yet, and check that all of it arrived.

    Raises:
        RepositoryError: there is no repository in the folder, or there is something at the target already.
        StorageUnavailable: one of the two cannot be read or written, or a check failed; the target is empty again.
        BranchBusy: somebody is writing a branch of the source.
    """
    if not source.is_made:
        raise RepositoryError(f"There is no repository in {source.name}. Give the folder that HATI_HOME names.")
    with ExitStack() as held:
        old = open_engine(source)
        held.callback(release_engine, old)
        held.enter_context(old.place.lock(OPENING, "the repository"))
        registry = Registry(old.place)
        held.callback(registry.close)
        branches = registry.branches()
        for row in branches:
            held.enter_context(old.place.lock(row.id, row.name))
        new = open_engine(target)
        held.callback(release_engine, new)
        # Where this process has it open already, the engine goes by another description of the same place.
        place = new.place
        assert isinstance(place, Server)
        held.enter_context(place.lock(OPENING, "the repository"))
        _require_empty(place)
        try:
            return _Move(old, new, place, branches).run()
        except BaseException:
            for row in branches:
                new.detach(row.id)
                place.drop(row.id)
            place.data.remove(place.data.list())
            raise


def _require_empty(target: Server) -> None:
    found = "branches" if target.leftovers() else "files" if target.data.list() else None
    if found:
        raise RepositoryError(
            f"There are {found} at {target.name} already, and nothing may be mixed with them. Nothing was copied. "
            "Choose another database, another schema (&schema=name) or another place for the rows (data=)."
        )


class _Move:
    """One move, both ends held."""

    def __init__(self, old: Engine, new: Engine, target: Server, branches: Sequence[BranchRow]) -> None:
        self._old, self._new, self._target, self._branches = old, new, target, branches

    def run(self) -> Moved:
        files, size = self._copy_files()
        # DuckLake itself makes the first catalog's tables; the others are made like them.
        first, *others = (row.id for row in self._branches)
        self._new.create_catalog(first)
        self._new.detach(first)
        for branch_id in others:
            self._target.make_like(branch_id, first)
        named = {name for row in self._branches for name in self._copy_catalog(row)}
        lost = named - {file.base for file in self._target.data.list()}
        if lost:
            raise StorageUnavailable(
                f"{len(lost)} files that branches are made of are missing in {self._old.place.name}, such as "
                f"{min(lost)}. Nothing was moved. Restore them from a backup."
            )
        rows = sum(self._compare(row) for row in self._branches)
        self._copy_registry()
        return Moved(len(self._branches), rows, files, size)

    def _copy_files(self) -> tuple[int, int]:
        data, files = self._target.data, self._old.place.data.list()
        folder = self._old.place.root / "data"
        with ThreadPoolExecutor(_COPIED_AT_ONCE) as pool:
            for _ in pool.map(lambda file: data.take(folder / file.name, file.name), files):
                pass
        there = {file.name: file.size for file in data.list()}
        lost = [file.name for file in files if there.get(file.name) != file.size]
        if lost:
            raise StorageUnavailable(f"{len(lost)} files did not arrive whole, such as {lost[0]}. Try again.")
        return len(files), sum(file.size for file in files)

    def _copy_catalog(self, row: BranchRow) -> set[str]:
        """Returns the names of its files; what is read is a clone, for two SQLite libraries must not share a file."""
        file = self._old.place.scratch / f"{row.id}.moving"
        file.unlink(missing_ok=True)
        alias = self._old.attach(row.id)
        try:
            with self._old.metadata_session(row.id) as cursor:
                clone(cursor, f"__ducklake_metadata_{alias}", file)
            with closing(sqlite3.connect(file)) as catalog:
                contents = {
                    name: _contents(catalog, name)
                    for (name,) in catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                }
        finally:
            file.unlink(missing_ok=True)
        for metadata in contents["ducklake_metadata"]:
            if metadata["key"] == "data_path":
                metadata["value"] = self._target.data.url
        self._target.fill(row.id, contents)
        files = [*contents["ducklake_data_file"], *contents["ducklake_delete_file"]]
        return {file["path"].rpartition("/")[2] for file in files}

    def _compare(self, row: BranchRow) -> int:
        """Count the rows of every table on both sides, as DuckLake reads them."""
        counts = [_counts(engine, row) for engine in (self._old, self._new)]
        if counts[0] != counts[1]:
            raise StorageUnavailable(f"“{row.name}” did not arrive whole: {counts[0]} became {counts[1]}. Try again.")
        return sum(counts[0].values())

    def _copy_registry(self) -> None:
        registry = Registry(self._target)
        try:
            with self._old.place.registry().connect() as old, self._target.registry().begin() as new:
                for table in tables.schema.sorted_tables:
                    rows = [dict(found) for found in old.execute(sa.select(table)).mappings()]
                    new.execute(sa.delete(table))
                    for first in range(0, len(rows), _BATCH):
                        new.execute(sa.insert(table), rows[first : first + _BATCH])
        finally:
            registry.close()


def _contents(catalog: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    found = catalog.execute(f"SELECT * FROM {identifier(table)}")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def _counts(engine: Engine, row: BranchRow) -> dict[str, int]:
    catalog = Catalog(engine, row.id, row.name)
    head = catalog.head()
    counts = {"versions": head}
    with engine.session(row.id) as cursor:
        for table in catalog.table_uuids(head):
            ((count,),) = cursor.execute(f"SELECT count(*) FROM {identifier(table)}").fetchall()
            counts[table] = count
    return counts
