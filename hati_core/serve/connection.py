"""One client's connection: its socket, from the first byte to the last."""

from __future__ import annotations

import logging
import select
import socket
from contextlib import suppress
from typing import Protocol

from hati_core.errors import HatiError
from hati_core.serve import replies
from hati_core.serve.auth import MECHANISM, Scram
from hati_core.serve.authors import Authors
from hati_core.serve.control import Control
from hati_core.serve.conversation import Conversation
from hati_core.serve.failures import ADMIN_SHUTDOWN, IDLE_IN_TRANSACTION, Refusal, failure_of
from hati_core.serve.messages import (
    CancelRequest,
    EncryptionRequest,
    First,
    Message,
    Password,
    ProtocolError,
    Reader,
    Startup,
    Terminate,
)
from hati_core.serve.obeying import author_of, branch_of_path
from hati_core.serve.session import Session, branch_for
from hati_core.serve.settings import Settings
from hati_core.storage.limits import in_seconds

_log = logging.getLogger(__name__)
GREETING_SECONDS = 15.0
"""How long a client may take to say who it is."""
SENDING_SECONDS = 60.0
"""How long a client may take to receive a piece of an answer."""
_PIECE = 64 * 1024
_FAREWELL = b"X\0\0\0\4"
_HUNG_UP = getattr(select, "POLLRDHUP", 0)
"""Said of a connection whose other end was closed, on systems that can tell while there is something to read."""


class Gone(Exception):
    """The client is not there any more, or has to leave."""


class Host(Protocol):
    """What a connection needs of its server."""

    authors: Authors
    scram: Scram | None

    def cancel(self, process: int, secret: int) -> None:
        """Stop what a session runs."""

    def admit(self, connection: Connection) -> tuple[int, int]:
        """Give a connection its number and its secret.

        Raises:
            Refusal: there are too many.
        """


class Connection:
    """Serves one client; :meth:`run` returns when it is gone."""

    def __init__(self, host: Host, client: socket.socket) -> None:
        self.control = Control()
        self._host = host
        self._socket = client
        self._reader = Reader(is_first=True)
        self._is_ended = False

    def run(self) -> None:
        """Serve the client until it leaves, or has to."""
        with self._socket:
            try:
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                startup = self._greeted()
                if startup:
                    self._serve(startup)
            except (Gone, OSError):
                return
            except (HatiError, ProtocolError) as error:
                self._say_last(error)
            except Exception as error:
                _log.exception("A connection failed")
                self._say_last(error)

    def _say_last(self, error: BaseException) -> None:
        with suppress(OSError, Gone):
            self._send(replies.failure("FATAL", failure_of(error).fields))

    def _greeted(self) -> Startup | None:
        """The first message of a session; None where the connection was for something else."""
        while True:
            first = self._first()
            if isinstance(first, EncryptionRequest):
                if not self._reader.is_empty:
                    raise ProtocolError("something was sent before the answer about encryption", is_fatal=True)
                self._send(replies.NO_ENCRYPTION)
            elif isinstance(first, CancelRequest):
                self._host.cancel(first.process, first.secret)
                return None
            else:
                return first

    def _first(self) -> First:
        while (first := self._reader.next()) is None:
            self._receive(GREETING_SECONDS)
        assert isinstance(first, EncryptionRequest | CancelRequest | Startup)
        return first

    def _serve(self, startup: Startup) -> None:
        self._reader.is_first = False
        unknown = [name for name in startup.options if name.startswith("_pq_.")]
        if startup.minor or unknown:
            self._send(replies.negotiate(unknown))
        user = startup.options.get("user", "")
        if not user:
            raise Refusal("28000", "No user is named.", "Connect with the name that your commits are to have.")
        if self._host.scram:
            self._authenticate(self._host.scram)
        process, secret = self._host.admit(self)
        self._send(replies.AUTHENTICATED)
        settings = Settings(startup.options)
        author = author_of(settings, user)
        with self._host.authors.lent(author) as repository:
            database = settings.first("branch") or startup.options.get("database", "")
            branch = branch_for(repository, database, user)
            if (path := settings.first("search_path")) and not settings.first("branch"):
                branch = branch_of_path(repository, path, branch)
            session = Session(repository, settings, branch, author, self.control)
            conversation = Conversation(session, self._send)
            try:
                conversation.greet(process, secret)
                self._talk(session, conversation)
            finally:
                conversation.close()
                session.close()

    def _authenticate(self, scram: Scram) -> None:
        talk = scram.talk()
        self._send(replies.ask_for_scram([MECHANISM]))
        self._send(replies.scram_continue(talk.first(self._password())))
        self._send(replies.scram_final(talk.last(self._password())))

    def _password(self) -> bytes:
        message = self._next(GREETING_SECONDS)
        if not isinstance(message, Password):
            raise ProtocolError("a password was asked for", is_fatal=True)
        return message.content

    def _talk(self, session: Session, conversation: Conversation) -> None:
        while True:
            idle = session.settings.seconds("idle_in_transaction_session_timeout") if session.work.has_written else None
            try:
                message = self._next(idle)
            except ProtocolError as error:
                if error.is_fatal:
                    raise
                conversation.refuse(error)
                conversation.flush()
                continue
            except TimeoutError as error:
                raise Refusal(
                    IDLE_IN_TRANSACTION,
                    f"“{session.branch}” was held by a transaction that did nothing for {in_seconds(idle or 0)}.",
                    "Nothing of it was written. Commit sooner, or SET idle_in_transaction_session_timeout = '10min'.",
                ) from error
            if isinstance(message, Terminate):
                return
            with self.control.busy():
                conversation.handle(message, sync_follows=self._reader.is_next(b"S"))

    def _next(self, timeout: float | None) -> Message:
        while (message := self._reader.next()) is None:
            self._receive(timeout)
        assert not isinstance(message, EncryptionRequest | CancelRequest | Startup)
        return message

    def _receive(self, timeout: float | None) -> None:
        if self._is_ended:
            raise Refusal(ADMIN_SHUTDOWN, "The server is being stopped.", "Connect again later.")
        self._socket.settimeout(timeout)
        received = self._socket.recv(_PIECE)
        if self._is_ended:
            raise Refusal(ADMIN_SHUTDOWN, "The server is being stopped.", "Connect again later.")
        if not received:
            raise Gone
        self._reader.feed(received)

    def _send(self, reply: bytes) -> None:
        self._socket.settimeout(SENDING_SECONDS)
        try:
            self._socket.sendall(reply)
        except OSError as error:
            raise Gone from error

    def has_left(self) -> bool:
        """Whether the client closed its end while something runs for it."""
        try:
            # Without looking first, a socket that has a timeout would wait for it.
            looking = select.poll()
            looking.register(self._socket, select.POLLIN | _HUNG_UP)
            for _, seen in looking.poll(0):
                # What was sent before the end is still waiting to be read, a farewell mostly.
                return bool(seen & ~select.POLLIN) or self._socket.recv(5, socket.MSG_PEEK) in (b"", _FAREWELL)
            return False
        except (BlockingIOError, InterruptedError):
            return False
        except (OSError, ValueError):
            return True

    def end(self) -> None:
        """Stop what runs, and have the client leave."""
        self._is_ended = True
        self.control.cancel()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)
