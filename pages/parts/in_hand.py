"""Which row is in hand, and the way from one to the next."""

from __future__ import annotations

import streamlit as st

from hati_core import Conflict, MergePlan
from hati_core.merge.agenda import Agenda
from hati_core.merge.conflicts import ConflictList
from pages.parts.conflict_filters import Looking
from pages.parts.merging import plan_key
from pages.parts.session import asked_for

_IN_HAND = "conflict in hand"
_ADDRESS = "conflict"


def in_hand(found: Agenda) -> Conflict:
    """The row that the address names on entering the page, that was in hand before, or the first that is left."""
    wanted = asked_for(_ADDRESS) or st.session_state.get(_IN_HAND)
    conflict = (found.everything.get(wanted) if wanted else None) or (found.left or found.everything)[0]
    take_in_hand(conflict.id)
    if st.query_params.get(_ADDRESS) != conflict.id:
        st.query_params[_ADDRESS] = conflict.id
    return conflict


def take_in_hand(row_id: str) -> None:
    """Show the card of this row."""
    st.session_state[_IN_HAND] = row_id


def steps_bar(plan: MergePlan, looking: Looking, conflict: Conflict) -> None:
    """Previous and next in the list, and the next one that is left."""
    place, others = looking.place(conflict), looking.next_left(conflict)
    is_settled = conflict.id in looking.done
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        _step("Previous", looking.rows, looking.before(conflict), plan)
        _step("Next", looking.rows, looking.after(conflict), plan)
        _step("Next open", looking.left, others, plan, stands_out=is_settled and others is not None)
        where = "not in the list shown" if place is None else f"{place + 1:,} of {len(looking.rows):,}"
        st.caption(where, width="content")


def _step(label: str, rows: ConflictList, place: int | None, plan: MergePlan, *, stands_out: bool = False) -> None:
    st.button(
        label,
        key=f"conflict-{label.lower().replace(' ', '-')}-{plan_key(plan)}",
        type="primary" if stands_out else "secondary",
        disabled=place is None,
        on_click=_take_at,
        args=(rows, place),
    )


def _take_at(rows: ConflictList, place: int) -> None:
    take_in_hand(rows[place].id)
