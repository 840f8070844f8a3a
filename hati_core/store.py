"""The parts of an open repository, shared by the repository, its branches and their transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import combinations

import duckdb

from hati_core.errors import BranchDiscarded, BranchNotFound, TableNotFound
from hati_core.merge.context import MergeContext
from hati_core.merge.keys import with_key
from hati_core.merge.lineage import Lineage, Point
from hati_core.model import BranchStatus, Check, Commit, TableInfo
from hati_core.names import MAIN, folded
from hati_core.recent import Recent
from hati_core.storage.catalog import Catalog
from hati_core.storage.engines import open_engine, release_engine
from hati_core.storage.place import OPENING, Place
from hati_core.storage.registry import Registry
from hati_core.storage.registry_rows import BranchRow
from hati_core.storage.statistics import Columns, forget_statistics, renew_statistics, retyped_columns

MAIN_ID = "000000000000"
_LISTED = 10
_CACHED_VERSIONS = 512
_ROW_LEVEL = "row_level_merge"
_RECORD_EVERY = 100
"""Commits without news for the registry are passed over; this many may have to be read again after opening."""


class Store:
    """An open repository.

    Raises:
        StorageUnavailable: its place cannot be reached, made, read or written.
        RepositoryTooNew: a newer version of this program wrote it.
    """

    def __init__(self, place: Place, author: str) -> None:
        self.author = author
        self.engine = open_engine(place)
        self._tables: Recent[tuple[str, int], dict[str, TableInfo]] = Recent(_CACHED_VERSIONS)
        self._schema_versions: Recent[tuple[str, int], int] = Recent(_CACHED_VERSIONS)
        self._retyped: Recent[tuple[str, int], Columns] = Recent(_CACHED_VERSIONS)
        self._inferred: Recent[tuple[str, int, str], TableInfo] = Recent(_CACHED_VERSIONS)
        self._heads: Recent[str, tuple[tuple[int, ...], int]] = Recent(_CACHED_VERSIONS)
        self._commits: Recent[tuple[str, int, str], tuple[Commit, ...]] = Recent(_CACHED_VERSIONS)
        self._names: Recent[str, str] = Recent(_CACHED_VERSIONS)
        self._recorded: dict[str, int] = {}
        self._closed = False
        try:
            with self.engine.place.lock(OPENING, "the repository"):
                self.registry = Registry(self.engine.place)
                if self.registry.branch(MAIN_ID) is None:
                    self.engine.create_catalog(MAIN_ID)
                    self.registry.add_branch(MAIN_ID, MAIN, parent_id=None, fork_version=None, author=author)
        except BaseException:
            release_engine(self.engine)
            raise

    def close(self) -> None:
        """Give everything back; once is enough."""
        if not self._closed:
            self._closed = True
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
            raise BranchNotFound(f"There is no branch called “{name}”. {self._branches_there(name)}", branch=name)
        self.learn_names([row])
        if row.id not in self._recorded:
            self.catch_up(row.id)
        return row

    def _branches_there(self, wanted: str) -> str:
        """Which branches there are, for the end of a message; the one that is called most like it first."""
        names = [row.name for row in self.registry.branches() if row.status is BranchStatus.ACTIVE]
        near = {folded(name): name for name in names}
        close = [near[found] for found in get_close_matches(folded(wanted), near, n=1)]
        listed = list(dict.fromkeys([*close, *names]))
        more = f" and {len(listed) - _LISTED:,} more" if len(listed) > _LISTED else ""
        return f"There are: {', '.join(f'“{name}”' for name in listed[:_LISTED])}{more}."

    def _explain_absence(self, name: str) -> None:
        if self.registry.named(name, BranchStatus.DISCARDED):
            raise discarded(name)

    def require_live(self, branch_id: str, name: str) -> BranchRow:
        """The row of a branch that somebody holds, unless it was discarded meanwhile.

        Raises:
            BranchNotFound: it was collected.
            BranchDiscarded: it was discarded.
        """
        row = self.registry.branch(branch_id)
        if row is None or row.status is BranchStatus.COLLECTED:
            raise BranchNotFound(f"The branch “{name}” was discarded and is gone for good.", branch=name)
        if row.status is BranchStatus.DISCARDED:
            raise discarded(name)
        return row

    def catalog(self, branch_id: str) -> Catalog:
        """The catalog of a branch, whatever its status."""
        name = self._names.get(branch_id)
        if name is None:
            row = self.registry.branch(branch_id)
            name = self._names.put(branch_id, row.name if row else branch_id)
        return Catalog(self.engine, branch_id, name)

    def call(self, branch_id: str, name: str) -> None:
        """Let messages call a branch by a name that it did not have before, or that the registry does not know."""
        self._names.put(branch_id, name)

    def learn_names(self, rows: Iterable[BranchRow]) -> None:
        """Call branches as the registry does: another process may have renamed them."""
        for row in rows:
            if self._names.get(row.id) not in (None, row.name):
                self._names.put(row.id, row.name)

    def head(self, branch_id: str) -> int:
        """The newest version of a branch."""
        return self.heads([branch_id])[branch_id]

    def heads(self, branch_ids: Sequence[str]) -> dict[str, int]:
        """The newest versions of several branches, asked for at once where that is possible."""
        states = {id_: self.engine.place.settled(id_) for id_ in branch_ids}
        known = {id_: self._heads.get(id_) for id_ in branch_ids}
        heads = {id_: seen[1] for id_, seen in known.items() if seen and seen[0] == states[id_]}
        unknown = [id_ for id_ in branch_ids if id_ not in heads]
        found = self.engine.heads(unknown) if unknown else {}
        for id_ in unknown:
            heads[id_] = found[id_] if id_ in found else self.catalog(id_).head()
            if state := states[id_]:
                self._heads.put(id_, (state, heads[id_]))
        return heads

    def commits(self, branch_id: str, head: int, limit: int) -> tuple[Commit, ...]:
        """The newest commits of a branch up to its head, newest first."""
        catalog = self.catalog(branch_id)
        place = (branch_id, head, catalog.name)
        known = self._commits.get(place)
        if known is None or (len(known) < limit and known[-1].version > 0):
            known = self._commits.put(place, tuple(catalog.commits(limit, until=head)))
        return known[:limit]

    @contextmanager
    def writing(self, branch_id: str, name: str) -> Iterator[BranchRow]:
        """Hold a live branch for writing.

        Raises:
            BranchBusy: another writer holds it.
            BranchDiscarded: it was discarded meanwhile.
        """
        with self.engine.place.lock(branch_id, name):
            yield self.require_live(branch_id, name)

    @contextmanager
    def making(self, branch_id: str, name: str) -> Iterator[None]:
        """Hold a branch that is being made; where that fails, nothing of it stays."""
        with self.engine.place.lock(branch_id, name):
            try:
                yield
            except BaseException:
                self.engine.place.drop(branch_id)
                raise

    def fork(self, parent_id: str, child_id: str, head: int, at: int | None) -> None:
        """Copy a parent that the caller holds, at its head or at an older version, and what is known of it."""
        self.engine.fork_catalog(parent_id, child_id, at if at != head else None)
        version = head if at is None else at
        schema_version = self._schema_version(parent_id, version)
        self._schema_versions.put((child_id, version), schema_version)
        self._tables.put((child_id, schema_version), self.tables(parent_id, version))
        retyped = self._retyped.get((parent_id, schema_version))
        if retyped is not None:
            self._retyped.put((child_id, schema_version), retyped)
        self._recorded[child_id] = version

    def catch_up(self, branch_id: str) -> int:
        """Take what the newest commits recorded into the registry; returns the head."""
        head = self.head(branch_id)
        if self._recorded.get(branch_id, -1) < head:
            with self.engine.metadata_session(branch_id) as cursor:
                self.take_in(branch_id, head, cursor)
        return head

    def take_in(self, branch_id: str, head: int, cursor: duckdb.DuckDBPyConnection) -> None:
        """Take what commits up to ``head`` recorded into the registry, which may lack it after a crash."""
        row = None if branch_id in self._recorded else self.registry.branch(branch_id)
        known = row.recorded_version if row else self._recorded.get(branch_id, head)
        catalog = self.catalog(branch_id)
        for news in catalog.news(known, head, cursor) if known < head else ():
            self._schema_versions.put((branch_id, news.version), news.schema_version)
            journal = news.journal
            if journal.keys or journal.merged or journal.checks:
                uuids = catalog.table_uuids(news.version) if journal.keys or journal.checks else {}
                keys = {
                    uuid: journal.keys[name.casefold()]
                    for name, uuid in uuids.items()
                    if journal.keys and name.casefold() in journal.keys
                }
                merged = (journal.merged[0], journal.merged[1]) if journal.merged else None
                checks = _by_uuid(uuids, journal.checks or {})
                self.registry.record(branch_id, news.version, keys, merged, checks)
        if head - known >= _RECORD_EVERY:
            self.registry.record(branch_id, head, {}, None)
        self._recorded[branch_id] = max(head, self._recorded.get(branch_id, head))

    def tables(self, branch_id: str, version: int) -> dict[str, TableInfo]:
        """Tables with their columns, by name; keys are not known here."""
        place = (branch_id, self._schema_version(branch_id, version))
        found = self._tables.get(place)
        return found if found is not None else self._tables.put(place, self.catalog(branch_id).tables(version))

    def settle_statistics(self, branch_id: str, head: int, *, is_retyped: bool) -> None:
        """Keep DuckLake's statistics from columns that have had several types, after a commit on ``head``.

        ``is_retyped`` says that the commit gave a column another type. The caller holds the branch.
        """
        place = (branch_id, self._schema_version(branch_id, head))
        columns = None if is_retyped else self._retyped.get(place)
        if columns is None:
            columns = retyped_columns(self.engine, branch_id)
            if not is_retyped:
                self._retyped.put(place, columns)
        if columns:
            forget_statistics(self.engine, branch_id, columns)
        if is_retyped:
            renew_statistics(self.engine, branch_id)

    def _schema_version(self, branch_id: str, version: int) -> int:
        place = (branch_id, version)
        found = self._schema_versions.get(place)
        if found is None:
            found = self._schema_versions.put(place, self.catalog(branch_id).schema_version(version))
        return found

    def declared_key(self, branch_id: str, version: int, name: str) -> tuple[str, ...]:
        """The declared key of the table of that name, without regard to case; empty where there is none."""
        declared = self.registry.keys()
        info = named(self.tables(branch_id, version), name) if declared else None
        return declared.get(info.uuid, ()) if info else ()

    def checks(self, branch_id: str, version: int, name: str) -> tuple[Check, ...]:
        """The checks of the table of that name, without regard to case."""
        known = self.registry.checks()
        info = named(self.tables(branch_id, version), name) if known else None
        return known.get(info.uuid, ()) if info else ()

    def record_checks(self, branch_id: str, version: int, checks: Mapping[str, tuple[Check, ...]]) -> None:
        """Take checks that no commit carries into the registry; they are by the table's name in lower case."""
        self.registry.set_checks(_by_uuid(self.catalog(branch_id).table_uuids(version), checks))

    def table(self, branch_id: str, version: int, name: str) -> TableInfo:
        """One table with its key, inferred where none is declared.

        Raises:
            TableNotFound: there is none of that name.
        """
        tables = self.tables(branch_id, version)
        info = named(tables, name)
        if info is None:
            names = ", ".join(f"“{table}”" for table in tables) or "none yet"
            raise TableNotFound(f"There is no table “{name}”. The tables are: {names}.", table=name)
        declared = self.registry.keys()
        if info.uuid in declared:
            return with_key(info, declared[info.uuid])
        place = (branch_id, version, info.name)
        known = self._inferred.get(place)
        if known is None:
            relation = self.catalog(branch_id).at(info.name, version)
            with self.engine.session(branch_id) as cursor:
                known = self._inferred.put(place, with_key(info, None, cursor, relation))
        return known

    def lineage(self) -> Lineage:
        """Branches and merges as they are now."""
        rows = self.registry.all_branches()
        self.learn_names(rows)
        return Lineage(rows, self.registry.merges())

    def needed_by(self, branch_ids: Sequence[str]) -> set[str]:
        """The branches that these were forked from, and those that hold the base of a merge between two of these."""
        lineage = self.lineage()
        points = [Point(branch_id, self.catch_up(branch_id)) for branch_id in branch_ids]
        ancestors = {branch_id for point in points for branch_id in lineage.line(point)}
        bases = {lineage.merge_base(ours, theirs).branch_id for ours, theirs in combinations(points, 2)}
        return ancestors | bases

    def merge_context(self, row_level: bool = False) -> MergeContext:
        """What planning and comparing need, as it is now."""
        keys, checks = self.registry.keys(), self.registry.checks()
        return MergeContext(
            self.engine,
            self.lineage(),
            self.catalog,
            self.tables,
            keys,
            checks,
            row_level,
            generation=self.engine.generation,
        )

    def row_level_merge(self) -> bool:
        """Whether two edits of one row conflict even in different cells."""
        return self.registry.setting(_ROW_LEVEL) == "true"

    def set_row_level_merge(self, on: bool) -> None:
        """Store whether two edits of one row conflict even in different cells."""
        self.registry.set_setting(_ROW_LEVEL, str(on).lower())

    def point(self, branch_id: str) -> Point:
        """The head of a branch, with the registry in line."""
        return Point(branch_id, self.catch_up(branch_id))


def _by_uuid(uuids: Mapping[str, str], checks: Mapping[str, tuple[Check, ...]]) -> dict[str, tuple[Check, ...]]:
    return {uuid: checks[name.casefold()] for name, uuid in uuids.items() if name.casefold() in checks}


def named(tables: Mapping[str, TableInfo], name: str) -> TableInfo | None:
    """The table of that name, without regard to case, as in SQL."""
    return tables.get(name) or next((t for t in tables.values() if t.name.casefold() == name.casefold()), None)


def discarded(name: str) -> BranchDiscarded:
    """The error for a branch that was discarded."""
    return BranchDiscarded(
        f"The branch “{name}” was discarded. Bring it back from the list of discarded branches, "
        "or choose another branch.",
        branch=name,
    )
