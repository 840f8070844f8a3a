"""The talk of one session: messages in, bytes out. It knows no sockets.

Simple queries, and the extended protocol with prepared statements and portals. What a group of messages writes, up
to its Sync, is one commit, as it is one transaction in PostgreSQL.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hati_core.errors import HatiError
from hati_core.serve import messages, parameters, replies
from hati_core.serve.answers import Answer, Columns, Done, Plan, Rows
from hati_core.serve.columns import fields_of, spread, writers_of
from hati_core.serve.failures import Refusal, failure_of
from hati_core.serve.messages import Message, ProtocolError
from hati_core.serve.replies import TEXT
from hati_core.serve.session import Session
from hati_core.serve.settings import is_reported
from hati_core.sql import gate, parser

_log = logging.getLogger(__name__)
_BLOCK = 500
"""Rows that are fetched and sent at a time."""
_MOST_STATEMENTS, _MOST_PORTALS = 5_000, 100
"""A client that forgets to close what it opened is told so before the server has no memory left."""
_FULL = 64 * 1024
"""Bytes of answers that are gathered before they are sent."""


@dataclass(frozen=True)
class _Prepared:
    sql: str
    types: tuple[int, ...]


@dataclass
class _Portal:
    """A statement with its values; ``answer`` is there once it runs."""

    sql: str
    plan: Plan | None
    formats: tuple[int, ...]
    answer: Answer | None = None
    is_over: bool = False
    writers: list[Callable[[Any], bytes]] = field(default_factory=list)

    def close(self) -> None:
        if self.plan:
            self.plan.forget()
        if isinstance(self.answer, Rows):
            self.answer.close()
        self.is_over = True


class Conversation:
    """Answers the messages of one client; ``send`` takes bytes for it."""

    def __init__(self, session: Session, send: Callable[[bytes], None]) -> None:
        self._session = session
        self._send = send
        self._waiting = bytearray()
        self._statements: dict[str, _Prepared] = {}
        self._portals: dict[str, _Portal] = {}
        self._is_skipping = False

    def handle(self, message: Message, *, sync_follows: bool = False) -> None:
        """Answer one message; ``sync_follows`` says that the next one is known to be a Sync."""
        if isinstance(message, messages.Sync):
            self._sync()
        elif self._is_skipping:
            return
        elif isinstance(message, messages.Query):
            self._query(message.sql)
        elif isinstance(message, messages.Flush):
            self.flush()
        else:
            try:
                self._extended(message, sync_follows)
            except Exception as error:
                self._fail(error, self._sql_of(message))
                self._is_skipping = True

    def refuse(self, error: ProtocolError) -> None:
        """Answer a message that cannot be read."""
        if not self._is_skipping:
            self._fail(error)
        self._is_skipping = True

    def greet(self, process: int, secret: int) -> None:
        """Tell what a client has to know before its first message."""
        for name, value in self._session.settings.reported.items():
            self._say(replies.parameter_status(name, value))
        self._say(replies.key_data(process, secret))
        self._ready()

    def flush(self) -> None:
        """Send everything that was answered."""
        if self._waiting:
            waiting, self._waiting = self._waiting, bytearray()
            self._send(bytes(waiting))

    def _say(self, reply: bytes) -> None:
        self._waiting += reply
        if len(self._waiting) >= _FULL:
            self.flush()

    def _ready(self) -> None:
        self._say(replies.ready(self._session.work.status))
        self.flush()

    def _sync(self) -> None:
        self._is_skipping = False
        try:
            self._session.settle()
        except Exception as error:
            self._fail(error)
        if not self._session.work.is_block:
            self._close_portals()
        self._ready()

    def _close_portals(self) -> None:
        for portal in self._portals.values():
            portal.close()
        self._portals.clear()

    def _fail(self, error: BaseException, sql: str = "") -> None:
        self._close_portals()
        told = self._session.fail(error)
        if not isinstance(told, HatiError | ProtocolError):
            _log.error("A statement failed inside of the server", exc_info=told)
        self._notes()
        self._say(replies.failure("ERROR", failure_of(told, sql).fields))
        # A client that is about to wait for the answer need not say Sync first.
        self.flush()

    def _notes(self) -> None:
        for note in self._session.notes:
            self._say(replies.notice("NOTICE", {"C": "00000", "M": note}))
        self._session.notes.clear()
        for name in self._session.changed:
            if is_reported(name):
                self._say(replies.parameter_status(name, self._session.settings[name]))
        self._session.changed.clear()
        for what in self._session.forgotten:
            self._forget(what)
        self._session.forgotten.clear()

    def _forget(self, what: str) -> None:
        if what in ("statements", "everything"):
            self._statements.clear()
        else:
            self._statements.pop(what.removeprefix("statement "), None)

    def _query(self, sql: str) -> None:
        running = sql
        try:
            if _is_empty(sql):
                self._say(replies.EMPTY_QUERY)
            else:
                pieces = gate.pieces(sql)
                for number, running in enumerate(pieces, 1):
                    self._run(running, is_last=number == len(pieces))
            self._session.settle()
        except Exception as error:
            self._fail(error, running)
        if not self._session.work.is_block:
            self._close_portals()
        self._ready()

    def _run(self, sql: str, *, is_last: bool) -> None:
        answer = self._session.prepare(sql).start()
        if isinstance(answer, Done):
            if is_last:
                self._session.settle()
            self._done(answer)
            return
        try:
            formats = [TEXT] * len(answer.columns)
            self._say(replies.row_description(fields_of(answer.columns), formats))
            sent = self._rows(answer, writers_of(answer.columns, formats), 0)
        finally:
            answer.close()
        if is_last:
            self._session.settle()
        self._done(Done(answer.tag(sent)))

    def _done(self, done: Done) -> None:
        self._notes()
        self._say(replies.EMPTY_QUERY if done.tag is None else replies.complete(done.tag))

    def _rows(self, rows: Rows, writers: Sequence[Callable[[Any], bytes]], limit: int) -> int:
        sent = 0
        while not limit or sent < limit:
            block = rows.fetch(min(_BLOCK, limit - sent) if limit else _BLOCK)
            for row in block:
                cells = [None if cell is None else write(cell) for write, cell in zip(writers, row, strict=True)]
                self._say(replies.data_row(cells))
            sent += len(block)
            if not block:
                break
        return sent

    def _extended(self, message: Message, sync_follows: bool) -> None:
        match message:
            case messages.Parse():
                self._parse(message)
            case messages.Bind():
                self._bind(message)
            case messages.Describe(kind="S"):
                self._describe_statement(self._statement(message.name))
            case messages.Describe():
                self._describe_portal(self._portal(message.name))
            case messages.Execute():
                self._execute(self._portal(message.portal), message.limit, sync_follows)
            case messages.Close(kind="S"):
                self._statements.pop(message.name, None)
                self._say(replies.CLOSE_COMPLETE)
            case messages.Close():
                if portal := self._portals.pop(message.name, None):
                    portal.close()
                self._say(replies.CLOSE_COMPLETE)
            case _:
                raise ProtocolError(f"a message of kind {type(message).__name__} has no place here")

    def _sql_of(self, message: Message) -> str:
        match message:
            case messages.Parse():
                return message.sql
            case messages.Execute() if message.portal in self._portals:
                return self._portals[message.portal].sql
            case messages.Describe(kind="P") if message.name in self._portals:
                return self._portals[message.name].sql
            case messages.Describe(kind="S") if message.name in self._statements:
                return self._statements[message.name].sql
            case messages.Bind() if message.statement in self._statements:
                return self._statements[message.statement].sql
        return ""

    def _parse(self, message: messages.Parse) -> None:
        if message.name and message.name in self._statements:
            raise Refusal("42P05", f"The prepared statement “{message.name}” exists already.", "Close it first.")
        if len(self._statements) >= _MOST_STATEMENTS:
            raise Refusal("54000", f"There are {_MOST_STATEMENTS:,} prepared statements.", "DEALLOCATE some.")
        sql = message.sql
        if _is_empty(sql):
            sql = ""
        else:
            pieces = gate.pieces(sql)
            if len(pieces) > 1:
                raise Refusal("42601", "These are several statements, and one can be prepared.", "Send them apart.")
            sql = pieces[0]
        self._statements[message.name] = _Prepared(sql, self._session.types(sql, message.types) if sql else ())
        self._say(replies.PARSE_COMPLETE)

    def _statement(self, name: str) -> _Prepared:
        if name not in self._statements:
            raise Refusal("26000", f"There is no prepared statement “{name}”.", "Prepare it again.")
        return self._statements[name]

    def _portal(self, name: str) -> _Portal:
        if name not in self._portals:
            if cursor := self._session.cursor(name):
                return _Portal("", cursor, ())
            raise Refusal("34000", f"There is no portal “{name}”.", "Bind it again.")
        return self._portals[name]

    def _bind(self, message: messages.Bind) -> None:
        prepared = self._statement(message.statement)
        if message.portal and message.portal in self._portals:
            raise Refusal("42P03", f"The portal “{message.portal}” exists already.", "Close it first.")
        count = len(message.values)
        if count != len(prepared.types):
            raise ProtocolError(f"{count} values are bound, and the statement takes {len(prepared.types)}")
        forms = spread(message.formats, count)
        values = [
            parameters.value_of(oid, form, raw)
            for oid, form, raw in zip(prepared.types, forms, message.values, strict=True)
        ]
        if old := self._portals.pop(message.portal, None):
            old.close()
        if len(self._portals) >= _MOST_PORTALS:
            raise Refusal("54000", f"There are {_MOST_PORTALS} open portals.", "Close some, or send Sync.")
        sql = parameters.with_types(prepared.sql, prepared.types)
        plan = self._session.prepare(sql, values) if sql else None
        self._portals[message.portal] = _Portal(prepared.sql, plan, message.result_formats)
        self._say(replies.BIND_COMPLETE)

    def _describe_statement(self, prepared: _Prepared) -> None:
        columns = self._session.describe(prepared.sql, prepared.types) if prepared.sql else None
        self._say(replies.parameter_description(prepared.types))
        self._describe(columns, ())

    def _describe_portal(self, portal: _Portal) -> None:
        self._describe(portal.plan.columns() if portal.plan else None, portal.formats)

    def _describe(self, columns: Columns | None, formats: tuple[int, ...]) -> None:
        if columns is None:
            self._say(replies.NO_DATA)
        else:
            self._say(replies.row_description(fields_of(columns), spread(formats, len(columns))))

    def _execute(self, portal: _Portal, limit: int, sync_follows: bool) -> None:
        if portal.plan is None:
            self._done(Done(None))
            return
        if portal.answer is None:
            portal.answer = portal.plan.start()
        answer = portal.answer
        if isinstance(answer, Done):
            if portal.is_over:
                raise Refusal("55000", "This portal has run, and a statement that writes runs once.", "Bind it again.")
            portal.is_over = True
            if sync_follows:
                self._session.settle()
            self._done(answer)
            return
        if not portal.writers:
            portal.writers = writers_of(answer.columns, spread(portal.formats, len(answer.columns)))
        sent = self._rows(answer, portal.writers, max(limit, 0))
        if limit > 0 and sent == limit:
            self._say(replies.PORTAL_SUSPENDED)
            return
        answer.close()
        if sync_follows:
            self._session.settle()
        self._done(Done(answer.tag(sent)))

    def close(self) -> None:
        """Let go of everything."""
        self._close_portals()


def _is_empty(sql: str) -> bool:
    """Whether there is nothing but spaces and semicolons."""
    found = parser.tokens(sql)
    # A text whose quotes do not close has no tokens, and is no empty one.
    return not sql.strip() or (bool(found) and all(token.text == ";" for token in found))
