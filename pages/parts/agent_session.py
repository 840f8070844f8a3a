"""The session of a program that works with the agent's tools through MCP: what it did, and what it proposes."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from hati_core.agent.desk import AgentDesk
from hati_core.errors import NoSuchRun
from hati_core.runs import Run, RunKind
from pages.parts.agent_proposal import proposal_panel
from pages.parts.agent_run import followed
from pages.parts.agent_steps import steps_panel
from pages.parts.agent_words import lines, run_badge, taken
from pages.parts.session import choose
from pages.parts.shell import Page
from pages.parts.words import plain, when

_EVERY_SECONDS = 2.0


def is_session(desk: AgentDesk, run_id: str) -> bool:
    """Whether a run is the session of a client; an id that is none is not."""
    with suppress(NoSuchRun):
        return desk.run(run_id).kind is RunKind.CLIENT
    return False


def session_in_view(page: Page, desk: AgentDesk, run_id: str) -> None:
    """A session, open or over. A person decides on what it proposes while it goes on."""
    st.button("See the runs", icon=":material/list:", key="see-runs", on_click=choose, args=("agent", "runs"))
    progress, _ = followed(desk, run_id)
    _head(progress.run)
    for proposal in progress.proposals:
        proposal_panel(page, desk, proposal)
    if progress.run.status.is_over:
        _steps(desk, run_id)
    else:
        _following(desk, run_id, len(progress.proposals))


@st.fragment(run_every=_EVERY_SECONDS)
def _following(desk: AgentDesk, run_id: str, proposed: int) -> None:
    """The steps of an open session; the page is drawn anew for each proposal and for the end."""
    progress, _ = followed(desk, run_id)
    if progress.run.status.is_over or len(progress.proposals) != proposed:
        st.rerun()
    _steps(desk, run_id)


def _steps(desk: AgentDesk, run_id: str) -> None:
    _, steps = followed(desk, run_id)
    steps_panel(steps, "session-steps", "Steps")


def _head(run: Run) -> None:
    with st.container(border=True, key="run-in-view", gap="small"):
        st.markdown(f"**{plain(run.goal)}** {run_badge(run.status)}")
        facts = ("through MCP", f"for {run.author}", when(run.started_at), taken(run))
        st.caption(plain(" · ".join(fact for fact in facts if fact)))
        if run.status.is_over:
            st.markdown(lines(run.outcome))
        else:
            st.caption("It works in a program of its own, and is over when that ends it.")
