"""Asking the agent about the branch in view."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hati_core import HatiError
from hati_core.agent.desk import AgentDesk, ModelState
from hati_core.runs import Run, Step
from pages.parts.agent_proposal import proposal_panel
from pages.parts.agent_steps import settings_link, steps_panel, stop_button
from pages.parts.agent_words import lines, model_note, run_badge, spoken, taken, worker
from pages.parts.session import author, choose, complain, named
from pages.parts.shell import Page
from pages.parts.words import plain

_EVERY_SECONDS = 0.5


def chat(page: Page, desk: AgentDesk) -> None:
    """The conversation in view, and a field to go on with it; without a model, what to set."""
    conversation = named("conversation")
    runs = desk.conversation(conversation) if conversation else []
    if runs:
        st.button("New conversation", icon=":material/add:", key="new-chat", on_click=choose, args=("conversation", ""))
    elif conversation:
        st.info("There is no such conversation. A new one begins with your next question.", icon=":material/info:")
    for run in runs:
        _exchange(page, desk, run)
    state = desk.model
    if not state.is_there:
        _without_model(state)
        return
    if not runs:
        st.caption(f"{model_note(state)}. Ask about {plain(page.branch.name)}, or any branch.")
    name = page.branch.name
    writes = not page.info.is_main and st.checkbox(
        f"It may write {plain(name)}", key=f"hand-over-{page.branch.id}", help="Else it works on branches of its own."
    )
    is_busy = any(not run.status.is_over for run in runs)
    text = st.chat_input(f"Ask about {name}", key="chat-text", max_chars=4_000, disabled=is_busy)
    if text:
        try:
            begun = desk.ask(
                text, name, author=author(), conversation=runs[0].conversation if runs else None, hand_over=writes
            )
        except HatiError as error:
            complain(error)
            return
        choose("conversation", begun.conversation or "")
        st.rerun()


def _without_model(state: ModelState) -> None:
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown("### :material/chat_error:", text_alignment="center", anchors=False)
        st.markdown("**Chat needs a model, and none is set up**", text_alignment="center")
        st.caption(
            f"{plain(state.note)} Set `OPENAI_API_KEY`, or `OPENAI_BASE_URL` for a server of your own, in the "
            "environment of the app, and start it anew.",
            text_alignment="center",
        )
        with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
            st.button(
                "To the autopilot", type="primary", key="to-autopilot", on_click=choose, args=("agent", "autopilot")
            )
            st.page_link(
                "pages/settings.py",
                label="See how the model is set up",
                icon=":material/settings:",
                query_params={"section": "model"},
            )


def _exchange(page: Page, desk: AgentDesk, run: Run) -> None:
    with st.chat_message("user"):
        st.markdown(lines(run.goal))
        st.caption(plain(f"{run.author} on {run.branch}"))
    if run.status.is_over:
        progress = desk.follow(run.id)
        _answer(run, progress.steps)
        for proposal in progress.proposals:
            proposal_panel(page, desk, proposal)
    else:
        _answering(desk, run.id)


@st.fragment(run_every=_EVERY_SECONDS)
def _answering(desk: AgentDesk, run_id: str) -> None:
    """An answer as it comes; once it is there the page is drawn, which polls no more."""
    progress = desk.follow(run_id)
    if progress.run.status.is_over:
        st.rerun()
    with st.chat_message("assistant"):
        said = "\n".join(filter(None, progress.saying.values()))
        st.markdown(spoken(said) or ":gray[:material/hourglass_top: At work …]")
        steps_panel(progress.steps, f"chat-steps-{run_id}", "Steps")
        stop_button(desk, run_id)


def _answer(run: Run, steps: Sequence[Step]) -> None:
    with st.chat_message("assistant"):
        st.markdown(spoken(run.outcome) or run_badge(run.status))
        steps_panel(steps, f"chat-steps-{run.id}", "Steps")
        mark = "" if not run.problem else f"{run_badge(run.status)} "
        st.caption(f"{mark}{plain(' · '.join(filter(None, (worker(run), taken(run)))))}")
        settings_link(run)
