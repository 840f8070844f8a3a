"""Which columns a merged table has, and which tables come, go or stay."""

from __future__ import annotations

from enum import Enum

from hati_core.errors import SchemaMergeRefused
from hati_core.model import Column, TableInfo


class TableAction(Enum):
    """What a merge does with a table as a whole."""

    MERGE_ROWS = "merge_rows"
    CREATE = "create"
    DROP = "drop"
    KEEP = "keep"


def table_action(base: TableInfo | None, ours: TableInfo | None, theirs: TableInfo | None) -> TableAction:
    """What becomes of a table that exists on these of the three points."""
    if ours and theirs:
        return TableAction.MERGE_ROWS
    if theirs:
        return TableAction.KEEP if base else TableAction.CREATE
    return TableAction.DROP if ours and base else TableAction.KEEP


def added_columns(
    base: TableInfo | None, ours: TableInfo, theirs: TableInfo, names: tuple[str, str]
) -> tuple[Column, ...]:
    """The columns that ours has to gain; ``names`` are the branches of ours and theirs.

    Raises:
        SchemaMergeRefused: a column was dropped, renamed or given another type on one side.
    """
    for side, other, branch in ((ours, theirs, names[0]), (theirs, ours, names[1])):
        gone = [
            column.name
            for column in other.columns
            if side.column(column.name) is None and base and base.column(column.name)
        ]
        if gone:
            raise SchemaMergeRefused(
                f"“{branch}” dropped or renamed {_listed(gone)} of “{ours.name}”, and the other branch still has it. "
                "Only added columns are merged so far: make the same change on both branches, then merge.",
                branch=branch,
                table=ours.name,
            )
    for column in theirs.columns:
        mine = ours.column(column.name)
        if mine and mine.type != column.type:
            raise SchemaMergeRefused(
                f"“{column.name}” of “{ours.name}” is {mine.type} on “{names[0]}” and {column.type} on “{names[1]}”. "
                "Give it the same type on both branches, then merge.",
                table=ours.name,
            )
        if mine and mine.default != column.default and not (base and base.column(column.name)):
            raise SchemaMergeRefused(
                f"“{names[0]}” and “{names[1]}” both added “{column.name}” to “{ours.name}”, each with another "
                "default. Give it the same default on both branches, then merge.",
                table=ours.name,
            )
    return tuple(column for column in theirs.columns if ours.column(column.name) is None)


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
