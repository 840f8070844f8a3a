"""Loading the packages that a run needs: once a process, in one thread at a time, before the run begins its work.

CPython 3.11 fails with a ``SystemError`` where two threads build Python syntax trees at once, which these packages do
while they load (``inspect.signature`` of built-in functions). What failed to load can be loaded again.
"""

from __future__ import annotations

import importlib
import threading

from hati_core.agent.answers import shortened
from hati_core.errors import PackagesNotLoaded

_PACKAGES = (
    "hati_core.agent.autopilot",
    "hati_core.agent.chat",
    "hati_core.agent.planner.rules",
    "hati_core.agent.vendor",
)
_TRIES = 3
_one_at_a_time = threading.Lock()


def load(packages: tuple[str, ...] = _PACKAGES) -> None:
    """Load what runs need, unless it is there already.

    Raises:
        PackagesNotLoaded: it failed each time; the next run tries again.
    """
    with _one_at_a_time:
        for attempt in range(1, _TRIES + 1):
            try:
                for name in packages:
                    importlib.import_module(name)
                return
            except Exception as error:
                # Whatever a package raises while it loads: none of it may end the thread without a word.
                if attempt == _TRIES:
                    raise PackagesNotLoaded(
                        "The packages that a run needs could not be loaded, so nothing was tried. Run it again; if it "
                        f"fails again, start the program anew. It says: {shortened(str(error), 300)}"
                    ) from error
