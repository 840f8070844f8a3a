"""What was asked of the agent before."""

from __future__ import annotations

import streamlit as st

from hati_core.agent.desk import AgentDesk
from hati_core.runs import Run, RunKind
from pages.parts.agent_words import cut, run_badge, taken, worker
from pages.parts.session import choose, segments
from pages.parts.shell import Page
from pages.parts.words import plain, when

_MOST = 200
_PAGE_SIZE = 12


def earlier_runs(page: Page, desk: AgentDesk) -> None:
    """The last runs, newest first, each to be opened."""
    runs = desk.runs(_MOST)
    if not runs:
        with st.container(border=True, horizontal_alignment="center"):
            st.markdown("**No run yet**", text_alignment="center")
            st.caption("Give the autopilot a goal; what it tries and finds is kept here.", text_alignment="center")
            st.button("Give it a goal", type="primary", key="first-goal", on_click=choose, args=("agent", "autopilot"))
        return
    waiting = desk.waiting()
    kinds = {"all": f"All ({len(runs):,})", "waiting": f":material/rule: To decide ({len(waiting):,})"}
    kind = segments("Which runs", "runs", kinds, "all", label_visibility="collapsed")
    listed = [run for run in runs if kind == "all" or run.id in waiting]
    pages = -(-len(listed) // _PAGE_SIZE)
    # A page that is not there any more cannot be turned to.
    shown = st.pagination(pages, key=f"runs-{kind}-{pages}") if pages > 1 else 1
    if not listed:
        st.caption(":material/done_all: Nothing waits for your decision.")
    for run in listed[(shown - 1) * _PAGE_SIZE : shown * _PAGE_SIZE]:
        _row(run, is_waiting=run.id in waiting)


def open_run(run: Run) -> None:
    """Bring a run into view where its kind is shown; for ``on_click``."""
    if run.kind is RunKind.CHAT:
        choose("agent", "chat")
        choose("conversation", run.conversation or "")
        return
    choose("agent", "autopilot")
    choose("run", run.id)


def run_address(run: Run) -> dict[str, str]:
    """The address of a run on the page Agent."""
    if run.kind is RunKind.CHAT:
        return {"agent": "chat", "conversation": run.conversation or ""}
    return {"agent": "autopilot", "run": run.id}


def _row(run: Run, *, is_waiting: bool) -> None:
    with st.container(border=True, key=f"run-{run.id}", gap=None):
        about, button = st.columns([6, 1], vertical_alignment="center")
        with about, st.container(gap="xxsmall"):
            icon = {RunKind.CHAT: "chat", RunKind.CLIENT: "cable"}.get(run.kind, "route")
            todo = " :violet-badge[:material/rule: to decide]" if is_waiting else ""
            st.markdown(f":material/{icon}: **{plain(cut(run.goal))}** {run_badge(run.status)}{todo}")
            if run.outcome:
                st.caption(plain(cut(run.outcome, 300)))
            facts = (run.branch, worker(run), run.author, when(run.started_at), taken(run))
            st.markdown(f":small[:gray[{plain(' · '.join(fact for fact in facts if fact))}]]")
        button.button("Open", key=f"open-run-{run.id}", width="stretch", on_click=open_run, args=(run,))
