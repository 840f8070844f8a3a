"""DuckDB's extensions, out of the wheels that carry them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

import duckdb

from hati_core.quote import literal


def connect_with(extensions: Iterable[str]) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory with extensions out of their wheels, or installed where this platform has no wheel of one.

    What comes out of a wheel is trusted as the code beside it, which was installed in the same way: DuckDB would
    read some 35 MB of each to check a signature, a tenth of a second whenever a repository is opened.
    """
    shipped = {name: _shipped(name) for name in extensions}
    trusted: dict[str, str | bool | int | float | list[str]] = {}
    if None not in shipped.values():
        trusted["allow_unsigned_extensions"] = True
    connection = duckdb.connect(":memory:", config=trusted)
    try:
        for name, file in shipped.items():
            if file is None:
                connection.execute(f"INSTALL {name}")
            connection.execute(f"LOAD {name if file is None else literal(str(file))}")
        if trusted:
            connection.execute("SET allow_unsigned_extensions = false")
    except BaseException:
        connection.close()
        raise
    return connection


def _shipped(name: str) -> Path | None:
    """The file of an extension in the wheel that carries it."""
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    folder = Path(next(iter(package.submodule_search_locations or ()), "")) if package else None
    files = sorted(folder.rglob(f"{name}.duckdb_extension")) if folder else []
    return files[-1] if files else None
