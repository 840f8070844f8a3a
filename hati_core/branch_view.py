"""The tables of a branch, to be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import duckdb

from hati_core.errors import HatiError, InvalidKey, StatementRefused, TableNotFound
from hati_core.history import History
from hati_core.merge.keys import with_key
from hati_core.model import Check, Column, Key, Row, TableInfo, ViewInfo
from hati_core.quote import identifier, identifiers
from hati_core.sql import gate
from hati_core.sql.gate import Statement, StatementKind
from hati_core.storage.limits import Limits, Stop
from hati_core.storage.results import Params, rows_of, run
from hati_core.store import Store, named

if TYPE_CHECKING:
    import pandas as pd


class BranchView(History):
    """The tables of a branch at one version, or at its head when ``version`` is None; reads only."""

    def __init__(self, store: Store, branch_id: str, name: str, version: int | None) -> None:
        self._store = store
        self.id = branch_id
        self.name = name
        self.version = version

    def __repr__(self) -> str:
        at = "" if self.version is None else f" at {self.version}"
        return f"<{type(self).__name__} {self.name!r}{at}>"

    def query(
        self,
        sql: str | Statement,
        params: Params = None,
        *,
        limit: int | None = None,
        timeout: float | None = None,
        stop: Stop | None = None,
    ) -> list[Row]:
        """Run one read and return its rows; ``limit`` is in rows, ``timeout`` in seconds, ``stop`` for other threads.

        Raises:
            SyntaxRefused, StatementRefused: the gate does not let it through.
            QueryError: the database cannot run it.
            QueryTimeout: it ran longer than ``timeout``, or was stopped.
        """
        with self.reading(sql, params, timeout=timeout, stop=stop) as result:
            return rows_of(result, limit)

    def df(
        self, sql: str, params: Params = None, *, timeout: float | None = None, stop: Stop | None = None
    ) -> pd.DataFrame:
        """As :meth:`query`, as a DataFrame."""
        with self.reading(sql, params, timeout=timeout, stop=stop) as result:
            return result.df()

    @contextmanager
    def reading(
        self, sql: str | Statement, params: Params = None, *, timeout: float | None = None, stop: Stop | None = None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """As :meth:`query`, for a result that is read bit by bit; rows are made as they are fetched."""
        statement = self._readable(sql)
        self._store.require_live(self.id, self.name)
        with (
            self._store.engine.session(self.id, self.version) as cursor,
            Limits(timeout, stop).over(cursor),
        ):
            yield run(cursor, statement.placed(statement.sql), params)

    def _readable(self, sql: str | Statement) -> Statement:
        statement = sql if isinstance(sql, Statement) else gate.check(sql, own=self.name)
        if statement.kind is not StatementKind.QUERY:
            raise StatementRefused("This writes; use execute for it.", part=statement.sql.split(maxsplit=1)[0])
        return statement

    def tables(self) -> dict[str, TableInfo]:
        """Every table with its columns and key, by name."""
        version = self._at()
        names = self._store.tables(self.id, version)
        return {name: self._store.table(self.id, version, name) for name in names}

    def declared_tables(self) -> tuple[TableInfo, ...]:
        """As :meth:`tables`, without looking at rows: a key is there where it was declared."""
        version, keys = self._at(), self._store.registry.keys()
        return tuple(with_key(info, keys.get(info.uuid)) for info in self._store.tables(self.id, version).values())

    def views(self) -> tuple[ViewInfo, ...]:
        """Every view, in order of their names; one whose tables have changed under it has no columns."""
        found = self._store.catalog(self.id).views(self._at())
        return tuple(ViewInfo(name, sql, self._view_columns(name)) for name, sql in found.items())

    def _view_columns(self, name: str) -> tuple[Column, ...]:
        with suppress(HatiError), self._store.engine.session(self.id, self.version) as cursor:
            described = cursor.execute(f"DESCRIBE FROM {identifier(name)}").fetchall()
            return tuple(Column(column, kind) for column, kind, *_ in described)
        return ()

    def place_of(self, table: str) -> str:
        """The SQL that reads a table or a view of this branch, at its head, from a session of any other branch.

        Raises:
            TableNotFound: there is none of that name.
        """
        version = self._store.head(self.id)
        info = named(self._store.tables(self.id, version), table)
        names = (
            [info.name]
            if info
            else [name for name in self._store.catalog(self.id).views(version) if name.casefold() == table.casefold()]
        )
        if not names:
            raise TableNotFound(f"There is no table “{table}” on “{self.name}”.", branch=self.name, table=table)
        return f"{identifier(self._store.engine.attach(self.id))}.main.{identifier(names[0])}"

    @property
    def place(self) -> str:
        """Where its repository lives, as messages say it."""
        return self._store.engine.place.name

    def rows_at_most(self, table: str) -> int:
        """A number of rows that a table does not exceed, without counting them.

        Raises:
            TableNotFound: there is none of that name.
        """
        info = named(self._store.tables(self.id, self._at()), table)
        if info is None:
            raise TableNotFound(f"There is no table “{table}” on “{self.name}”.", branch=self.name, table=table)
        return self._store.catalog(self.id).rows_at_most(info.uuid)

    def has_tables(self) -> bool:
        """Whether there is any table."""
        return bool(self._store.tables(self.id, self._at()))

    def table(self, name: str) -> TableInfo:
        """One table with its columns and key.

        Raises:
            TableNotFound: there is none of that name.
        """
        return self._store.table(self.id, self._at(), name)

    def checks(self, table: str) -> tuple[Check, ...]:
        """The checks that rows of a table have to pass, in order of their names; they are the same on every branch."""
        return self._store.checks(self.id, self._at(), table)

    def rows_by_key(self, table: str, keys: Collection[Key]) -> dict[Key, Row]:
        """The rows of a table that have these keys, by key; a key that no row has is left out.

        Raises:
            TableNotFound: there is no table of that name.
            InvalidKey: the table has no key.
        """
        info = self.table(table)
        if not info.key:
            raise InvalidKey(
                f"“{info.name}” has no key. Choose the columns that identify a row first.", table=info.name
            )
        if not keys:
            return {}
        one = f"({', '.join('?' for _ in info.key)})"
        sql = (
            f"SELECT * FROM {identifier(info.name)} WHERE ({identifiers(info.key)}) IN ({', '.join(one for _ in keys)})"
        )
        rows = self.query(sql, [part for key in keys for part in key])
        return {tuple(row[column] for column in info.key): row for row in rows}

    def values(self, table: str, column: str, limit: int = 200) -> list[Any]:
        """The different values of a column, the most frequent first; empty cells are left out.

        Raises:
            TableNotFound: there is no table of that name.
            QueryError: it has no such column.
        """
        info, name = self.table(table), identifier(column)
        found = self.query(
            f"SELECT {name} AS value FROM {identifier(info.name)} WHERE {name} IS NOT NULL GROUP BY {name} "
            f"ORDER BY count(*) DESC, {name} LIMIT {int(limit)}"
        )
        return [row["value"] for row in found]
