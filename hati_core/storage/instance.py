"""One DuckDB instance with its fences up, and what to do with it once it has died.

An internal error of DuckDB can invalidate the instance that it happens in: from then on every
statement of every thread is refused. What it holds is freed when the last of its connections is closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import duckdb

from hati_core.errors import EngineRestarted, RepositoryError, StorageUnavailable
from hati_core.quote import literal
from hati_core.storage.extensions import connect_with
from hati_core.storage.failures import plain, translated
from hati_core.storage.fences import raise_fences
from hati_core.storage.place import Place

NO_CATALOG = "memory"
"""The catalog of a cursor that has no branch."""
_FORGOTTEN = re.compile(
    r'Table with name "?\w+_[0-9a-f]{32}"? does not exist|Catalog "b_[0-9a-f]{12}\w*" does not exist'
)


class Instance:
    """A DuckDB instance; ``attached`` counts the sessions of each catalog, ``idle`` are cursors by their catalog.

    ``lent`` are the cursors of sessions.

    Raises:
        StorageUnavailable: the place cannot be reached.
    """

    def __init__(self, place: Place) -> None:
        self.attached: dict[str, int] = {NO_CATALOG: 0}
        self.idle: dict[str, list[duckdb.DuckDBPyConnection]] = {}
        self.lent: set[duckdb.DuckDBPyConnection] = set()
        self.is_lost = False
        with translated():
            self.connection = connect_with(place.extensions)
        try:
            with translated():
                self._prepare(place)
        except BaseException:
            self.connection.close()
            raise

    def _prepare(self, place: Place) -> None:
        # The secret manager starts lazily and looks into the home folder; after the fences
        # are up that fails, and with it every later ATTACH.
        self.connection.execute("FROM duckdb_secrets()").fetchall()
        place.before_fences(self.connection)
        allowed = ", ".join(literal(folder) for folder in place.allowed())
        scratch = f"temp_directory = {literal(str(place.scratch))}"
        raise_fences(self.connection, scratch, f"allowed_directories = [{allowed}]")

    def is_dead(self) -> bool:
        """Whether DuckDB refuses every statement; to be asked after any error, which may be another's consequence."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except duckdb.Error as error:
            return isinstance(error, duckdb.FatalException)
        return False

    def bury(self) -> None:
        """Give up what nobody is using; what is lent is stopped, and comes back by :meth:`take_back`."""
        self.is_lost = True
        for cursor in self.lent:
            cursor.interrupt()
        self._forget()

    def _forget(self) -> None:
        for cursors in self.idle.values():
            for cursor in cursors:
                cursor.close()
        self.idle.clear()
        self.attached.clear()

    def take_back(self, cursor: duckdb.DuckDBPyConnection, current: str, *, is_clean: bool) -> None:
        """Take a cursor that was lent; one that is not ``is_clean`` may be in a transaction."""
        self.lent.discard(cursor)
        if self.is_lost and not is_clean:
            _close_dead(cursor)
        elif is_clean and current in self.attached:
            self.idle.setdefault(current, []).append(cursor)
        else:
            cursor.close()

    def close(self) -> None:
        """Close every cursor and the instance; one that died goes with the last of its cursors."""
        if not self.is_lost:
            self._forget()
            self.connection.close()


class _Closing:
    """Closes a cursor when it is freed itself."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def __del__(self) -> None:
        self._cursor.close()


def _close_dead(cursor: duckdb.DuckDBPyConnection) -> None:
    """Close a cursor that may be in a transaction of an instance that died.

    DuckDB (1.5.5) would roll the transaction back, which is refused like anything else, in a
    destructor, where that ends the process. It leaves it be while an exception is on its way through C++:
    the list that it makes of these parameters has the only one, cannot take it, and is freed on the way.
    """

    def parameters() -> Iterator[_Closing]:
        yield _Closing(cursor)

    with duckdb.connect(":memory:") as other, suppress(duckdb.Error):
        other.executemany("SELECT ?", parameters())


def consequence(error: duckdb.Error) -> RepositoryError | None:
    """The error for a statement that suffers from the death of an earlier instance, if that is what it does."""
    if _FORGOTTEN.search(str(error)):
        return EngineRestarted(
            "DuckDB had to be started anew since this was worked out, and what it had in memory is gone. Nothing was "
            "written; plan or compare again. Choices that still fit are kept."
        )
    if "database is locked" in str(error):
        # An instance that died in a commit is held in memory by that very commit, and SQLite's lock with it.
        return StorageUnavailable(
            "DuckDB failed inside during an earlier commit, which has left the catalog of this branch locked. Nothing "
            "was written. Close the program and start it again; reading works until then."
        )
    return None


def restarted(error: duckdb.Error) -> EngineRestarted:
    """The error for a statement that met the death of its instance."""
    if isinstance(error, duckdb.InternalException):
        return EngineRestarted(
            f"The statement met an error inside DuckDB ({plain(error)}), which had to be started anew. Nothing was "
            "written. Try again; should it fail so again, put the statement another way."
        )
    return EngineRestarted(
        "DuckDB met an error in another statement and had to be started anew. Nothing was written; try again."
    )
