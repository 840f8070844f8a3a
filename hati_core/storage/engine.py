"""One DuckDB instance per repository and process, with its fences up and branch catalogs attached on demand."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import duckdb

from hati_core.errors import EngineRestarted, HatiError, QueryError, RepositoryError, StorageUnavailable
from hati_core.quote import identifier, literal
from hati_core.storage.failures import translated
from hati_core.storage.instance import NO_CATALOG, Instance, consequence, restarted
from hati_core.storage.place import Place

Asked = Callable[[Callable[[str], str]], str]
"""A query, made from what gives each of DuckLake's own tables its name."""
_OPTIONS = {"data_inlining_row_limit": "0", "parquet_compression": "lz4"}
"""Inlined rows lose their history in compaction. LZ4 is read in half the time of Snappy, DuckLake's own choice."""
_PAST_VERSIONS = 16
"""How many catalogs stay attached at an older version; each takes memory and is quick to attach again."""
_LOADING_SECONDS = 1.0
"""Much more than DuckLake needs to load the tables of a catalog."""


def alias_of(branch_id: str, version: int | None = None) -> str:
    """The catalog name that a branch, or one version of it, has inside DuckDB; never what a person typed."""
    return f"b_{branch_id}" if version is None else f"b_{branch_id}_v{version}"


class Engine:
    """The DuckDB instance of one repository, wherever that lives; another one where DuckDB fails inside.

    Cursors are pooled per branch: a cursor that has its branch as the current catalog
    costs 5 ms to make and nothing to reuse.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        place.prepare()
        self._guard = threading.RLock()
        self._session_over = threading.Condition(self._guard)
        self._sessions: dict[object, tuple[str, int]] = {}
        self._closed = False
        self.generation = 0
        """Tables in memory are there as long as this stays the same."""
        self._instance = Instance(place)

    def _alive(self) -> Instance:
        """The instance in use; the guard has to be held."""
        if self._closed:
            raise RepositoryError(f"The repository in {self.place.name} was closed. Open it again.")
        if self._instance.is_lost:
            self.place.after_death()
            self._instance = Instance(self.place)
        return self._instance

    @contextmanager
    def _using(self, instance: Instance) -> Iterator[None]:
        """Translate what DuckDB raises, and give up the instance where that has killed it."""
        with translated():
            try:
                yield
            except duckdb.Error as error:
                if instance.is_dead():
                    self._give_up(instance)
                    raise restarted(error) from error
                if self.generation and (failure := consequence(error)):
                    raise failure from error
                raise

    def _give_up(self, instance: Instance) -> None:
        with self._guard:
            if not instance.is_lost:
                instance.bury()
                self.generation += 1

    def attach(self, branch_id: str, version: int | None = None, *, create: bool = False) -> str:
        """Attach the catalog of a branch, as it is or as it was, unless it is; returns its name inside DuckDB."""
        with self._guard:
            return self._attach(self._alive(), branch_id, version, create=create)

    def _attach(self, instance: Instance, branch_id: str, version: int | None = None, *, create: bool = False) -> str:
        alias = alias_of(branch_id, version)
        if alias not in instance.attached:
            with self._using(instance):
                self.place.attach(instance.connection, branch_id, alias, version, create=create)
            instance.attached[alias] = 0
        return alias

    def detach(self, branch_id: str) -> None:
        """Let go of the catalog of a branch and of its past versions."""
        own = alias_of(branch_id)
        with self._guard:
            instance = self._instance
            for alias in [alias for alias in instance.attached if alias == own or alias.startswith(f"{own}_v")]:
                self._detach(instance, alias)

    def _detach(self, instance: Instance, alias: str) -> None:
        for cursor in instance.idle.pop(alias, []):
            cursor.close()
        with self._using(instance):
            self.place.detach(instance.connection, alias)
        instance.attached.pop(alias, None)

    def _detach_past(self, instance: Instance) -> None:
        past = [alias for alias in instance.attached if "_v" in alias]
        for alias in past[:-_PAST_VERSIONS]:
            if not instance.attached.get(alias):
                with suppress(EngineRestarted):
                    self._detach(instance, alias)

    def create_catalog(self, branch_id: str) -> None:
        """Make an empty catalog for a branch, with options that hold for whoever opens it and for every fork."""
        alias = self.attach(branch_id, create=True)
        with self.session(branch_id) as cursor:
            for option, value in _OPTIONS.items():
                cursor.execute(f"CALL {identifier(alias)}.set_option({literal(option)}, {literal(value)})")

    def fork_catalog(self, parent_id: str, child_id: str, at: int | None = None) -> None:
        """Copy the parent's catalog to the child's, cut back to version ``at`` when that is given.

        No data moves. The caller holds the parent's writer lock.
        """
        with self._guard:
            instance = self._alive()
            alias = self._attach(instance, parent_id)
        with self._scratch_cursor(instance) as cursor:
            self.place.clone(cursor, alias, parent_id, child_id, at)

    def heads(self, branch_ids: Sequence[str]) -> Mapping[str, int]:
        """The newest versions of branches, as far as they can be told without attaching their catalogs."""
        with self._guard:
            instance = self._alive()
        with self._scratch_cursor(instance) as cursor:
            return self.place.heads(cursor, branch_ids)

    def look(self, branch_id: str, asked: Asked, params: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Ask DuckLake's own tables of a branch something, without attaching its catalog where that can be done."""
        with self._guard:
            instance = self._alive()
            is_attached = alias_of(branch_id) in instance.attached
        if not is_attached and self.place.unattached(branch_id, "ducklake_snapshot"):
            # A catalog that another process is closing says that it is locked; attaching it waits for that.
            with suppress(StorageUnavailable, QueryError), self._scratch_cursor(instance) as cursor:
                query = asked(lambda table: self.place.unattached(branch_id, table) or "")
                return cursor.execute(query, params).fetchall()
        query = asked(lambda table: self.metadata(branch_id, table))
        with self.metadata_session(branch_id) as cursor:
            return cursor.execute(query, params).fetchall()

    def metadata(self, branch_id: str, table: str) -> str:
        """The qualified name of one of DuckLake's own tables in the catalog of a branch."""
        return f"{self.place.metadata(branch_id, self.attach(branch_id))}.{identifier(table)}"

    @contextmanager
    def session(self, branch_id: str, version: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor whose current catalog is the branch; what a failure leaves open is rolled back.

        Raises:
            HatiError: for anything DuckDB raises inside.
        """
        with self._lent(branch_id, version, current=alias_of(branch_id, version)) as cursor:
            yield cursor

    @contextmanager
    def metadata_session(self, branch_id: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor for what :meth:`metadata` names: it spares DuckLake looking up the head, half of the time.

        Raises:
            HatiError: for anything DuckDB raises inside.
        """
        with self._lent(branch_id, None, current=NO_CATALOG) as cursor:
            yield cursor

    @contextmanager
    def _lent(self, branch_id: str, version: int | None, *, current: str) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._guard:
            instance = self._alive()
            alias = self._attach(instance, branch_id, version)
            instance.attached[alias] += 1
            idle = instance.idle.get(current)
            cursor = idle.pop() if idle else None
            own = object()
            self._sessions[own] = (alias, threading.get_ident())
        is_clean = False
        try:
            with self._using(instance):
                if cursor is None:
                    cursor = instance.connection.cursor()
                    cursor.execute(f"USE {identifier(current)}")
                with self._guard:
                    instance.lent.add(cursor)
                self.place.before_use(cursor)
                yield cursor
            is_clean = True
        finally:
            self._take_back(instance, alias, current, cursor, is_clean)
            with self._session_over:
                del self._sessions[own]
                self._session_over.notify_all()

    def let_schema_settle(self, branch_id: str) -> None:
        """Wait until nobody in this process can be loading the tables of a branch that the caller has loaded.

        Two threads that load them at once make DuckLake drop the copy that one of them goes on using, and a
        transaction that defines tables reads it until its commit (duckdb/ducklake #1248, in 1.5.3 to 1.5.5).
        """
        alias, own_thread = alias_of(branch_id), threading.get_ident()
        with self._session_over:
            running = {key for key, (name, thread) in self._sessions.items() if name == alias and thread != own_thread}
            self._session_over.wait_for(lambda: not running & self._sessions.keys(), timeout=_LOADING_SECONDS)

    def _take_back(
        self, instance: Instance, alias: str, current: str, cursor: duckdb.DuckDBPyConnection | None, is_clean: bool
    ) -> None:
        with self._guard:
            if alias in instance.attached:
                instance.attached[alias] -= 1
            if cursor:
                instance.take_back(cursor, current, is_clean=is_clean)
            self._detach_past(instance)

    def load(self, branch_id: str) -> None:
        """Load the tables of a branch now: DuckLake takes 20 ms for it, which the first statement would wait for."""
        # Whoever uses the branch will meet the failure, and can tell a person about it.
        with suppress(HatiError), self.session(branch_id):
            pass

    @contextmanager
    def _scratch_cursor(self, instance: Instance) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor, is_clean = instance.connection.cursor(), False
        try:
            with self._using(instance):
                yield cursor
            is_clean = True
        finally:
            # Where it has been is unknown, so nobody gets it again.
            with self._guard:
                instance.take_back(cursor, "", is_clean=is_clean)

    def scratch_name(self, purpose: str) -> str:
        """A fresh, qualified name for a table in memory; whoever makes it drops it by :meth:`drop`."""
        return f"memory.main.{identifier(f'{purpose}_{uuid.uuid4().hex}')}"

    def drop(self, table: str) -> None:
        """Drop a table in memory; after closing, or where its instance died, there is nothing left to drop."""
        with self._guard:
            if not self._closed and not self._instance.is_lost:
                with suppress(EngineRestarted), self._scratch_cursor(self._instance) as cursor:
                    cursor.execute(f"DROP TABLE IF EXISTS {table}")

    def close(self) -> None:
        """Close every cursor and the instance."""
        with self._guard:
            self._closed = True
            self._instance.close()
            self.place.close()
