"""Stopping what takes long by Ctrl+C."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from hati_core.storage.limits import Stop

T = TypeVar("T")


def interruptible(work: Callable[[Stop], T]) -> T:
    """Do work in a thread of its own, which hands the stop that it is given to every statement.

    DuckDB does not always notice that its thread was interrupted, and this one would wait for it.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl+C; the work has ended by then.
    """
    stop = Stop()
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(work, stop)
        try:
            return doing.result()
        except KeyboardInterrupt:
            stop()
            wait([doing])
            raise
