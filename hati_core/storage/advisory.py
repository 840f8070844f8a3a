"""One writer per branch at a time by PostgreSQL's advisory locks, within and across processes and machines.

The locks of a process live in one connection of their own, so the server frees them when the
process dies. Should that connection break while a branch is held, :meth:`AdvisoryLocks.require`
tells so before anything is made to last. In the moment between, DuckLake still refuses the second of
two commits on one version, and the collector leaves young files alone.
"""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

import psycopg

from hati_core.errors import BranchBusy
from hati_core.storage.locks import busy
from hati_core.storage.place import WAIT_SECONDS

Connection = psycopg.Connection[tuple[object, ...]]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.25
"""Seconds between two tries; each pause is a random part of a span that grows between these."""


class AdvisoryLocks:
    """The locks of one repository; ``scope`` names it within its database."""

    def __init__(self, connect: Callable[[], Connection], scope: str) -> None:
        self._connect = connect
        self._scope = scope
        self._guard = threading.Lock()
        self._connection: Connection | None = None
        self._held: dict[str, Connection] = {}
        # A session that holds a lock gets it again at once, so threads need locks of their own.
        self._threads: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def hold(self, branch_id: str, name: str, timeout: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold a branch; ``timeout`` is in seconds.

        Raises:
            BranchBusy: another writer held it for all that time.
            psycopg.OperationalError: the server cannot be reached.
        """
        until = time.monotonic() + timeout
        with self._guard:
            own = self._threads[branch_id]
        if not own.acquire(timeout=timeout):
            raise busy(name, timeout)
        try:
            key = self._key(branch_id)
            connection = self._lock(key, until, name, timeout)
            self._held[branch_id] = connection
            try:
                yield
            finally:
                del self._held[branch_id]
                # A connection that broke has freed its locks.
                with suppress(psycopg.OperationalError):
                    connection.execute("SELECT pg_advisory_unlock(%s)", [key])
        finally:
            own.release()

    def require(self, held: Mapping[str, str]) -> None:
        """Check that branches that the caller took are still held: a lock lasts as long as its connection.

        ``held`` are names by id.

        Raises:
            BranchBusy: a connection broke, and another writer may have the branch by now.
        """
        for connection, name in {self._held[branch_id]: name for branch_id, name in held.items()}.items():
            try:
                connection.execute("SELECT 1")
            except psycopg.OperationalError as error:
                raise BranchBusy(
                    f"The connection to the server broke that “{name}” was held by, and another writer may hold it "
                    "now. Nothing was written; try again.",
                    branch=name,
                ) from error

    def _lock(self, key: int, until: float, name: str, timeout: float) -> Connection:
        pause = _FIRST_PAUSE
        while True:
            connection = self._alive()
            ((is_ours,),) = connection.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchall()
            if is_ours:
                return connection
            left = until - time.monotonic()
            if left <= 0:
                raise busy(name, timeout)
            time.sleep(min(left, random.uniform(pause / 2, pause)))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _alive(self) -> Connection:
        """The connection of the locks, made anew where it broke: what it held is lost then anyway."""
        with self._guard:
            if self._connection is not None:
                with suppress(psycopg.OperationalError):
                    self._connection.execute("SELECT 1")
                    return self._connection
            self._connection = self._connect()
            return self._connection

    def _key(self, branch_id: str) -> int:
        digest = hashlib.blake2b(f"{self._scope}/{branch_id}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, signed=True)

    def close(self) -> None:
        """Free everything."""
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
