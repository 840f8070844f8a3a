"""The garbage collector: mark from every catalog that is kept, sweep the rest.

Files are shared between branches, so no single catalog may ever clean up after itself. A file
is removed only when no kept catalog names it at any version and it is older than the grace
period. While it looks and sweeps, the collector holds every branch as a writer does: a writer
makes its files before its commit names them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from hati_core.errors import BranchBusy
from hati_core.model import BranchStatus, GcReport
from hati_core.storage.engine import Engine
from hati_core.storage.place import Stored
from hati_core.storage.registry import BranchRow, Registry

DEFAULT_GRACE = timedelta(days=7)

NeededBy = Callable[[Sequence[str]], set[str]]
"""Which branches some others need: those they were forked from, and those that hold the base of their merges."""


class Collector:
    """Collects one repository."""

    def __init__(self, engine: Engine, registry: Registry, grace: timedelta, needed_by: NeededBy) -> None:
        self._engine = engine
        self._place = engine.place
        self._registry = registry
        self._grace = grace
        self._needed_by = needed_by

    def run(self, *, dry_run: bool) -> GcReport:
        """Discard what has expired, drop catalogs discarded longer ago than the grace period, sweep files.

        Raises:
            BranchBusy: a branch is being written for longer than a writer waits; nothing more is removed.
        """
        if not dry_run:
            self._expire(self._registry.branches())
        doomed = self._doomed()
        collected = doomed if dry_run else [row for row in doomed if self._drop(row)]
        with ExitStack() as held:
            gone = {row.id for row in collected}
            kept = [row for row in self._registry.branches() if row.id not in gone]
            for row in kept:
                held.enter_context(self._place.lock(row.id, row.name))
            named = self._named_files(kept)
            files = self._place.data.list()
            dead = {file for file in files if file.base not in named and self._is_old(file)}
            alive = [file for file in files if file not in dead]
            leftovers = self._leftovers(held)
            removed = [*dead, *leftovers]
            report = GcReport(
                tuple(row.name for row in collected), len(removed), _size(removed), len(alive), _size(alive), dry_run
            )
            if not dry_run:
                self._place.data.remove([*dead])
                self._place.remove_leftovers(leftovers)
        return report

    def _expire(self, rows: Iterable[BranchRow]) -> None:
        now = datetime.now(UTC)
        for row in rows:
            if row.status is BranchStatus.ACTIVE and row.expires_at and row.expires_at <= now:
                self._registry.set_status(row.id, BranchStatus.DISCARDED)

    def _doomed(self) -> list[BranchRow]:
        """Branches whose time is over and that no branch that stays was forked from or is merged by."""
        rows, now = self._registry.branches(), datetime.now(UTC)
        over = [row for row in rows if row.discarded_at and now - row.discarded_at >= self._grace]
        needed = self._needed_by([row.id for row in rows if row not in over])
        return [row for row in over if row.id not in needed]

    def _drop(self, row: BranchRow) -> bool:
        with self._place.lock(row.id, row.name):
            if not self._registry.set_collected(row.id):
                return False
            self._engine.detach(row.id)
            self._place.drop(row.id)
        self._place.forget_lock(row.id)
        return True

    def _named_files(self, rows: Iterable[BranchRow]) -> set[str]:
        """The names of all files that a kept catalog knows at any version; names are unique by a UUID in them."""
        names: set[str] = set()
        for row in rows:
            with self._engine.metadata_session(row.id) as cursor:
                for table in ("ducklake_data_file", "ducklake_delete_file"):
                    paths = cursor.execute(f"SELECT path FROM {self._engine.metadata(row.id, table)}").fetchall()
                    names.update(path.rpartition("/")[2] for (path,) in paths)
        return names

    def _leftovers(self, held: ExitStack) -> list[Stored]:
        """What forks that broke off left; whoever is still making one holds its lock."""
        old = {
            branch_id: [file for file in files if self._is_old(file)]
            for branch_id, files in self._place.leftovers().items()
            if not self._is_known(branch_id)
        }
        return [
            file for branch_id, files in old.items() if files and self._is_orphan(branch_id, held) for file in files
        ]

    def _is_orphan(self, branch_id: str, held: ExitStack) -> bool:
        try:
            held.enter_context(self._place.lock(branch_id, branch_id, timeout=0))
        except BranchBusy:
            return False
        return not self._is_known(branch_id)

    def _is_known(self, branch_id: str) -> bool:
        row = self._registry.branch(branch_id)
        return row is not None and row.status is not BranchStatus.COLLECTED

    def _is_old(self, file: Stored) -> bool:
        return time.time() - file.modified >= self._grace.total_seconds()


def _size(files: Iterable[Stored]) -> int:
    return sum(file.size for file in files)
