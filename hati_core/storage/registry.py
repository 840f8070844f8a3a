"""The registry: which branches there are, what merged into what, keys and metrics.

A SQLite file of its own that DuckDB never opens: two SQLite libraries in one process drop
each other's file locks. What a commit records about keys and merges is written here from
the commit's journal, so that a crash between the two loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from hati_core.errors import BranchExists, RepositoryTooNew, StorageUnavailable
from hati_core.model import BranchStatus

FORMAT = 1

_schema = sa.MetaData()
_about = sa.Table(
    "about",
    _schema,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
_branches = sa.Table(
    "branches",
    _schema,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("folded", sa.String, nullable=False),
    sa.Column("parent_id", sa.String),
    sa.Column("fork_version", sa.Integer),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("description", sa.String, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("expires_at", sa.String),
    sa.Column("discarded_at", sa.String),
    sa.Column("recorded_version", sa.Integer, nullable=False),
)
_live_names = sa.Index(
    "live_names", _branches.c.folded, unique=True, sqlite_where=_branches.c.status == BranchStatus.ACTIVE.value
)
_merges = sa.Table(
    "merges",
    _schema,
    sa.Column("target_id", sa.String, primary_key=True),
    sa.Column("target_version", sa.Integer, primary_key=True),
    sa.Column("source_id", sa.String, primary_key=True),
    sa.Column("source_version", sa.Integer, primary_key=True),
    sa.Column("at", sa.String, nullable=False),
)
_keys = sa.Table(
    "keys",
    _schema,
    sa.Column("table_uuid", sa.String, primary_key=True),
    sa.Column("columns", sa.String, nullable=False),
)
_metrics = sa.Table(
    "metrics",
    _schema,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("definition", sa.String, nullable=False),
)


@dataclass(frozen=True)
class BranchRow:
    """A branch as the registry keeps it; times are UTC."""

    id: str
    name: str
    parent_id: str | None
    fork_version: int | None
    status: BranchStatus
    author: str
    description: str
    created_at: datetime
    expires_at: datetime | None
    discarded_at: datetime | None
    recorded_version: int


@dataclass(frozen=True)
class MergeRow:
    """The state of ``source`` at a version was taken into ``target`` at a version."""

    target_id: str
    target_version: int
    source_id: str
    source_version: int
    at: datetime


class Registry:
    """The registry of one repository.

    Raises:
        RepositoryTooNew: a newer version of this program wrote it.
        StorageUnavailable: the file cannot be read or written.
    """

    def __init__(self, file: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{file}", connect_args={"timeout": 30})
        sa.event.listen(self._engine, "connect", _set_up)
        with _explained(file), self._engine.begin() as connection:
            if sa.inspect(connection).has_table("about"):
                found = int(connection.scalar(sa.select(_about.c.value).where(_about.c.name == "format")) or 0)
                if found > FORMAT:
                    raise RepositoryTooNew(
                        f"The repository in {file.parent} has format {found}; this program reads up to {FORMAT}. "
                        "Nothing was changed. Install the newest version to open it."
                    )
            _schema.create_all(connection)
            connection.execute(sa.insert(_about).prefix_with("OR IGNORE").values(name="format", value=str(FORMAT)))

    def branches(self) -> list[BranchRow]:
        """Every branch that is not collected, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_branches).order_by(_branches.c.created_at, _branches.c.id)).mappings()
            return [_branch(row) for row in rows]

    def branch(self, branch_id: str) -> BranchRow | None:
        """The branch of that id, or None."""
        return self._one(_branches.c.id == branch_id)

    def named(self, name: str, status: BranchStatus = BranchStatus.ACTIVE) -> BranchRow | None:
        """The newest branch of that name, without regard to case, or None."""
        return self._one(sa.and_(_branches.c.folded == name.casefold(), _branches.c.status == status.value))

    def _one(self, condition: sa.ColumnElement[bool]) -> BranchRow | None:
        newest = sa.select(_branches).where(condition).order_by(_branches.c.created_at.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(newest).mappings().first()
        return _branch(row) if row else None

    def require_free(self, name: str) -> None:
        """Check that no live branch has that name.

        Raises:
            BranchExists: one has.
        """
        if self.named(name):
            raise _taken(name)

    def add_branch(
        self,
        branch_id: str,
        name: str,
        *,
        parent_id: str | None,
        fork_version: int | None,
        author: str,
        description: str = "",
        expires_at: datetime | None = None,
    ) -> None:
        """Record a branch whose catalog is complete.

        Raises:
            BranchExists: a live branch has that name.
        """
        values = {
            "id": branch_id,
            "name": name,
            "folded": name.casefold(),
            "parent_id": parent_id,
            "fork_version": fork_version,
            "status": BranchStatus.ACTIVE.value,
            "author": author,
            "description": description,
            "created_at": _text(_now()),
            "expires_at": _text(expires_at),
            "recorded_version": fork_version or 0,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(_branches).values(**values))
        except IntegrityError as error:
            raise _taken(name) from error

    def set_status(self, branch_id: str, status: BranchStatus) -> None:
        """Discard a branch or bring it back.

        Raises:
            BranchExists: another live branch took the name meanwhile.
        """
        discarded_at = _text(_now()) if status is BranchStatus.DISCARDED else None
        change = sa.update(_branches).where(_branches.c.id == branch_id)
        try:
            with self._engine.begin() as connection:
                connection.execute(change.values(status=status.value, discarded_at=discarded_at))
        except IntegrityError as error:
            raise BranchExists("Another branch has taken the name meanwhile. Discard or rename that one first.") from error

    def forget_branch(self, branch_id: str) -> None:
        """Remove a branch that was collected."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_branches).where(_branches.c.id == branch_id))

    def record(
        self,
        branch_id: str,
        version: int,
        keys: dict[str, tuple[str, ...]],
        merged: tuple[str, int] | None,
    ) -> None:
        """Take in what the commits of a branch up to ``version`` said, once; keys are by table lineage."""
        with self._engine.begin() as connection:
            for table_uuid, columns in keys.items():
                connection.execute(_upsert_key(table_uuid, columns))
            if merged:
                self._add_merge(connection, branch_id, version, *merged)
            connection.execute(
                sa.update(_branches)
                .where(_branches.c.id == branch_id, _branches.c.recorded_version < version)
                .values(recorded_version=version)
            )

    def record_merge(self, target_id: str, target_version: int, source_id: str, source_version: int) -> None:
        """Record a merge that left nothing to write."""
        with self._engine.begin() as connection:
            self._add_merge(connection, target_id, target_version, source_id, source_version)

    @staticmethod
    def _add_merge(
        connection: sa.Connection, target_id: str, target_version: int, source_id: str, source_version: int
    ) -> None:
        connection.execute(
            sa.insert(_merges)
            .prefix_with("OR IGNORE")
            .values(
                target_id=target_id,
                target_version=target_version,
                source_id=source_id,
                source_version=source_version,
                at=_text(_now()),
            )
        )

    def merges(self) -> list[MergeRow]:
        """Every merge, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_merges).order_by(_merges.c.at)).mappings()
            return [MergeRow(**{**row, "at": datetime.fromisoformat(row["at"])}) for row in rows]

    def keys(self) -> dict[str, tuple[str, ...]]:
        """Declared keys by table lineage."""
        with self._engine.connect() as connection:
            return {row.table_uuid: tuple(json.loads(row.columns)) for row in connection.execute(sa.select(_keys))}

    def set_keys(self, table_uuids: set[str], columns: tuple[str, ...]) -> None:
        """Declare the key of a table under each of its lineages."""
        with self._engine.begin() as connection:
            for table_uuid in table_uuids:
                connection.execute(_upsert_key(table_uuid, columns))

    def metrics(self) -> list[dict[str, Any]]:
        """Definitions of metrics in their order."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_metrics.c.definition).order_by(_metrics.c.position))
            return [json.loads(row.definition) for row in rows]

    def set_metric(self, name: str, definition: dict[str, Any]) -> None:
        """Add a metric or replace the one of that name, which keeps its place."""
        with self._engine.begin() as connection:
            position = connection.scalar(sa.select(_metrics.c.position).where(_metrics.c.name == name))
            if position is None:
                position = (connection.scalar(sa.select(sa.func.max(_metrics.c.position))) or 0) + 1
            connection.execute(
                sa.insert(_metrics)
                .prefix_with("OR REPLACE")
                .values(name=name, position=position, definition=json.dumps(definition))
            )

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _taken(name: str) -> BranchExists:
    return BranchExists(f"There is a branch called “{name}” already. Choose another name.", branch=name)


def _upsert_key(table_uuid: str, columns: tuple[str, ...]) -> sa.Insert:
    return sa.insert(_keys).prefix_with("OR REPLACE").values(table_uuid=table_uuid, columns=json.dumps(list(columns)))


def _set_up(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StorageUnavailable(f"The registry {file} cannot be opened: {error.orig}. Check the disk and try again.") from error
    except DatabaseError as error:
        raise StorageUnavailable(f"The registry {file} is damaged: {error.orig}. Restore it from a backup.") from error


def _branch(row: Any) -> BranchRow:
    return BranchRow(
        id=row["id"],
        name=row["name"],
        parent_id=row["parent_id"],
        fork_version=row["fork_version"],
        status=BranchStatus(row["status"]),
        author=row["author"],
        description=row["description"],
        created_at=datetime.fromisoformat(row["created_at"]),
        expires_at=_moment(row["expires_at"]),
        discarded_at=_moment(row["discarded_at"]),
        recorded_version=row["recorded_version"],
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
