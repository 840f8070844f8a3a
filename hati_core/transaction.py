"""One commit on one branch: statements run under the writer's lock and land together or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import duckdb
from sqlglot import exp

from hati_core.errors import DataError, InvalidKey, KeyViolation
from hati_core.merge.keys import duplicate_message
from hati_core.model import Row, Touch
from hati_core.quote import identifier, identifiers
from hati_core.sql import ddl, gate
from hati_core.sql.gate import Statement, StatementKind
from hati_core.storage.catalog import Journal
from hati_core.store import Store

Params = Sequence[Any] | Mapping[str, Any] | None
_MESSAGE_LENGTH = 200


class Transaction:
    """Statements on one branch that become one commit when the ``with`` block ends well."""

    def __init__(self, store: Store, branch_id: str, branch: str, cursor: duckdb.DuckDBPyConnection, head: int) -> None:
        self.branch = branch
        self.head = head
        self.cursor = cursor
        self._store = store
        self._branch_id = branch_id
        self._touched: dict[tuple[str, str], Touch] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._unchecked: set[str] = set()
        self._statements: list[str] = []

    def execute(self, sql: str, params: Params = None) -> int:
        """Run one statement of a person's or a model's; returns the rows affected.

        Raises:
            SyntaxRefused, StatementRefused: the gate does not let it through.
            QueryError, DataError: the database cannot run it; the whole transaction is undone.
        """
        statement = gate.check(sql)
        text = statement.sql
        if ddl.creates_table(statement):
            created = ddl.rewrite_create(statement, self._describe)
            text = created.sql
            if created.key:
                self._keys[created.table] = created.key
        elif key := ddl.alter_key(statement):
            self._declare(*key)
            return 0
        self._protect_keys(statement)
        self._statements.append(sql.strip())
        result = _run(self.cursor, text, params).fetchall()
        affected = int(result[0][0]) if statement.kind is not StatementKind.QUERY and result and result[0] else 0
        self._note(statement, affected)
        return affected

    def query(self, sql: str, params: Params = None) -> list[Row]:
        """Run one read and return its rows; it sees what the transaction wrote."""
        statement = gate.check(sql)
        if statement.kind is not StatementKind.QUERY:
            self.execute(sql, params)
            return []
        return rows_of(_run(self.cursor, statement.sql, params))

    def note(self, *touches: Touch, keys: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """Record what statements of our own did, and whose key has to be checked or remembered."""
        for touch in touches:
            self._add(touch)
            self._unchecked.add(touch.table)
        self._keys.update(keys or {})

    def _describe(self, query: str) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in self.cursor.execute(f"DESCRIBE {query}").fetchall()]

    def _declare(self, table: str, key: tuple[str, ...]) -> None:
        raise DataError(
            f"The key of “{table}” holds for every branch, so it is set for the repository: "
            f"repository.set_key({table!r}, {list(key)}), or on the page Data.",
            table=table,
        )

    def _protect_keys(self, statement: Statement) -> None:
        """A key column cannot be dropped or renamed: the other branches still go by it."""
        if not isinstance(statement.tree, exp.Alter):
            return
        declared = self._store.registry.keys()
        for name in statement.writes:
            info = self._store.tables(self._branch_id, self.head).get(name)
            for action in statement.tree.args.get("actions") or []:
                column = action.this.name if isinstance(action, exp.Drop | exp.RenameColumn) and action.this else None
                if info and column in declared.get(info.uuid, ()):
                    raise InvalidKey(
                        f"“{column}” is part of the key of “{name}” on every branch and cannot be dropped or renamed.",
                        branch=self.branch,
                        table=name,
                    )

    def _note(self, statement: Statement, affected: int) -> None:
        verbs = {exp.Insert: "inserted", exp.Update: "updated", exp.Delete: "deleted", exp.TruncateTable: "deleted"}
        verb = verbs.get(type(statement.tree))
        for table in statement.writes:
            note = ""
            if statement.kind is StatementKind.DDL:
                note = {exp.Create: "created", exp.Drop: "dropped"}.get(type(statement.tree), "altered")
            if verb:
                self._add(Touch(table, **{verb: affected}))
            elif statement.kind is StatementKind.DDL:
                self._add(Touch(table, inserted=affected if note == "created" else 0, note=note))
            elif statement.kind is StatementKind.WRITE:
                self._add(Touch(table, updated=affected))
            if _can_break_key(statement, self._key_of(table)):
                self._unchecked.add(table)

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
        if table in self._keys:
            return self._keys[table]
        info = self._store.tables(self._branch_id, self.head).get(table)
        return self._store.registry.keys().get(info.uuid, ()) if info else ()

    def default_message(self) -> str:
        """The statements themselves, on one line."""
        text = "; ".join(re.sub(r"\s+", " ", statement).rstrip("; ") for statement in self._statements)
        return text if len(text) <= _MESSAGE_LENGTH else text[: _MESSAGE_LENGTH - 1] + "…"

    def check_keys(self) -> None:
        """Check the keys of the rows that this transaction wrote.

        Raises:
            KeyViolation: two rows would share a key, or one would have none.
        """
        for table in sorted(self._unchecked):
            key = self._key_of(table)
            if key:
                _require_unique_new_rows(self.cursor, table, key, self.branch)

    def journal(self, merged: tuple[str, int, str] | None = None) -> Journal:
        """What the commit says about itself."""
        touched = tuple(t for t in self._touched.values() if t.note or t.inserted or t.updated or t.deleted)
        return Journal(touched, self._keys or None, merged)


@contextmanager
def transaction(
    store: Store,
    branch_id: str,
    branch: str,
    *,
    author: str,
    message: str | None = None,
    merged: tuple[str, int, str] | None = None,
) -> Iterator[Transaction]:
    """Hold the branch, run what the block does, and commit it as one version.

    Raises:
        BranchBusy, BranchDiscarded: the branch cannot be written.
        KeyViolation: a declared key would be broken.
    """
    with store.writing(branch_id, branch), store.engine.session(branch_id) as cursor:
        tx = Transaction(store, branch_id, branch, cursor, store.head(branch_id))
        cursor.execute("BEGIN")
        try:
            yield tx
            tx.check_keys()
            alias = store.catalog(branch_id).alias
            cursor.execute(
                f"CALL {identifier(alias)}.set_commit_message($1, $2, extra_info => $3)",
                [author, message or tx.default_message(), tx.journal(merged).dump()],
            )
            cursor.execute("COMMIT")
        except BaseException:
            # A COMMIT that failed has left no transaction to roll back.
            with suppress(duckdb.TransactionException):
                cursor.execute("ROLLBACK")
            raise
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
        written = {assignment.this.name.casefold() for assignment in statement.tree.expressions}
        return bool(written & {column.casefold() for column in key})
    return True


def _require_unique_new_rows(
    cursor: duckdb.DuckDBPyConnection, table: str, key: tuple[str, ...], branch: str
) -> None:
    """Check uncommitted rows against the table; only files with one of their keys are read whole."""
    name, names = identifier(table), identifiers(key)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE new_keys AS SELECT {names} FROM {name} WHERE snapshot_id IS NULL")
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
