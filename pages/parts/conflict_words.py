"""Conflicts and what was chosen for them, in words; what comes from data is not escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hati_core import Conflict, ConflictKind, MergePlan, Side, Violation
from hati_core.merge.plan import PlanKind
from hati_core.model import Resolution
from pages.parts.words import cell

KINDS = {
    ConflictKind.EDIT_EDIT: "~ both edited",
    ConflictKind.EDIT_DELETE: "~ edited / − deleted",
    ConflictKind.DELETE_EDIT: "− deleted / ~ edited",
    ConflictKind.INSERT_INSERT: "+ both added",
    ConflictKind.SCHEMA: "▦ columns or tables differ",
    ConflictKind.VIOLATION: "≠ breaks a rule",
}


def conflict_name(conflict: Conflict) -> str:
    """The row that a conflict is about, by its key; or the column, or the whole table."""
    return " · ".join(cell(part) for part in conflict.key) or "the whole table"


def side_name(plan: MergePlan, side: Side) -> str:
    """The branch whose value a side is; where a commit is undone, what taking the side does."""
    if plan.kind is PlanKind.REVERT:
        made = f"as version {plan.base.version:,} made it"
        return {Side.OURS: "keep", Side.THEIRS: "put back", Side.BASE: made}[side]
    return {Side.OURS: plan.target, Side.THEIRS: plan.source, Side.BASE: "as it was"}[side]


def row_of(conflict: Conflict, side: Side) -> dict[str, Any] | None:
    """The row as a side has it; None where it has none."""
    return {Side.BASE: conflict.base, Side.OURS: conflict.ours, Side.THEIRS: conflict.theirs}[side]


def what_differs(conflict: Conflict, broken: Sequence[Violation]) -> str:
    """What the list says below a row that is not settled: the kind, and the columns or the rules."""
    if broken:
        return "≠ breaks " + ", ".join(rule_name(violation) for violation in broken)
    if conflict.kind is ConflictKind.SCHEMA:
        return f"{KINDS[conflict.kind]}: {', '.join(conflict.columns)}"
    return f"{KINDS[conflict.kind]} · {', '.join(conflict.columns)}"


def rule_name(violation: Violation) -> str:
    """The rule that is broken, as a person calls it."""
    built_in = violation.rule.startswith(("NOT NULL ", "PRIMARY KEY "))
    return violation.rule if built_in else f"check “{violation.rule}”"


def choice_words(plan: MergePlan, conflict: Conflict, resolution: Resolution | None) -> str:
    """What was chosen for a conflict: ``shares 200 (bold)``."""
    if resolution is None:
        return ""
    if isinstance(resolution, Side):
        return side_words(plan, conflict, resolution)
    return ", ".join(cell_words(plan, conflict, column, choice) for column, choice in resolution.items())


def side_words(plan: MergePlan, conflict: Conflict, side: Side) -> str:
    """What taking a side as a whole means for a conflict."""
    name, row = side_name(plan, side), row_of(conflict, side)
    if conflict.kind is ConflictKind.SCHEMA:
        return f"{name}: {schema_words(row, conflict.columns[0])}"
    one_deleted = conflict.kind in (ConflictKind.EDIT_DELETE, ConflictKind.DELETE_EDIT)
    is_undo = plan.kind is PlanKind.REVERT
    if row is None and is_undo:
        return f"{name}: no such row"
    if row is None:
        return f"{name}: {'− delete the row' if one_deleted else 'leave the row out'}"
    cells = ", ".join(f"{column} {cell(row[column])}" for column in conflict.columns)
    return f"{name}: {'keep it with ' if one_deleted and side is not Side.BASE and not is_undo else ''}{cells}"


def cell_words(plan: MergePlan, conflict: Conflict, column: str, choice: Any) -> str:
    """What was chosen for one cell: ``shares 200 (bold)``, ``shares 120 (typed)``."""
    if not isinstance(choice, Side):
        return f"{column} {cell(choice)} (typed)"
    return f"{column} {cell((row_of(conflict, choice) or {}).get(column))} ({side_name(plan, choice)})"


def schema_words(row: dict[str, Any] | None, what: str) -> str:
    """What a side made of a column or a table."""
    if not row:
        return f"− drop the {what}"
    value = "none" if row[what] is None else str(row[what])
    return f"keep it: {value}" if what in ("column", "table") else value
