"""What a run proposes: why, what it would do to the target, and a person's decision."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from hati_core.agent.deciding import Review
from hati_core.agent.desk import AgentDesk
from hati_core.agent.standing import Standing
from hati_core.errors import BranchMoved
from hati_core.runs import Proposal, ProposalStatus
from pages.parts.agent_overtaken import bring_back_button, decided, merge_link, overtaken, reject_button
from pages.parts.agent_words import spoken
from pages.parts.kept import kept
from pages.parts.outlook import outlook
from pages.parts.palette import dot
from pages.parts.preview import metrics_preview, rows_preview
from pages.parts.remedies import remedied
from pages.parts.session import announce, author
from pages.parts.shell import Page
from pages.parts.words import count, plain


@dataclass(frozen=True)
class _Held:
    """A review that was worked out."""

    review: Review

    @property
    def is_lost(self) -> bool:
        return self.review.plan.is_lost


def proposal_panel(page: Page, desk: AgentDesk, proposal: Proposal, mark: str = "") -> None:
    """A merge that a run asks for, to be decided on, or as it was decided; ``mark`` is Markdown beside its title."""
    source, target = proposal.source, proposal.target
    with st.container(border=True, key=f"proposal-{proposal.id}"):
        colour = page.colours.get(source, page.theme.quiet)
        st.markdown(f"#### Proposed: merge {dot(colour)} {plain(source)} into {plain(target)} {mark}", anchors=False)
        st.markdown(f"**Why:** {spoken(proposal.reason)}")
        if proposal.status is not ProposalStatus.OPEN:
            decided(proposal)
            return
        stands = desk.standing(proposal)
        if stands is not Standing.READY:
            overtaken(proposal, stands)
            with st.container(horizontal=True):
                if stands is Standing.DISCARDED:
                    bring_back_button(page, proposal)
                reject_button(desk, proposal)
            return
        review = None
        with remedied(page, target, source):
            review = _reviewed(page, desk, proposal)
        with st.container(horizontal=True):
            if review:
                with remedied(page, target, source):
                    _approve(desk, review)
            reject_button(desk, proposal)


def _reviewed(page: Page, desk: AgentDesk, proposal: Proposal) -> Review:
    """The same preview as on the page Merge."""
    heads = tuple((one.name, one.id, one.head) for one in page.infos if one.name in (proposal.source, proposal.target))
    place = f"review of {proposal.id}"
    with st.spinner("Working out the merge…"):
        review = kept(place, (proposal.id, heads), lambda: _Held(desk.review(proposal.id))).review
    plan = review.plan
    if review.has_moved:
        st.info(
            f"{plain(proposal.target)} has changed since this was proposed; what follows is worked out on it as it is.",
            icon=":material/update:",
        )
    if not plan.tables:
        st.info(
            f"{plain(proposal.target)} has all of it already: approving changes no row.", icon=":material/done_all:"
        )
    found = outlook(page, plan, kept=place)
    if found.metrics:
        st.caption(f"{plain(proposal.target)} after the merge")
    metrics_preview(page, found, f"proposal-{proposal.id}")
    rows_preview(found.plan, f"proposal-{proposal.id}")
    for violation in found.plan.violations:
        st.error(plain(violation.message), icon=":material/error:")
    if plan.open_conflicts:
        st.warning(
            f"{count(len(plan.open_conflicts), 'conflict')} with what changed on {plain(proposal.target)} meanwhile. "
            "Settle and merge there; this proposal is then through.",
            icon=":material/warning:",
        )
        merge_link(proposal, "Settle the conflicts on the page Merge", ":material/merge:")
    return review


def _approve(desk: AgentDesk, review: Review) -> None:
    """The button that merges what was shown."""
    proposal, plan = review.proposal, review.plan
    if not st.button(
        "Approve and merge",
        type="primary",
        icon=":material/merge:",
        disabled=bool(plan.open_conflicts or plan.violations),
        # A press on what was shown before must not approve a plan that was made anew.
        key=f"approve-{proposal.id}-{plan.source_version}-{plan.target_version}",
    ):
        return
    try:
        desk.approve(proposal.id, plan, author=author())
    except BranchMoved:
        announce("A branch has changed in this moment, and nothing was merged. Look at the proposal again.")
        st.rerun()
    announce(f"{plain(proposal.source)} was merged into {plain(proposal.target)}.")
    st.rerun()
