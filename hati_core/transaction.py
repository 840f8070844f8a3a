"""One commit on one branch: statements run under the writer's lock and land together or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import duckdb
from sqlglot import exp

from hati_core.errors import DataError, InvalidKey, KeyViolation, StatementRefused
from hati_core.merge.keys import duplicate_message
from hati_core.model import Check, Row, Touch
from hati_core.quote import identifier, identifiers
from hati_core.sql import ddl, gate
from hati_core.sql.gate import Statement, StatementKind
from hati_core.storage.catalog import Journal
from hati_core.storage.commits import certain
from hati_core.storage.limits import Limits, Stop
from hati_core.storage.statistics import refresh_statistics
from hati_core.store import Store, named
from hati_core.table_checks import TableChecks, new_rows

Params = Sequence[Any] | Mapping[str, Any] | None
_MESSAGE_LENGTH = 200
_UNDONE = " Nothing was written."


class Transaction:
    """Statements on one branch that become one commit when the ``with`` block ends well."""

    def __init__(
        self,
        store: Store,
        branch_id: str,
        branch: str,
        cursor: duckdb.DuckDBPyConnection,
        head: int,
        limits: Limits,
    ) -> None:
        self.limits = limits
        self.branch = branch
        self.head = head
        self.cursor = cursor
        self._store = store
        self._branch_id = branch_id
        self._touched: dict[tuple[str, str], Touch] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._checks = TableChecks(store, branch_id, branch, cursor, head)
        self._unchecked: set[str] = set()
        self._present: dict[str, bool] = {}
        self._altered: set[str] = set()
        self._made: set[str] = set()
        self._retyped: set[str] = set()
        self._statements: list[str] = []

    def execute(self, sql: str, params: Params = None) -> int:
        """Run one statement of a person's or a model's; returns the rows affected.

        Raises:
            SyntaxRefused, StatementRefused: the gate does not let it through.
            QueryError, DataError: the database cannot run it; the whole transaction is undone.
        """
        statement = gate.check(sql)
        text = statement.sql
        created = None
        if ddl.creates_table(statement):
            created = ddl.rewrite_create(statement, self._describe)
            text = created.sql
        elif key := ddl.alter_key(statement):
            self._declare(*key)
            return 0
        elif added := ddl.added_check(statement):
            self._checks.add(added.table, added.name, added.expression)
            return 0
        if statement.kind is StatementKind.DDL:
            self._refuse_late_rename(statement)
            self.before_definition()
        self._statements.append(sql.strip())
        before = self._types_altered(statement)
        with self.limits.over(self.cursor, _UNDONE):
            result = _run(self.cursor, text, params).fetchall()
        affected = int(result[0][0]) if statement.kind is not StatementKind.QUERY and result and result[0] else 0
        if created and not (statement.tree.args.get("exists") and self._exists(created.table)):
            self._keys[created.table.casefold()] = created.key or self._inherited_key(created.table)
            columns = [name for name, _ in self._describe(f"FROM {identifier(created.table)}")]
            self._checks.created(created.table, created.checks, columns)
            self._present[created.table.casefold()] = True
            self._made.add(created.table.casefold())
        self._note(statement, affected)
        if before != self._types_altered(statement):
            self._retyped |= statement.writes
        return affected

    def _types_altered(self, statement: Statement) -> list[str]:
        """The types of the columns that an ALTER TABLE may change; nothing where it renames the table."""
        if not isinstance(statement.tree, exp.Alter) or len(statement.writes) != 1:
            return []
        (table,) = statement.writes
        if not self._exists(table):
            return []
        return [kind for _, kind in self._describe(f"FROM {identifier(table)}")]

    def query(self, sql: str, params: Params = None) -> list[Row]:
        """Run one read and return its rows; it sees what the transaction wrote."""
        statement = gate.check(sql)
        if statement.kind is not StatementKind.QUERY:
            self.execute(sql, params)
            return []
        with self.limits.over(self.cursor, _UNDONE):
            return rows_of(_run(self.cursor, statement.sql, params))

    def retype(self, tables: Iterable[str]) -> None:
        """Record tables of which statements of our own gave a column another type."""
        self._retyped.update(tables)

    @property
    def has_retyped(self) -> bool:
        """Whether a column of some table got another type."""
        return bool(self._retyped)

    def settle_types(self) -> None:
        """Has to come before the commit where a column got another type."""
        for table in sorted(self._retyped):
            refresh_statistics(self.cursor, table)

    def before_definition(self) -> None:
        """Has to come before any statement of our own that creates, alters or drops."""
        self._store.engine.let_schema_settle(self._branch_id)

    def note(
        self,
        *touches: Touch,
        keys: Mapping[str, tuple[str, ...]] | None = None,
        checks: Mapping[str, tuple[Check, ...]] | None = None,
        rekeyed: bool = True,
    ) -> None:
        """Record what statements of our own did, and whose key and checks have to be checked or remembered.

        ``rekeyed`` says that updates may have written key columns.
        """
        self._checks.note(checks or {})
        for touch in touches:
            self._add(touch)
            if touch.inserted or (touch.updated and rekeyed):
                self._unchecked.add(touch.table)
            if touch.inserted or touch.updated:
                self._checks.wrote(touch.table)
        self._keys.update({table.casefold(): key for table, key in (keys or {}).items()})

    def _refuse_late_rename(self, statement: Statement) -> None:
        """DuckLake (of DuckDB 1.5.5) leaves a catalog that cannot be read when a changed table is then renamed."""
        if isinstance(statement.tree, exp.Alter) and len(statement.writes) == 2:
            late = [table for table in statement.writes if table.casefold() in self._altered]
            if late:
                raise StatementRefused(
                    f"“{late[0]}” cannot be renamed after its columns were changed in the same commit. "
                    "Rename the table first, or in a commit of its own. Nothing was written.",
                    part="RENAME TO",
                )

    def _exists(self, table: str) -> bool:
        """Whether the table was there before the statement that is being run."""
        before = named(self._store.tables(self._branch_id, self.head), table)
        return self._present.get(table.casefold(), before is not None)

    def _inherited_key(self, table: str) -> tuple[str, ...]:
        """The key of the table that a new one takes the place of, where the new one has its columns."""
        key = self._key_of(table)
        columns = {name for name, _ in self._describe(f"FROM {identifier(table)}")} if key else set()
        return key if set(key) <= columns else ()

    def _describe(self, query: str) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in self.cursor.execute(f"DESCRIBE {query}").fetchall()]

    def _declare(self, table: str, key: tuple[str, ...]) -> None:
        raise DataError(
            f"The key of “{table}” holds for every branch, so it is set for the repository: "
            f"repository.set_key({table!r}, {list(key)}), or on the page Data.",
            table=table,
        )

    def _note(self, statement: Statement, affected: int) -> None:
        for table in statement.writes:
            if statement.kind is StatementKind.DDL:
                note = {exp.Create: "created", exp.Drop: "dropped"}.get(type(statement.tree), "altered")
                self._add(Touch(table, inserted=affected if note == "created" else 0, note=note))
            elif isinstance(statement.tree, exp.Insert):
                self._add(Touch(table, inserted=affected))
            elif isinstance(statement.tree, exp.Delete | exp.TruncateTable):
                self._add(Touch(table, deleted=affected))
            else:
                self._add(Touch(table, updated=affected))
            if isinstance(statement.tree, exp.Drop):
                self._gone(table)
            elif _can_break_key(statement, self._key_of(table)):
                self._unchecked.add(table)
            if not isinstance(statement.tree, exp.Drop | exp.Delete | exp.TruncateTable):
                self._checks.wrote(table)
        if isinstance(statement.tree, exp.Alter):
            self._follow_alter(statement.writes)

    def _gone(self, table: str) -> None:
        self._present[table.casefold()] = False
        self._retyped -= {table}
        self._unchecked = {name for name in self._unchecked if name.casefold() != table.casefold()}
        self._checks.gone(table)

    def _follow_alter(self, tables: frozenset[str]) -> None:
        """A renamed table keeps its key; a key column stays as it is: the other branches go by it too."""
        there = [table for table in tables if self._exists(table)]
        for new in tables - set(there) if there else ():
            self._keys[new.casefold()] = self._key_of(there[0])
            self._checks.renamed(there[0], new)
            if there[0].casefold() in self._made:
                self._made.add(new.casefold())
            self._present[new.casefold()] = True
            self._gone(there[0])
            self._unchecked.add(new)
            return
        self._altered |= {table.casefold() for table in there} - self._made
        for table in there:
            columns = {name.casefold() for name, _ in self._describe(f"FROM {identifier(table)}")}
            for column in self._key_of(table):
                if column.casefold() not in columns:
                    raise InvalidKey(
                        f"“{column}” is part of the key of “{table}” on every branch and cannot be dropped or renamed.",
                        branch=self.branch,
                        table=table,
                    )
            self._checks.require_columns(table, columns)
            self._checks.wrote(table, altered=True)

    def _add(self, touch: Touch) -> None:
        before = self._touched.get((touch.table, touch.note), Touch(touch.table, note=touch.note))
        self._touched[touch.table, touch.note] = Touch(
            touch.table,
            before.inserted + touch.inserted,
            before.updated + touch.updated,
            before.deleted + touch.deleted,
            touch.note,
        )

    def _key_of(self, table: str) -> tuple[str, ...]:
        if table.casefold() in self._keys:
            return self._keys[table.casefold()]
        return self._store.declared_key(self._branch_id, self.head, table)

    def default_message(self) -> str:
        """The statements themselves, on one line."""
        text = "; ".join(re.sub(r"\s+", " ", statement).rstrip("; ") for statement in self._statements)
        return text if len(text) <= _MESSAGE_LENGTH else text[: _MESSAGE_LENGTH - 1] + "…"

    def check_rows(self) -> None:
        """Check the rows that this transaction wrote.

        Raises:
            KeyViolation: two rows would share a key, or one would have none.
            CheckViolation: a row breaks a check of its table.
        """
        for table in sorted(self._unchecked):
            key = self._key_of(table)
            if key:
                _require_unique_new_rows(self.cursor, table, key, self.branch)
        self._checks.enforce()

    def journal(self, merged: tuple[str, int, str] | None = None) -> Journal:
        """What the commit says about itself."""
        touched = tuple(t for t in self._touched.values() if t.note or t.inserted or t.updated or t.deleted)
        keys = {table: key for table, key in self._keys.items() if key}
        return Journal(touched, keys or None, merged, self._checks.journal() or None)


@contextmanager
def transaction(
    store: Store,
    branch_id: str,
    branch: str,
    *,
    author: str,
    message: str | None = None,
    merged: tuple[str, int, str] | None = None,
    timeout: float | None = None,
    stop: Stop | None = None,
) -> Iterator[Transaction]:
    """Hold the branch, run what the block does, and commit it as one version.

    Raises:
        BranchBusy, BranchDiscarded: the branch cannot be written.
        KeyViolation, CheckViolation: a declared key or a check would be broken.
        QueryTimeout: a statement ran over its time, or was stopped.
    """
    catalog = store.catalog(branch_id)
    with store.writing(branch_id, branch):
        with certain(catalog) as commit, store.engine.session(branch_id) as cursor:
            cursor.execute("BEGIN")
            try:
                head = catalog.head(cursor)
                store.take_in(branch_id, head, cursor)
                tx = Transaction(store, branch_id, branch, cursor, head, Limits(timeout, stop))
                yield tx
                # The commit itself is not stopped: nobody could say whether it came to pass.
                with tx.limits.over(cursor, _UNDONE):
                    tx.check_rows()
                    tx.settle_types()
                journal = tx.journal(merged)
                cursor.execute(
                    f"CALL {identifier(catalog.alias)}.set_commit_message($1, $2, extra_info => $3)",
                    [author, message or tx.default_message(), journal.dump()],
                )
                store.engine.place.require_locks({branch_id: branch})
                commit.begins(head)
                cursor.execute("COMMIT")
            except BaseException:
                # A COMMIT that failed has left no transaction to roll back, nor has an instance that died.
                with suppress(duckdb.TransactionException, duckdb.FatalException):
                    cursor.execute("ROLLBACK")
                raise
        store.settle_statistics(branch_id, head, is_retyped=tx.has_retyped)
        if journal.checks and store.head(branch_id) == head:
            # A check by itself changes no table, so DuckLake makes no commit for it to ride in.
            store.record_checks(branch_id, head, journal.checks)
        elif journal.keys or journal.merged or journal.checks:
            store.catch_up(branch_id)


def rows_of(result: duckdb.DuckDBPyConnection, limit: int | None = None) -> list[Row]:
    """The rows of a result as dicts, in column order; a repeated column name gets a number."""
    names: list[str] = []
    for column in result.description or ():
        name, again = column[0], 2
        while name in names:
            name, again = f"{column[0]}_{again}", again + 1
        names.append(name)
    rows = result.fetchall() if limit is None else result.fetchmany(limit)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _run(cursor: duckdb.DuckDBPyConnection, sql: str, params: Params) -> duckdb.DuckDBPyConnection:
    return cursor.execute(sql, params) if params else cursor.execute(sql)


def _can_break_key(statement: Statement, key: tuple[str, ...]) -> bool:
    """Deletes cannot; an update can only by writing a key column."""
    if isinstance(statement.tree, exp.Delete | exp.TruncateTable | exp.Drop):
        return False
    if isinstance(statement.tree, exp.Update):
        targets = [assignment.this for assignment in statement.tree.expressions]
        written = {name.name.casefold() for target in targets for name in target.find_all(exp.Identifier)}
        return bool(written & {column.casefold() for column in key})
    return True


def _require_unique_new_rows(cursor: duckdb.DuckDBPyConnection, table: str, key: tuple[str, ...], branch: str) -> None:
    """Check uncommitted rows against the table; only files with one of their keys are read whole."""
    name, names = identifier(table), identifiers(key)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE new_keys AS SELECT {names} FROM {new_rows(cursor, table)}")
    try:
        absent = " OR ".join(f"{identifier(column)} IS NULL" for column in key)
        if cursor.execute(f"SELECT 1 FROM temp.new_keys WHERE {absent} LIMIT 1").fetchall():
            raise KeyViolation(
                f"{' + '.join(key)} is the key of “{table}” and cannot be empty. Nothing was written to “{branch}”.",
                branch=branch,
                table=table,
            )
        repeated = rows_of(
            cursor.execute(
                f"SELECT {names} FROM {name} SEMI JOIN temp.new_keys USING ({names}) "
                f"GROUP BY {names} HAVING count(*) > 1 ORDER BY {names} LIMIT 5"
            )
        )
        if repeated:
            raise KeyViolation(
                duplicate_message(table, f"“{branch}”", key, repeated) + " Nothing was written.",
                rows=repeated,
                branch=branch,
                table=table,
            )
    finally:
        cursor.execute("DROP TABLE IF EXISTS temp.new_keys")
