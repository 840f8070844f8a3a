"""One client's session: which branch it is on, in whose name it writes, and what its statements answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

import duckdb
from sqlglot import exp

from hati_core.branch import Branch
from hati_core.errors import BranchDiscarded, BranchNotFound
from hati_core.names import MAIN, folded
from hati_core.repository import Repository
from hati_core.serve import answers, catalog_sql, commands, parameters
from hati_core.serve.answers import AnswerColumn, Columns, Done, Plan, Rows
from hati_core.serve.calling import Calling, named_columns
from hati_core.serve.catalog import Catalog
from hati_core.serve.command_reader import read_command
from hati_core.serve.control import Control
from hati_core.serve.failures import NO_SUCH_DATABASE, Refusal
from hati_core.serve.guessing import guess
from hati_core.serve.naming import named
from hati_core.serve.obeying import Obeying
from hati_core.serve.order import in_order
from hati_core.serve.settings import Settings
from hati_core.serve.types import SCALARS
from hati_core.serve.work import Work
from hati_core.serve.writes import Write, repeats
from hati_core.sql import elsewhere
from hati_core.sql.functions import parse_call
from hati_core.sql.gate import Statement, StatementKind
from hati_core.sql_calls import columns_of
from hati_core.storage.limits import Stop
from hati_core.transaction import Transaction

Values = Sequence[Any]
_ANY_MAIN = ("", "hatidata", "hati", "postgres")
"""Names of databases that programs ask for where nobody named one."""
_TEXT = SCALARS["text"].oid


class _Once:
    """Runs a read when it is first needed, and hands on what it answers."""

    def __init__(self, run: Callable[[], Rows]) -> None:
        self._run = run

    @cached_property
    def rows(self) -> Rows:
        return self._run()

    def forget(self) -> None:
        if "rows" in self.__dict__:
            self.rows.close()

    def plan(self) -> Plan:
        return Plan(lambda: self.rows, lambda: self.rows.columns, forget=self.forget)


def branch_for(repository: Repository, database: str, user: str) -> str:
    """The branch that a client means by the database that it connects to.

    Raises:
        Refusal: there is no such branch.
    """
    try:
        return repository.branch(database).name
    except (BranchNotFound, BranchDiscarded) as error:
        # psql and libpq take the user's name where none is given.
        if folded(database) in (*_ANY_MAIN, folded(user)):
            return MAIN
        names = ", ".join(f"“{info.name}”" for info in repository.branches()[:10])
        hint = f"Connect with dbname=main, or with one of the branches: {names}."
        raise Refusal(NO_SUCH_DATABASE, error.message.split(". ")[0] + ".", hint) from error


class Session(Obeying, Calling):
    """What one client does, on a branch and in the name of an author."""

    def __init__(self, repository: Repository, settings: Settings, branch: str, author: str, control: Control) -> None:
        self.repository = repository
        self.settings = settings
        self.author = author
        self.work = Work()
        self.notes: list[str] = []
        self.changed: list[str] = []
        self.forgotten: list[str] = []
        self._control = control
        self._catalog = Catalog(repository, control)
        self._cursors: dict[str, Rows] = {}
        self._held: set[str] = set()
        settings.begin("branch", branch)
        settings.begin("search_path", branch)

    def prepare(self, sql: str, values: Values = ()) -> Plan:
        """Look at one statement with its values; what it writes, it writes when it is started.

        Raises:
            HatiError: it cannot be run.
        """
        command = read_command(sql)
        if self.work.has_failed and not isinstance(command, commands.Commit | commands.Rollback):
            raise Refusal(
                "25P02", "This transaction has failed.", "ROLLBACK it, or ROLLBACK TO a savepoint of it, first."
            )
        if isinstance(command, commands.Show):
            if command.name.upper() == "ALL" or self.settings.is_known(command.name):
                return self._show(command.name)
            command = None
        if isinstance(command, commands.Fetch):
            return self._fetch(command)
        if command is not None:
            return Plan(lambda: self._obey(command, values), lambda: None)
        if "branch_" in sql.lower() and (call := parse_call(parameters.as_literals(sql, values))):
            return self._call(call, sql)
        if tree := catalog_sql.parsed(sql):
            return _Once(lambda: self._ask_catalog(tree, values)).plan()
        return self._statement(self._on_branch(), sql, values)

    def types(self, sql: str, given: Sequence[int]) -> tuple[int, ...]:
        """The OIDs of the types of a statement's values: as the client says, else by where they stand, else text.

        Raises:
            HatiError: the statement cannot be run.
        """
        count = parameters.count(sql)
        known = [*given[:count], *[0] * (count - len(given))]
        if 0 in known and not self.work.has_failed:
            guessed = self._guessed(sql)
            known = [oid or guessed.get(number, _TEXT) for number, oid in enumerate(known, 1)]
        return tuple(oid or _TEXT for oid in known)

    def _guessed(self, sql: str) -> dict[int, int]:
        if read_command(sql) is not None or "branch_" in sql.lower():
            return {}
        tree = catalog_sql.parsed(sql)
        if tree is not None:
            return guess(tree, lambda table: None)
        branch = self._on_branch()
        tables = {table.name.lower(): table for table in branch.declared_tables()}

        def columns_of(name: str) -> dict[str, str] | None:
            table = tables.get(name.lower())
            return {column.name.lower(): column.type for column in table.columns} if table else None

        return guess(self._checked(branch, sql).tree, columns_of)

    def describe(self, sql: str, types: Sequence[int]) -> Columns | None:
        """The columns of a statement whose values are not known yet; None where it has none.

        Raises:
            HatiError: it cannot be run.
        """
        if not parameters.count(sql):
            plan = self.prepare(sql)
            try:
                return plan.columns()
            finally:
                plan.forget()
        if "branch_" in sql.lower() and read_command(sql) is None:
            described = parameters.as_literals(sql, ())
            if call := parse_call(described.replace("NULL", "''")):
                return named_columns(columns_of(call))
        written = parameters.for_describing(sql, types)
        if tree := catalog_sql.parsed(written):
            return self._catalog.describe(tree, self.branch, self.settings)
        statement = self._checked(self._on_branch(), sql)
        if statement.kind is not StatementKind.QUERY:
            return None
        plan = self.prepare(f"DESCRIBE {written}")
        rows = plan.start()
        assert isinstance(rows, Rows)
        try:
            return named(written, tuple(AnswerColumn(row[0], row[1]) for row in rows.fetch(10_000)))
        finally:
            rows.close()

    def _ask_catalog(self, tree: exp.Expr, values: Values) -> Rows:
        for name, value in catalog_sql.settings_made(tree):
            self._set(commands.Set(name, value))
        return self._catalog.read(tree, values, self.branch, self.settings)

    def _on_branch(self) -> Branch:
        return self.repository.branch(self.branch)

    def _checked(self, branch: Branch, sql: str) -> Statement:
        return elsewhere.check(sql, branch.name, self._branch_named, self._place_of)

    def _place_of(self, branch: str, table: str) -> str:
        return self.repository.branch(branch).place_of(table)

    def _statement(self, branch: Branch, sql: str, values: Values) -> Plan:
        statement = self._checked(branch, sql)
        if statement.kind is not StatementKind.QUERY:
            return Plan(lambda: self._write(branch, statement, sql, values), lambda: None, is_write=True)
        statement = in_order(statement, branch)
        first = sql.split(maxsplit=1)[0].upper() if sql.split() else ""
        verb = first if first in ("EXPLAIN", "SHOW") else "SELECT"
        return _Once(lambda: self._read(branch, statement, values, verb)).plan()

    def _read(self, branch: Branch, statement: Statement, values: Values, verb: str) -> Rows:
        rows = self._rows(branch, statement, values, verb)
        if verb == "SELECT":
            rows.columns = named(statement.sql, rows.columns)
        return rows

    def _rows(self, branch: Branch, statement: Statement, values: Values, verb: str) -> Rows:
        timeout = self.settings.seconds("statement_timeout")
        if self.work.has_written and folded(branch.name) == folded(self.branch):

            def opened_inside(it: Statement) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
                return self.work.reading(it, list(values), timeout)

            return self.work.watch(answers.read(statement, opened_inside, verb=verb, counted=verb == "SELECT"))
        version = self.work.version(branch)
        view = branch if version is None else branch.at(version)
        stop = self._control.new_stop()

        def opened(it: Statement) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
            return view.reading(it, list(values), timeout=timeout, stop=stop)

        return answers.read(statement, opened, verb=verb, counted=verb == "SELECT")

    def _write(self, branch: Branch, statement: Statement, sql: str, values: Values) -> Done:
        if self.settings["default_transaction_read_only"].lower() in ("on", "true", "1") and not self.work.is_block:
            raise Refusal("25006", "This session reads only.", "SET default_transaction_read_only = off.")
        is_first = not self.work.has_written
        message = self.settings["commit_message"] or None

        def opened(stop: Stop) -> AbstractContextManager[Transaction]:
            self._control.keep_stop(stop)
            return branch.transaction(message=message, author=self.author, stop=stop)

        timeout = self.settings.seconds("statement_timeout")
        write = Write(
            lambda tx: tx.execute(statement, list(values), written=sql),
            sql,
            values,
            lambda: repeats(statement, branch),
        )
        affected = self.work.write(opened, timeout, write)
        if is_first:
            self.settings.set("commit_message", "")
        return Done(_tag(statement, affected))

    def settle(self) -> None:
        """End a group of statements that no BEGIN began: one commit of what it wrote.

        Raises:
            HatiError: it cannot be committed; nothing was written.
        """
        if not self.work.is_block:
            self.work.commit()

    def fail(self, error: BaseException) -> BaseException:
        """Undo what is not committed because of an error; returns the error as it is to be told."""
        self._close_cursors()
        try:
            self.work.abort(error)
        except Exception as told:
            return told
        return error

    def close(self) -> None:
        """Undo what is not committed, and let go of everything."""
        self._close_cursors()
        self.work.abort()
        self._catalog.close()


def _tag(statement: Statement, affected: int) -> str:
    tree = statement.tree
    match tree:
        case exp.Insert():
            return f"INSERT 0 {affected}"
        case exp.Update():
            return f"UPDATE {affected}"
        case exp.Delete():
            return f"DELETE {affected}"
        case exp.Merge():
            return f"MERGE {affected}"
        case exp.TruncateTable():
            return "TRUNCATE TABLE"
        case exp.Create() if tree.kind == "TABLE" and tree.expression:
            return f"SELECT {affected}"
        case exp.Create() | exp.Drop() | exp.Alter():
            return f"{type(tree).__name__.upper()} {tree.args.get('kind') or 'TABLE'}".upper()
    return "ALTER TABLE"
