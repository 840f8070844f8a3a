"""Sending the autopilot off: the goal, the metric, the limits."""

from __future__ import annotations

import streamlit as st

from hati_core import HatiError
from hati_core.agent.desk import AgentDesk, ModelState
from hati_core.runs import Direction, RunLimits
from pages.parts.agent_words import model_note
from pages.parts.session import author, choose, complain
from pages.parts.shell import Page
from pages.parts.words import plain

_AS_SAID = "as said"
_WAYS = {_AS_SAID: "As the goal says", Direction.RAISE.value: "↑ Raise it", Direction.LOWER.value: "↓ Lower it"}
_EXAMPLE = "Such as: raise the portfolio value with at most 10 % more cost"


def autopilot_form(page: Page, desk: AgentDesk) -> None:
    """What is wanted and how far it may go; the button begins a run and brings it into view."""
    state, name = desk.model, page.branch.name
    metrics = page.repository.measures.metrics(page.branch)
    if not metrics:
        st.info(
            f"{plain(name)} has no table to measure. Choose another branch, or put a table on it.",
            icon=":material/info:",
        )
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(model_note(state), width="content")
        _waiting(desk)
    with st.form("autopilot-form"):
        goal = st.text_area("Goal", placeholder=_EXAMPLE, max_chars=4_000, height=100)
        with st.grid(2, min_column_width=260):
            metric = st.selectbox("Metric", [one.name for one in metrics])
            direction = st.segmented_control(
                "Which way", list(_WAYS), format_func=_WAYS.__getitem__, default=_AS_SAID, required=True
            )
        limits, by_rule = _limits(state)
        st.caption(
            f"Each idea gets a branch of its own, forked from {plain(name)}. {plain(name)} itself is not touched: "
            "the best idea is proposed, and you decide."
        )
        pressed = st.form_submit_button("Autopilot", type="primary", icon=":material/play_arrow:")
    if pressed:
        try:
            way = None if direction == _AS_SAID else Direction(direction)
            run = desk.explore(goal, metric, way, branch=name, author=author(), limits=limits, by_rule=by_rule)
        except HatiError as error:
            complain(error)
            return
        choose("run", run.id)
        st.rerun()


def _waiting(desk: AgentDesk) -> None:
    """A way to what waits for a decision; nothing where nothing does."""
    if runs := desk.waiting():
        waits = "run waits" if len(runs) == 1 else "runs wait"
        st.button(
            f"{len(runs):,} {waits} for your decision",
            icon=":material/rule:",
            type="tertiary",
            key="see-waiting",
            on_click=_see_waiting,
        )


def _see_waiting() -> None:
    choose("agent", "runs")
    choose("runs", "waiting")


def _limits(state: ModelState) -> tuple[RunLimits, bool]:
    """How far a run may go, and whether the planner is to do it although there is a model."""
    usual, by_rule = RunLimits(), False
    with st.expander("Limits", icon=":material/tune:", key="autopilot-limits"), st.grid(4, min_column_width=170):
        scenarios = st.number_input("Scenarios", 1, value=usual.scenarios, help="How many ideas are tried.")
        turns = st.number_input("Turns", 1, value=usual.turns, help="Answers with calls of tools, for each scenario.")
        seconds = st.number_input("Seconds", 1, value=usual.seconds, step=60, help="For the whole run.")
        rows = st.number_input("Rows", 1, value=usual.rows, step=1_000, help="Changed rows, for each scenario.")
        tokens = usual.tokens
        if state.is_there:
            tokens = st.number_input("Tokens", 1, value=usual.tokens, step=10_000, help="For the whole run.")
            by_rule = st.checkbox("Use the built-in planner", help="Works by rule and asks no model.")
    return RunLimits(scenarios, turns, seconds, rows, tokens), by_rule
