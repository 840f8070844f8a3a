"""What a session does with statements about itself: transactions, settings, cursors."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hati_core.errors import HatiError
from hati_core.names import folded
from hati_core.repository import Repository
from hati_core.serve import answers, commands
from hati_core.serve.answers import Answer, Done, Plan, Rows
from hati_core.serve.failures import Refusal
from hati_core.serve.settings import Settings
from hati_core.serve.work import Work

Values = Sequence[Any]
AUTHORS = ("hatidata_agent_id", "agent_id", "author")
"""Settings that name who signs commits, the first one first."""
_PUBLIC = "public"
_SCHEMAS_OF_POSTGRESQL = (_PUBLIC, "$user", "pg_catalog", "information_schema", "pg_temp")
_MOST_CURSORS = 100
_BRANCH = ("branch", "hati.branch", "search_path", "schema")


def author_of(settings: Settings, user: str) -> str:
    """Who signs the commits of a session: the agent that its options name, else its user."""
    return next((settings[name] for name in AUTHORS if settings[name]), user) or "unknown"


def branch_of_path(repository: Repository, path: str, own: str) -> str:
    """The first branch among the schemas of a ``search_path``; ``own`` where it names PostgreSQL's schemas alone.

    Raises:
        Refusal: it names schemas, and none of them is a branch.
    """
    named = [part.strip().strip("\"'") for part in path.split(",")]
    wanted = [part for part in named if part and folded(part) not in _SCHEMAS_OF_POSTGRESQL]
    for part in wanted:
        with suppress(HatiError):
            return repository.branch(part).name
    if wanted:
        raise Refusal("3F000", f"There is no branch called “{wanted[0]}”.", "SELECT branch_list() lists the branches.")
    return own


class Obeying:
    """The half of a session that carries out commands."""

    repository: Repository
    settings: Settings
    author: str
    work: Work
    notes: list[str]
    changed: list[str]
    forgotten: list[str]
    _cursors: dict[str, Rows]
    _held: set[str]

    if TYPE_CHECKING:

        def prepare(self, sql: str, values: Values = ()) -> Plan:
            """Look at one statement with its values."""

    @property
    def branch(self) -> str:
        """The name of the branch that statements run on."""
        return self.settings["branch"]

    def _branch_named(self, schema: str) -> str | None:
        try:
            return self.repository.branch(schema).name
        except HatiError:
            return self.branch if folded(schema) == _PUBLIC else None

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
                self.work.roll_back_to(command.to or "", self.settings.seconds("statement_timeout"))
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
            case commands.Index():
                return self._index(command)
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
            lost = self.work.lost
            rolled_back = self._roll_back()
            if lost:
                # Clients look at no tag, and some at no error of ROLLBACK TO either.
                raise lost
            return rolled_back
        self._close_cursors(but_held=True)
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
        if name == "search_path" and value is not None:
            self._change_branch(branch_of_path(self.repository, value, self.branch))
        elif name in _BRANCH:
            self._change_branch(value or self.settings.first("branch"))
        else:
            change = self.settings.set(command.name, value)
            self.changed.append(change.name)
            if change.note:
                self.notes.append(change.note)
            if name in AUTHORS:
                self.author = author_of(self.settings, self.settings["session_authorization"])
        return Done("SET" if value is not None else "RESET")

    def _change_branch(self, value: str) -> None:
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
        if len(self._cursors) >= _MOST_CURSORS:
            answer.close()
            raise Refusal("54000", f"There are {_MOST_CURSORS} cursors already.", "CLOSE those that are not needed.")
        self._cursors[command.name] = answer
        if command.is_held:
            self._held.add(command.name)
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

    def _index(self, command: commands.Index) -> Done:
        if command.looked_at:
            looked_at = self.prepare(command.looked_at).start()
            if isinstance(looked_at, Rows):
                looked_at.close()
        self.notes.append(f"{command.tag} changes nothing: tables on a branch have no indexes and need none.")
        return Done(command.tag)

    def _close_cursors(self, *, but_held: bool = False) -> None:
        """Close cursors; those declared WITH HOLD outlive a commit."""
        for name in list(self._cursors):
            if not (but_held and name in self._held):
                self._cursors.pop(name).close()
                self._held.discard(name)
