"""One engine for everything in this process that opens the same place."""

from __future__ import annotations

import threading

from hati_core.storage.engine import Engine
from hati_core.storage.place import Place

_engines: dict[str, tuple[Engine, int]] = {}
_engines_guard = threading.Lock()


def open_engine(place: Place) -> Engine:
    """The engine of that place, shared by everything in this process that opens it.

    Raises:
        StorageUnavailable: the place cannot be reached, made, read or written.
    """
    with _engines_guard:
        engine, users = _engines.get(place.identity, (None, 0))
        if engine is None:
            engine = Engine(place)
        _engines[place.identity] = (engine, users + 1)
        return engine


def release_engine(engine: Engine) -> None:
    """Give back what :func:`open_engine` lent; the last one to do so closes it."""
    with _engines_guard:
        _, users = _engines[engine.place.identity]
        if users > 1:
            _engines[engine.place.identity] = (engine, users - 1)
        else:
            del _engines[engine.place.identity]
            engine.close()
