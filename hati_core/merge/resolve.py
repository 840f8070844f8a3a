"""Turning decisions into rows. Resolutions are kept apart from conflicts and refer to them by id."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from hati_core.errors import InvalidResolution
from hati_core.merge.shape import Shape
from hati_core.model import Conflict, ConflictKind, Resolution, Row, Side
from hati_core.names import key_text
from hati_core.quote import identifier, literal

_CELLS = (ConflictKind.EDIT_EDIT, ConflictKind.INSERT_INSERT)
_WHOLE_ROW = (ConflictKind.EDIT_DELETE, ConflictKind.DELETE_EDIT)


def _row_on(conflict: Conflict, side: Side) -> Row | None:
    return {Side.BASE: conflict.base, Side.OURS: conflict.ours, Side.THEIRS: conflict.theirs}[side]


def side_row(conflict: Conflict, side: Side) -> Row | None:
    """The whole row that taking one side leaves; None where the row goes."""
    chosen = _row_on(conflict, side)
    if not conflict.is_by_cell or chosen is None:
        return chosen
    return {**(conflict.merged or {}), **{column: chosen[column] for column in conflict.columns}}


def completed(conflict: Conflict, cells: Mapping[str, Any], side: Side | None) -> Mapping[str, Any]:
    """Decided cells, with those in conflict that are still open taking a side, as far as the row exists there."""
    if side is None or _row_on(conflict, side) is None:
        return cells
    return {**dict.fromkeys(conflict.columns, side), **cells}


def is_decided(conflict: Conflict, resolution: Resolution | None) -> bool:
    """Whether a resolution leaves nothing open."""
    if resolution is None or isinstance(resolution, Side):
        return resolution is not None
    return set(conflict.columns) <= set(resolution)


def resolved_row(conflict: Conflict, resolution: Resolution) -> Row | None:
    """The row that a resolution leaves; cells it does not settle stay as the merged row has them."""
    if isinstance(resolution, Side):
        return side_row(conflict, resolution)
    start = conflict.merged if conflict.kind not in _WHOLE_ROW else (conflict.ours or conflict.theirs)
    row = dict(start or {})
    for column, choice in resolution.items():
        row[column] = _chosen(conflict, column, choice)
    return row


def merged_row(conflict: Conflict, resolution: Resolution | None, default: Side | None) -> Row | None:
    """The row as it would be merged: what a resolution leaves, and a side for what it leaves open."""
    if conflict.kind is ConflictKind.VIOLATION or isinstance(resolution, Side) or default is None:
        return resolved_row(conflict, resolution or {})
    return resolved_row(conflict, completed(conflict, resolution, default) if resolution else default)


def _chosen(conflict: Conflict, column: str, choice: Any) -> Any:
    if not isinstance(choice, Side):
        return choice
    row = _row_on(conflict, choice)
    if row is None:
        raise InvalidResolution(
            f"The row {key_text(conflict.key)} of “{conflict.table}” does not exist on the side chosen for “{column}”. "
            "Choose a side for the whole row, or a value.",
            table=conflict.table,
        )
    return row[column]


def joined(conflict: Conflict, cells: Mapping[str, Any]) -> Resolution:
    """Choices for cells, as one side where that says the same."""
    if not conflict.is_by_cell or cells.keys() != set(conflict.columns):
        return cells
    return next((side for side in Side if all(choice is side for choice in cells.values())), cells)


def with_cells(conflict: Conflict, before: Resolution | None, cells: Mapping[str, Any]) -> Resolution:
    """The choices for the cells of a row, together with those made before.

    Raises:
        InvalidResolution: a side is chosen that has no such row.
    """
    resolved_row(conflict, cells)
    kept = completed(conflict, {}, before) if isinstance(before, Side) else before or {}
    return joined(conflict, {**kept, **cells})


def require_fit(conflict: Conflict, resolution: Resolution, shape: Shape, checked: Collection[str] = ()) -> None:
    """Check that a resolution speaks of columns that are in conflict, or ``checked`` by a rule of the table.

    Raises:
        InvalidResolution: it names a key column, or a column that the table or the conflict does not have.
    """
    if isinstance(resolution, Side):
        return
    if not isinstance(resolution, Mapping):
        raise InvalidResolution(f"A resolution is a Side, or a dict of columns; {resolution!r} is neither.")
    others = {c.name for c in shape.columns} - set(shape.key)
    allowed = others if not conflict.is_by_cell else set(conflict.columns) | (others & set(checked))
    for column in resolution:
        if column not in allowed:
            raise InvalidResolution(
                f"“{column}” is not in conflict in row {key_text(conflict.key)} of “{conflict.table}”. "
                f"In conflict are: {', '.join(conflict.columns)}.",
                table=conflict.table,
            )


def schema_side(conflict: Conflict, resolution: Resolution) -> Side:
    """The side that a resolution of a conflict about a table or a column takes.

    Raises:
        InvalidResolution: it is no side, or one that has nothing to offer.
    """
    (what,) = conflict.columns
    name = key_text(conflict.key) or conflict.table
    side = resolution.get(what) if isinstance(resolution, Mapping) else resolution
    if not isinstance(side, Side):
        raise InvalidResolution(
            f"“{name}” is settled by taking one side's {what}, not by a value.",
            table=conflict.table,
        )
    if side is Side.BASE and (_row_on(conflict, side) is None or what in ("column", "table")):
        raise InvalidResolution(
            f"“{name}” cannot be left as it was. Take what one of the branches did.",
            table=conflict.table,
        )
    return side


def side_row_sql(shape: Shape, side: Side) -> str:
    """The SQL twin of :func:`side_row`, over the classified rows of a table."""
    by_cell = ", ".join(literal(kind.value) for kind in _CELLS)
    cells = ", ".join(
        f"{identifier(c.name)} := CASE WHEN list_contains(columns, {literal(c.name)}) "
        f"THEN {side.value}.{identifier(c.name)} ELSE merged.{identifier(c.name)} END"
        for c in shape.columns
    )
    return (
        f"CASE WHEN {side.value} IS NULL OR outcome NOT IN ({by_cell}) THEN {side.value} ELSE struct_pack({cells}) END"
    )
