"""Stopping what a session runs, from another thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hati_core.storage.limits import Stop

_REMEMBERED = 16
"""Rows of so many statements may still be fetched, and fetching them can be cancelled."""


class Control:
    """Knows what one session runs at the moment; a call to :meth:`cancel` stops that and nothing later."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_busy = False
        self._stops: deque[Callable[[], None]] = deque(maxlen=_REMEMBERED)
        self._kept: Callable[[], None] | None = None
        self.was_cancelled = False

    @contextmanager
    def busy(self) -> Iterator[None]:
        """What is done inside can be cancelled."""
        with self._guard:
            self._is_busy, self.was_cancelled = True, False
        try:
            yield
        finally:
            with self._guard:
                self._is_busy = False

    @property
    def is_busy(self) -> bool:
        """Whether something runs that can be cancelled."""
        return self._is_busy

    def new_stop(self) -> Stop:
        """What stops one statement."""
        stop = Stop()
        self.add(stop)
        return stop

    def add(self, stop: Callable[[], None]) -> None:
        """Have something called when what runs now is cancelled."""
        with self._guard:
            self._stops.append(stop)
            if self.was_cancelled:
                stop()

    def keep_stop(self, stop: Stop) -> None:
        """What stops the transaction that is open; it takes the place of the last one's."""
        with self._guard:
            self._kept = stop

    def cancel(self) -> None:
        """Stop what runs now, if anything does."""
        with self._guard:
            if self._is_busy:
                self.was_cancelled = True
                for stop in [*self._stops, *([self._kept] if self._kept else [])]:
                    stop()
