"""Which commits made the cells that stand against each other, on each side of a merge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from hati_core.merge.blame import is_same
from hati_core.merge.context import MergeContext
from hati_core.merge.feed import logged_rows, of_keys
from hati_core.merge.row_history import RowEvent, RowStep, joined_steps
from hati_core.merge.rows import fetch, key_tuple
from hati_core.merge.shape import TableAt
from hati_core.merge.states import is_logged
from hati_core.merge.table_plan import TableWork
from hati_core.model import Conflict, ConflictKind, Key, Side

CellVersions = Mapping[str, int]
"""By column, the version that gave a cell the value that it has on a side."""
_AT_ONCE = 500


def cell_versions(
    context: MergeContext, work: TableWork, conflicts: Sequence[Conflict]
) -> dict[str, dict[Side, CellVersions]]:
    """For conflicts of one table, by their ids and by side, the commits that made the cells in conflict.

    A cell is missing where no commit since the common ancestor tells of it: where a side removed the row, or where it
    made the table anew. Of the row as a whole the conflict itself says who touched it last.
    """
    found: dict[str, dict[Side, CellVersions]] = {conflict.id: {} for conflict in conflicts}
    rows = [conflict for conflict in conflicts if conflict.kind is not ConflictKind.SCHEMA]
    for side, there in ((Side.OURS, work.ours), (Side.THEIRS, work.theirs)):
        if there.point.version <= work.ancestor.point.version or not is_logged(work.shape, work.ancestor, there):
            continue
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            events = _events(context, work, there, [conflict.key for conflict in part])
            for conflict in part:
                found[conflict.id][side] = _made(joined_steps(events[conflict.key]), conflict.columns)
    return found


def _events(context: MergeContext, work: TableWork, there: TableAt, keys: Sequence[Key]) -> dict[Key, list[RowEvent]]:
    """What happened to rows since the common ancestor, by their keys."""
    shape = work.shape
    wanted, asked = of_keys(("rowid",) if shape.by_lineage else shape.key_at(there.label), keys)
    first, last = work.ancestor.point.version + 1, there.point.version
    feeds = logged_rows(there, shape.row(there, "feed."), first, last, wanted)
    key = "struct_pack(rowid := row_id)" if shape.by_lineage else shape.key_of("image")
    found = fetch(
        context.engine,
        there.point.branch_id,
        f"SELECT {key} AS key, version, max(row_id) AS row_id, image, sum(CASE WHEN coming THEN 1 ELSE -1 END) AS net "
        f"FROM ({feeds}) GROUP BY ALL HAVING net <> 0",
        asked,
    )
    events = defaultdict(list)
    for each in found:
        event = RowEvent(each["version"], each["row_id"], each["image"], each["net"])
        events[key_tuple(each["key"], shape.by_lineage)].append(event)
    return events


def _made(steps: Iterable[RowStep], columns: Sequence[str]) -> CellVersions:
    found: dict[str, int] = {}
    for step in steps:
        for column in columns:
            is_made = step.before is None or not is_same(step.before[column], step.after[column])
            if column not in found and is_made:
                found[column] = step.version
    return found
