"""A real DuckLake branch to run statements on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import duckdb_extension_ducklake
import duckdb_extension_sqlite_scanner
import pytest


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on a branch with the tables ``portfolio`` and ``sectors``, at version 5 or later."""
    folder = tmp_path_factory.mktemp("branch")
    with duckdb.connect(config={"python_enable_replacements": "false"}) as connection:
        for package in (duckdb_extension_ducklake, duckdb_extension_sqlite_scanner):
            for file in Path(package.__path__[0]).rglob("*.duckdb_extension"):
                connection.execute(f"LOAD '{file}'")
        connection.execute(
            f"ATTACH 'ducklake:sqlite:{folder}/b.sqlite' AS b (DATA_PATH '{folder}/data/', DATA_INLINING_ROW_LIMIT 0)"
        )
        connection.execute("USE b")
        connection.execute(
            "CREATE TABLE portfolio (ticker VARCHAR NOT NULL, shares INTEGER, avg_cost DOUBLE, current_price DOUBLE, "
            "sector VARCHAR, large BOOLEAN)"
        )
        connection.execute(
            "INSERT INTO portfolio VALUES ('AAPL', 100, 150.0, 185.0, 'Tech', true), "
            "('MSFT', 75, 310.0, 420.0, 'Tech', true), ('XOM', 10, 100.0, 110.0, 'Energy', false)"
        )
        connection.execute("CREATE TABLE sectors (name VARCHAR, weight INTEGER)")
        connection.execute("INSERT INTO sectors VALUES ('Tech', 1), ('Energy', 9)")
        connection.execute("UPDATE portfolio SET shares = 50 WHERE ticker = 'AAPL'")
        yield connection
