"""Collecting and compacting a repository again and again, in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hati_core.model import CompactReport, GcReport

HOURLY = timedelta(hours=1)


@dataclass(frozen=True)
class UpkeepRun:
    """What one round did, and what stopped it; ``at`` is when it ended, in UTC."""

    at: datetime
    collected: GcReport | None = None
    compacted: CompactReport | None = None
    error: Exception | None = None


class Upkeep:
    """A thread that collects and compacts at once and then every now and then, until it is closed.

    An error ends the round, not the thread: it is kept in :attr:`last` for whoever shows it.
    """

    def __init__(self, collect: Callable[[], GcReport], compact: Callable[[], CompactReport], every: timedelta) -> None:
        self.last: UpkeepRun | None = None
        self._collect = collect
        self._compact = compact
        self._every = every
        self._closing = threading.Event()
        # A daemon, so that a program that forgets to close its repository can end.
        self._thread = threading.Thread(target=self._run, name="hati upkeep", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            self.last = self._round()
            if self._closing.wait(self._every.total_seconds()):
                return

    def _round(self) -> UpkeepRun:
        collected = None
        try:
            collected = self._collect()
            compacted = self._compact()
        except Exception as error:
            return UpkeepRun(datetime.now(UTC), collected, error=error)
        return UpkeepRun(datetime.now(UTC), collected, compacted)

    def close(self) -> None:
        """Let the round that is under way end, and begin no other."""
        self._closing.set()
        self._thread.join()
