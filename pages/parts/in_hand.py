"""Which row is in hand, and the way from one to the next."""

from __future__ import annotations

import streamlit as st

from hati_core import Conflict, MergePlan
from hati_core.merge.agenda import Agenda
from hati_core.merge.conflicts import ConflictList
from pages.parts.conflict_filters import Looking, Standing
from pages.parts.focus import focus_next
from pages.parts.merging import plan_key
from pages.parts.session import asked_for, write_address

_IN_HAND = "conflict in hand"
_ADDRESS = "conflict"
_FILTERED = "conflict list is filtered by"


def row_in_hand(found: Agenda, looking: Looking) -> Conflict:
    """The row that the address names on entering the page, or that was in hand before, or the first that is left.

    Another filter takes its own first row in hand where it leaves out the one that was.
    """
    wanted = asked_for(_ADDRESS) or st.session_state.get(_IN_HAND)
    conflict = found.everything.get(wanted) if wanted else None
    filtered = (looking.view, looking.wanted)
    is_new = st.session_state.get(_FILTERED, filtered) != filtered
    st.session_state[_FILTERED] = filtered
    if conflict is None or (is_new and looking.rows and not looking.shows(conflict)):
        conflict = ((looking.left if looking.view == "All" else looking.rows) or found.left or found.everything)[0]
    take_in_hand(conflict.id)
    write_address(_ADDRESS, conflict.id)
    return conflict


def take_in_hand(row_id: str) -> None:
    """Show the card of this row."""
    st.session_state[_IN_HAND] = row_id


def steps_bar(plan: MergePlan, looking: Looking, standing: Standing, conflict: Conflict) -> None:
    """Previous and next in the list, and the next one that is left."""
    wants_next = conflict.id in looking.done and standing.next_left is not None
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        _step("Previous", looking.rows, standing.before, plan)
        _step("Next", looking.rows, standing.after, plan)
        _step("Next open", looking.left, standing.next_left, plan, stands_out=wants_next)
        place = standing.place
        where = "not in this list" if place is None else f"Row {place + 1:,} of {len(looking.rows):,}"
        st.caption(where, width="content")


def _step(label: str, rows: ConflictList, place: int | None, plan: MergePlan, *, stands_out: bool = False) -> None:
    key = f"conflict-{label.lower().replace(' ', '-')}-{plan_key(plan)}"
    st.button(
        label,
        key=key,
        type="primary" if stands_out else "secondary",
        disabled=place is None,
        on_click=_take_at,
        args=(rows, place, key),
    )


def _take_at(rows: ConflictList, place: int, key: str) -> None:
    focus_next(key)
    take_in_hand(rows[place].id)
