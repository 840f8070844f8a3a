"""Where a repository lives, as far as the layers above have to know of it: the one seam between backends.

A folder on this machine (``folder.py``) or a PostgreSQL database with a bucket or a shared folder
for the rows (``server.py``). What a place promises is the same: a catalog of its own for each
branch, one writer per branch, and files that are shared by all branches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import sqlalchemy as sa

WAIT_SECONDS = 30.0
"""How long a writer waits for another one."""
OPENING = "open"
"""What is held, as a branch is, by whoever makes a repository."""


@dataclass(frozen=True)
class Stored:
    """A file, or what takes its place; size in bytes, age by the clock of where it lies (seconds, UTC)."""

    name: str
    size: int
    modified: float

    @property
    def base(self) -> str:
        """The name without its folders."""
        return self.name.rpartition("/")[2]


class Data(Protocol):
    """The files that hold rows, shared by all branches."""

    @property
    def url(self) -> str:
        """What DuckDB calls it; ends with a separator."""

    def probe(self, *, create: bool) -> None:
        """Check that files can be listed, written and removed; ``create`` says that there may be nothing yet.

        Raises:
            StorageUnavailable: they cannot.
        """

    def list(self) -> Sequence[Stored]:
        """Every file there."""

    def remove(self, files: Sequence[Stored]) -> None:
        """Remove files; one that is gone already is no error."""

    def take(self, file: Path, name: str) -> None:
        """Copy a file of this machine there."""

    def secrets(self) -> Sequence[str]:
        """Statements that let DuckDB in; they hold credentials, so no message may show them."""

    def renewal(self) -> str | None:
        """The statement that lets DuckDB in from now on, where credentials have changed since it was told last.

        Raises:
            StorageUnavailable: credentials have expired and cannot be renewed.
        """


class Place(Protocol):
    """Where a repository lives."""

    @property
    def root(self) -> Path:
        """A folder of this machine: all of the repository, or what only this process needs."""

    @property
    def scratch(self) -> Path:
        """The folder for uploads and for what does not fit into memory."""

    @property
    def data(self) -> Data:
        """The files that hold rows."""

    @property
    def extensions(self) -> Sequence[str]:
        """Those of DuckDB's that it takes."""

    @property
    def name(self) -> str:
        """What messages call it; never shows a password."""

    @property
    def identity(self) -> str:
        """The same for two that are the same place, with the same rights."""

    def prepare(self) -> None:
        """Make what is missing, and check that it can be used.

        Raises:
            StorageUnavailable: it cannot be reached, made, read or written.
        """

    def before_fences(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Do what DuckDB's own fences will stop."""

    def after_death(self) -> None:
        """Free what the DuckDB instance that was last made ready here still holds: it died.

        Raises:
            StorageUnavailable: the place cannot be reached.
        """

    def allowed(self) -> Sequence[str]:
        """The only folders that DuckDB may touch."""

    def before_use(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Do what has to be done now and then, such as renewing credentials.

        Raises:
            StorageUnavailable: the place cannot be used any more.
        """

    def attach(
        self, connection: duckdb.DuckDBPyConnection, branch_id: str, alias: str, version: int | None, *, create: bool
    ) -> None:
        """Attach the catalog of a branch, as it is or as it was.

        Raises:
            StorageUnavailable: there is none, and none is to be made.
        """

    def detach(self, connection: duckdb.DuckDBPyConnection, alias: str) -> None:
        """Let go of a catalog."""

    def metadata(self, branch_id: str, alias: str) -> str:
        """The schema, as SQL, in which DuckDB finds DuckLake's own tables of an attached catalog."""

    def clone(
        self, cursor: duckdb.DuckDBPyConnection, alias: str, parent_id: str, child_id: str, at: int | None
    ) -> None:
        """Make the child's catalog a copy of the parent's, cut back to version ``at`` where one is given."""

    def unattached(self, branch_id: str, table: str) -> str | None:
        """One of DuckLake's own tables of a catalog that need not be attached, as SQL; None where it has to be."""

    def drop(self, branch_id: str) -> None:
        """Remove the catalog of a branch, and whatever is left of one that was being made."""

    def settled(self, branch_id: str) -> tuple[int, ...] | None:
        """As long as this answer stays the same, nobody has written the branch; None where that is not known."""

    def heads(self, cursor: duckdb.DuckDBPyConnection, branch_ids: Sequence[str]) -> Mapping[str, int]:
        """The newest versions of branches, as far as they can be told without attaching their catalogs."""

    def lock(self, branch_id: str, name: str, timeout: float = WAIT_SECONDS) -> AbstractContextManager[None]:
        """Hold a branch for writing; ``timeout`` is in seconds.

        Raises:
            BranchBusy: another writer held it for all that time.
            StorageUnavailable: the lock cannot be made.
        """

    def require_locks(self, held: Mapping[str, str]) -> None:
        """Check, before something is made to last, that the caller still holds branches that it took.

        ``held`` are names by id.

        Raises:
            BranchBusy: a lock was lost.
        """

    def forget_lock(self, branch_id: str) -> None:
        """Remove what the lock of a branch that is gone leaves behind."""

    def registry(self) -> sa.Engine:
        """What the registry is kept in."""

    def leftovers(self) -> Mapping[str, Sequence[Stored]]:
        """Everything that belongs to a branch, by its id, whether the registry knows it or not."""

    def remove_leftovers(self, leftovers: Sequence[Stored]) -> None:
        """Remove some of these."""

    def close(self) -> None:
        """Give back what is held."""
