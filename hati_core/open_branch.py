"""The branch that one transaction writes."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from hati_core.store import Store


@dataclass(frozen=True)
class OpenBranch:
    """A branch that is held for writing, the cursor that its transaction runs on, and the head that it began at.

    ``copied`` is the id of the branch whose copy it is, where it is one that nobody else sees.
    """

    store: Store
    id: str
    name: str
    cursor: duckdb.DuckDBPyConnection
    head: int
    copied: str | None = None
