"""One statement that runs while the page goes on, so that it can be stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from hati_core.storage.limits import Stop

_AT_ONCE_SECONDS = 1.5
"""What is over by then is shown without a detour."""


@dataclass
class Job:
    """What runs on which state of which branch, and what came of it."""

    branch_id: str
    version: int
    sql: str
    stop: Stop = field(default_factory=Stop)
    began: float = field(default_factory=time.monotonic)
    found: object = None
    error: Exception | None = None
    is_done: bool = False

    def run(self, make: Callable[[Stop], object]) -> None:
        """Do it; nothing of the page is touched in here."""
        try:
            self.found = make(self.stop)
        except Exception as error:
            self.error = error
        self.is_done = True


def start(branch_id: str, version: int, sql: str, make: Callable[[Stop], object]) -> Job:
    """Begin, and wait a moment for what is quick."""
    job = Job(branch_id, version, sql)
    thread = threading.Thread(target=job.run, args=(make,), daemon=True)
    thread.start()
    thread.join(_AT_ONCE_SECONDS)
    return job


@st.fragment(run_every=0.5)
def waiting(job: Job) -> None:
    """How long it has been running, and a way to stop it."""
    if job.is_done:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/hourglass_top: Running for {time.monotonic() - job.began:.0f} s …")
        if st.button("Stop", icon=":material/stop:", key="sql-stop"):
            job.stop()
