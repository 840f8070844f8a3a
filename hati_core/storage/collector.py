"""The garbage collector: mark from every catalog that is kept, sweep the rest.

Files are shared between branches, so no single catalog may ever clean up after itself. A file
is removed only when no kept catalog names it at any version and it is older than the grace
period: a writer makes its files before its commit names them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hati_core.model import BranchStatus, GcReport
from hati_core.storage.engine import Engine
from hati_core.storage.locks import writer_lock
from hati_core.storage.registry import BranchRow, Registry

DEFAULT_GRACE = timedelta(days=7)


class Collector:
    """Collects one repository."""

    def __init__(self, engine: Engine, registry: Registry, grace: timedelta) -> None:
        self._engine = engine
        self._registry = registry
        self._grace = grace

    def run(self, *, dry_run: bool) -> GcReport:
        """Discard what has expired, drop catalogs discarded longer ago than the grace period, sweep files."""
        rows = self._registry.branches()
        now = datetime.now(UTC)
        doomed = [row for row in rows if row.discarded_at and now - row.discarded_at >= self._grace]
        kept = [row for row in rows if row not in doomed]
        if not dry_run:
            self._expire(kept, now)
            for row in doomed:
                self._drop(row)
        named = self._named_files(kept)
        files = [file for file in self._engine.data.rglob("*") if file.is_file()]
        dead = [file for file in files if file.name not in named and self._is_old(file)]
        leftovers = self._half_done()
        size = sum(file.stat().st_size for file in [*dead, *leftovers])
        alive = [file for file in files if file not in set(dead)]
        kept_bytes = sum(file.stat().st_size for file in alive)
        if not dry_run:
            for file in [*dead, *leftovers]:
                file.unlink(missing_ok=True)
        return GcReport(
            tuple(row.name for row in doomed), len(dead) + len(leftovers), size, len(alive), kept_bytes, dry_run
        )

    def _expire(self, rows: Iterable[BranchRow], now: datetime) -> None:
        for row in rows:
            if row.status is BranchStatus.ACTIVE and row.expires_at and row.expires_at <= now:
                self._registry.set_status(row.id, BranchStatus.DISCARDED)

    def _drop(self, row: BranchRow) -> None:
        with writer_lock(self._engine.locks, row.id, row.name):
            self._registry.forget_branch(row.id)
            self._engine.detach(row.id)
            for file in self._engine.catalogs.glob(f"{row.id}.*"):
                file.unlink(missing_ok=True)

    def _named_files(self, rows: Iterable[BranchRow]) -> set[str]:
        """The names of all files that a kept catalog knows at any version; names are unique by a UUID in them."""
        names: set[str] = set()
        for row in rows:
            with self._engine.session(row.id) as cursor:
                for table in ("ducklake_data_file", "ducklake_delete_file"):
                    paths = cursor.execute(f"SELECT path FROM {self._engine.metadata(row.id, table)}").fetchall()
                    names.update(Path(path).name for (path,) in paths)
        return names

    def _half_done(self) -> list[Path]:
        """Catalogs of forks that never came to be recorded."""
        known = {row.id for row in self._registry.branches()}
        return [file for file in self._engine.catalogs.iterdir() if file.name.split(".")[0] not in known and self._is_old(file)]

    def _is_old(self, file: Path) -> bool:
        return time.time() - file.stat().st_mtime >= self._grace.total_seconds()
