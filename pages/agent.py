"""Agent: send it off with a goal, follow what it tries, decide on what it proposes, and ask it about a branch."""

import streamlit as st

from hati_core.agent.desk import AgentDesk
from pages.parts.agent_chat import chat
from pages.parts.agent_run import run_in_view
from pages.parts.agent_runs import earlier_runs
from pages.parts.agent_session import is_session, session_in_view
from pages.parts.agent_start import autopilot_form
from pages.parts.session import named, segments, told
from pages.parts.shell import begin_page, empty_state

PARTS = {
    "autopilot": ":material/route: Autopilot",
    "runs": ":material/list: Runs",
    "chat": ":material/chat: Chat",
}

page = begin_page("Agent", "Try ideas on branches of their own; you decide what lands", step="Try")
if page.is_empty:
    empty_state(
        ":material/smart_toy:",
        "There is nothing to try ideas on yet",
        "Start with the tutorial, the sample portfolio, or a file of your own.",
        "app.py",
        "Begin on the overview",
    )
    st.stop()

with told():
    desk = AgentDesk(page.repository)
    part = segments("What to do", "agent", PARTS, "autopilot", label_visibility="collapsed")
    run_id = named("run")
    if part == "autopilot":
        if is_session(desk, run_id):
            session_in_view(page, desk, run_id)
        elif run_id:
            run_in_view(page, desk, run_id)
        else:
            autopilot_form(page, desk)
    elif part == "runs":
        earlier_runs(page, desk)
    else:
        chat(page, desk)
