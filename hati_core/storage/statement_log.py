"""The statements that people ran on branches, to be used again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from hati_core.model import PastStatement
from hati_core.storage.registry_database import RegistryDatabase
from hati_core.storage.registry_rows import now
from hati_core.storage.tables import statements

KEPT = 100
"""How many are kept of each branch."""


class StatementLog:
    """What was run on each branch; the same text stands there once, at the place where it was run last."""

    def __init__(self, database: RegistryDatabase) -> None:
        self._database = database

    def add(self, branch_id: str, sql: str, author: str) -> None:
        """Take down what somebody ran."""
        on_branch = statements.c.branch_id == branch_id
        with self._database.writing() as connection:
            connection.execute(sa.delete(statements).where(on_branch, statements.c.sql == sql))
            row = {"branch_id": branch_id, "sql": sql, "author": author, "at": now()}
            connection.execute(sa.insert(statements).values(row))
            oldest = _newest(branch_id).with_only_columns(statements.c.id).limit(1).offset(KEPT - 1)
            kept_from = connection.scalar(oldest)
            if kept_from is not None:
                connection.execute(sa.delete(statements).where(on_branch, statements.c.id < kept_from))

    def newest(self, branch_id: str, limit: int) -> list[PastStatement]:
        """The last ones, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_newest(branch_id).limit(limit))
            return [PastStatement(row.sql, row.author, datetime.fromisoformat(row.at)) for row in rows]


def _newest(branch_id: str) -> sa.Select[tuple[int, str, str, str, str]]:
    return sa.select(statements).where(statements.c.branch_id == branch_id).order_by(statements.c.id.desc())
