"""What keeps an instance of DuckDB to itself: no files, no network, no extensions of others, no way back."""

from __future__ import annotations

import duckdb


def raise_fences(connection: duckdb.DuckDBPyConnection, *allowed: str) -> None:
    """Shut an instance off for good, after the settings that name what it may still use; its time is UTC."""
    for setting in (
        *allowed,
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "python_enable_replacements = false",
        "enable_external_access = false",
        "TimeZone = 'UTC'",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
