"""Saying that something takes its time, where somebody is looking."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_PATIENCE_SECONDS = 0.4
_EVERY_SECONDS = 0.2


@contextmanager
def progress(what: str, stream: TextIO | None = None) -> Iterator[None]:
    """Say on a terminal what is going on and for how long, as soon as it takes longer than a moment.

    ``stream`` is standard error unless given; where it is no terminal, nothing is said.
    """
    out = stream or sys.stderr
    if not out.isatty():
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_tell, args=(what, out, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _tell(what: str, out: TextIO, over: threading.Event) -> None:
    began, text = time.monotonic(), ""
    wait = _PATIENCE_SECONDS
    while not over.wait(wait):
        text, wait = f"{what} … {time.monotonic() - began:.0f} s", _EVERY_SECONDS
        out.write(f"\r{text}")
        out.flush()
    if text:
        out.write(f"\r{' ' * len(text)}\r")
        out.flush()
