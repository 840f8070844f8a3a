"""Settling conflicts: a list on the left, one card for the row in hand on the right."""

from __future__ import annotations

import streamlit as st

from hati_core import ConflictFilter, MergePlan, Side
from hati_core.merge.agenda import Agenda, agenda
from hati_core.merge.chosen import Chosen
from pages.parts.choice_words import step_words
from pages.parts.conflict_card import card
from pages.parts.conflict_filters import Looking, looking
from pages.parts.conflict_list import conflict_list
from pages.parts.deciding import act
from pages.parts.in_hand import row_in_hand, steps_bar
from pages.parts.merging import plan_key
from pages.parts.settling import clear, in_hand, redo, settle_rest, undo
from pages.parts.shell import Page
from pages.parts.words import count, plain

_NO_UNDO = "Nobody has chosen anything for this merge yet."
_NO_REDO = "No choice was taken back."
_CLEAR = "Open everything again, as one step that can be undone."


def resolver(page: Page, plan: MergePlan, merged: MergePlan) -> None:
    """The list of what has to be settled and the card of one row; nothing where there is nothing to settle."""
    found = agenda(plan, merged)
    _elsewhere(plan, found)
    if not found.everything:
        return
    chosen = in_hand()
    _heading(page, plan, found, chosen)
    with st.grid(2, min_column_width=340):
        with st.container(border=True, key="conflict-list"):
            view = looking(plan, found)
            conflict = row_in_hand(found, view)
            standing = view.standing(conflict)
            conflict_list(plan, found, view, standing, conflict)
            _bulk(page, plan, view)
        with st.container(border=True, key="conflict-card"):
            steps_bar(plan, view, standing, conflict)
            broken, choice = found.broken.get(conflict.id, ()), chosen.kept.get(conflict.id)
            card(page, plan, conflict, broken, choice, merged.default)


def _heading(page: Page, plan: MergePlan, found: Agenda, chosen: Chosen) -> None:
    """How far it is, and what is done to all choices."""
    undoes = f"Takes back {step_words(plan, chosen.last)}." if chosen.last else _NO_UNDO
    redoes = f"Makes again {step_words(plan, chosen.next)}." if chosen.next else _NO_REDO
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(_how_far(plan, found), width="content")
        with st.container(horizontal=True, gap="xsmall", width="content"):
            for label, name, icon, is_off, told, does in (
                ("Undo choice", "choice-undo", "undo", not chosen.last, undoes, undo),
                ("Redo choice", "choice-redo", "redo", not chosen.next, redoes, redo),
                ("Clear all choices", "clear-choices", "backspace", not plan.resolutions, _CLEAR, clear),
            ):
                key = f"{name}-{plan_key(plan)}"
                st.button(
                    label,
                    key=key,
                    icon=f":material/{icon}:",
                    disabled=is_off,
                    help=told,
                    on_click=act,
                    args=(does, key, page, plan),
                )


def _how_far(plan: MergePlan, found: Agenda) -> str:
    """How many conflicts have a choice; what breaks a rule is no conflict, and named apart."""
    total, broken = len(plan.conflicts), len(found.violations)
    done = total - len(plan.open_conflicts)
    parts = [f"**Conflicts** · {done:,} of {total:,} settled" if total else "**No conflicts**"]
    parts += [f":orange[**≠**] {count(broken, 'rule')} broken"] if broken else []
    parts += [f":green[✓] {count(found.mended, 'row')} mended"] if found.mended else []
    return " · ".join(parts)


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
    left = view.unsettled
    these = "this one" if left == 1 else f"these {left:,}" if left else "these"
    with st.container(horizontal=True, gap="xsmall"):
        for side, name in ((Side.OURS, plan.target), (Side.THEIRS, plan.source)):
            key = f"rest-{side.value}-{plan_key(plan)}"
            st.button(
                f"Take {plain(name)} for {these}" if view.wanted else f"Rest from {plain(name)}",
                key=key,
                disabled=not left,
                help=f"{count(left, 'open conflict')}, in one step that can be undone.",
                on_click=act,
                args=(settle_rest, key, page, plan, side, view.wanted or ConflictFilter()),
            )
