"""The registry: which branches there are, what merged into what, keys, checks, metrics and what they gave.

Tables of its own that DuckDB never opens: two SQLite libraries in one process drop each
other's file locks. What a commit records about keys, checks and merges is written here from
the commit's journal, so that a crash between the two loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hati_core.errors import BranchExists, BranchNotFound
from hati_core.model import BranchStatus, Check
from hati_core.names import folded
from hati_core.storage import tables
from hati_core.storage.choice_log import ChoiceLog
from hati_core.storage.metric_definitions import MetricDefinitions
from hati_core.storage.place import Place
from hati_core.storage.registry_database import RegistryDatabase, put
from hati_core.storage.registry_rows import BranchRow, Measurement, MergeRow, as_text, branch_row, merge_row, now
from hati_core.storage.run_log import RunLog
from hati_core.storage.statement_log import StatementLog

_POINTS_AT_ONCE = 400
"""SQLite takes a thousand parameters in one statement, and a point is two."""


class Registry:
    """The registry of one repository.

    Raises:
        RepositoryTooNew: a newer version of this program wrote it.
        StorageUnavailable: it cannot be read or written.
    """

    def __init__(self, place: Place) -> None:
        self._database = RegistryDatabase(place)
        self.choices = ChoiceLog(self._database)
        self.runs = RunLog(self._database)
        self.metrics = MetricDefinitions(self._database)
        self.statements = StatementLog(self._database)

    def branches(self) -> list[BranchRow]:
        """Every branch that is not collected, oldest first."""
        return [row for row in self.all_branches() if row.status is not BranchStatus.COLLECTED]

    def all_branches(self) -> list[BranchRow]:
        """Every branch there ever was, oldest first: what was merged from a collected one still counts as merged."""
        with self._database.reading() as connection:
            rows = connection.execute(
                sa.select(tables.branches).order_by(tables.branches.c.created_at, tables.branches.c.id)
            ).mappings()
            return [branch_row(row) for row in rows]

    def branch(self, branch_id: str) -> BranchRow | None:
        """The branch of that id, or None."""
        return self._one(tables.branches.c.id == branch_id)

    def named(self, name: str, status: BranchStatus = BranchStatus.ACTIVE) -> BranchRow | None:
        """The branch of that name, without regard to case, or None; of several, the one discarded or made last."""
        return self._one(sa.and_(tables.branches.c.folded == folded(name), tables.branches.c.status == status.value))

    def _one(self, condition: sa.ColumnElement[bool]) -> BranchRow | None:
        columns = tables.branches.c
        newest = (
            sa.select(tables.branches)
            .where(condition)
            .order_by(columns.discarded_at.desc(), columns.created_at.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(newest).mappings().first()
        return branch_row(row) if row else None

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
            "folded": folded(name),
            "parent_id": parent_id,
            "fork_version": fork_version,
            "status": BranchStatus.ACTIVE.value,
            "author": author,
            "description": description,
            "created_at": now(),
            "expires_at": as_text(expires_at),
            "recorded_version": fork_version or 0,
        }
        try:
            with self._database.writing() as connection:
                connection.execute(sa.insert(tables.branches).values(**values))
        except IntegrityError as error:
            raise _taken(name) from error

    def set_status(self, branch_id: str, status: BranchStatus) -> None:
        """Discard a branch or bring it back.

        Raises:
            BranchExists: another live branch took the name meanwhile.
            BranchNotFound: it was collected.
        """
        discarded_at = now() if status is BranchStatus.DISCARDED else None
        change = sa.update(tables.branches).where(
            tables.branches.c.id == branch_id, tables.branches.c.status != BranchStatus.COLLECTED.value
        )
        try:
            with self._database.writing() as connection:
                found = connection.execute(change.values(status=status.value, discarded_at=discarded_at)).rowcount
        except IntegrityError as error:
            raise BranchExists("Another branch has taken the name meanwhile. Discard that one first.") from error
        if not found:
            raise BranchNotFound("The branch was collected and cannot be brought back.")

    def rename(self, branch_id: str, name: str) -> None:
        """Call a branch by another name.

        Raises:
            BranchExists: a live branch has that name.
        """
        change = sa.update(tables.branches).where(tables.branches.c.id == branch_id)
        try:
            with self._database.writing() as connection:
                connection.execute(change.values(name=name, folded=folded(name)))
        except IntegrityError as error:
            raise _taken(name) from error

    def set_expiry(self, branch_id: str, ends: datetime | None) -> None:
        """Have the collector discard a branch at a moment, or let it be."""
        change = sa.update(tables.branches).where(tables.branches.c.id == branch_id)
        with self._database.writing() as connection:
            connection.execute(change.values(expires_at=as_text(ends)))

    def set_collected(self, branch_id: str) -> bool:
        """Give up a discarded branch for good; returns False where it was brought back meanwhile.

        What was measured on it stays: a fork is worth what its parent was.
        """
        change = sa.update(tables.branches).where(
            tables.branches.c.id == branch_id, tables.branches.c.status == BranchStatus.DISCARDED.value
        )
        with self._database.writing() as connection:
            is_gone = connection.execute(change.values(status=BranchStatus.COLLECTED.value)).rowcount == 1
            if is_gone:
                ends = (tables.choices.c.source_id, tables.choices.c.target_id)
                connection.execute(sa.delete(tables.choices).where(sa.or_(*(end == branch_id for end in ends))))
            return is_gone

    def record(
        self,
        branch_id: str,
        version: int,
        keys: dict[str, tuple[str, ...]],
        merged: tuple[str, int] | None,
        checks: Mapping[str, Sequence[Check]] | None = None,
    ) -> None:
        """Take in what the commits of a branch up to ``version`` said, once; keys and checks are by table lineage."""
        with self._database.writing() as connection:
            advanced = connection.execute(
                sa.update(tables.branches)
                .where(tables.branches.c.id == branch_id, tables.branches.c.recorded_version < version)
                .values(recorded_version=version)
            )
            if not advanced.rowcount:
                return
            for table_uuid, columns in keys.items():
                _put_key(connection, table_uuid, columns)
            _put_checks(connection, checks or {})
            if merged:
                self._add_merge(connection, branch_id, version, *merged)

    def record_merge(self, target_id: str, target_version: int, source_id: str, source_version: int) -> None:
        """Record a merge that left nothing to write."""
        with self._database.writing() as connection:
            self._add_merge(connection, target_id, target_version, source_id, source_version)

    @staticmethod
    def _add_merge(
        connection: sa.Connection, target_id: str, target_version: int, source_id: str, source_version: int
    ) -> None:
        merge = {
            "target_id": target_id,
            "target_version": target_version,
            "source_id": source_id,
            "source_version": source_version,
            "at": now(),
        }
        put(connection, tables.merges, merge, replace=False)

    def merges(self) -> list[MergeRow]:
        """Every merge, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(tables.merges).order_by(tables.merges.c.at)).mappings()
            return [merge_row(row) for row in rows]

    def keys(self) -> dict[str, tuple[str, ...]]:
        """Declared keys by table lineage."""
        with self._database.reading() as connection:
            return {
                row.table_uuid: tuple(json.loads(row.columns)) for row in connection.execute(sa.select(tables.keys))
            }

    def set_keys(self, table_uuids: set[str], columns: tuple[str, ...]) -> None:
        """Declare the key of a table under each of its lineages."""
        with self._database.writing() as connection:
            for table_uuid in table_uuids:
                _put_key(connection, table_uuid, columns)

    def checks(self) -> dict[str, tuple[Check, ...]]:
        """Checks by table lineage, in order of their names."""
        found: dict[str, tuple[Check, ...]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(sa.select(tables.checks).order_by(tables.checks.c.folded)):
                found[row.table_uuid] = (*found.get(row.table_uuid, ()), Check(row.name, row.expression))
        return found

    def set_checks(self, checks: Mapping[str, Sequence[Check]]) -> None:
        """Add checks to tables by lineage, or replace those of their names."""
        with self._database.writing() as connection:
            _put_checks(connection, checks)

    def drop_check(self, table_uuids: Collection[str], name: str) -> bool:
        """Forget a check under each lineage of its table; returns whether there was one."""
        gone = sa.delete(tables.checks).where(
            tables.checks.c.table_uuid.in_(sorted(table_uuids)), tables.checks.c.folded == folded(name)
        )
        with self._database.writing() as connection:
            return connection.execute(gone).rowcount > 0

    def setting(self, name: str) -> str | None:
        """What was stored under a name for the whole repository."""
        with self._database.reading() as connection:
            return connection.scalar(sa.select(tables.about.c.value).where(tables.about.c.name == name))

    def set_setting(self, name: str, value: str) -> None:
        """Store a value for the whole repository."""
        with self._database.writing() as connection:
            put(connection, tables.about, {"name": name, "value": value}, replace=True)

    def measured(self, points: Collection[tuple[str, int]]) -> dict[Measurement, float]:
        """What is known of branches at versions."""
        columns, wanted = tables.measured.c, sorted(points)
        found: dict[Measurement, float] = {}
        with self._database.reading() as connection:
            for first in range(0, len(wanted), _POINTS_AT_ONCE):
                here = sa.tuple_(columns.branch_id, columns.version).in_(wanted[first : first + _POINTS_AT_ONCE])
                for row in connection.execute(sa.select(tables.measured).where(here)):
                    found[Measurement(row.branch_id, row.version, row.query)] = row.value
        return found

    def keep_measured(self, values: Mapping[Measurement, float]) -> None:
        """Keep what was measured; what is known already stays."""
        with self._database.writing() as connection:
            for measurement, value in values.items():
                put(connection, tables.measured, {**vars(measurement), "value": value}, replace=False)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()


def _taken(name: str) -> BranchExists:
    return BranchExists(f"There is a branch called “{name}” already. Choose another name.", branch=name)


def _put_checks(connection: sa.Connection, checks: Mapping[str, Sequence[Check]]) -> None:
    for table_uuid, wanted in checks.items():
        for check in wanted:
            row = {"table_uuid": table_uuid, "folded": folded(check.name)}
            put(connection, tables.checks, {**row, "name": check.name, "expression": check.expression}, replace=True)


def _put_key(connection: sa.Connection, table_uuid: str, columns: tuple[str, ...]) -> None:
    key = {"table_uuid": table_uuid, "columns": json.dumps(list(columns))}
    put(connection, tables.keys, key, replace=True)
