"""Waiting for an app that is started in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress

START_SECONDS = 60
_PAUSE_SECONDS = 0.05


def free_port() -> int:
    """A port of this machine that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def becomes_healthy(url: str, process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> bool:
    """Wait until the app answers; False where it ends before, or takes too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with (
            suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer,
        ):
            if answer.status == 200:
                return True
        # Asking without a pause takes a core from the server that is starting.
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PAUSE_SECONDS)
    return False
