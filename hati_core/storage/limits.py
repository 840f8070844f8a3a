"""Stopping what runs: after a time, or when somebody says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from hati_core.errors import QueryStopped, QueryTimeout

_AGAIN = 0.05
"""Seconds between one interruption and the next."""


def in_seconds(span: float) -> str:
    """A time in words, such as ``1 second``."""
    return f"{span:g} second{'' if span == 1 else 's'}"


class Stop:
    """Lets one thread stop what another runs: hand it to a query or a transaction, and call it."""

    def __init__(self) -> None:
        self._guard = threading.Condition()
        self._running: set[duckdb.DuckDBPyConnection] = set()
        self._lasting = 0
        self.asked = False

    def __call__(self) -> None:
        """Stop what runs now and whatever would begin later; what had been committed stays."""
        with self._guard:
            self.asked = True
            self._interrupt()
            if self._running:
                threading.Thread(target=self._insist, name="stopping", daemon=True).start()

    def _insist(self) -> None:
        """Interrupt until nothing runs: DuckDB forgets what it was told before a statement has quite begun."""
        with self._guard:
            while not self._guard.wait_for(lambda: not (self._running and self.asked), _AGAIN):
                self._interrupt()

    def forget(self) -> None:
        """What was stopped is over: whatever begins from now on runs."""
        with self._guard:
            self.asked = False
            self._guard.notify_all()

    def _interrupt(self) -> None:
        for cursor in self._running:
            cursor.interrupt()

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """Hold what is made to last inside, such as a commit: it is not stopped once it has begun.

        Raises:
            QueryStopped: somebody asked to stop before it began, so nothing was written.
        """
        with self._guard:
            if self.asked:
                raise QueryStopped("This was stopped before it was written. Nothing was written.")
            self._lasting += 1
        try:
            yield
        finally:
            with self._guard:
                self._lasting -= 1
                self._guard.notify_all()

    def settled(self, timeout: float | None = None) -> bool:
        """Wait, for ``timeout`` seconds at most, until nothing is being made to last; returns whether that is so."""
        with self._guard:
            return self._guard.wait_for(lambda: not self._lasting, timeout)

    def begin(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """A statement is about to run; False where it must not."""
        with self._guard:
            if not self.asked:
                self._running.add(cursor)
            return not self.asked

    def end(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """The statement is over: from now on nothing interrupts this cursor."""
        with self._guard:
            self._running.discard(cursor)
            self._guard.notify_all()


class Limits:
    """How long the statements of one query or one transaction may run together, in seconds, and who may stop them."""

    def __init__(self, timeout: float | None = None, stop: Stop | None = None) -> None:
        self._timeout = timeout
        self._until = None if timeout is None else time.monotonic() + timeout
        self._asked = stop

    @contextmanager
    def over(self, cursor: duckdb.DuckDBPyConnection, afterwards: str = "") -> Iterator[None]:
        """Hold what the cursor runs inside to the limits; ``afterwards`` says what became of what was written.

        Raises:
            QueryTimeout: the time is over.
            QueryStopped: somebody stopped it.
        """
        late = Stop()
        stops = [late, self._asked] if self._asked else [late]
        left = None if self._until is None else self._until - time.monotonic()
        if left is not None and left <= 0:
            late.asked = True
        timer = None if left is None else threading.Timer(max(left, 0), late)
        try:
            if not all(stop.begin(cursor) for stop in stops):
                raise self._refusal(late, afterwards)
            if timer:
                timer.start()
            yield
        except duckdb.InterruptException as error:
            # Nobody asked: the instance died in another thread.
            if not any(stop.asked for stop in stops):
                raise
            raise self._refusal(late, afterwards) from error
        finally:
            for stop in stops:
                stop.end(cursor)
            if timer:
                timer.cancel()

    def _refusal(self, late: Stop, afterwards: str) -> QueryTimeout:
        if late.asked:
            text = f"The statement ran for {in_seconds(self._timeout or 0)} and was stopped.{afterwards}"
            return QueryTimeout(f"{text} Narrow it down, or allow it more time.")
        return QueryStopped(f"The statement was stopped.{afterwards}")
