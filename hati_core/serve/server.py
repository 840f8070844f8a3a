"""The server: who may connect, how many, and how it stops. A thread serves each client."""

from __future__ import annotations

import secrets
import select
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress

from hati_core.errors import RepositoryError
from hati_core.repository import Repository
from hati_core.serve.auth import Scram, require_password
from hati_core.serve.authors import Authors
from hati_core.serve.connection import Connection
from hati_core.serve.failures import TOO_MANY_CONNECTIONS, Refusal

DEFAULT_PORT = 5439
DEFAULT_HOST = "localhost"
MOST = 100
"""Sessions at a time."""
_LAST_PORT = 65_535
_MORE = 28
"""Connections beyond those that may be about to cancel something, or to be refused in words."""
_WATCH_SECONDS = 0.25
_ENDING_SECONDS = 10.0


class Server:
    """Serves a repository that is open; ``most`` is how many sessions there may be.

    Raises:
        RepositoryError: nobody can listen there.
    """

    def __init__(
        self, repository: Repository, host: str, port: int, password: str | None = None, most: int = MOST
    ) -> None:
        require_password(host, password)
        self.authors = Authors(repository)
        self.scram = Scram(password) if password else None
        self._most = most
        self._guard = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}
        self._sessions: dict[int, tuple[int, Connection]] = {}
        self._last_process = 0
        self._is_ending = threading.Event()
        self._listening = _listen(host, port)
        self._threads = [threading.Thread(target=self._accept, args=[one], daemon=True) for one in self._listening]
        self._threads.append(threading.Thread(target=self._watch, daemon=True))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening[0].getsockname()[1])

    def start(self) -> None:
        """Begin to serve, in threads of its own."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop what runs, undo what is not committed, tell every client, and wait until all have left."""
        self._is_ending.set()
        for listening in self._listening:
            # A thread that waits in accept() is woken by this alone.
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        with self._guard:
            connections = dict(self._connections)
        for connection in connections:
            connection.end()
        for thread in [*self._threads, *connections.values()]:
            thread.join(_ENDING_SECONDS)

    def _accept(self, listening: socket.socket) -> None:
        while not self._is_ending.is_set():
            try:
                client, _ = listening.accept()
            except OSError:
                # Out of file handles, or closed.
                self._is_ending.wait(0.1)
                continue
            connection = Connection(self, client)
            thread = threading.Thread(target=self._run, args=[connection], daemon=True)
            with self._guard:
                is_full = len(self._connections) >= self._most + _MORE or self._is_ending.is_set()
                if not is_full:
                    self._connections[connection] = thread
            if is_full:
                client.close()
            else:
                thread.start()

    def _run(self, connection: Connection) -> None:
        try:
            connection.run()
        finally:
            with self._guard:
                del self._connections[connection]
                self._sessions = {key: kept for key, kept in self._sessions.items() if kept[1] is not connection}

    def admit(self, connection: Connection) -> tuple[int, int]:
        """Give a connection its number and its secret.

        Raises:
            Refusal: there are too many.
        """
        with self._guard:
            if len(self._sessions) >= self._most:
                raise Refusal(
                    TOO_MANY_CONNECTIONS, f"There are {self._most} connections already.", "Close one, then try again."
                )
            self._last_process += 1
            secret = secrets.randbits(31)
            self._sessions[self._last_process] = (secret, connection)
            return self._last_process, secret

    def cancel(self, process: int, secret: int) -> None:
        """Stop what the session of that number runs, for whoever knows its secret."""
        with self._guard:
            known, connection = self._sessions.get(process, (None, None))
        if connection and known is not None and secrets.compare_digest(str(known), str(secret)):
            connection.control.cancel()

    def _watch(self) -> None:
        """Stop what runs for clients that have left."""
        while not self._is_ending.wait(_WATCH_SECONDS):
            with self._guard:
                busy = [one for one in self._connections if one.control.is_busy]
            for connection in busy:
                if hasattr(select, "poll") and connection.has_left():
                    connection.control.cancel()


def _listen(host: str, port: int) -> list[socket.socket]:
    """Listen at every address of the host, for ``localhost`` in both families."""
    with ExitStack() as opened:
        listening: list[socket.socket] = []
        failure: OSError | None = None
        try:
            found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except OSError as error:
            raise RepositoryError(f"{host} is no address of this machine ({error}). Choose another --host.") from error
        for family, kind, protocol, _, address in dict.fromkeys(found):
            try:
                one = opened.enter_context(socket.socket(family, kind, protocol))
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                # With port 0 the first address chooses, and the others follow.
                chosen = listening[0].getsockname()[1] if listening and not port else port
                one.bind((address[0], chosen, *address[2:]))
                one.listen(128)
                listening.append(one)
            except OSError as error:
                failure = error
        if not listening:
            raise RepositoryError(
                f"Nobody can listen on {host}:{port}: {failure}. Another program may; choose another --port."
            ) from failure
        opened.pop_all()
        return listening


def _require_port(port: int) -> None:
    """Check that a number can be a port; 0 is any free one.

    Raises:
        RepositoryError: it cannot.
    """
    if not 0 <= port <= _LAST_PORT:
        raise RepositoryError(f"{port} is not a port. Choose one from 1 to {_LAST_PORT}, or 0 for any free one.")


def serve(
    place: str,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    password: str | None = None,
    told: Callable[[str], None] = print,
) -> None:
    """Serve a repository until the process is told to stop, by Ctrl-C or SIGTERM.

    Raises:
        RepositoryError: nobody can listen there, it is no port, or a password is missing.
        StorageUnavailable: the repository cannot be opened.
    """
    _require_port(port)
    require_password(host, password)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with Repository.open(place) as repository:
        server = Server(repository, host, port, password)
        repository.keep_up()
        server.start()
        told(
            f"Serving {repository.place} on {host}:{server.port}"
            f"{'' if password else ', to this machine only'}. Connect with: "
            f"psql -h {host} -p {server.port} main"
        )
        while not stop.wait(3600):
            pass
        told("Stopping.")
        server.close()
