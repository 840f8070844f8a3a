"""Settling conflicts: a list on the left, one card for the row in hand on the right."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hati_core import Conflict, ConflictKind, MergePlan, Side
from hati_core.merge.resolve import is_decided
from pages.parts.conflict_card import card, conflict_name
from pages.parts.merging import plan_key
from pages.parts.settling import clear, settle_rest
from pages.parts.shell import Page
from pages.parts.words import plain

_PAGE = 100
_IN_HAND = "conflict in hand"
_SIGNS = {
    ConflictKind.EDIT_EDIT: "~",
    ConflictKind.EDIT_DELETE: "~ / −",
    ConflictKind.DELETE_EDIT: "− / ~",
    ConflictKind.INSERT_INSERT: "+",
    ConflictKind.SCHEMA: "▦",
}


def resolver(page: Page, plan: MergePlan) -> None:
    """The list of conflicts and the card of one."""
    with st.grid(2, min_column_width=340):
        with st.container(border=True):
            conflict = _list(plan)
            _bulk(page, plan)
        if conflict:
            with st.container(border=True, key="conflict-card"):
                card(page, plan, conflict)


def _list(plan: MergePlan) -> Conflict | None:
    """Conflicts, open ones or all, a page at a time; the one that is selected."""
    st.markdown("**Conflicts**")
    shown = st.segmented_control(
        "Show", ["Open", "All"], default="All", required=True, key="conflict-filter", label_visibility="collapsed"
    )
    conflicts = plan.open_conflicts if shown == "Open" else plan.conflicts
    if not conflicts:
        st.caption("Nothing is left. Look at what the merge will do, below.")
        return None
    pages = -(-len(conflicts) // _PAGE)
    number = st.pagination(pages, key=f"conflict-page-{shown}") if pages > 1 else 1
    here = conflicts[(number - 1) * _PAGE : number * _PAGE]
    open_ids = {conflict.id for conflict in here if not is_decided(conflict, plan.resolutions.get(conflict.id))}
    frame = pd.DataFrame(
        {
            "": ["!" if c.id in open_ids else "✓" for c in here],
            "row": [conflict_name(c) for c in here],
            "what": [f"{_SIGNS[c.kind]} {', '.join(c.columns)}" for c in here],
            "table": [c.table for c in here],
        }
    )
    in_hand = next((i for i, c in enumerate(here) if c.id == st.session_state.get(_IN_HAND)), 0)
    picked = st.dataframe(
        frame,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [in_hand]}},
        key=f"conflicts-{shown}-{number}-{plan_key(plan)}",
        height=360 if len(frame) > 9 else "content",
        column_config={
            "": st.column_config.TextColumn(width=32),
            "row": st.column_config.TextColumn(width="small"),
            "table": st.column_config.TextColumn(width="small"),
        },
    )
    rows = picked.selection.rows
    conflict = here[rows[0] if rows and rows[0] < len(here) else 0]
    st.session_state[_IN_HAND] = conflict.id
    return conflict


def _bulk(page: Page, plan: MergePlan) -> None:
    """Everything that is left, from one branch; and starting over."""
    left = len(plan.open_conflicts)
    with st.container(horizontal=True, gap="xsmall"):
        for side, name in ((Side.OURS, plan.target), (Side.THEIRS, plan.source)):
            if st.button(f"Rest from {plain(name)}", key=f"rest-{side.value}-{plan_key(plan)}", disabled=not left):
                settle_rest(page, plan, side)
                st.rerun()
        if plan.resolutions and st.button("Clear all choices", type="tertiary", key=f"clear-choices-{plan_key(plan)}"):
            clear(page, plan)
            st.rerun()
