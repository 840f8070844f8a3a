"""DuckDB's extensions, out of the wheels that carry them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb

from hati_core.quote import literal


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load an extension from its wheel, or install it where there is no wheel for this platform."""
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    folder = Path(next(iter(package.submodule_search_locations or ()), "")) if package else None
    files = sorted(folder.rglob(f"{name}.duckdb_extension")) if folder else []
    if files:
        connection.execute(f"LOAD {literal(str(files[-1]))}")
    else:
        connection.execute(f"INSTALL {name}")
        connection.execute(f"LOAD {name}")
