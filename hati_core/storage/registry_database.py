"""The database of a registry: its format, its transactions, and what is wrong with it in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, OperationalError

from hati_core.errors import RepositoryTooNew, StorageUnavailable
from hati_core.storage import tables
from hati_core.storage.place import Place

FORMAT = 2
"""Programs of format 1 know no checks, and would write rows that break them."""


class RegistryDatabase:
    """The tables of one registry, made where they are missing.

    Raises:
        RepositoryTooNew: a newer version of this program wrote it.
        StorageUnavailable: it cannot be read or written.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._engine = place.registry()
        try:
            with self.writing() as connection:
                self._prepare(connection)
        except BaseException:
            self.close()
            raise

    def _prepare(self, connection: sa.Connection) -> None:
        found = 0
        if sa.inspect(connection).has_table("about"):
            found = int(connection.scalar(sa.select(tables.about.c.value).where(tables.about.c.name == "format")) or 0)
            if found > FORMAT:
                raise RepositoryTooNew(
                    f"The repository in {self._place.name} has format {found}; this program reads up to {FORMAT}. "
                    "Nothing was changed. Install the newest version to open it."
                )
        tables.schema.create_all(connection)
        if found < FORMAT:
            put(connection, tables.about, {"name": "format", "value": str(FORMAT)}, replace=True)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Lend a connection.

        Raises:
            StorageUnavailable: the registry cannot be read.
        """
        with _explained(self._place.name), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Lend a connection; what is done with it lands together, or not at all.

        Raises:
            IntegrityError: something of that name is there already, which the caller has to tell.
            StorageUnavailable: the registry cannot be written.
        """
        with _explained(self._place.name), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def put(connection: sa.Connection, table: sa.Table, values: dict[str, Any], *, replace: bool) -> None:
    """Insert a row; one with its primary key is replaced, or left alone."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement, key = insert(table).values(**values), [column.name for column in table.primary_key]
    others = {name: value for name, value in values.items() if name not in key}
    connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_=others)
        if replace
        else statement.on_conflict_do_nothing(index_elements=key)
    )


@contextmanager
def _explained(place: str) -> Iterator[None]:
    """Say what is wrong with the registry; a name that is taken is for the caller to tell."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise _failure(place, error) from error


def _failure(place: str, error: DBAPIError) -> StorageUnavailable:
    reason = str(error.orig).strip()
    if (
        isinstance(error, DatabaseError)
        and not isinstance(error, OperationalError)
        and "sqlite" in type(error.orig).__module__
    ):
        return StorageUnavailable(f"The registry of {place} is damaged: {reason}. Restore it from a backup.")
    return StorageUnavailable(
        f"The registry of {place} cannot be used: {reason}. Check the storage and its permissions, then try again."
    )
