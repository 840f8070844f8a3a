"""The controls by which one row is decided: a side for a cell or for the row, or a value."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from hati_core import Conflict, ConflictKind, MergePlan, Side, Violation
from hati_core.merge.plan import PlanKind
from hati_core.merge.resolve import merged_row
from pages.parts.conflict_words import cell_words, conflict_name, row_of, side_name, side_words
from pages.parts.deciding import (
    OTHER,
    Field,
    Settle,
    act,
    decide_cell,
    decide_row,
    take,
    typing,
    use_value,
    use_values,
)
from pages.parts.words import cell, plain

_SCHEMA_SUBJECTS = {
    "column": "The column",
    "table": "The table",
    "name": "Its name",
    "type": "Its type",
    "default": "Its default",
}


def cell_choice(settle: Settle, plan: MergePlan, conflict: Conflict, column: str) -> None:
    """The value of either branch, the value before, or another one."""
    sides = [side for side in _offered(plan) if row_of(conflict, side) is not None]
    chosen = _chosen(plan, conflict, column)
    labels = _cell_labels(plan, conflict, column, sides)
    if chosen == OTHER and (conflict.id, column) not in typing():
        labels[OTHER] = f"{OTHER}: {cell(_typed_before(plan, conflict, column))}"
    key = _key(plan, f"choice-{conflict.id}-{column}")
    st.session_state[key] = OTHER if (conflict.id, column) in typing() else chosen
    with st.container(border=not _is_listed(plan), gap="xsmall"):
        st.radio(
            plain(_label(plan, conflict, column)),
            [*sides, OTHER],
            index=None,
            format_func=lambda option: plain(labels[option]),
            horizontal=_is_listed(plan),
            key=key,
            on_change=decide_cell,
            args=(settle, plan, conflict.id, column, key),
        )
        if st.session_state[key] == OTHER:
            _typed_value(settle, plan, conflict, column)


def _is_listed(plan: MergePlan) -> bool:
    """Whether rows stand below each other instead of one in hand, so that each control says which row it is for."""
    return plan.kind is PlanKind.REVERT


def _offered(plan: MergePlan) -> tuple[Side, ...]:
    """The sides to choose from: what the commit made that is to be undone is none of them."""
    both = (Side.OURS, Side.THEIRS)
    return both if plan.kind is PlanKind.REVERT else (*both, Side.BASE)


def _key(plan: MergePlan, name: str) -> str:
    """A widget's key: an undo and a merge can have a conflict between the very same values on one page."""
    return f"{plan.kind.value}-{name}" if plan.kind is PlanKind.REVERT else name


def _label(plan: MergePlan, conflict: Conflict, what: str) -> str:
    """What a control is for, in so many words as it takes where it stands."""
    return f"{conflict_name(conflict)} · {what}" if _is_listed(plan) else what


def _cell_labels(plan: MergePlan, conflict: Conflict, column: str, sides: Sequence[Side]) -> dict[Any, str]:
    values = {side: cell((row_of(conflict, side) or {})[column]) for side in sides}
    return {**{side: f"{side_name(plan, side)}: {value}" for side, value in values.items()}, OTHER: OTHER}


def _typed_value(settle: Settle, plan: MergePlan, conflict: Conflict, column: str) -> None:
    before = _typed_before(plan, conflict, column)
    with (
        st.form(_key(plan, f"typed-{conflict.id}-{column}"), border=False, enter_to_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        field = _field(
            conflict,
            column,
            _key(plan, f"value-{conflict.id}-{column}"),
            "" if before is None else str(before),
            f"Value of {_label(plan, conflict, column)}",
        )
        st.form_submit_button("Use it", on_click=use_value, args=(settle, plan, conflict.id, field))
    if (conflict.id, column) in typing():
        st.caption(f"Until you use a value, {plain(_stands(plan, conflict, column))}.")


def _stands(plan: MergePlan, conflict: Conflict, column: str) -> str:
    """What becomes of a cell while another value is being typed."""
    chosen = _chosen(plan, conflict, column)
    if chosen is None:
        return f"{column} stays open"
    value = chosen if isinstance(chosen, Side) else _typed_before(plan, conflict, column)
    return f"{cell_words(plan, conflict, column, value)} stays"


def _field(conflict: Conflict, column: str, key: str, shown: str, label: str) -> Field:
    st.text_input(plain(label), value=shown, key=key)
    values = [row[column] for row in (conflict.base, conflict.ours, conflict.theirs) if row]
    is_number = any(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in values)
    return Field(column, key, shown, is_number)


def row_choice(settle: Settle, plan: MergePlan, conflict: Conflict) -> None:
    """One side for the row as a whole, or for what the branches made of a column or a table."""
    sides = list(_offered(plan))
    subject = "The row"
    if conflict.kind is ConflictKind.SCHEMA:
        (what,) = conflict.columns
        subject = _SCHEMA_SUBJECTS[what]
        if conflict.base is None or what in ("column", "table"):
            sides = [side for side in sides if side is not Side.BASE]
    chosen = plan.resolutions.get(conflict.id)
    key = _key(plan, f"choice-{conflict.id}")
    st.session_state[key] = chosen if isinstance(chosen, Side) else None
    with st.container(border=not _is_listed(plan)):
        st.radio(
            plain(_label(plan, conflict, subject.lower())) if _is_listed(plan) else subject,
            sides,
            index=None,
            format_func=lambda side: plain(side_words(plan, conflict, side)),
            horizontal=_is_listed(plan),
            key=key,
            on_change=decide_row,
            args=(settle, plan, conflict.id, key),
        )


def mending(
    settle: Settle, plan: MergePlan, conflict: Conflict, broken: Sequence[Violation], default: Side | None
) -> None:
    """Another value for the cells that a broken rule reads, a side's, or no row at all."""
    row = merged_row(conflict, plan.resolutions.get(conflict.id), default) or {}
    columns = _rule_columns(plan, conflict, broken, row)
    if conflict.is_by_cell and set(columns) <= set(conflict.columns):
        return
    if conflict.kind is ConflictKind.VIOLATION:
        for column in columns:
            _mending_side(settle, plan, conflict, column, row)
        if conflict.ours is None:
            st.button(
                f"Leave the row out, as on {plain(plan.target)}",
                key=f"leave-out-{conflict.id}",
                icon=":material/remove:",
                on_click=act,
                args=(take, "conflict-state", settle, plan, conflict.id, Side.OURS),
            )
    if row and columns:
        _mending_values(settle, plan, conflict, columns, row)


def _mending_values(
    settle: Settle, plan: MergePlan, conflict: Conflict, columns: Sequence[str], row: dict[str, Any]
) -> None:
    """Fields for all the cells of a rule together, because it may take several of them to keep it."""
    with st.form(f"mend-{conflict.id}"):
        fields = []
        with st.grid(min_column_width=140):
            for column in columns:
                shown = "NULL" if row[column] is None else str(row[column])
                # What stands in the field follows the row, which another choice may have changed.
                key = f"mend-value-{conflict.id}-{column}-{shown}"
                fields.append(_field(conflict, column, key, shown, f"Value of {column}"))
        st.form_submit_button("Use these values", on_click=use_values, args=(settle, plan, conflict.id, fields))


def _rule_columns(plan: MergePlan, conflict: Conflict, broken: Sequence[Violation], row: dict[str, Any]) -> list[str]:
    """The cells that the broken rules read and that can be changed; of a row that was mended, those that were."""
    if not broken:
        return list(conflict.columns)
    read = {name.casefold() for violation in broken for name in violation.columns}
    return [name for name in row if name.casefold() in read and name not in plan.tables[conflict.table].key]


def _mending_side(settle: Settle, plan: MergePlan, conflict: Conflict, column: str, row: dict[str, Any]) -> None:
    sides = [side for side in (Side.OURS, Side.THEIRS, Side.BASE) if row_of(conflict, side) is not None]
    if len(sides) < 2:
        return
    labels = _cell_labels(plan, conflict, column, sides)
    key = f"mend-{conflict.id}-{column}"
    chosen = _chosen(plan, conflict, column)
    st.session_state[key] = chosen if isinstance(chosen, Side) else None
    with st.container(border=True):
        st.radio(
            f"{plain(column)} is {plain(cell(row[column]))} in the merged row",
            sides,
            index=None,
            format_func=lambda side: plain(labels[side]),
            key=key,
            on_change=decide_cell,
            args=(settle, plan, conflict.id, column, key),
        )


def _chosen(plan: MergePlan, conflict: Conflict, column: str) -> Side | str | None:
    decided = plan.resolutions.get(conflict.id)
    if decided is None or isinstance(decided, Side):
        return decided
    choice = decided.get(column)
    return choice if isinstance(choice, Side) else OTHER if column in decided else None


def _typed_before(plan: MergePlan, conflict: Conflict, column: str) -> Any:
    decided = plan.resolutions.get(conflict.id)
    choice = None if decided is None or isinstance(decided, Side) else decided.get(column)
    return None if isinstance(choice, Side) else choice
