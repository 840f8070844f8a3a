"""The repository: one set of tables with its ``main`` and all its branches."""

from __future__ import annotations

import getpass
import hashlib
import os
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from hati_core.branch import Branch
from hati_core.branch_view import BranchView
from hati_core.comparisons import Comparisons
from hati_core.exports import Export, ExportFormat, export_branch, export_query
from hati_core.history import no_version
from hati_core.imports import Importer
from hati_core.lifetimes import Lifetimes, expiry
from hati_core.measures import Measures
from hati_core.measuring import Measuring
from hati_core.merge.keys import require_key
from hati_core.merging import Merging
from hati_core.model import BranchInfo, BranchStatus, Commit, CompactReport, GcReport, Row
from hati_core.names import MAIN, valid_branch_name
from hati_core.over_time import OverTime
from hati_core.rules import Rules
from hati_core.sql.functions import parse_call
from hati_core.sql_calls import run_call, run_on
from hati_core.storage.collector import DEFAULT_GRACE, Collector
from hati_core.storage.compaction import MANY_FILES, compact_branches
from hati_core.storage.limits import Stop
from hati_core.storage.places import place_of
from hati_core.storage.registry_rows import BranchRow
from hati_core.storage.results import Params
from hati_core.store import Store, named
from hati_core.upkeep import HOURLY, Upkeep


class Repository(Merging, Measuring, Rules, Lifetimes):
    """Open by :meth:`open`; use as a context manager, or call :meth:`close`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.measures = Measures(store)
        self.over_time = OverTime(store)
        self.comparisons = Comparisons(store, self.measures)
        self.upkeep: Upkeep | None = None

    @classmethod
    def open(cls, place: str | os.PathLike[str], author: str | None = None) -> Repository:
        """Open the repository in a folder or on a server, making what is missing; ``author`` signs its commits.

        ``place`` is a path, or ``postgresql://user@host/database?data=`` followed by ``s3://bucket/prefix`` or
        the path of a shared folder.

        Raises:
            StorageUnavailable: the place cannot be reached, made, read or written, or the disk is full.
            RepositoryError: the address cannot be read.
            RepositoryTooNew: a newer version of this program wrote it.
        """
        return cls(Store(place_of(place), author or getpass.getuser()))

    def again(self, author: str | None = None) -> Repository:
        """Open the same place once more, for a thread that outlives this one; it has to be closed by itself."""
        return type(self)(Store(self._store.engine.place, author or self.author))

    def close(self) -> None:
        """Let go of the place, once the round of upkeep that is under way has ended."""
        if self.upkeep:
            self.upkeep.close()
        self._store.close()

    def __enter__(self) -> Repository:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def place(self) -> str:
        """Where the repository lives, as messages say it: without a password."""
        return self._store.engine.place.name

    @property
    def root(self) -> Path:
        """A folder of this machine: all of the repository, or what only this process needs of one on a server."""
        return self._store.engine.place.root

    @property
    def author(self) -> str:
        """Who signs commits unless they name another author."""
        return self._store.author

    @property
    def main(self) -> Branch:
        """The branch that all others come from."""
        return self.branch(MAIN)

    def branch(self, name: str) -> Branch:
        """The live branch of that name, without regard to case.

        Raises:
            BranchNotFound: there is none.
            BranchDiscarded: it was discarded.
        """
        row = self._store.row(name)
        return Branch(self._store, row.id, row.name)

    def branches(self, status: str = "active") -> list[BranchInfo]:
        """Branches that are ``active`` (``main`` first), ``discarded``, or ``all``, oldest first."""
        rows = self._store.registry.branches()
        self._store.learn_names(rows)
        names = {row.id: row.name for row in rows}
        wanted = [row for row in rows if status in ("all", row.status.value)]
        heads = self._store.heads([row.id for row in wanted])
        return [self._info(row, names, heads[row.id]) for row in wanted]

    def state(self) -> object:
        """A value that is equal to an earlier one as long as no branch, commit, key or check was made or is gone."""
        heads = tuple((info.id, info.name, info.head) for info in self.branches())
        return heads, self.rules_digest()

    def rules_digest(self) -> str:
        """A text that stays the same as long as no key and no check is set or changed."""
        rules = repr((sorted(self._store.registry.keys().items()), sorted(self._store.registry.checks().items())))
        return hashlib.sha256(rules.encode()).hexdigest()

    def _info(self, row: BranchRow, names: Mapping[str, str], head: int) -> BranchInfo:
        return BranchInfo(
            id=row.id,
            name=row.name,
            parent=names.get(row.parent_id, "(collected)") if row.parent_id else None,
            base=row.fork_version,
            head=head,
            status=row.status,
            created_at=row.created_at,
            author=row.author,
            description=row.description,
            expires_at=row.expires_at,
            discarded_at=row.discarded_at,
        )

    def recent_commits(self, limit: int = 50, *, branches: Sequence[BranchInfo] | None = None) -> list[Commit]:
        """The newest commits of these branches, or of all live ones, each once, newest first."""
        infos = self.branches() if branches is None else branches
        logs = ((info, self._store.commits(info.id, info.head, limit)) for info in infos)
        found = [commit for info, log in logs for commit in log if commit.version > (info.base or 0)]
        return sorted(found, key=lambda commit: commit.at, reverse=True)[:limit]

    def create_branch(
        self,
        name: str,
        parent: str = MAIN,
        at: int | None = None,
        description: str = "",
        ttl: timedelta | None = None,
        *,
        author: str | None = None,
    ) -> Branch:
        """Fork ``parent`` at its head, or at an older version; no data moves. It discards itself after ``ttl``.

        Raises:
            InvalidBranchName, BranchExists: the name cannot be used.
            BranchError: ``ttl`` is not a time to come.
            BranchNotFound, BranchDiscarded: there is no such parent, or no such version of it.
        """
        name, ends = valid_branch_name(name), expiry(ttl)
        row = self._store.row(parent)
        self._store.registry.require_free(name)
        branch_id = uuid.uuid4().hex[:12]
        with self._store.writing(row.id, row.name), self._store.making(branch_id, name):
            head = self._store.catch_up(row.id)
            if at is not None and not 0 <= at <= head:
                raise no_version(row.name, head, at)
            self._store.fork(row.id, branch_id, head, at)
            self._store.engine.place.require_locks({row.id: row.name})
            self._store.registry.add_branch(
                branch_id,
                name,
                parent_id=row.id,
                fork_version=head if at is None else at,
                author=author or self.author,
                description=description,
                expires_at=ends,
            )
        self._store.engine.load(branch_id)
        return Branch(self._store, branch_id, name)

    def set_key(self, table: str, columns: Sequence[str]) -> None:
        """Declare the columns that identify a row of a table, on every branch.

        Raises:
            TableNotFound: no live branch has the table.
            InvalidKey: a column is missing, or rows of some branch have it empty or repeated.
        """
        key = tuple(columns)
        uuids = set()
        holders = [row for row in self._store.registry.branches() if row.status is BranchStatus.ACTIVE]
        for row in holders:
            head = self._store.catch_up(row.id)
            info = named(self._store.tables(row.id, head), table)
            if info is None:
                continue
            catalog = self._store.catalog(row.id)
            with self._store.engine.session(row.id) as cursor:
                require_key(cursor, info, catalog.at(info.name, head), key, f"“{row.name}”")
            uuids.add(info.uuid)
        if not uuids:
            self._store.table(holders[0].id, self._store.head(holders[0].id), table)
        self._store.registry.set_keys(uuids, key)

    def importer(self, name: str, content: BinaryIO) -> Importer:
        """Take a CSV, Excel or Parquet file in, to be looked at and then put into a table; ``name`` is the file's.

        Raises:
            ImportRefused: it is not a file of these kinds.
        """
        return Importer(self._store, name, content)

    def export(
        self,
        view: BranchView,
        sql: str,
        form: ExportFormat,
        name: str,
        params: Params = None,
        *,
        safe: bool = True,
        timeout: float | None = None,
        stop: Stop | None = None,
    ) -> Export:
        """Write what one read gives to a file called after ``name``; close what is returned to delete it.

        ``safe`` keeps spreadsheets from taking text in a CSV file for a formula. ``timeout`` is in seconds.

        Raises:
            QueryError: the read cannot be run, or not in time.
            ExportRefused: it does not fit into a file of that form.
        """
        return export_query(self._store, view, sql, form, name, params, safe=safe, timeout=timeout, stop=stop)

    def export_tables(self, view: BranchView, form: ExportFormat, *, safe: bool = True) -> Export:
        """Write every table of a branch into a zip of CSV or Parquet files; close what is returned to delete it.

        Raises:
            ExportRefused: there is no table, or the form is for single tables.
        """
        return export_branch(self._store, view, form, safe=safe)

    def gc(self, grace: timedelta = DEFAULT_GRACE, *, dry_run: bool = False) -> GcReport:
        """Discard what has expired, collect what was discarded longer ago than ``grace``, sweep unused files.

        Files younger than ``grace`` are never touched: a writer may be about to commit them.
        """
        collector = Collector(self._store.engine, self._store.registry, grace, self._store.needed_by)
        return collector.run(dry_run=dry_run)

    def compact(self, branch: str | None = None) -> CompactReport:
        """Put many small files together, on every branch that has gathered them, or all that one branch can spare.

        No version comes of it: every version keeps its rows, and no head moves. Files are removed by :meth:`gc`.

        Raises:
            BranchNotFound, BranchDiscarded: there is no such live branch.
            BranchBusy: the one branch is being written for longer than a writer waits.
        """
        if branch is not None:
            return compact_branches(self._store.engine, [self._store.row(branch)], least=2, patient=True)
        live = [row for row in self._store.registry.branches() if row.status is BranchStatus.ACTIVE]
        return compact_branches(self._store.engine, live, least=MANY_FILES, patient=False)

    def keep_up(self, every: timedelta = HOURLY) -> Upkeep:
        """Collect and compact in the background, now and then ``every`` so often, until the repository is closed."""
        if self.upkeep is None:
            self.upkeep = Upkeep(self.gc, self.compact, every)
        return self.upkeep

    def sql(self, sql: str) -> list[Row]:
        """Run SQL on ``main``, or a call such as ``SELECT branch_create('name')`` of a function about branches.

        Raises:
            HatiError: as the branch's own methods do.
        """
        call = parse_call(sql)
        if call:
            return list(run_call(self, call))
        return run_on(self.main, sql)
