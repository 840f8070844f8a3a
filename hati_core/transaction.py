"""One commit on one branch: statements run under the writer's lock and land together or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

import duckdb
from sqlglot import exp

from hati_core.mandate import Mandate
from hati_core.model import Check, Row, Touch, Violation
from hati_core.open_branch import OpenBranch
from hati_core.quote import identifier
from hati_core.sql import ddl, gate
from hati_core.sql.gate import Statement, StatementKind
from hati_core.storage.catalog import Journal
from hati_core.storage.commits import certain
from hati_core.storage.limits import Limits, Stop
from hati_core.storage.results import Params, rows_of, run
from hati_core.storage.statistics import refresh_statistics
from hati_core.store import Store
from hati_core.table_checks import TableChecks
from hati_core.table_definitions import TableDefinitions
from hati_core.table_keys import TableKeys, set_elsewhere

_MESSAGE_LENGTH = 200
_UNDONE = " Nothing was written."


class Transaction:
    """Statements on one branch that become one commit when the ``with`` block ends well."""

    def __init__(self, on: OpenBranch, limits: Limits) -> None:
        self.limits = limits
        self.branch = on.name
        self.head = on.head
        self.cursor = on.cursor
        self._on = on
        self._know_nothing_written()

    def _know_nothing_written(self) -> None:
        self._touched: dict[tuple[str, str], Touch] = {}
        self._tables = TableDefinitions(self._on)
        self._keys = TableKeys(self._on)
        self._checks = TableChecks(self._on)
        self._statements: list[str] = []

    def start_over(self) -> None:
        """Undo everything that was written, also after an error, and go on; the branch is held all the while."""
        self.cursor.execute("ROLLBACK")
        self.cursor.execute("BEGIN")
        self._know_nothing_written()

    def execute(self, sql: str | Statement, params: Params = None, *, written: str | None = None) -> int:
        """Run one statement of a person's or a model's; returns the rows affected.

        ``written`` is what the commit says of it; the statement itself, unless it is given.

        Raises:
            SyntaxRefused, StatementRefused: the gate does not let it through.
            QueryError, DataError: the database cannot run it; the whole transaction is undone.
        """
        statement = sql if isinstance(sql, Statement) else gate.check(sql, own=self.branch)
        text = statement.sql
        created = None
        if ddl.creates_table(statement):
            created = ddl.rewrite_create(statement, lambda query: self._describe(statement.placed(query)))
            text = created.sql
        elif key := ddl.alter_key(statement):
            raise set_elsewhere(*key)
        elif added := ddl.added_check(statement):
            self._checks.add(added.table, added.name, added.expression)
            return 0
        if statement.kind is StatementKind.DDL:
            for table in statement.writes if _renames(statement) else ():
                self._tables.require_renamable(table)
            self.before_definition()
        self._statements.append((written or statement.sql).strip())
        before = self._types_altered(statement)
        with self.limits.over(self.cursor, _UNDONE):
            result = run(self.cursor, statement.placed(text), params).fetchall()
        affected = int(result[0][0]) if statement.kind is not StatementKind.QUERY and result and result[0] else 0
        if created and not (statement.tree.args.get("exists") and self._tables.exists(created.table)):
            self._follow_create(created)
        self._note(statement, affected)
        if before != self._types_altered(statement):
            for table in statement.writes:
                self._tables.retyped(table)
        return affected

    def _types_altered(self, statement: Statement) -> list[str]:
        """The types of the columns that an ALTER TABLE may change; nothing where it renames the table."""
        if not isinstance(statement.tree, exp.Alter) or _renames(statement):
            return []
        (table,) = statement.writes
        if not self._tables.exists(table):
            return []
        return [kind for _, kind in self._describe(f"FROM {identifier(table)}")]

    def query(self, sql: str, params: Params = None) -> list[Row]:
        """Run one read and return its rows; it sees what the transaction wrote."""
        statement = gate.check(sql, own=self.branch)
        if statement.kind is not StatementKind.QUERY:
            self.execute(sql, params)
            return []
        with self.reading(statement, params) as result:
            return rows_of(result)

    @contextmanager
    def reading(self, statement: Statement, params: Params = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Run one read whose rows are made as they are fetched, which is before anything else is run."""
        with self.limits.over(self.cursor, _UNDONE):
            yield run(self.cursor, statement.placed(statement.sql), params)

    def retype(self, tables: Iterable[str]) -> None:
        """Record tables of which statements of our own gave a column another type."""
        for table in tables:
            self._tables.retyped(table)

    @property
    def has_retyped(self) -> bool:
        """Whether a column of some table got another type."""
        return bool(self._tables.to_settle)

    def settle_types(self) -> None:
        """Has to come before the commit where a column got another type."""
        for table in self._tables.to_settle:
            refresh_statistics(self.cursor, table)

    def before_definition(self) -> None:
        """Has to come before any statement of our own that creates, alters or drops."""
        self._on.store.engine.let_schema_settle(self._on.id)

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
                self._keys.wrote(touch.table)
            if touch.inserted or touch.updated:
                self._checks.wrote(touch.table)
        self._keys.note(keys or {})

    def _describe(self, query: str) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in self.cursor.execute(f"DESCRIBE {query}").fetchall()]

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
                self._tables.gone(table)
                self._keys.gone(table)
                self._checks.gone(table)
            elif _can_break_key(statement, self._keys.of(table)):
                self._keys.wrote(table)
            if not isinstance(statement.tree, exp.Drop | exp.Delete | exp.TruncateTable):
                self._checks.wrote(table)
        if isinstance(statement.tree, exp.Alter):
            self._follow_alter(statement.writes)

    def _follow_create(self, created: ddl.CreateTable) -> None:
        columns = [name for name, _ in self._describe(f"FROM {identifier(created.table)}")]
        self._keys.created(created.table, created.key, columns)
        self._checks.created(created.table, created.checks, columns)
        self._tables.created(created.table)

    def _follow_alter(self, tables: frozenset[str]) -> None:
        """A renamed table keeps its key; a key column stays as it is: the other branches go by it too."""
        there = [table for table in tables if self._tables.exists(table)]
        for new in tables - set(there) if there else ():
            self._keys.renamed(there[0], new)
            self._checks.renamed(there[0], new)
            self._tables.renamed(there[0], new)
            return
        for table in there:
            self._tables.altered(table)
            columns = {name.casefold() for name, _ in self._describe(f"FROM {identifier(table)}")}
            self._keys.require_columns(table, columns)
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
        self._keys.enforce()
        self._checks.enforce()

    def violations(self) -> tuple[Violation, ...]:
        """Everything that :meth:`check_rows` would refuse the transaction for."""
        return (*self._keys.violations(), *self._checks.violations())

    def journal(self, about: Journal, mandate: Mandate | None = None) -> Journal:
        """What the commit says about itself, beside what is known of it already.

        Raises:
            TooManyRows: it would change more rows than the mandate allows.
        """
        touched = tuple(t for t in self._touched.values() if t.note or t.inserted or t.updated or t.deleted)
        if mandate:
            mandate.require_few(self.branch, touched)
        return replace(
            about,
            touched=touched,
            keys=self._keys.journal() or None,
            checks=self._checks.journal() or None,
            origin=mandate.origin if mandate else None,
        )


@contextmanager
def transaction(
    store: Store,
    branch_id: str,
    branch: str,
    *,
    author: str,
    message: str | None = None,
    about: Journal | None = None,
    timeout: float | None = None,
    stop: Stop | None = None,
    mandate: Mandate | None = None,
) -> Iterator[Transaction]:
    """Hold the branch, run what the block does, and commit it as one version.

    ``about`` is what its journal is to say of it beyond what it touched.

    Raises:
        BranchBusy, BranchDiscarded: the branch cannot be written.
        KeyViolation, CheckViolation: a declared key or a check would be broken.
        TooManyRows: it would change more rows than the mandate allows.
        QueryTimeout: a statement ran over its time, or was stopped.
    """
    catalog = store.catalog(branch_id)
    stop = mandate.stop if mandate else stop or Stop()
    with store.writing(branch_id, branch):
        with certain(catalog) as commit, store.engine.session(branch_id) as cursor:
            cursor.execute("BEGIN")
            try:
                head = catalog.head(cursor)
                store.take_in(branch_id, head, cursor)
                tx = Transaction(OpenBranch(store, branch_id, branch, cursor, head), Limits(timeout, stop))
                yield tx
                # The commit itself is not stopped: nobody could say whether it came to pass.
                with tx.limits.over(cursor, _UNDONE):
                    tx.check_rows()
                    tx.settle_types()
                journal = tx.journal(about or Journal(), mandate)
                cursor.execute(
                    f"CALL {identifier(catalog.alias)}.set_commit_message($1, $2, extra_info => $3)",
                    [author, message or tx.default_message(), journal.dump()],
                )
                store.engine.place.require_locks({branch_id: branch})
                with stop.lasting():
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


def _renames(statement: Statement) -> bool:
    return isinstance(statement.tree, exp.Alter) and len(statement.writes) == 2


def _can_break_key(statement: Statement, key: tuple[str, ...]) -> bool:
    """Deletes cannot; an update can only by writing a key column."""
    if isinstance(statement.tree, exp.Delete | exp.TruncateTable | exp.Drop):
        return False
    if isinstance(statement.tree, exp.Update):
        targets = [assignment.this for assignment in statement.tree.expressions]
        written = {name.name.casefold() for target in targets for name in target.find_all(exp.Identifier)}
        return bool(written & {column.casefold() for column in key})
    return True
