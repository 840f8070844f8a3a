"""Which commit last changed what a conflict about a table or a column is about, on each side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hati_core.merge.shape import TableAt
from hati_core.merge.table_plan import TableWork
from hati_core.merge.touched import last_touch
from hati_core.model import Conflict


def with_versions(work: TableWork) -> TableWork:
    """The work on a table whose conflicts about columns and the table itself say which commits they come from."""
    if not work.schema_conflicts:
        return work
    return replace(work, schema_conflicts=tuple(_with_versions(work, conflict) for conflict in work.schema_conflicts))


def _with_versions(work: TableWork, conflict: Conflict) -> Conflict:
    return replace(
        conflict,
        ours_version=_version(work.ours, work.ancestor, conflict, conflict.ours),
        theirs_version=_version(work.theirs, work.ancestor, conflict, conflict.theirs),
    )


def _version(there: TableAt, ancestor: TableAt, conflict: Conflict, made: Mapping[str, object] | None) -> int | None:
    """Where that side changed only rows, the last commit that did."""
    info = there.info or ancestor.info
    if info is None:
        return None
    names = {str(part).lower() for part in conflict.key}
    if names and made and conflict.columns == ("name",):
        names |= {str(made["name"]).lower()}
    since = ancestor.point.version, there.point.version
    defined = there.catalog.last_definition(info.uuid, names, *since)
    return last_touch(there.catalog, info.uuid, *since) if defined is None else defined
