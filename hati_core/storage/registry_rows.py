"""What the registry knows of branches, merges and measurements, as values. It keeps times as text, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import sqlalchemy as sa

from hati_core.model import BranchStatus


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


@dataclass(frozen=True)
class Measurement:
    """A query, by the digest of its text, at a version of a branch."""

    branch_id: str
    version: int
    query: str

    @classmethod
    def of(cls, sql: str, branch_id: str, version: int) -> Measurement:
        """Of that query there."""
        return cls(branch_id, version, sha256(sql.encode()).hexdigest()[:32])


def branch_row(row: sa.RowMapping) -> BranchRow:
    """A row of the table of branches."""
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


def merge_row(row: sa.RowMapping) -> MergeRow:
    """A row of the table of merges."""
    return MergeRow(
        target_id=row["target_id"],
        target_version=row["target_version"],
        source_id=row["source_id"],
        source_version=row["source_version"],
        at=datetime.fromisoformat(row["at"]),
    )


def now() -> str:
    """This moment, as the registry keeps it."""
    return datetime.now(UTC).isoformat()


def as_text(moment: datetime | None) -> str | None:
    """A moment, or that there is none, as the registry keeps it."""
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
