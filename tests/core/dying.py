"""Making DuckDB fail inside, as a defect of its own would."""

from __future__ import annotations

import uuid

from hati_core import Branch, Repository


class Trap:
    """A table of a branch that closes DuckDB for the whole process when it is filtered; each works once.

    DuckLake (of DuckDB 1.5.5) keeps statistics of a column that outlive a change of its type.
    :mod:`hati_core.storage.statistics` keeps people from it, so the trap goes past it.
    """

    def __init__(self, repo: Repository, branch: Branch) -> None:
        table = f"trap_{uuid.uuid4().hex[:8]}"
        self.branch = branch
        self.sql = f"SELECT k FROM {table} WHERE a % 2 = 0"
        with repo._store.engine.session(branch.id) as cursor:
            for statement in (
                f"CREATE TABLE {table} (k INTEGER, a INTEGER)",
                f"INSERT INTO {table} VALUES (1, 1), (2, 2)",
                f"FROM {table} WHERE a = 2",
                f"ALTER TABLE {table} ALTER a SET DATA TYPE BIGINT",
            ):
                cursor.execute(statement).fetchall()

    def step_in(self) -> None:
        """Raises what the statement that closes DuckDB raises."""
        self.branch.query(self.sql)
