"""A copy of a branch that nobody else sees, to try something on; all of it goes again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

from hati_core.errors import HatiError
from hati_core.merge.context import MergeContext
from hati_core.merge.lineage import Lineage, Point
from hati_core.storage.limits import Limits
from hati_core.storage.place import Stored
from hati_core.store import Store


@dataclass(frozen=True)
class Trial:
    """A copy, by the id of its catalog, and the state of the branch that it was made of."""

    id: str
    origin: Point


@contextmanager
def trial(store: Store, branch_id: str, branch: str) -> Iterator[Trial]:
    """Copy a branch at its head, lend the copy, and remove it with every file that was written on it.

    The branch is held only while it is copied, so what is tried keeps no writer waiting. What a program that dies
    leaves behind is an unknown catalog and files that no catalog names, which the collector removes.

    Raises:
        BranchBusy, BranchDiscarded: the branch cannot be copied.
    """
    copy, place = uuid.uuid4().hex[:12], store.engine.place
    with ExitStack() as leaving:
        leaving.callback(place.forget_lock, copy)
        leaving.enter_context(place.lock(copy, branch))
        leaving.callback(_remove, store, copy)
        with store.writing(branch_id, branch):
            head = store.catch_up(branch_id)
            store.fork(branch_id, copy, head, None)
        store.call(copy, branch)
        leaving.callback(_remove_files, store, copy, _files(store, copy))
        yield Trial(copy, Point(branch_id, head))


def _remove(store: Store, copy: str) -> None:
    with suppress(HatiError):
        store.engine.detach(copy)
    store.engine.place.drop(copy)


def _remove_files(store: Store, copy: str, before: set[str]) -> None:
    """Remove the files that were written on a copy; what cannot be removed now, the collector will."""
    with suppress(HatiError):
        store.engine.place.data.remove([Stored(name, 0, 0.0) for name in _files(store, copy) - before])


def trial_context(store: Store, found: Trial, limits: Limits) -> MergeContext:
    """What comparing a copy with its branch needs: the registry knows nothing of it."""
    context = store.merge_context()
    branches = store.registry.all_branches()
    row = next(row for row in branches if row.id == found.origin.branch_id)
    copy = replace(row, id=found.id, parent_id=row.id, fork_version=found.origin.version)
    return replace(context, lineage=Lineage([*branches, copy], store.registry.merges()), limits=limits)


def _files(store: Store, branch_id: str) -> set[str]:
    """The files that the catalog of a branch names, from where the repository's files lie."""
    engine = store.engine
    home, table = (engine.metadata(branch_id, name) for name in ("ducklake_schema", "ducklake_table"))
    kinds = [engine.metadata(branch_id, f"ducklake_{kind}_file") for kind in ("data", "delete")]
    files = " UNION ALL ".join(f"SELECT table_id, path FROM {kind}" for kind in kinds)
    with engine.metadata_session(branch_id) as cursor:
        rows = cursor.execute(
            f"SELECT DISTINCT home.path, parent.path, file.path FROM ({files}) AS file "
            f"JOIN {table} AS parent USING (table_id) JOIN {home} AS home USING (schema_id)"
        ).fetchall()
    return {f"{schema}{parent}{path}" for schema, parent, path in rows}
