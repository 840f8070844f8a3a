"""Who last changed each cell of a row, on which branch, and what stood there before."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from hati_core.merge.context import MergeContext
from hati_core.merge.lineage import Point
from hati_core.merge.row_history import RowStep, row_steps
from hati_core.merge.shape import TableAt
from hati_core.model import Commit, Key, Row, TableInfo


class CellChange(Enum):
    """How a cell came to its value."""

    CHANGED = "changed"
    ROW_ADDED = "row_added"
    COLUMN_ADDED = "column_added"


@dataclass(frozen=True)
class CellBlame:
    """The commit that last changed a cell, by the name of the branch that it was made on.

    ``before`` is what stood there, or None where the commit added the row or the column. ``origin`` is the commit on
    the merged branch that a merge took the value from; None where no merge brought it, where its branch is gone, or
    where somebody typed it in while merging.
    """

    column: str
    value: Any
    how: CellChange
    before: Any
    commit: Commit
    origin: Commit | None = None


@dataclass(frozen=True)
class _Cell:
    column: str
    value: Any
    how: CellChange
    before: Any
    version: int


def blame_row(context: MergeContext, point: Point, info: TableInfo, key: Key) -> list[CellBlame]:
    """For each column of the row of that key in a table at a point, the commit that last changed it.

    In a table without a key the row is named by DuckLake's number for it. Nothing is given where there is no such row.

    Raises:
        InvalidKey: the row cannot be followed.
    """
    there = TableAt("row", point, context.catalog(point.branch_id), info)
    cells = last_changes(info, row_steps(context, there, key))
    commits = {version: _commit(context, point, version) for version in {cell.version for cell in cells}}
    origins: dict[str, Commit] = {}
    for version, commit in commits.items():
        if commit.merged_from is not None:
            brought = [cell for cell in cells if cell.version == version and cell.how is not CellChange.COLUMN_ADDED]
            origins |= _origins(context, Point(point.branch_id, version), info, key, brought)
    return [
        CellBlame(cell.column, cell.value, cell.how, cell.before, commits[cell.version], origins.get(cell.column))
        for cell in cells
    ]


def last_changes(info: TableInfo, steps: Iterable[RowStep]) -> list[_Cell]:
    """By column, in the order of the table, the last step that changed it; steps come newest first."""
    found: dict[str, _Cell] = {}
    value: Row = {}
    for step in steps:
        value = value or step.after
        for column in info.columns:
            name = column.name
            if name in found:
                continue
            if step.version < column.born:
                found[name] = _Cell(name, value[name], CellChange.COLUMN_ADDED, None, column.born)
            elif step.before is None:
                found[name] = _Cell(name, value[name], CellChange.ROW_ADDED, None, step.version)
            elif not is_same(step.before[name], step.after[name]):
                found[name] = _Cell(name, value[name], CellChange.CHANGED, step.before[name], step.version)
        if len(found) == len(info.columns):
            break
    return [found[name] for name in info.column_names if name in found]


def is_same(left: Any, right: Any) -> bool:
    """Whether two values are the same to a table, in which a number that is none is equal to itself."""
    return bool(left == right) or (left != left and right != right)


def _commit(context: MergeContext, point: Point, version: int) -> Commit:
    """The commit under the name of the branch that made it: up to a fork that is the parent."""
    (commit,) = context.catalog(point.branch_id).commits(1, after=version - 1, until=version)
    owner = context.lineage.owner(point, version)
    return replace(commit, branch=context.catalog(owner).name)


def _origins(
    context: MergeContext, merge: Point, info: TableInfo, key: Key, brought: Collection[_Cell]
) -> dict[str, Commit]:
    """By column, the commits that a merge took cells from, where their branch is kept and has these very values."""
    source = context.catalog(merge.branch_id).merged(merge.version)
    if source is None or not context.lineage.is_kept(source[0]):
        return {}
    points = {"ours": merge, "theirs": context.lineage.normal(Point(*source))}
    if not context.lineage.is_kept(points["theirs"].branch_id):
        points["theirs"] = Point(*source)
    pair = next(
        (pair for pair in context.paired_tables(points) if pair["ours"].info and pair["ours"].info.uuid == info.uuid),
        None,
    )
    if pair is None or pair["theirs"].info is None:
        return {}
    theirs = pair["theirs"].info
    names = _names(context, pair, info)
    if not set(info.key) <= names.keys():
        return {}
    if not info.key and any(cell.how is CellChange.ROW_ADDED for cell in brought):
        # A row that was added without a key has another number on each branch.
        return {}
    theirs = replace(theirs, key=tuple(names[column] for column in info.key))
    there = {cell.column: cell for cell in blame_row(context, points["theirs"], theirs, key)}
    found = {}
    for cell in brought:
        past = there.get(names.get(cell.column, ""))
        if past and is_same(past.value, cell.value):
            found[cell.column] = past.origin or past.commit
    return found


def _names(context: MergeContext, pair: dict[str, TableAt], info: TableInfo) -> dict[str, str]:
    """What the columns of the merged table are called on the branch that it was merged from, by today's names."""
    ids = {column.id: column.name for column in info.columns}
    return {
        ids[group.at["ours"].id]: group.at["theirs"].name
        for group in context.groups(pair)
        if "ours" in group.at and "theirs" in group.at and group.at["ours"].id in ids
    }
