"""What a run proposed and nobody has to approve any more: decided, merged by hand, or without its branch."""

from __future__ import annotations

import streamlit as st

from hati_core import HatiError
from hati_core.agent.desk import AgentDesk
from hati_core.agent.standing import Standing
from hati_core.runs import Proposal, ProposalStatus
from pages.parts.session import announce, author, complain
from pages.parts.shell import Page
from pages.parts.words import plain, when


def decided(proposal: Proposal) -> None:
    """Who decided what, and the way to look at a merge or undo it."""
    source, target = plain(proposal.source), plain(proposal.target)
    who = f" by {plain(proposal.decided_by)}" if proposal.decided_by else ""
    at = f", {when(proposal.decided_at)}" if proposal.decided_at else ""
    if proposal.status is ProposalStatus.REJECTED:
        words = f": {plain(proposal.words)}" if proposal.words else ""
        st.markdown(f":gray[:material/block:] **Rejected**{who}{at}{words}")
        return
    how = "Approved" if proposal.status is ProposalStatus.APPROVED else "Merged elsewhere"
    st.markdown(
        f":green[:material/check_circle:] **{how}**{who}{at}: {source} was merged into {target}, "
        f"version {proposal.commit:,}. There is nothing left to decide."
    )
    merge_link(proposal, f"Look at the merge into {target}, or undo it", ":material/undo:")


def overtaken(proposal: Proposal, stands: Standing) -> None:
    """Why a proposal cannot be approved as it is, and what can be done instead."""
    source, target = plain(proposal.source), plain(proposal.target)
    if stands is Standing.CHANGED:
        st.warning(
            f"{source} was changed since this was proposed, so it is not what was proposed any more. Merge it as it is "
            "now on the page Merge, or reject this.",
            icon=":material/update:",
        )
        merge_link(proposal, f"Merge {source} as it is now", ":material/merge:")
    elif stands is Standing.DISCARDED:
        st.warning(f"{source} was discarded. Bring it back to decide on it, or reject this.", icon=":material/delete:")
    else:
        st.warning(
            f"{source} or {target} is not there any more, so nothing can be merged.", icon=":material/delete_forever:"
        )


def merge_link(proposal: Proposal, label: str, icon: str) -> None:
    """The way to the merge on the page Merge."""
    st.page_link(
        "pages/merge.py",
        label=label,
        icon=icon,
        query_params={"source": proposal.source, "into": proposal.target},
    )


def reject_button(desk: AgentDesk, proposal: Proposal) -> None:
    """A way to turn a proposal down, with a reason."""
    with st.popover("Reject", icon=":material/block:", key=f"reject-panel-{proposal.id}"):
        reason = st.text_input("Why not (optional)", key=f"reject-why-{proposal.id}", max_chars=300)
        if st.button("Reject it", key=f"reject-{proposal.id}"):
            try:
                desk.reject(proposal.id, reason, author=author())
            except HatiError as error:
                complain(error)
                return
            announce(f"The proposal to merge {plain(proposal.source)} was rejected. Its branch stays.")
            st.rerun()


def bring_back_button(page: Page, proposal: Proposal) -> None:
    """A way to have the branch again that was proposed."""
    label = f"Bring back {plain(proposal.source)}"
    if not st.button(label, type="primary", icon=":material/undo:", key=f"bring-back-{proposal.id}"):
        return
    try:
        page.repository.undiscard(proposal.source, branch_id=proposal.source_id)
    except HatiError as error:
        complain(error)
        return
    announce(f"{plain(proposal.source)} is back.")
    st.rerun()
