"""What can be done with the scenarios that a run did not propose."""

from __future__ import annotations

import streamlit as st

from hati_core import HatiError
from hati_core.agent.desk import AgentDesk, Progress
from hati_core.runs import ProposalStatus, Scenario
from pages.parts.session import announce, complain
from pages.parts.shell import Page
from pages.parts.words import count, plain


def propose_instead(page: Page, desk: AgentDesk, scenario: Scenario, label: str) -> None:
    """A way to decide on a scenario that was written to, whatever ended it, and is still there."""
    if not any(info.id == scenario.branch_id and info.head > (info.base or 0) for info in page.infos):
        return
    if st.button(label, icon=":material/swap_horiz:", key=f"propose-{scenario.number}"):
        try:
            desk.propose(scenario.run, scenario.number)
        except HatiError as error:
            complain(error)
            return
        announce(f"{plain(scenario.branch)} is proposed. Decide at the top.")
        st.rerun()


def discard_others(page: Page, desk: AgentDesk, progress: Progress) -> None:
    """A way to clear away the branches that were not proposed, named before; nothing where there are none."""
    kept = {one.source_id for one in progress.proposals if one.status is not ProposalStatus.REJECTED}
    live = {info.id for info in page.infos} - kept
    others = [one.branch for one in progress.scenarios if one.branch_id in live]
    if not others:
        return
    label = "Discard the others" if kept else "Discard the branches"
    with st.popover(label, icon=":material/delete:", key="discard-others-panel"):
        st.markdown(f"{count(len(others), 'branch', 'branches')}: {', '.join(map(plain, others))}")
        st.caption("They can be brought back on the page Branches for seven days.")
        if st.button("Discard these", key="discard-others"):
            try:
                gone = desk.discard_losers(progress.run.id)
            except HatiError as error:
                complain(error)
                return
            announce(f"{count(len(gone), 'branch', 'branches')} discarded: {', '.join(map(plain, gone))}.")
            st.rerun()
