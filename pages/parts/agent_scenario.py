"""One idea of a run as a card."""

from __future__ import annotations

import streamlit as st

from hati_core import Unit
from hati_core.runs import Scenario
from pages.parts.agent_words import LIMIT, lines, scenario_badge, spoken
from pages.parts.palette import dot
from pages.parts.words import amount, difference, plain


def scenario_card(scenario: Scenario, unit: Unit, colour: str) -> None:
    """What is tried on which branch, how far it has come, and what it is worth."""
    about, worth = st.columns([5, 2], vertical_alignment="top")
    with about:
        rank = f" :violet-badge[rank {scenario.rank}]" if scenario.rank else ""
        marks = f"{rank} {scenario_badge(scenario.status)}{f' {LIMIT}' if scenario.cut_short else ''}"
        st.markdown(f"{dot(colour)} **{plain(scenario.branch)}**{marks}")
        st.markdown(lines(scenario.idea))
        if scenario.assumes:
            st.caption(f":orange[**!**] It assumes other facts than the data has: {plain(', '.join(scenario.assumes))}")
        if scenario.reason:
            st.caption(spoken(scenario.reason))
    with worth:
        _worth(scenario, unit)


def _worth(scenario: Scenario, unit: Unit) -> None:
    if scenario.before is None or scenario.after is None:
        return
    before, after = (amount(value, unit) for value in (scenario.before, scenario.after))
    moved = difference(scenario.before, scenario.after, unit)
    st.markdown(
        f"**{plain(after)}**  \n:small[:gray[{plain(f'from {before}')}]]  \n:small[{plain(f'Δ {moved}')}]",
        text_alignment="right",
    )
