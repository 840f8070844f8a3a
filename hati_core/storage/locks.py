"""One writer per branch at a time, within and across processes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hati_core.errors import BranchBusy
from hati_core.storage.failures import storage_failure
from hati_core.storage.place import WAIT_SECONDS

_POLL_SECONDS = (0.01, 0.05)
"""How often a writer that waits looks again; each has a beat of its own, so that none comes too late every time."""


def lock_file(folder: Path, branch_id: str) -> Path:
    """The file that whoever writes a branch holds."""
    return folder / f"{branch_id}.lock"


@contextmanager
def writer_lock(folder: Path, branch_id: str, name: str, timeout: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the branch for writing; ``timeout`` is in seconds.

    Raises:
        BranchBusy: another writer held it for all that time.
        StorageUnavailable: the lock cannot be made.
    """
    beat = random.uniform(*_POLL_SECONDS)
    lock = FileLock(lock_file(folder, branch_id), timeout=timeout, thread_local=False, poll_interval=beat)
    try:
        lock.acquire()
    except Timeout as error:
        raise busy(name, timeout) from error
    except OSError as error:
        raise storage_failure(folder.parent, error) from error
    try:
        yield
    finally:
        lock.release()


def busy(name: str, timeout: float) -> BranchBusy:
    """The error of a writer that has waited ``timeout`` seconds."""
    return BranchBusy(
        f"Another writer has held “{name}” for {timeout:.0f} seconds. Nothing was written; try again.", branch=name
    )
