"""The card of one row: who changed it on each side, what stands against what, and a choice."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial

import streamlit as st

from hati_core import Conflict, ConflictKind, MergePlan, Side, Violation
from hati_core.merge.cell_versions import CellVersions
from hati_core.merge.choices import Choice
from hati_core.merge.effects import choice_amounts
from hati_core.merge.resolve import is_decided
from pages.parts import settling
from pages.parts.conflict_choice import cell_choice, mending, row_choice
from pages.parts.conflict_words import KINDS, choice_words, conflict_name, row_of, side_name
from pages.parts.deciding import act, complaint, take
from pages.parts.makers import cell_makers
from pages.parts.session import told
from pages.parts.shell import Page
from pages.parts.values import shared_metrics
from pages.parts.words import ago, amount, cell, difference, plain

_MADE = "makers of the row in hand"


def card(
    page: Page,
    plan: MergePlan,
    conflict: Conflict,
    broken: Sequence[Violation],
    chosen_by: Choice | None,
    default: Side | None,
) -> None:
    """One row, with a choice for each cell in conflict, for the row, or for what breaks a rule.

    ``default`` is the side that what is open would take.
    """
    st.markdown(f"**{plain(conflict.table)} · {plain(conflict_name(conflict))}**")
    is_mended = conflict.kind is ConflictKind.VIOLATION and not broken
    kind = "≠ broke a rule and was mended" if is_mended else KINDS[conflict.kind]
    st.caption(" · ".join(part for part in (plain(kind), _who(page, plan, conflict)) if part))
    # One place for all that comes and goes: what stands below it is not moved, and keeps the focus of the keyboard.
    with st.container(key="conflict-state"):
        _state(page, plan, conflict, broken, chosen_by)
        complaint()
    settle = partial(settling.settle, page)
    if conflict.is_by_cell:
        for column in conflict.columns:
            cell_choice(settle, plan, conflict, column)
    elif conflict.kind is not ConflictKind.VIOLATION:
        row_choice(settle, plan, conflict)
    if broken or conflict.kind is ConflictKind.VIOLATION:
        mending(settle, plan, conflict, broken, default)
    if conflict.kind is ConflictKind.SCHEMA:
        return
    _quiet_cells(plan, conflict)
    _effect(page, plan, conflict)
    _whole_row(plan, conflict)


def _state(
    page: Page, plan: MergePlan, conflict: Conflict, broken: Sequence[Violation], chosen_by: Choice | None
) -> None:
    """Whether the row is settled and by whom, or what it breaks."""
    for violation in broken:
        st.warning(plain(violation.message), icon=":material/rule:")
    if chosen_by and chosen_by.at:
        choice = plan.resolutions.get(conflict.id)
        # No control shows what was typed for a row as a whole.
        is_shown = conflict.is_by_cell or isinstance(choice, Side)
        words = "" if is_shown else f": {plain(choice_words(plan, conflict, choice))}"
        signed = f"chosen by {plain(chosen_by.author)}, {ago(chosen_by.at)}{words}"
        whole = conflict.kind is ConflictKind.VIOLATION or is_decided(conflict, choice)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f":green[✓] {signed}" if whole and not broken else f"Some of it {signed}", width="content")
            st.button(
                "Open again",
                key=f"open-again-{conflict.id}",
                type="tertiary",
                icon=":material/undo:",
                help="Forget what was chosen for this row, as a step that can be undone.",
                on_click=act,
                args=(take, "conflict-state", partial(settling.settle, page), plan, conflict.id, None),
            )


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


def _whole_row(plan: MergePlan, conflict: Conflict) -> None:
    """Every cell of the row on each side; a side that has no such row says so."""
    sides = (Side.BASE, Side.OURS, Side.THEIRS)
    columns = next(row for row in (conflict.ours, conflict.theirs, conflict.base) if row is not None)
    absent = "− deleted" if conflict.base else "no such row"
    table = {
        plain(side_name(plan, side)): [
            plain(cell(row[column])) if (row := row_of(conflict, side)) else plain(absent) for column in columns
        ]
        for side in sides
    }
    with st.expander("The whole row", icon=":material/table_rows:", key=f"whole-row-{conflict.id}"):
        st.table({"": [plain(column) for column in columns], **table}, border="horizontal", hide_index=True)


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
            f"{side_name(plan, side)} {amount(amounts[side], metrics[0].unit)}"
            + (f" ({difference(mine, amounts[side], metrics[0].unit)})" if side is not Side.OURS else "")
            for side in (Side.OURS, Side.THEIRS)
        ]
        st.caption(f"{plain(metrics[0].name)} of this row: {plain(' · '.join(words))}")


def _who(page: Page, plan: MergePlan, conflict: Conflict) -> str:
    """Who changed what is in conflict on each side, and when."""
    made = _made(plan, conflict) if conflict.is_by_cell else {}
    told_sides = []
    for name, side in ((plan.target, Side.OURS), (plan.source, Side.THEIRS)):
        cells = made.get(side, {})
        versions = {column: cells.get(column, conflict.version(side)) for column in conflict.columns}
        if makers := cell_makers(page, name, versions):
            told_sides.append(f"{plain(name)}: {makers}")
    return " · ".join(told_sides)


def _made(plan: MergePlan, conflict: Conflict) -> Mapping[Side, CellVersions]:
    """Who made the cells of a row stays the same whatever is chosen for it."""
    asked = (plan.ours, plan.theirs, conflict.id)
    held: tuple[Hashable, Mapping[Side, CellVersions]] | None = st.session_state.get(_MADE)
    if held is None or held[0] != asked:
        held = st.session_state[_MADE] = asked, plan.cell_versions([conflict])[conflict.id]
    return held[1]
