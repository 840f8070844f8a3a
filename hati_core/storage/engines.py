"""One engine for everything in this process that opens the same folder."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

from hati_core.storage.engine import Engine
from hati_core.storage.failures import storage_failure

_engines: dict[Path, tuple[Engine, int]] = {}
_engines_guard = threading.Lock()


def open_engine(root: Path) -> Engine:
    """The engine of that folder, shared by everything in this process that opens it.

    Raises:
        StorageUnavailable: the folder cannot be made, read or written.
    """
    with _engines_guard:
        try:
            resolved = root.resolve()
            engine, users = _engines.get(resolved, (None, 0))
            if engine is None:
                engine = Engine(resolved)
                (resolved / "tmp" / f"probe-{uuid.uuid4().hex}").touch()
                for probe in (resolved / "tmp").glob("probe-*"):
                    probe.unlink(missing_ok=True)
        except OSError as error:
            raise storage_failure(root, error) from error
        _engines[resolved] = (engine, users + 1)
        return engine


def release_engine(engine: Engine) -> None:
    """Give back what :func:`open_engine` lent; the last one to do so closes it."""
    with _engines_guard:
        _, users = _engines[engine.root]
        if users > 1:
            _engines[engine.root] = (engine, users - 1)
        else:
            del _engines[engine.root]
            engine.close()
