"""A branch as its users hold it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb

from hati_core.applying import apply_plan
from hati_core.edits import write_edits
from hati_core.errors import BranchMoved, InvalidKey, StatementRefused
from hati_core.history import History, no_version
from hati_core.merge.lineage import Point
from hati_core.merge.plan import MergePlan, PlanKind
from hati_core.merge.planner import plan_points
from hati_core.model import Check, Commit, Key, Row, TableEdits, TableInfo
from hati_core.names import key_text
from hati_core.quote import identifier, identifiers
from hati_core.sql import gate
from hati_core.sql.gate import Statement, StatementKind
from hati_core.storage.limits import Limits, Stop
from hati_core.storage.results import Params, rows_of, run
from hati_core.store import Store
from hati_core.transaction import Transaction, transaction

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
        sql: str,
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
        with self._running(sql, params, timeout, stop) as result:
            return rows_of(result, limit)

    def df(
        self, sql: str, params: Params = None, *, timeout: float | None = None, stop: Stop | None = None
    ) -> pd.DataFrame:
        """As :meth:`query`, as a DataFrame."""
        with self._running(sql, params, timeout, stop) as result:
            return result.df()

    @contextmanager
    def _running(
        self, sql: str, params: Params, timeout: float | None, stop: Stop | None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        statement = self._readable(sql)
        self._store.require_live(self.id, self.name)
        with (
            self._store.engine.session(self.id, self.version) as cursor,
            Limits(timeout, stop).over(cursor),
        ):
            yield run(cursor, statement.sql, params)

    @staticmethod
    def _readable(sql: str) -> Statement:
        statement = gate.check(sql)
        if statement.kind is not StatementKind.QUERY:
            raise StatementRefused("This writes; use execute for it.", part=sql.split(maxsplit=1)[0])
        return statement

    def tables(self) -> dict[str, TableInfo]:
        """Every table with its columns and key, by name."""
        version = self._at()
        names = self._store.tables(self.id, version)
        return {name: self._store.table(self.id, version, name) for name in names}

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


class Branch(BranchView):
    """An isolated, writable line of the tables."""

    def __init__(self, store: Store, branch_id: str, name: str) -> None:
        super().__init__(store, branch_id, name, None)

    @property
    def head(self) -> int:
        """The newest version."""
        return self._store.head(self.id)

    def at(self, version: int) -> BranchView:
        """The branch as it was at a version.

        Raises:
            BranchNotFound: the branch has no such version.
        """
        if not 0 <= version <= self.head:
            raise no_version(self.name, self.head, version)
        return BranchView(self._store, self.id, self.name, version)

    def execute(
        self,
        sql: str,
        params: Params = None,
        message: str | None = None,
        *,
        author: str | None = None,
        timeout: float | None = None,
        stop: Stop | None = None,
    ) -> int:
        """Run one statement as one commit; returns the rows affected. ``timeout`` is in seconds.

        Raises:
            SyntaxRefused, StatementRefused: the gate does not let it through.
            QueryError, DataError: the database cannot run it, or it breaks a key or a check; nothing is written.
            QueryTimeout: it ran longer than ``timeout``, or was stopped; nothing is written.
            BranchBusy, BranchDiscarded: the branch cannot be written.
        """
        with self.transaction(message=message, author=author, timeout=timeout, stop=stop) as tx:
            return tx.execute(sql, params)

    @contextmanager
    def transaction(
        self,
        message: str | None = None,
        *,
        author: str | None = None,
        timeout: float | None = None,
        stop: Stop | None = None,
    ) -> Iterator[Transaction]:
        """Several statements as one commit, made when the block ends without an error.

        ``timeout`` is in seconds from here to the commit, and does not count waiting for other writers.

        Raises:
            BranchBusy, BranchDiscarded: the branch cannot be written.
            KeyViolation, CheckViolation: a declared key or a check would be broken; nothing is written.
            QueryTimeout: a statement was stopped; nothing is written.
        """
        with transaction(
            self._store,
            self.id,
            self.name,
            author=author or self._store.author,
            message=message,
            timeout=timeout,
            stop=stop,
        ) as tx:
            yield tx

    def edit(
        self,
        table: str,
        edits: TableEdits,
        expected_version: int | None = None,
        message: str | None = None,
        *,
        author: str | None = None,
    ) -> Commit:
        """Insert, update and delete rows of one table by key, as one commit.

        Raises:
            BranchMoved: the head is not ``expected_version`` any more.
            InvalidKey, InvalidValue, StaleEdit, KeyViolation: the edits do not fit the table; nothing is written.
        """
        with self.transaction(message or _edit_message(table, edits), author=author) as tx:
            if expected_version is not None and tx.head != expected_version:
                raise BranchMoved(
                    f"“{self.name}” has changed since you opened “{table}”. Nothing was written; "
                    "look at what is new, then save again.",
                    branch=self.name,
                    expected=expected_version,
                    actual=tx.head,
                    table=table,
                )
            write_edits(tx, self._store.table(self.id, tx.head, table), edits)
        return self._store.catalog(self.id).commits(1, until=tx.head + 1)[0]

    def plan_restore(self, version: int) -> MergePlan:
        """Work out how to make every table what it was at a version, as one more commit; nothing is written.

        Raises:
            BranchNotFound: the branch has no such version.
        """
        head = self._store.point(self.id)
        if not 0 <= version <= head.version:
            raise no_version(self.name, head.version, version)
        then = self._store.lineage().normal(Point(self.id, version))
        # A key that is inferred from the rows of today need not tell those of then apart; their lineage does.
        context = replace(self._store.merge_context(), infers=False)
        return plan_points(context, PlanKind.RESTORE, head, head, then, {})

    def restore(self, version: int, message: str | None = None, *, author: str | None = None) -> Commit:
        """Make every table what it was at a version, as one more commit; later versions stay in the history.

        Columns that were dropped since, or given a wider type, come back as the last ones of their tables.

        Raises:
            BranchNotFound: the branch has no such version.
            CheckViolation, InvalidKey: rows of that version break a rule that was set since; nothing is written.
            BranchMoved: somebody else committed meanwhile.
        """
        return apply_plan(self._store, self.plan_restore(version), message, author)


def _edit_message(table: str, edits: TableEdits) -> str:
    """One changed row is named with its cells; more are counted."""
    if len(edits.updates) == 1 and not edits.inserts and not edits.deletes:
        ((key, cells),) = edits.updates.items()
        return f"{key_text(key)}: {_listed(cells)}"
    counts = [
        f"{word} {len(rows):,}"
        for word, rows in (("add", edits.inserts), ("change", edits.updates), ("delete", edits.deletes))
        if rows
    ]
    return f"{table}: {', '.join(counts)}"


def _listed(cells: Mapping[str, object]) -> str:
    return ", ".join(f"{column} = {value}" for column, value in cells.items())
