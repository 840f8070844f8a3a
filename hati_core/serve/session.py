"""One client's session: which branch it is on, in whose name it writes, and what its statements answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
from sqlglot import exp

from hati_core.branch import Branch
from hati_core.errors import BranchDiscarded, BranchNotFound, HatiError
from hati_core.names import MAIN, folded
from hati_core.repository import Repository
from hati_core.serve import answers, catalog_sql, commands, parameters
from hati_core.serve.answers import Answer, AnswerColumn, Columns, Done, Rows
from hati_core.serve.catalog import Catalog
from hati_core.serve.control import Control
from hati_core.serve.failures import NO_SUCH_DATABASE, Refusal
from hati_core.serve.guessing import guess
from hati_core.serve.order import in_order
from hati_core.serve.settings import Settings
from hati_core.serve.types import SCALARS
from hati_core.serve.work import Work
from hati_core.sql import elsewhere
from hati_core.sql.functions import BranchCall, parse_call
from hati_core.sql.gate import Statement, StatementKind
from hati_core.sql_calls import columns_of, run_call, writes
from hati_core.storage.limits import Stop
from hati_core.transaction import Transaction

Values = Sequence[Any]
_ANY_MAIN = ("", "hatidata", "hati", "postgres")
"""Names of databases that programs ask for where nobody named one."""
_AUTHORS = ("hatidata_agent_id", "agent_id", "author")
_PUBLIC = "public"
_TEXT = SCALARS["text"].oid


@dataclass(frozen=True)
class Plan:
    """A statement that is ready to be run once; ``columns`` may have to run it to know, where that changes nothing."""

    start: Callable[[], Answer]
    columns: Callable[[], Columns | None]
    is_write: bool = False


class _Once:
    """Runs a read when it is first needed, and hands on what it answers."""

    def __init__(self, run: Callable[[], Rows]) -> None:
        self._run = run

    @cached_property
    def rows(self) -> Rows:
        return self._run()

    @property
    def is_running(self) -> bool:
        return "rows" in self.__dict__

    def plan(self) -> Plan:
        return Plan(lambda: self.rows, lambda: self.rows.columns)


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


def author_of(settings: Settings, user: str) -> str:
    """Who signs the commits of a session: the agent that its options name, else its user."""
    return next((settings[name] for name in _AUTHORS if settings[name]), user) or "unknown"


class Session:
    """What one client does; ``user`` and ``database`` are as it named them."""

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
        settings.set("branch", branch)
        settings.set("search_path", branch)

    @property
    def branch(self) -> str:
        """The name of the branch that statements run on."""
        return self.settings["branch"]

    def prepare(self, sql: str, values: Values = ()) -> Plan:
        """Look at one statement with its values; what it writes, it writes when it is started.

        Raises:
            HatiError: it cannot be run.
        """
        command = commands.read(sql)
        if self.work.has_failed and not isinstance(command, commands.Commit | commands.Rollback):
            raise Refusal("25P02", "This transaction has failed, and nothing of it was written.", "ROLLBACK it first.")
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
        if commands.read(sql) is not None or "branch_" in sql.lower():
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
            return None if plan.is_write else self._columns_alone(plan)
        if "branch_" in sql.lower() and commands.read(sql) is None:
            described = parameters.as_literals(sql, ())
            if call := parse_call(described.replace("NULL", "''")):
                return _columns(columns_of(call))
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
            return tuple(AnswerColumn(row[0], row[1]) for row in rows.fetch(10_000))
        finally:
            rows.close()

    @staticmethod
    def _columns_alone(plan: Plan) -> Columns | None:
        columns = plan.columns()
        if columns is not None:
            answer = plan.start()
            if isinstance(answer, Rows):
                answer.close()
        return columns

    def _ask_catalog(self, tree: exp.Expression, values: Values) -> Rows:
        for name, value in catalog_sql.settings_made(tree):
            self._set(commands.Set(name, value))
        return self._catalog.read(tree, values, self.branch, self.settings)

    def _on_branch(self) -> Branch:
        return self.repository.branch(self.branch)

    def _checked(self, branch: Branch, sql: str) -> Statement:
        return elsewhere.check(sql, branch.name, self._branch_named, self._place_of)

    def _branch_named(self, schema: str) -> str | None:
        try:
            return self.repository.branch(schema).name
        except HatiError:
            return self.branch if folded(schema) == _PUBLIC else None

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
        timeout = self.settings.seconds("statement_timeout")
        if self.work.has_written and folded(branch.name) == folded(self.branch):
            rows = answers.read(
                statement,
                lambda it: self.work.reading(it, list(values), timeout),
                verb=verb,
                counted=verb == "SELECT",
            )
            return self.work.watch(rows)
        version = self.work.version(branch)
        view = branch if version is None else branch.at(version)
        stop = self._control.new_stop()

        def opened(it: Statement) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
            return view.reading(it, list(values), timeout=timeout, stop=stop)

        rows = answers.read(statement, opened, verb=verb, counted=verb == "SELECT")
        return rows

    def _write(self, branch: Branch, statement: Statement, sql: str, values: Values) -> Done:
        if self.settings["default_transaction_read_only"].lower() in ("on", "true", "1") and not self.work.is_block:
            raise Refusal("25006", "This session reads only.", "SET default_transaction_read_only = off.")
        is_first = not self.work.has_written
        message = self.settings["commit_message"] or None

        def opened(stop: Stop) -> AbstractContextManager[Transaction]:
            self._control.keep_stop(stop)
            return branch.transaction(message=message, author=self.author, stop=stop)

        timeout = self.settings.seconds("statement_timeout")
        affected = self.work.write(opened, timeout, lambda tx: tx.execute(statement, list(values), written=sql))
        if is_first:
            self.settings.set("commit_message", "")
        return Done(_tag(statement, affected))

    def _call(self, call: BranchCall, sql: str) -> Plan:
        if call.name == "branch_query":
            columns_of(call)
            return self._branch_query(str(call.arguments[0]), str(call.arguments[1]))
        columns = _columns(columns_of(call))
        assert columns is not None

        def start() -> Answer:
            if writes(call):
                self._require_nothing_written(call.name)
            return answers.from_dicts(columns, run_call(self.repository, call, self.branch))

        return Plan(start, lambda: columns, is_write=writes(call))

    def _branch_query(self, name: str, sql: str) -> Plan:
        branch = self.repository.branch(name)
        inner = self._statement(branch, sql, ())
        if not inner.is_write:
            return inner
        columns = (AnswerColumn("rows", "BIGINT"),)

        def start() -> Answer:
            if folded(branch.name) != folded(self.branch):
                self._require_nothing_written("branch_query")
                statement = self._checked(branch, sql)
                with branch.transaction(author=self.author, stop=self._control.new_stop()) as tx:
                    affected = tx.execute(statement, written=sql)
            else:
                answer = inner.start()
                assert isinstance(answer, Done)
                affected = int((answer.tag or "").split()[-1]) if (answer.tag or "")[-1:].isdigit() else 0
            return answers.one_row(columns, affected)

        return Plan(start, lambda: columns, is_write=True)

    def _require_nothing_written(self, what: str) -> None:
        """Another branch's commit could neither wait for this transaction nor be undone with it."""
        if not self.work.is_block:
            self.settle()
        elif self.work.has_written:
            raise Refusal(
                "25001",
                f"{what} makes a commit of its own, and “{self.branch}” has changes that are not committed.",
                "COMMIT them first.",
            )
        else:
            self.notes.append(f"{what} is done at once: a ROLLBACK does not undo it.")

    def _show(self, name: str) -> Plan:
        if name.upper() == "ALL":
            columns = answers.texts("name", "setting", "description")
            rows: answers.Tuples = [(setting, value, "") for setting, value in self.settings.all.items()]
        else:
            columns = answers.texts(name.lower())
            value = self.settings.show(name)
            if name.lower() == "transaction_isolation" and self.work.isolation:
                value = self.work.isolation
            rows = [(value,)]
        return Plan(lambda: Rows(columns, rows, verb="SHOW", counted=False), lambda: columns)

    def _fetch(self, command: commands.Fetch) -> Plan:
        cursor = self._cursors.get(command.name)
        if cursor is None:
            raise Refusal("34000", f"There is no cursor “{command.name}”.", "DECLARE it in this transaction first.")
        count = command.count

        def fetch(wanted: int) -> answers.Tuples:
            nonlocal count
            found = cursor.fetch(wanted if count is None else min(wanted, count))
            count = None if count is None else count - len(found)
            return found

        if command.is_move:

            def move() -> Answer:
                moved = 0
                while found := fetch(10_000):
                    moved += len(found)
                return Done(f"MOVE {moved}")

            return Plan(move, lambda: None)
        rows = Rows(cursor.columns, fetch=fetch, verb="FETCH")
        return Plan(lambda: rows, lambda: cursor.columns)

    def cursor(self, name: str) -> Plan | None:
        """A cursor that was declared, as the portal that it is in PostgreSQL."""
        rows = self._cursors.get(name)
        return Plan(lambda: rows, lambda: rows.columns) if rows else None

    def _obey(self, command: commands.Command, values: Values) -> Done:
        match command:
            case commands.SetTransaction():
                self.work.set_modes(command.isolation or self.work.isolation, is_read_only=self._reads_only(command))
                return Done("SET")
            case commands.SetSession():
                if command.isolation:
                    self.settings.set("default_transaction_isolation", command.isolation)
                if command.read_only is not None:
                    self.settings.set("default_transaction_read_only", "on" if command.read_only else "off")
                return Done("SET")
            case commands.Begin():
                return self._begin(command)
            case commands.Commit():
                return self._commit()
            case commands.Rollback(to=None):
                return self._roll_back()
            case commands.Rollback():
                self.work.roll_back_to(command.to or "")
                return Done("ROLLBACK")
            case commands.Savepoint():
                self.work.save(command.name)
                return Done("SAVEPOINT")
            case commands.Release():
                self.work.release(command.name)
                return Done("RELEASE")
            case commands.Set():
                return self._set(command)
            case commands.Declare():
                return self._declare(command, values)
            case commands.Discard():
                return self._discard(command)
        raise Refusal("0A000", "This command is not one that the server knows.")

    def _reads_only(self, command: commands.Begin) -> bool:
        if command.read_only is not None:
            return command.read_only
        return self.settings["default_transaction_read_only"].lower() in ("on", "true", "1")

    def _begin(self, command: commands.Begin) -> Done:
        if self.work.is_block:
            self.notes.append("There is a transaction in progress already.")
        else:
            # What a group of messages wrote before BEGIN becomes part of the transaction, as in PostgreSQL.
            isolation = command.isolation or self.settings["default_transaction_isolation"]
            self.work.begin(isolation, is_read_only=self._reads_only(command))
        return Done("BEGIN")

    def _commit(self) -> Done:
        if not self.work.is_block:
            self.notes.append("There is no transaction in progress.")
        if self.work.has_failed:
            return self._roll_back()
        self._close_cursors()
        self.work.commit()
        return Done("COMMIT")

    def _roll_back(self) -> Done:
        if not self.work.is_block:
            self.notes.append("There is no transaction in progress.")
        self._close_cursors()
        self.work.abort()
        return Done("ROLLBACK")

    def _set(self, command: commands.Set) -> Done:
        name, value = command.name.lower(), command.value
        if name in ("branch", "hati.branch", "search_path", "schema"):
            self._change_branch(name, value or MAIN)
        else:
            change = self.settings.set(command.name, value)
            self.changed.append(change.name)
            if change.note:
                self.notes.append(change.note)
            if name in _AUTHORS:
                self.author = author_of(self.settings, self.settings["session_authorization"])
        return Done("SET" if value is not None else "RESET")

    def _change_branch(self, name: str, value: str) -> None:
        if name == "search_path":
            # The first schema that is a branch, as PostgreSQL takes the first that is there.
            named = [part.strip() for part in value.split(",")]
            value = next((found for part in named if (found := self._branch_named(part))), self.branch)
        branch = self.repository.branch(value).name
        if branch != self.branch and self.work.has_written:
            raise Refusal(
                "25001",
                f"“{self.branch}” has changes that are not committed, and a transaction writes to one branch.",
                "COMMIT or ROLLBACK first.",
            )
        self.settings.set("branch", branch)
        self.settings.set("search_path", branch)

    def _declare(self, command: commands.Declare, values: Values) -> Done:
        if not self.work.is_block and not command.is_held:
            raise Refusal("25P01", "A cursor needs a transaction.", "BEGIN one first, or declare it WITH HOLD.")
        if command.name in self._cursors:
            raise Refusal("42P03", f"The cursor “{command.name}” exists already.", f'CLOSE "{command.name}" first.')
        plan = self.prepare(command.sql, values)
        answer = plan.start() if not plan.is_write else None
        if not isinstance(answer, Rows):
            raise Refusal("42P11", "A cursor is for a query.", "Run the statement itself.")
        self._cursors[command.name] = answer
        return Done("DECLARE CURSOR")

    def _discard(self, command: commands.Discard) -> Done:
        what = command.what or "everything"
        if what == "everything" and self.work.is_block:
            raise Refusal("25001", "DISCARD ALL cannot run inside of a transaction.", "End it first.")
        if what in ("settings", "everything"):
            branch = self.branch
            self.settings.reset()
            self.changed += list(self.settings.reported)
            if self.branch != branch and self.work.has_written:
                self.settings.set("branch", branch)
        if what in ("cursors", "everything"):
            self._close_cursors()
        if what.startswith("cursor "):
            name = what.removeprefix("cursor ")
            if name not in self._cursors:
                raise Refusal("34000", f"There is no cursor “{name}”.")
            self._cursors.pop(name).close()
        if what.startswith("statement") or what == "everything":
            self.forgotten.append(what)
        return Done(command.tag)

    def _close_cursors(self) -> None:
        for rows in self._cursors.values():
            rows.close()
        self._cursors.clear()

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


def _columns(named: Mapping[str, str] | None) -> Columns | None:
    return None if named is None else tuple(AnswerColumn(name, kind) for name, kind in named.items())


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
