"""The parts of an open repository, shared by the repository, its branches and their transactions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from filelock import FileLock

from hati_core.errors import BranchDiscarded, BranchNotFound, TableNotFound
from hati_core.merge.context import MergeContext
from hati_core.merge.keys import with_key
from hati_core.merge.lineage import Lineage, Point
from hati_core.model import BranchStatus, TableInfo
from hati_core.names import MAIN
from hati_core.storage.catalog import Catalog
from hati_core.storage.engine import open_engine, release_engine
from hati_core.storage.failures import storage_failure
from hati_core.storage.locks import writer_lock
from hati_core.storage.registry import BranchRow, Registry

_MAIN_ID = "000000000000"
_CACHED_VERSIONS = 512


class Store:
    """An open repository folder.

    Raises:
        StorageUnavailable: the folder cannot be made, read or written.
        RepositoryTooNew: a newer version of this program wrote it.
    """

    def __init__(self, root: Path, author: str) -> None:
        self.author = author
        self.engine = open_engine(root)
        self._tables: OrderedDict[tuple[str, int], dict[str, TableInfo]] = OrderedDict()
        self._inferred: dict[tuple[str, int, str], TableInfo] = {}
        self._caught_up: set[str] = set()
        self._guard = Lock()
        try:
            with FileLock(self.engine.locks / "open.lock"):
                self.registry = Registry(self.engine.root / "registry.sqlite")
                if self.registry.branch(_MAIN_ID) is None:
                    self.engine.create_catalog(_MAIN_ID)
                    self.registry.add_branch(_MAIN_ID, MAIN, parent_id=None, fork_version=None, author=author)
        except OSError as error:
            release_engine(self.engine)
            raise storage_failure(root, error) from error
        except BaseException:
            release_engine(self.engine)
            raise

    def close(self) -> None:
        """Give everything back."""
        self.registry.close()
        release_engine(self.engine)

    def row(self, name: str) -> BranchRow:
        """The live branch of that name, without regard to case.

        Raises:
            BranchNotFound: there is none.
            BranchDiscarded: there was one.
        """
        row = self.registry.named(name)
        if row is None:
            self._explain_absence(name)
            raise BranchNotFound(f"There is no branch called “{name}”. It may have been renamed.", branch=name)
        if row.id not in self._caught_up:
            self.catch_up(row.id)
            self._caught_up.add(row.id)
        return row

    def _explain_absence(self, name: str) -> None:
        if self.registry.named(name, BranchStatus.DISCARDED):
            raise BranchDiscarded(
                f"The branch “{name}” was discarded. Bring it back from the list of discarded branches, "
                "or choose another branch.",
                branch=name,
            )

    def require_live(self, branch_id: str, name: str) -> BranchRow:
        """The row of a branch that somebody holds, unless it was discarded meanwhile.

        Raises:
            BranchNotFound: it was collected.
            BranchDiscarded: it was discarded.
        """
        row = self.registry.branch(branch_id)
        if row is None:
            raise BranchNotFound(f"The branch “{name}” is gone.", branch=name)
        if row.status is not BranchStatus.ACTIVE:
            self._explain_absence(name)
        return row

    def catalog(self, branch_id: str) -> Catalog:
        """The catalog of a branch, whatever its status."""
        row = self.registry.branch(branch_id)
        return Catalog(self.engine, branch_id, row.name if row else branch_id)

    def head(self, branch_id: str) -> int:
        """The newest version of a branch."""
        return Catalog(self.engine, branch_id, "").head()

    @contextmanager
    def writing(self, branch_id: str, name: str) -> Iterator[BranchRow]:
        """Hold a live branch for writing, with the registry in line with its commits.

        Raises:
            BranchBusy: another writer holds it.
            BranchDiscarded: it was discarded meanwhile.
        """
        with writer_lock(self.engine.locks, branch_id, name):
            row = self.require_live(branch_id, name)
            self.catch_up(branch_id)
            yield row

    def catch_up(self, branch_id: str) -> int:
        """Take what the newest commits recorded into the registry; returns the head."""
        catalog = self.catalog(branch_id)
        head = catalog.head()
        row = self.registry.branch(branch_id)
        if row and head > row.recorded_version:
            for version, journal in catalog.journals(row.recorded_version):
                uuids = catalog.table_uuids(version) if journal.keys else {}
                keys = {uuids[name]: key for name, key in (journal.keys or {}).items() if name in uuids}
                merged = (journal.merged[0], journal.merged[1]) if journal.merged else None
                self.registry.record(branch_id, version, keys, merged)
        return head

    def tables(self, branch_id: str, version: int) -> dict[str, TableInfo]:
        """Tables with their declared keys, by name; a version never changes, so its columns are kept."""
        place = (branch_id, version)
        with self._guard:
            found = self._tables.get(place)
        if found is None:
            found = self.catalog(branch_id).tables(version)
            with self._guard:
                self._tables[place] = found
                while len(self._tables) > _CACHED_VERSIONS:
                    self._tables.popitem(last=False)
        return found

    def table(self, branch_id: str, version: int, name: str) -> TableInfo:
        """One table with its key, inferred where none is declared.

        Raises:
            TableNotFound: there is none of that name.
        """
        tables = self.tables(branch_id, version)
        info = tables.get(name) or next((t for t in tables.values() if t.name.casefold() == name.casefold()), None)
        if info is None:
            known = ", ".join(f"“{table}”" for table in tables) or "none yet"
            raise TableNotFound(f"There is no table “{name}”. The tables are: {known}.", table=name)
        declared = self.registry.keys()
        if info.uuid in declared:
            return with_key(info, declared[info.uuid])
        place = (branch_id, version, info.name)
        if place not in self._inferred:
            catalog = self.catalog(branch_id)
            with self.engine.session(branch_id) as cursor:
                self._inferred[place] = with_key(info, None, cursor, catalog.at(info.name, version))
        return self._inferred[place]

    def lineage(self) -> Lineage:
        """Branches and merges as they are now."""
        return Lineage(self.registry.branches(), self.registry.merges())

    def merge_context(self) -> MergeContext:
        """What planning and comparing need, as it is now."""
        return MergeContext(self.engine, self.lineage(), self.catalog, self.registry.keys())

    def point(self, branch_id: str) -> Point:
        """The head of a branch, with the registry in line."""
        return Point(branch_id, self.catch_up(branch_id))
