"""The card of one conflict: what stands against what, and a choice."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from hati_core import Conflict, ConflictKind, HatiError, MergePlan, Side
from hati_core.merge.effects import choice_amounts
from pages.parts.session import complain, told
from pages.parts.settling import reopen, settle
from pages.parts.shell import Page
from pages.parts.values import shared_metrics
from pages.parts.words import ago, amount, cell, plain

_OTHER = "other"
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_KINDS = {
    ConflictKind.EDIT_EDIT: "~ both edited",
    ConflictKind.EDIT_DELETE: "~ edited / − deleted",
    ConflictKind.DELETE_EDIT: "− deleted / ~ edited",
    ConflictKind.INSERT_INSERT: "+ both added",
    ConflictKind.SCHEMA: "▦ columns or tables differ",
}
_SCHEMA_SUBJECTS = {
    "column": "The column",
    "table": "The table",
    "name": "Its name",
    "type": "Its type",
    "default": "Its default",
}


def card(page: Page, plan: MergePlan, conflict: Conflict) -> None:
    """One row: who changed it on each side, and a choice for each cell in conflict."""
    st.markdown(f"**{plain(conflict.table)} · {plain(conflict_name(conflict))}**")
    st.caption(" · ".join(part for part in (_KINDS[conflict.kind], _who(page, plan, conflict)) if part))
    if conflict.kind is ConflictKind.SCHEMA:
        _schema_choice(page, plan, conflict)
        return
    if conflict.kind in (ConflictKind.EDIT_EDIT, ConflictKind.INSERT_INSERT):
        for column in conflict.columns:
            _cell_choice(page, plan, conflict, column)
    else:
        _row_choice(page, plan, conflict)
    _quiet_cells(plan, conflict)
    _effect(page, plan, conflict)


def _cell_choice(page: Page, plan: MergePlan, conflict: Conflict, column: str) -> None:
    """The value of either branch, the value before, or another one."""
    sides: list[Any] = [Side.OURS, Side.THEIRS]
    if conflict.base is not None:
        sides.append(Side.BASE)
    labels = {side: f"{_side_name(plan, side)}: {cell(_row(conflict, side)[column])}" for side in sides}
    labels[_OTHER] = "another value"
    key = f"choice-{conflict.id}-{column}"
    chosen = _chosen(plan, conflict, column)
    if key not in st.session_state or st.session_state.get(f"{key}-plan") is not plan.resolutions.get(conflict.id):
        st.session_state[key] = chosen
        st.session_state[f"{key}-plan"] = plan.resolutions.get(conflict.id)
    with st.container(border=True):
        choice = st.radio(
            column,
            [*sides, _OTHER],
            index=None,
            format_func=lambda option: plain(labels[option]),
            key=key,
            horizontal=True,
        )
        if choice == _OTHER and isinstance(chosen, Side):
            reopen(page, plan, conflict.id, column)
            st.rerun()
        elif choice == _OTHER:
            _typed_value(page, plan, conflict, column)
        elif choice is not None and choice is not chosen:
            settle(page, plan, {conflict.id: {column: choice}})
            st.rerun()


def typed_value(text: str) -> str | None:
    """What somebody typed: NULL is no value, and thousands may be set apart as this app shows them."""
    tidy = text.strip()
    if tidy.upper() == "NULL":
        return None
    return tidy.replace(",", "") if _GROUPED.fullmatch(tidy) else tidy


def _typed_value(page: Page, plan: MergePlan, conflict: Conflict, column: str) -> None:
    before = _raw(plan, conflict, column)
    shown = "" if before is None or isinstance(before, Side) else str(before)
    with st.form(f"typed-{conflict.id}-{column}", border=False, enter_to_submit=True):
        field, button = st.columns([3, 1], vertical_alignment="bottom")
        typed = field.text_input(f"Value of {plain(column)}", value=shown, key=f"value-{conflict.id}-{column}")
        if button.form_submit_button("Use it", width="stretch"):
            if not typed.strip():
                st.error(f"Type a value for {plain(column)}, or NULL to leave it empty.", icon=":material/error:")
                return
            try:
                settle(page, plan, {conflict.id: {column: typed_value(typed)}})
            except HatiError as error:
                complain(error)
                return
            st.rerun()


def _row_choice(page: Page, plan: MergePlan, conflict: Conflict) -> None:
    """One side deleted the row and the other changed it: the row as a whole."""
    labels = {
        side: f"{_side_name(plan, side)}: {_row_words(conflict, side)}" for side in (Side.OURS, Side.THEIRS, Side.BASE)
    }
    chosen = plan.resolutions.get(conflict.id)
    with st.container(border=True):
        choice = st.radio(
            "The row",
            list(labels),
            index=list(labels).index(chosen) if isinstance(chosen, Side) else None,
            format_func=lambda side: plain(labels[side]),
            key=f"choice-{conflict.id}-{chosen}",
        )
    if choice is not None and choice is not chosen:
        settle(page, plan, {conflict.id: choice})
        st.rerun()


def _schema_choice(page: Page, plan: MergePlan, conflict: Conflict) -> None:
    """What one of the branches made of a column or a table."""
    (what,) = conflict.columns
    sides = [Side.OURS, Side.THEIRS]
    if conflict.base is not None and what not in ("column", "table"):
        sides.append(Side.BASE)
    labels = {side: f"{_side_name(plan, side)}: {_schema_words(_row(conflict, side), what)}" for side in sides}
    chosen = plan.resolutions.get(conflict.id)
    with st.container(border=True):
        choice = st.radio(
            _SCHEMA_SUBJECTS[what],
            sides,
            index=sides.index(chosen) if isinstance(chosen, Side) else None,
            format_func=lambda side: plain(labels[side]),
            key=f"choice-{conflict.id}-{chosen}",
        )
    if choice is not None and choice is not chosen:
        settle(page, plan, {conflict.id: choice})
        st.rerun()


def _schema_words(row: dict[str, Any], what: str) -> str:
    if not row:
        return f"− drop the {what}"
    value = "none" if row[what] is None else str(row[what])
    return f"keep it: {value}" if what in ("column", "table") else value


def _row_words(conflict: Conflict, side: Side) -> str:
    row = _row(conflict, side)
    if not row:
        return "− delete the row"
    cells = ", ".join(f"{column} {cell(row[column])}" for column in conflict.columns)
    return f"keep it with {cells}" if side is not Side.BASE else cells


def _quiet_cells(plan: MergePlan, conflict: Conflict) -> None:
    """Cells of the row that merged by themselves."""
    if conflict.kind is not ConflictKind.EDIT_EDIT or not conflict.merged:
        return
    base, ours, merged = conflict.base or {}, conflict.ours or {}, conflict.merged
    told_cells = []
    for column, value in merged.items():
        if column in conflict.columns or value == base.get(column):
            continue
        name = plan.target if ours.get(column) == value else plan.source
        told_cells.append(f"{column} {cell(base.get(column))} → {cell(value)} ({name})")
    if told_cells:
        st.caption(f"Merged by itself: {plain(', '.join(told_cells))}")


def _effect(page: Page, plan: MergePlan, conflict: Conflict) -> None:
    """What either choice does to the first metric."""
    metrics = shared_metrics(page, plan.target)
    breakdown = metrics[0].breakdown if metrics else None
    if breakdown is None or breakdown.table != conflict.table:
        return
    with told():
        amounts = choice_amounts(plan, conflict, breakdown.amount)
        mine = amounts[Side.OURS]
        words = [
            f"{_side_name(plan, side)} {amount(amounts[side], metrics[0].unit)}"
            + (f" ({amount(amounts[side] - mine, metrics[0].unit, signed=True)})" if side is not Side.OURS else "")
            for side in (Side.OURS, Side.THEIRS)
        ]
        st.caption(f"{plain(metrics[0].name)} of this row: {plain(' · '.join(words))}")


def _who(page: Page, plan: MergePlan, conflict: Conflict) -> str:
    """Who changed the row on each side, and when."""
    told_sides = []
    for name, version in ((plan.target, conflict.ours_version), (plan.source, conflict.theirs_version)):
        commit = page.repository.branch(name).commit(version) if version is not None else None
        if commit:
            told_sides.append(f"{plain(name)}: {plain(commit.author)}, {ago(commit.at)}")
    return " · ".join(told_sides)


def _chosen(plan: MergePlan, conflict: Conflict, column: str) -> Side | str | None:
    raw = _raw(plan, conflict, column)
    if isinstance(raw, Side):
        return raw
    decided = plan.resolutions.get(conflict.id)
    return _OTHER if isinstance(decided, dict) and column in decided else None


def _raw(plan: MergePlan, conflict: Conflict, column: str) -> Any:
    decided = plan.resolutions.get(conflict.id)
    if decided is None or isinstance(decided, Side):
        return decided
    return decided.get(column)


def _row(conflict: Conflict, side: Side) -> dict[str, Any]:
    return {Side.BASE: conflict.base, Side.OURS: conflict.ours, Side.THEIRS: conflict.theirs}[side] or {}


def _side_name(plan: MergePlan, side: Side) -> str:
    return {Side.OURS: plan.target, Side.THEIRS: plan.source, Side.BASE: "as it was"}[side]


def conflict_name(conflict: Conflict) -> str:
    """The row that a conflict is about, by its key; or the column, or the whole table."""
    return " · ".join(cell(part) for part in conflict.key) or "the whole table"
