"""The branch that one transaction writes."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from hati_core.store import Store


@dataclass(frozen=True)
class OpenBranch:
    """A branch that is held for writing, the cursor that its transaction runs on, and the head that it began at."""

    store: Store
    id: str
    name: str
    cursor: duckdb.DuckDBPyConnection
    head: int
