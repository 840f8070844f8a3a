"""The garbage collector: mark from every catalog that is kept, sweep the rest.

Files are shared between branches, so no single catalog may ever clean up after itself. A file
is removed only when no kept catalog names it at any version, it is older than the grace period, and
no catalog let go of it within that period: who began to read may be reading it still.

A writer makes its files before its commit names them, so the collector sweeps while it holds every
branch as a writer does. It looks beforehand, and then again only at branches that were written since.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hati_core.errors import BranchBusy
from hati_core.model import BranchStatus, GcReport
from hati_core.storage.engine import Engine
from hati_core.storage.place import WAIT_SECONDS, Stored
from hati_core.storage.registry import Registry
from hati_core.storage.registry_rows import BranchRow

DEFAULT_GRACE = timedelta(days=7)

NeededBy = Callable[[Sequence[str]], set[str]]
"""Which branches some others need: those they were forked from, and those that hold the base of their merges."""


@dataclass(frozen=True)
class _Mark:
    """The names of the files that a branch needs (a UUID in each), and what shows that it was not written since."""

    settled: tuple[int, ...] | None
    names: frozenset[str]


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
        gone = {row.id for row in collected}
        marks = {row.id: self._mark(row.id) for row in self._kept(gone)}
        files = self._place.data.list()
        with self._all_held(gone) as (kept, held):
            named = {name for row in kept for name in self._marked_again(row.id, marks.get(row.id)).names}
            dead = {file for file in files if file.base not in named and self._is_old(file)}
            leftovers = self._leftovers(held)
            if not dry_run:
                self._place.require_locks({row.id: row.name for row in kept})
                self._place.data.remove([*dead])
                self._place.remove_leftovers(leftovers)
        removed, alive = [*dead, *leftovers], [file for file in files if file not in dead]
        return GcReport(
            tuple(row.name for row in collected), len(removed), _size(removed), len(alive), _size(alive), dry_run
        )

    def _kept(self, gone: Collection[str]) -> list[BranchRow]:
        return [row for row in self._registry.branches() if row.id not in gone]

    @contextmanager
    def _all_held(self, gone: Collection[str]) -> Iterator[tuple[list[BranchRow], ExitStack]]:
        """Hold all branches at once; where one is busy, nobody else waits with us until it is free.

        Raises:
            BranchBusy: a branch is being written for longer than a writer waits.
        """
        end = time.monotonic() + WAIT_SECONDS
        while True:
            kept = self._kept(gone)
            with ExitStack() as held:
                busy = self._first_busy(kept, held)
                if busy is None and [row.id for row in self._kept(gone)] == [row.id for row in kept]:
                    yield kept, held
                    return
            if busy:
                with self._place.lock(busy.id, busy.name, timeout=max(0.0, end - time.monotonic())):
                    pass

    def _first_busy(self, rows: Iterable[BranchRow], held: ExitStack) -> BranchRow | None:
        for row in rows:
            try:
                held.enter_context(self._place.lock(row.id, row.name, timeout=0))
            except BranchBusy:
                return row
        return None

    def _expire(self, rows: Iterable[BranchRow]) -> None:
        now = datetime.now(UTC)
        for row in rows:
            if row.status is BranchStatus.ACTIVE and row.expires_at and row.expires_at <= now:
                self._registry.set_status(row.id, BranchStatus.DISCARDED)

    def _doomed(self) -> list[BranchRow]:
        """Branches whose time is over and that no branch that stays was forked from or is merged by."""
        rows, now = self._registry.branches(), datetime.now(UTC)
        over = [row for row in rows if row.discarded_at and now - row.discarded_at >= self._grace]
        if not over:
            return []
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

    def _marked_again(self, branch_id: str, mark: _Mark | None) -> _Mark:
        """What a branch needs now that nobody can write it."""
        if mark and mark.settled is not None and mark.settled == self._place.settled(branch_id):
            return mark
        return self._mark(branch_id)

    def _mark(self, branch_id: str) -> _Mark:
        settled = self._place.settled(branch_id)
        data, deletes, let_go = (
            self._engine.metadata(branch_id, table)
            for table in ("ducklake_data_file", "ducklake_delete_file", "ducklake_files_scheduled_for_deletion")
        )
        with self._engine.metadata_session(branch_id) as cursor:
            paths = cursor.execute(
                f"SELECT path FROM {data} UNION ALL SELECT path FROM {deletes} UNION ALL "
                f"SELECT path FROM {let_go} WHERE schedule_start::TIMESTAMPTZ > $1",
                [datetime.now(UTC) - self._grace],
            ).fetchall()
        return _Mark(settled, frozenset(path.rpartition("/")[2] for (path,) in paths))

    def _leftovers(self, held: ExitStack) -> list[Stored]:
        """What forks that broke off left; whoever is still making one holds its lock."""
        known = {row.id for row in self._registry.branches()}
        old = {
            branch_id: [file for file in files if self._is_old(file)]
            for branch_id, files in self._place.leftovers().items()
            if branch_id not in known
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
