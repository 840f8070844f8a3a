"""What becomes of rows that were changed again after the commit that is undone: all one way, or row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from hati_core import MergePlan, Side
from hati_core.model import Resolution
from pages.parts.conflict_choice import cell_choice, row_choice
from pages.parts.conflict_words import conflict_name
from pages.parts.deciding import complaint
from pages.parts.kept import kept
from pages.parts.makers import last_maker
from pages.parts.shell import Page
from pages.parts.strategies import at_stake
from pages.parts.words import plain

_PAGE = 6
_CHOSEN = "choices of an undo"


@dataclass(frozen=True)
class _InHand:
    """The plan of an undo, bare and with what was chosen in it row by row."""

    place: str
    bare: MergePlan
    chosen: MergePlan


def settled(page: Page, plan: MergePlan, version: int) -> MergePlan:
    """The plan of undoing a version with what is chosen on the screen for rows that changed again since."""
    were = "was" if len(plan.conflicts) == 1 else "were"
    place = f"{plan.ours.branch_id}-{version}-{plan.target_version}"
    with st.container(border=True, key="undo-conflicts"):
        st.markdown(f":orange[**!**] {at_stake(plan)} {were} changed again after version {version:,}.")
        way = st.radio(
            "What becomes of them",
            ["later", "before", "each"],
            format_func=_WAYS.__getitem__,
            captions=[
                "They stay as they are now; everything else of the commit is undone.",
                f"They go back to what they were before version {version:,}; what was done to them since is lost.",
                "Decide for each of them, or type another value.",
            ],
            key=f"undo-way-{place}",
        )
        if way == "each":
            return _row_by_row(page, _in_hand(plan, place))
        side = Side.OURS if way == "later" else Side.THEIRS
        return kept("undo settled", (place, way, id(plan)), lambda: plan.with_default(side))


_WAYS = {
    "later": "Keep what came later",
    "before": "Put back what was there before",
    "each": "Row by row",
}


def _in_hand(plan: MergePlan, place: str) -> _InHand:
    """The plan with the choices made so far; they stay where the same undo is worked out again."""
    held: _InHand | None = st.session_state.get(_CHOSEN)
    if held is None or held.place != place:
        held = _InHand(place, plan, plan)
    elif held.bare is not plan:
        made = held.chosen.resolutions
        held = _InHand(place, plan, plan.with_resolutions({key: made[key] for key in plan.fitting(made.keys())}))
    st.session_state[_CHOSEN] = held
    return held


def _row_by_row(page: Page, held: _InHand) -> MergePlan:
    """A page of the rows, each with its two values and a field for another; choices stay while pages are turned."""
    plan, settle = held.chosen, partial(_settle, held)
    pages = -(-len(plan.conflicts) // _PAGE)
    number = st.pagination(pages, key=f"undo-page-{held.place}") if pages > 1 else 1
    for conflict in plan.conflicts[(number - 1) * _PAGE : number * _PAGE]:
        with st.container(border=True, gap="small", key=f"undo-row-{conflict.id}"):
            maker = last_maker(page, plan.target, conflict.ours_version)
            st.markdown(
                f"**{plain(conflict.table)} · {plain(conflict_name(conflict))}**"
                + (f" · :small[:gray[last changed by {maker}]]" if maker else "")
            )
            for column in conflict.columns if conflict.is_by_cell else ():
                cell_choice(settle, plan, conflict, column)
                complaint(conflict.id, column)
            if not conflict.is_by_cell:
                row_choice(settle, plan, conflict)
            complaint(conflict.id)
    return plan


def _settle(drawn: _InHand, plan: MergePlan, changes: Mapping[str, Resolution | None]) -> None:
    """Keep choices for the undo that was on the screen, on top of what a press before this one has chosen."""
    held: _InHand = st.session_state.get(_CHOSEN, drawn)
    latest = held if held.bare is drawn.bare else replace(drawn, chosen=plan)
    st.session_state[_CHOSEN] = replace(latest, chosen=latest.chosen.with_choices(changes))
