"""Settling conflicts: a list on the left, one card for the row in hand on the right."""

from __future__ import annotations

import streamlit as st

from hati_core import ConflictFilter, MergePlan, Side
from hati_core.merge.agenda import Agenda, agenda
from pages.parts.conflict_card import card
from pages.parts.conflict_filters import Looking, looking
from pages.parts.conflict_list import conflict_list
from pages.parts.deciding import act
from pages.parts.in_hand import in_hand, steps_bar
from pages.parts.merging import plan_key
from pages.parts.settling import clear, made, redo, settle_rest, steps, undo
from pages.parts.shell import Page
from pages.parts.words import count, plain

_UNDO = "Take back the last choice that anybody made for this merge."
_REDO = "Make the choice again that was taken back last."
_CLEAR = "Open everything again, as one step that can be undone."


def resolver(page: Page, plan: MergePlan) -> None:
    """The list of what has to be settled and the card of one row; nothing where there is nothing to settle."""
    found = agenda(plan)
    _elsewhere(plan, found)
    if not found.everything:
        return
    _heading(page, plan, found)
    with st.grid(2, min_column_width=340):
        with st.container(border=True, key="conflict-list"):
            view = looking(plan, found)
            conflict = in_hand(found, view)
            standing = view.standing(conflict)
            conflict_list(plan, found, view, standing, conflict)
            _bulk(page, plan, view)
        with st.container(border=True, key="conflict-card"):
            steps_bar(plan, view, standing, conflict)
            card(page, plan, conflict, found.broken.get(conflict.id, ()), made(page, plan).get(conflict.id))


def _heading(page: Page, plan: MergePlan, found: Agenda) -> None:
    """How far it is, and what is done to all choices."""
    done, total = len(found.settled), len(found.everything)
    can_undo, can_redo = steps(page, plan)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**Conflicts** · {done:,} of {total:,} settled", width="content")
        with st.container(horizontal=True, gap="xsmall", width="content"):
            for label, name, icon, is_off, told, does in (
                ("Undo choice", "choice-undo", "undo", not can_undo, _UNDO, undo),
                ("Redo choice", "choice-redo", "redo", not can_redo, _REDO, redo),
                ("Clear all choices", "clear-choices", "backspace", not plan.resolutions, _CLEAR, clear),
            ):
                st.button(
                    label,
                    key=f"{name}-{plan_key(plan)}",
                    icon=f":material/{icon}:",
                    disabled=is_off,
                    help=told,
                    on_click=act,
                    args=(does, page, plan),
                )


def _elsewhere(plan: MergePlan, found: Agenda) -> None:
    """Rules that no choice can keep: what to do instead."""
    for violation in found.elsewhere:
        with st.container(border=True):
            st.markdown(f":orange[**≠**] {plain(violation.message)}")
            st.caption("No choice on this page can mend it: change the rows or the check where they are.")
            with st.container(horizontal=True):
                for name in (plan.source, plan.target):
                    st.page_link(
                        "pages/data.py",
                        label=f"Open {plain(violation.table)} on {plain(name)}",
                        icon=":material/table_rows:",
                        query_params={"branch": name, "table": violation.table},
                    )


def _bulk(page: Page, plan: MergePlan, view: Looking) -> None:
    """What is left, or what is left of what the filter shows, from one branch."""
    left = len(plan.open_conflicts.where(view.wanted)) if view.wanted else len(plan.open_conflicts)
    these = "this one" if left == 1 else f"these {left:,}" if left else "these"
    with st.container(horizontal=True, gap="xsmall"):
        for side, name in ((Side.OURS, plan.target), (Side.THEIRS, plan.source)):
            st.button(
                f"Take {plain(name)} for {these}" if view.wanted else f"Rest from {plain(name)}",
                key=f"rest-{side.value}-{plan_key(plan)}",
                disabled=not left,
                help=f"{count(left, 'open conflict')}, in one step that can be undone.",
                on_click=act,
                args=(settle_rest, page, plan, side, view.wanted or ConflictFilter()),
            )
