"""The merge rules as SQL: three states of a row in, what becomes of it out.

This is the whole truth table of the design. An outcome is what becomes of the target's row (same, kept,
insert, update, delete), or the kind of a conflict.
"""

from __future__ import annotations

from collections.abc import Callable

from hati_core.merge.shape import Shape
from hati_core.model import ConflictKind
from hati_core.quote import identifier, literal

CONFLICTS = tuple(
    kind.value
    for kind in (
        ConflictKind.EDIT_EDIT,
        ConflictKind.EDIT_DELETE,
        ConflictKind.DELETE_EDIT,
        ConflictKind.INSERT_INSERT,
    )
)
IS_CONFLICT = f"outcome IN ({', '.join(literal(kind) for kind in CONFLICTS)})"


def classified(states: str, shape: Shape, row_level: bool = False) -> str:
    """The query that gives each row of ``states`` its outcome, conflict columns, merged row and id.

    With ``row_level`` two edits of one row conflict even in different cells.
    """
    cells = [column.name for column in shape.columns if column.name not in shape.key]
    clash = "true" if row_level else "len(clashing) > 0"
    return f"""
        WITH compared AS (
            SELECT *,
                   {_names(cells, _clashing)} AS clashing,
                   {_names(cells, lambda c: _differs("ours", "theirs", c))} AS differing,
                   {_names(cells, lambda c: _differs("ours", "base", c))} AS ours_edited,
                   {_names(cells, lambda c: _differs("theirs", "base", c))} AS theirs_edited,
                   {_merged(shape)} AS merged
            FROM {states}
        ), judged AS (
            SELECT *, CASE
                WHEN ours IS NOT DISTINCT FROM theirs THEN 'same'
                WHEN theirs IS NOT DISTINCT FROM base THEN 'kept'
                WHEN ours IS NOT DISTINCT FROM base THEN
                    CASE WHEN base IS NULL THEN 'insert' WHEN theirs IS NULL THEN 'delete' ELSE 'update' END
                WHEN base IS NULL THEN 'insert_insert'
                WHEN theirs IS NULL THEN 'edit_delete'
                WHEN ours IS NULL THEN 'delete_edit'
                WHEN {clash} THEN 'edit_edit'
                WHEN merged IS NOT DISTINCT FROM ours THEN 'kept'
                ELSE 'update' END AS outcome
            FROM compared
        ), settled AS (
            SELECT key, base, ours, theirs, ours_version, theirs_version, outcome, merged,
                   CASE outcome
                       WHEN 'edit_edit' THEN {"differing" if row_level else "clashing"}
                       WHEN 'insert_insert' THEN differing
                       WHEN 'edit_delete' THEN ours_edited
                       WHEN 'delete_edit' THEN theirs_edited
                       WHEN 'update' THEN differing_from_ours
                       ELSE [] END AS columns,
                   outcome = 'update' AND ours IS DISTINCT FROM base AS both_edited
            FROM (SELECT *, {_names(cells, lambda c: _differs("merged", "ours", c))} AS differing_from_ours FROM judged)
            WHERE outcome NOT IN ('same', 'kept')
        )
        SELECT *,
               left(md5(concat_ws(chr(31), {literal(shape.table)}, key::VARCHAR, outcome, {_fingerprint(cells)})), 16)
                   AS id,
               row_number() OVER (ORDER BY key) AS position
        FROM settled
    """


def _differs(left: str, right: str, column: str) -> str:
    name = identifier(column)
    return f"{left}.{name} IS DISTINCT FROM {right}.{name}"


def _clashing(column: str) -> str:
    pairs = (("ours", "base"), ("theirs", "base"), ("ours", "theirs"))
    return " AND ".join(_differs(left, right, column) for left, right in pairs)


def _names(columns: list[str], condition: Callable[[str], str]) -> str:
    """A list of the columns that meet a condition."""
    if not columns:
        return "[]::VARCHAR[]"
    cases = ", ".join(f"CASE WHEN {condition(column)} THEN {literal(column)} END" for column in columns)
    return f"list_filter([{cases}], lambda name: name IS NOT NULL)"


def _merged(shape: Shape) -> str:
    """The row in which every cell has the value of the side that changed it, ours where both did."""
    cells = ", ".join(
        f"{identifier(c.name)} := CASE WHEN {_differs('ours', 'base', c.name)} THEN ours.{identifier(c.name)} "
        f"ELSE theirs.{identifier(c.name)} END"
        for c in shape.columns
    )
    return f"CASE WHEN ours IS NULL THEN theirs WHEN theirs IS NULL THEN ours ELSE struct_pack({cells}) END"


def _fingerprint(cells: list[str]) -> str:
    """The values that stand against each other: as long as they stay, so does the id of the conflict."""
    parts = ["(ours IS NULL)::VARCHAR", "(theirs IS NULL)::VARCHAR"]
    for column in cells:
        name = identifier(column)
        values = f"[base.{name}::VARCHAR, ours.{name}::VARCHAR, theirs.{name}::VARCHAR]::VARCHAR"
        parts.append(f"CASE WHEN list_contains(columns, {literal(column)}) THEN {values} ELSE '' END")
    return ", ".join(parts)
