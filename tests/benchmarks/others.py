"""What branches are measured against: HatiData's own local engine, and a native DuckDB table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb

PEERS = Path(sys.prefix) / "peers"
COLUMNS = "ticker VARCHAR, shares INTEGER, avg_cost DOUBLE, current_price DOUBLE"


def rows_query(rows: int) -> str:
    """The rows of the portfolio, the same for every side."""
    return (
        "SELECT printf('T%08d', range), hash(range, 1) % 1000, "
        f"hash(range, 2) % 100000 / 100, hash(range, 3) % 100000 / 100 FROM range({rows})"
    )


def _local_engine() -> Any:
    """The peer's engine, from a folder that is on the path for no longer than it takes to load it."""
    sys.path.append(str(PEERS))
    try:
        from hatidata_agent.local_engine import LocalDuckDBEngine
    finally:
        sys.path.remove(str(PEERS))
    return LocalDuckDBEngine


class Peer:
    """HatiData's engine on a file of its own. A branch is a schema of views there until it is written."""

    def __init__(self, file: Path, rows: int) -> None:
        self._engine = _local_engine()(str(file))
        self._engine.execute(f"CREATE TABLE portfolio ({COLUMNS})")
        self._engine.execute(f"INSERT INTO portfolio {rows_query(rows)}")

    def fork(self) -> str:
        """A branch; returns its id."""
        return str(self._engine.branch_create()["branch_id"])

    def first_write(self, branch: str, sql: str) -> None:
        """Copy the table into the branch, as the engine's documentation has it ("materialized"), and write."""
        schema = f"branch_{branch}"
        self._engine.execute(f'DROP VIEW "{schema}".portfolio')
        self._engine.execute(f'CREATE TABLE "{schema}".portfolio AS SELECT * FROM main.portfolio')
        self.write(branch, sql)

    def write(self, branch: str, sql: str) -> None:
        """A statement on a branch."""
        self._engine.branch_query(branch, sql)

    def read(self, branch: str, sql: str) -> object:
        """The rows of a query on a branch."""
        return self._engine.branch_query(branch, sql)

    def merge(self, branch: str) -> None:
        """Replace the tables of main by those of the branch; nothing is compared."""
        merged = self._engine.branch_merge(branch)
        assert merged["merged"] == 1, merged

    def discard(self, branch: str) -> None:
        """Give its space back."""
        self._engine.branch_discard(branch)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.conn.close()


class Native:
    """A table of DuckDB's own, in a file."""

    def __init__(self, file: Path, rows: int) -> None:
        self._connection = duckdb.connect(str(file))
        self._connection.execute(f"CREATE TABLE portfolio ({COLUMNS})")
        self._connection.execute(f"INSERT INTO portfolio {rows_query(rows)}")

    def read(self, sql: str) -> object:
        """The rows of a query."""
        return self._connection.execute(sql).fetchall()

    def copy_and_write(self, sql: str) -> None:
        """Copy the table whole and run a statement on the copy."""
        self._connection.execute("CREATE OR REPLACE TABLE copied AS FROM portfolio")
        self._connection.execute(sql.replace("portfolio", "copied"))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
