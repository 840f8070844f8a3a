"""One DuckDB instance per repository and process, with its fences up and branch catalogs attached on demand."""

from __future__ import annotations

import importlib.util
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from hati_core.quote import identifier, literal
from hati_core.storage.failures import storage_failure, translated

_EXTENSIONS = ("sqlite_scanner", "ducklake")
_METADATA = "__ducklake_metadata_"



def alias_of(branch_id: str, version: int | None = None) -> str:
    """The catalog name that a branch, or one version of it, has inside DuckDB; never what a person typed."""
    return f"b_{branch_id}" if version is None else f"b_{branch_id}_v{version}"


class Engine:
    """The DuckDB instance of one repository folder.

    Cursors are pooled per branch: a cursor that has its branch as the current catalog
    costs 5 ms to make and nothing to reuse.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.catalogs = root / "catalogs"
        self.data = root / "data"
        self.locks = root / "locks"
        for folder in (self.catalogs, self.data, self.locks, root / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        self._guard = threading.RLock()
        self._closed = False
        self._attached: set[str] = set()
        self._idle: dict[str, list[duckdb.DuckDBPyConnection]] = {}
        self._connection = duckdb.connect(":memory:")
        with translated():
            self._prepare()

    def _prepare(self) -> None:
        for name in _EXTENSIONS:
            _load(self._connection, name)
        # The secret manager starts lazily and looks into the home folder; after the fences
        # are up that fails, and with it every later ATTACH.
        self._connection.execute("FROM duckdb_secrets()").fetchall()
        for setting in (
            f"temp_directory = {literal(str(self.root / 'tmp'))}",
            f"allowed_directories = [{literal(str(self.root) + os.sep)}]",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "enable_external_access = false",
            "TimeZone = 'UTC'",
            "lock_configuration = true",
        ):
            self._connection.execute(f"SET {setting}")

    def catalog_file(self, branch_id: str) -> Path:
        """Where the catalog of a branch lives."""
        return self.catalogs / f"{branch_id}.sqlite"

    def attach(self, branch_id: str, version: int | None = None) -> str:
        """Attach the catalog of a branch, as it is or as it was, unless it is; returns its name inside DuckDB."""
        alias = alias_of(branch_id, version)
        with self._guard:
            if alias not in self._attached:
                past = "" if version is None else f", SNAPSHOT_VERSION {version}"
                with translated():
                    self._connection.execute(
                        f"ATTACH {literal(f'ducklake:sqlite:{self.catalog_file(branch_id)}')} AS {identifier(alias)} ("
                        f"DATA_PATH {literal(str(self.data) + os.sep)}, OVERRIDE_DATA_PATH true, "
                        f"DATA_INLINING_ROW_LIMIT 0, META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT 5000{past})"
                    )
                self._attached.add(alias)
        return alias

    def detach(self, branch_id: str) -> None:
        """Let go of the catalog of a branch and of its past versions."""
        own = alias_of(branch_id)
        with self._guard:
            for alias in [alias for alias in self._attached if alias == own or alias.startswith(f"{own}_v")]:
                for cursor in self._idle.pop(alias, []):
                    cursor.close()
                with translated():
                    self._connection.execute(f"DETACH {identifier(alias)}")
                self._attached.discard(alias)

    def create_catalog(self, branch_id: str) -> None:
        """Make an empty catalog for a branch, with inlining switched off for whoever opens it."""
        alias = self.attach(branch_id)
        with self.session(branch_id) as cursor:
            cursor.execute(f"CALL {identifier(alias)}.set_option('data_inlining_row_limit', '0')")

    def fork_catalog(self, parent_id: str, child_id: str, at: int | None = None) -> None:
        """Copy the parent's catalog to the child's, cut back to version ``at`` when that is given.

        No data moves. The caller holds the parent's writer lock. The copy is made under
        another name and renamed when it is whole.
        """
        self.attach(parent_id)
        half_done = self.catalogs / f"{child_id}.tmp"
        copy = f"fork_{child_id}"
        with translated(), self._scratch_cursor() as cursor:
            cursor.execute(f"ATTACH {literal(str(half_done))} AS {identifier(copy)} (TYPE sqlite)")
            try:
                cursor.execute(f"COPY FROM DATABASE {identifier(_METADATA + alias_of(parent_id))} TO {identifier(copy)}")
                if at is not None:
                    _cut_back(cursor, copy, at)
            finally:
                cursor.execute(f"DETACH {identifier(copy)}")
        half_done.rename(self.catalog_file(child_id))

    def metadata(self, branch_id: str, table: str) -> str:
        """The qualified name of one of DuckLake's own tables in the catalog of a branch."""
        return f"{identifier(_METADATA + self.attach(branch_id))}.{identifier(table)}"

    @contextmanager
    def session(self, branch_id: str, version: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor whose current catalog is the branch; what a failure leaves open is rolled back.

        Raises:
            HatiError: for anything DuckDB raises inside.
        """
        alias = self.attach(branch_id, version)
        with translated():
            with self._guard:
                idle = self._idle.setdefault(alias, [])
                cursor = idle.pop() if idle else None
            if cursor is None:
                cursor = self._connection.cursor()
                cursor.execute(f"USE {identifier(alias)}")
            try:
                yield cursor
            except BaseException:
                cursor.close()
                raise
            with self._guard:
                if alias in self._attached:
                    self._idle.setdefault(alias, []).append(cursor)
                else:
                    cursor.close()

    @contextmanager
    def _scratch_cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def scratch_name(self, purpose: str) -> str:
        """A fresh, qualified name for a table in memory; whoever makes it drops it by :meth:`drop`."""
        return f"memory.main.{identifier(f'{purpose}_{uuid.uuid4().hex}')}"

    def drop(self, table: str) -> None:
        """Drop a table in memory; after closing there is nothing left to drop."""
        with self._guard:
            if not self._closed:
                with self._scratch_cursor() as cursor:
                    cursor.execute(f"DROP TABLE IF EXISTS {table}")

    def close(self) -> None:
        """Close every cursor and the instance."""
        with self._guard:
            for cursors in self._idle.values():
                for cursor in cursors:
                    cursor.close()
            self._idle.clear()
            self._attached.clear()
            self._closed = True
            self._connection.close()


def _load(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load an extension from its wheel, or install it where there is no wheel for this platform."""
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    folder = Path(next(iter(package.submodule_search_locations or ()), "")) if package else None
    files = sorted(folder.rglob(f"{name}.duckdb_extension")) if folder else []
    if files:
        connection.execute(f"LOAD {literal(str(files[-1]))}")
    else:
        connection.execute(f"INSTALL {name}")
        connection.execute(f"LOAD {name}")


def _cut_back(cursor: duckdb.DuckDBPyConnection, catalog: str, version: int) -> None:
    """Make a copied catalog what it was at ``version``: forget what began later, reopen what ended later."""
    versioned = cursor.execute(
        "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE database_name = ? "
        "AND column_name IN ('begin_snapshot', 'end_snapshot') GROUP BY ALL",
        [catalog],
    ).fetchall()
    cursor.execute("BEGIN")
    for table, columns in versioned:
        name = f"{identifier(catalog)}.{identifier(table)}"
        cursor.execute(f"DELETE FROM {name} WHERE begin_snapshot > {version}")
        if "end_snapshot" in columns:
            cursor.execute(f"UPDATE {name} SET end_snapshot = NULL WHERE end_snapshot > {version}")
    for table in ("ducklake_snapshot", "ducklake_snapshot_changes"):
        cursor.execute(f"DELETE FROM {identifier(catalog)}.{table} WHERE snapshot_id > {version}")
    cursor.execute("COMMIT")


_engines: dict[Path, tuple[Engine, int]] = {}
_engines_guard = threading.Lock()


def open_engine(root: Path) -> Engine:
    """The engine of that folder, shared by everything in this process that opens it.

    Raises:
        StorageUnavailable: the folder cannot be made, read or written.
    """
    with _engines_guard:
        try:
            resolved = root.resolve()
            engine, users = _engines.get(resolved, (None, 0))
            if engine is None:
                engine = Engine(resolved)
                (resolved / "tmp" / f"probe-{uuid.uuid4().hex}").touch()
                for probe in (resolved / "tmp").glob("probe-*"):
                    probe.unlink(missing_ok=True)
        except OSError as error:
            raise storage_failure(root, error) from error
        _engines[resolved] = (engine, users + 1)
        return engine


def release_engine(engine: Engine) -> None:
    """Give back what :func:`open_engine` lent; the last one to do so closes it."""
    with _engines_guard:
        _, users = _engines[engine.root]
        if users > 1:
            _engines[engine.root] = (engine, users - 1)
        else:
            del _engines[engine.root]
            engine.close()
