"""What happened to one row, step by step, from DuckLake's change feed; the cost follows the changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from hati_core.errors import InvalidKey
from hati_core.merge.context import MergeContext
from hati_core.merge.feed import UNSETTLED_ROWID, logged_rows, of_keys
from hati_core.merge.lineage import Point
from hati_core.merge.rows import fetch
from hati_core.merge.shape import TableAt
from hati_core.model import Key, Row
from hati_core.quote import identifier

_VERSION = "snapshot_id"


@dataclass(frozen=True)
class RowEvent:
    """An image of a row that one version left more often (``net`` > 0) or less often (``net`` < 0) than it found."""

    version: int
    row_id: int
    image: Row
    net: int


@dataclass(frozen=True)
class RowStep:
    """What one version made of the row; ``before`` is None where it added the row."""

    version: int
    row_id: int
    before: Row | None
    after: Row


def row_steps(context: MergeContext, there: TableAt, key: Key) -> Iterator[RowStep]:
    """The steps that led to the row of that key at a point, newest first, back to the one that added it.

    A row keeps its number when its key is changed, so it is followed under its earlier keys too. In a table without
    a key the row is named by its number.

    Raises:
        InvalidKey: the row cannot be followed.
    """
    assert there.info is not None
    _require_followed(there, key)
    last, seen = there.point.version, set[Key]()
    while key not in seen:
        seen.add(key)
        step = None
        for step in joined_steps(_events(context, there, key, last)):
            if step.before is None and (earlier := _earlier_key(context, there, step)):
                step = RowStep(step.version, step.row_id, earlier, step.after)
            yield step
        if step is None or step.before is None or not there.info.key:
            return
        key, last = tuple(step.before[column] for column in there.info.key), step.version - 1


def row_versions(context: MergeContext, there: TableAt, keys: Collection[Key], after: int) -> list[int]:
    """The versions after one that wrote or removed any row of these keys, in order.

    Raises:
        InvalidKey: rows of the table cannot be followed.
    """
    assert there.info is not None
    if not keys or there.point.version <= after:
        return []
    for key in keys:
        _require_followed(there, key)
    wanted, asked = of_keys(there.info.key or ("rowid",), keys)
    feeds = logged_rows(there, "NULL", after + 1, there.point.version, wanted)
    sql = f"SELECT DISTINCT version FROM ({feeds}) ORDER BY version"
    return [row["version"] for row in fetch(context.engine, there.point.branch_id, sql, asked)]


def joined_steps(events: Sequence[RowEvent]) -> Iterator[RowStep]:
    """The events of one key as steps, newest first, until the row was not there before."""
    for version in sorted({event.version for event in events}, reverse=True):
        here = [event for event in events if event.version == version]
        after = next((event for event in here if event.net > 0), None)
        before = next((event for event in here if event.net < 0), None)
        if after is None:
            return
        yield RowStep(version, after.row_id, before.image if before else None, after.image)
        if before is None:
            return


def _events(context: MergeContext, there: TableAt, key: Key, last: int) -> list[RowEvent]:
    assert there.info is not None
    names = there.info.key or ("rowid",)
    wanted = " AND ".join(f"feed.{identifier(name)} = ${at}" for at, name in enumerate(names, 1))
    # The feed has the columns of its last version, so it is asked up to the point, whatever is wanted of it.
    feeds = logged_rows(there, _image(there, there), 0, there.point.version, wanted)
    rows = fetch(
        context.engine,
        there.point.branch_id,
        "SELECT version, max(row_id) FILTER (coming) AS row_id, image, "
        f"sum(CASE WHEN coming THEN 1 ELSE -1 END) AS net FROM ({feeds}) WHERE version <= {int(last)} "
        "GROUP BY version, image HAVING net <> 0",
        list(key),
    )
    return [RowEvent(row["version"], row["row_id"], row["image"], row["net"]) for row in rows]


def _earlier_key(context: MergeContext, there: TableAt, step: RowStep) -> Row | None:
    """The row as it was under another key, where the step that seems to have added it only changed its key."""
    assert there.info is not None
    if not there.info.key or step.row_id is None or step.row_id >= UNSETTLED_ROWID:
        return None
    then = _as_it_was(context, there, step.version)
    if then.info is None:
        return None
    feeds = logged_rows(then, _image(there, then), step.version, step.version, "feed.rowid = $1")
    rows = fetch(
        context.engine, there.point.branch_id, f"SELECT image FROM ({feeds}) WHERE NOT coming LIMIT 1", [step.row_id]
    )
    return rows[0]["image"] if rows else None


def _as_it_was(context: MergeContext, there: TableAt, version: int) -> TableAt:
    """The same table at an earlier version, whatever it was called."""
    assert there.info is not None
    point = Point(there.point.branch_id, version)
    tables = context.tables(point).values()
    return replace(there, point=point, info=next((info for info in tables if info.uuid == there.info.uuid), None))


def _image(there: TableAt, then: TableAt) -> str:
    """A row of the feed of an earlier version with the names and types of today; columns made since are empty."""
    assert there.info is not None
    assert then.info is not None
    past = {column.id: column for column in then.info.columns}
    cells = [(column, past.get(column.id)) for column in there.info.columns]
    values = (
        f"{identifier(column.name)} := "
        + (f"TRY_CAST(feed.{identifier(old.name)} AS {column.type})" if old else f"NULL::{column.type}")
        for column, old in cells
    )
    return f"struct_pack({', '.join(values)})"


def _require_followed(there: TableAt, key: Key) -> None:
    assert there.info is not None
    table = there.info
    if _VERSION in map(str.casefold, table.column_names):
        raise InvalidKey(
            f"The column “{_VERSION}” of “{table.name}” hides which commit wrote a row. Rename it to see who changed "
            "what.",
            table=table.name,
        )
    if not table.key and key[0] >= UNSETTLED_ROWID:
        raise InvalidKey(
            f"“{table.name}” has no key, and this row was added and changed in one commit, so that it cannot be "
            "followed. Choose the columns that identify a row as its key.",
            table=table.name,
        )
