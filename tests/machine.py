"""What a run of the suite takes of the machine that it runs on."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

CORES = "SLURM_CPUS_ON_NODE"
"""By this name DuckDB is told that only some of the machine's cores are for it."""
_MEMORY = Path("/dev/shm")
_NEEDED_BYTES = 4 << 30
"""Several times what a run writes."""


def share_cores() -> None:
    """Leave each worker of a run, and what it starts, its part of the cores.

    DuckDB has every thread look out for work, however small a query is: where each of two workers
    had the threads for two cores, half of the time of both went into that. The soak has them all, because
    they may meet in ways of their own.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1 and os.environ.get("SOAK") != "1":
        os.environ.setdefault(CORES, str(max(1, (os.cpu_count() or 1) // workers)))


def keep_files_in_memory() -> None:
    """Put temporary files where waiting for the disk costs nothing, if there is such a place and it has room.

    Nothing that the suite does can tell: it kills processes, but never the machine.
    """
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    if shutil.disk_usage(_MEMORY).free > _NEEDED_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)
