"""What the catalog of one branch says: versions, commits, tables. Reads only."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from hati_core.model import Check, Column, Commit, Origin, TableInfo, Touch
from hati_core.quote import identifier, literal
from hati_core.storage.commit_filter import TABLES, CommitFilter
from hati_core.storage.engine import Engine, alias_of

_LIVE_AT = "begin_snapshot <= $version AND (end_snapshot IS NULL OR end_snapshot > $version)"


@dataclass(frozen=True)
class Journal:
    """What rides in a commit's ``extra_info``: enough to bring the registry in line after a crash."""

    touched: tuple[Touch, ...] = ()
    keys: Mapping[str, tuple[str, ...]] | None = None
    merged: tuple[str, int, str] | None = None
    checks: Mapping[str, tuple[Check, ...]] | None = None
    reverts: int | None = None
    restores: int | None = None
    origin: Origin | None = None

    def dump(self) -> str:
        """As JSON."""
        record: dict[str, Any] = {"hati": 1, "touched": [vars(touch) for touch in self.touched]}
        if self.keys:
            record["keys"] = {table: list(columns) for table, columns in self.keys.items()}
        if self.merged:
            record["merged"] = list(self.merged)
        if self.checks:
            record["checks"] = {table: [vars(check) for check in checks] for table, checks in self.checks.items()}
        if self.reverts is not None:
            record["reverts"] = self.reverts
        if self.restores is not None:
            record["restores"] = self.restores
        if self.origin:
            record["agent"] = [self.origin.run, self.origin.step]
        return json.dumps(record, separators=(",", ":"))

    @classmethod
    def load(cls, text: str | None) -> Journal:
        """From JSON; a commit that this program did not make has an empty journal."""
        try:
            record = json.loads(text or "{}")
        except ValueError:
            return cls()
        if not isinstance(record, dict) or record.get("hati") != 1:
            return cls()
        merged = record.get("merged")
        return cls(
            touched=tuple(Touch(**touch) for touch in record.get("touched", [])),
            keys={table: tuple(columns) for table, columns in record.get("keys", {}).items()} or None,
            merged=(merged[0], merged[1], merged[2]) if merged else None,
            checks={table: tuple(Check(**check) for check in checks) for table, checks in record["checks"].items()}
            if "checks" in record
            else None,
            reverts=record.get("reverts"),
            restores=record.get("restores"),
            origin=Origin(*record["agent"]) if "agent" in record else None,
        )


@dataclass(frozen=True)
class News:
    """A commit, as far as others than its readers have to know of it."""

    version: int
    schema_version: int
    journal: Journal


class Catalog:
    """The catalog of one branch."""

    def __init__(self, engine: Engine, branch_id: str, name: str, attached_at: int | None = None) -> None:
        self.engine = engine
        self.branch_id = branch_id
        self.name = name
        self.alias = alias_of(branch_id, attached_at)

    def head(self, cursor: duckdb.DuckDBPyConnection | None = None) -> int:
        """The newest version, as a cursor's transaction sees it where one is given."""
        if cursor is None:
            snapshots = self.engine.metadata(self.branch_id, "ducklake_snapshot")
            with self.engine.metadata_session(self.branch_id) as cursor:
                (version,) = cursor.execute(f"SELECT max(snapshot_id) FROM {snapshots}").fetchall()[0]
        else:
            (version,) = cursor.execute(f"FROM {identifier(self.alias)}.current_snapshot()").fetchall()[0]
        return int(version)

    def commits(
        self,
        limit: int | None,
        *,
        after: int = -1,
        until: int | None = None,
        wanted: CommitFilter | None = None,
        offset: int = 0,
    ) -> list[Commit]:
        """A page of the commits with ``after < version <= until``, newest first."""
        columns = "snapshot_id, snapshot_time::VARCHAR, author, commit_message, commit_extra_info, changes_made"
        rows = self._log(
            columns,
            after,
            until,
            wanted or CommitFilter(),
            "ORDER BY snapshot_id DESC LIMIT $limit OFFSET $offset",
            {"limit": limit, "offset": offset},
        )
        return [self._entry(*row) for row in rows]

    def commit_count(self, until: int, wanted: CommitFilter) -> int:
        """How many commits up to a version there are of a kind."""
        ((number,),) = self._log("count(*)", -1, until, wanted)
        return int(number)

    def authors(self, until: int, after: int = -1) -> list[str]:
        """Who made the commits with ``after < version <= until``, in order of their names."""
        return [name for (name,) in self._log("DISTINCT author", after, until, CommitFilter(), "ORDER BY 1") if name]

    def touched(self, until: int) -> list[str]:
        """The tables that commits up to a version touched, by the names that they had, in order of these."""
        names = f"DISTINCT unnest({TABLES}) AS name"
        return [name for (name,) in self._log(names, -1, until, CommitFilter(), "ORDER BY 1") if name]

    def _log(
        self,
        columns: str,
        after: int,
        until: int | None,
        wanted: CommitFilter,
        rest: str = "",
        params: Mapping[str, object] | None = None,
    ) -> list[tuple[Any, ...]]:
        def asked(named: Callable[[str], str]) -> str:
            return (
                f"SELECT {columns} FROM {named('ducklake_snapshot')} AS snapshot "
                f"LEFT JOIN {named('ducklake_snapshot_changes')} AS changes USING (snapshot_id) "
                "WHERE snapshot_id > $after AND ($until IS NULL OR snapshot_id <= $until) "
                f"AND {wanted.condition} {rest}"
            )

        values = {"after": after, "until": until, **wanted.params, **(params or {})}
        return self.engine.look(self.branch_id, asked, values)

    def landings(self, after: int, until: int) -> list[Commit]:
        """The commits with ``after < version <= until`` that merged or undid something, newest first."""
        return self.commits(None, after=after, until=until, wanted=CommitFilter(landings=True))

    def news(self, after: int, until: int, cursor: duckdb.DuckDBPyConnection) -> list[News]:
        """What the commits with ``after < version <= until`` say to the registry, oldest first."""
        snapshot = self.engine.metadata(self.branch_id, "ducklake_snapshot")
        changes = self.engine.metadata(self.branch_id, "ducklake_snapshot_changes")
        rows = cursor.execute(
            f"SELECT snapshot_id, schema_version, commit_extra_info FROM {snapshot} LEFT JOIN {changes} "
            f"USING (snapshot_id) WHERE snapshot_id > $1 AND snapshot_id <= $2 ORDER BY snapshot_id",
            [after, until],
        ).fetchall()
        return [News(version, schema_version, Journal.load(extra)) for version, schema_version, extra in rows]

    def merged(self, version: int) -> tuple[str, int] | None:
        """The branch and its version that the commit of a version merged; None where it merged none."""
        with self.engine.metadata_session(self.branch_id) as cursor:
            (news,) = self.news(version - 1, version, cursor)
        merged = news.journal.merged
        return (merged[0], merged[1]) if merged else None

    def schema_version(self, version: int) -> int:
        """A number that is the same for versions with the same tables and columns."""
        with self.engine.metadata_session(self.branch_id) as cursor:
            (news,) = self.news(version - 1, version, cursor)
        return news.schema_version

    def _entry(
        self, version: int, at: str, author: str | None, message: str | None, extra: str | None, made: str | None
    ) -> Commit:
        journal = Journal.load(extra)
        return Commit(
            branch=self.name,
            version=version,
            author=author or "",
            message=message or ("Create the repository" if version == 0 else made or ""),
            at=_utc(at),
            touched=journal.touched,
            merged_from=journal.merged[2] if journal.merged else None,
            reverts=journal.reverts,
            restores=journal.restores,
            origin=journal.origin,
        )

    def last_definition(self, lineage: str, columns: Collection[str], after: int, until: int) -> int | None:
        """The last version with ``after < version <= until`` that made, changed or dropped what is meant.

        That is the table of that lineage, or with ``columns``, names in lower case that they had once, these of it.
        """
        table = self.engine.metadata(self.branch_id, "ducklake_table")
        column = self.engine.metadata(self.branch_id, "ducklake_column")
        ours = f"table_id IN (SELECT table_id FROM {table} WHERE table_uuid::VARCHAR = $lineage)"
        named = (
            f"(SELECT column_id FROM {column} WHERE {ours} AND list_contains($columns::VARCHAR[], lower(column_name)))"
        )
        rows = f"{column} WHERE {ours} AND column_id IN {named}" if columns else f"{table} WHERE {ours}"
        moments = f"SELECT unnest([begin_snapshot, end_snapshot]) AS version FROM {rows}"
        params = {"lineage": lineage, "after": after, "until": until}
        with self.engine.metadata_session(self.branch_id) as cursor:
            sql = f"SELECT max(version) FROM ({moments}) WHERE version > $after AND version <= $until"
            found = cursor.execute(sql, params | ({"columns": list(columns)} if columns else {})).fetchall()
        return None if found[0][0] is None else int(found[0][0])

    def table_uuids(self, version: int) -> dict[str, str]:
        """Name and lineage of every table at ``version``."""
        table = self.engine.metadata(self.branch_id, "ducklake_table")
        with self.engine.metadata_session(self.branch_id) as cursor:
            rows = cursor.execute(
                f"SELECT table_name, table_uuid::VARCHAR FROM {table} WHERE {_LIVE_AT} ORDER BY lower(table_name)",
                {"version": version},
            ).fetchall()
        return dict(rows)

    def rows_at_most(self, table_uuid: str) -> int:
        """A number of rows that a table does not exceed at any version, as DuckLake's statistics have it."""
        counted = self.engine.look(
            self.branch_id,
            lambda own: (
                f"SELECT max(record_count) FROM {own('ducklake_table_stats')} WHERE table_id IN "
                f"(SELECT table_id FROM {own('ducklake_table')} WHERE table_uuid::VARCHAR = $uuid)"
            ),
            {"uuid": table_uuid},
        )
        return int(counted[0][0] or 0)

    def views(self, version: int) -> dict[str, str]:
        """Name and definition of every view at ``version``."""
        view = self.engine.metadata(self.branch_id, "ducklake_view")
        with self.engine.metadata_session(self.branch_id) as cursor:
            rows = cursor.execute(
                f"SELECT view_name, sql FROM {view} WHERE {_LIVE_AT} ORDER BY 1", {"version": version}
            ).fetchall()
        return dict(rows)

    def tables(self, version: int) -> dict[str, TableInfo]:
        """Every table at ``version`` with its columns, by name; keys are not known here."""
        infos = {}
        origins = self._origins(version)
        with self.engine.session(self.branch_id) as cursor:
            for name, lineage in self.table_uuids(version).items():
                number = next(origin.table for (uuid, _), origin in origins.items() if uuid == lineage)
                described = cursor.execute(f"DESCRIBE FROM {self.at(name, version)}").fetchall()
                columns = tuple(
                    _column(column, kind, nullable, default, origins[lineage, column])
                    for column, kind, nullable, _, default, _ in described
                )
                infos[name] = TableInfo(name, lineage, columns, number=number)
        return infos

    def _origins(self, version: int) -> dict[tuple[str, str], _Origin]:
        """What DuckLake remembers of every column at ``version``, by lineage of the table and name of the column."""
        column = self.engine.metadata(self.branch_id, "ducklake_column")
        table = self.engine.metadata(self.branch_id, "ducklake_table")
        with self.engine.metadata_session(self.branch_id) as cursor:
            rows = cursor.execute(
                f"SELECT t.table_uuid::VARCHAR, t.table_id, c.column_name, c.column_id, c.initial_default, born.at, "
                f"(SELECT min(begin_snapshot) FROM {table} AS first WHERE first.table_id = t.table_id) "
                f"FROM (FROM {column} WHERE {_LIVE_AT} AND parent_column IS NULL) AS c "
                f"JOIN (FROM {table} WHERE {_LIVE_AT}) AS t USING (table_id) "
                f"JOIN (SELECT table_id, column_id, min(begin_snapshot) AS at FROM {column} GROUP BY ALL) AS born "
                "ON born.table_id = c.table_id AND born.column_id = c.column_id",
                {"version": version},
            ).fetchall()
        return {
            (lineage, name): _Origin(table_id, column_id, born, initial, born == table_born)
            for lineage, table_id, name, column_id, initial, born, table_born in rows
        }

    def at(self, table: str, version: int) -> str:
        """A table as it was at ``version``, as SQL; wrap it in a subquery to give it an alias."""
        return f"{identifier(self.alias)}.main.{identifier(table)} AT (VERSION => {version})"


@dataclass(frozen=True)
class _Origin:
    """Where a column comes from; ``initial`` is DuckLake's text of its value in rows that are older than it."""

    table: int
    id: int
    born: int
    initial: str | None
    with_table: bool


def _column(name: str, kind: str, nullable: str, default: str | None, origin: _Origin) -> Column:
    current = None if default == "NULL" else default
    older = None if origin.initial is None else literal(origin.initial)
    return Column(
        name, kind, nullable == "YES", current, origin.id, origin.born, current if origin.with_table else older
    )


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
