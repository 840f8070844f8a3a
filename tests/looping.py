"""Running what is asynchronous from tests that may have a loop already: those that drive a browser leave one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_apart(job: Callable[[], Coroutine[Any, Any, T]], within: float = 60) -> T:
    """Run a job to its end in a thread of its own, for so many seconds at most."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(asyncio.wait_for(job(), within))).result()
