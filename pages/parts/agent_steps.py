"""What was done in a run, step by step."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from hati_core.agent.desk import AgentDesk
from hati_core.runs import Run, Step, StepKind
from pages.parts.agent_words import cut, in_short, is_about_the_model, spoken
from pages.parts.session import announce
from pages.parts.words import count, plain

_LAST = 40
_LONGEST = 400


def stop_button(desk: AgentDesk, run_id: str) -> None:
    """Ends a run; nothing is written once it was pressed."""
    st.button("Stop", icon=":material/stop:", key=f"stop-{run_id}", on_click=_stop, args=(desk, run_id))


def _stop(desk: AgentDesk, run_id: str) -> None:
    if not desk.stop(run_id):
        announce("This run is not at work here any more, so there was nothing to stop.")


def settings_link(run: Run) -> None:
    """The way to the settings of the model, where a run failed for them."""
    if is_about_the_model(run):
        st.page_link(
            "pages/settings.py",
            label="See how the model is set up",
            icon=":material/settings:",
            query_params={"section": "model"},
        )


def steps_panel(steps: Sequence[Step], key: str, label: str, saying: str = "") -> None:
    """Steps that can be opened, with what is being said right now; nothing where there are none."""
    if saying:
        st.caption(f":material/more_horiz: {plain(saying[-_LONGEST:])}")
    if not steps:
        return
    with st.expander(label, icon=":material/format_list_numbered:", key=key):
        if len(steps) > _LAST:
            st.caption(f"The last {_LAST} of {count(len(steps), 'step')}")
        for step in steps[-_LAST:]:
            _step(step)


def _step(step: Step) -> None:
    if step.kind is not StepKind.TOOL:
        st.markdown(spoken(step.text))
        return
    mark = ":red[:material/error:]" if step.failed else ":material/build:"
    if step.answer is None:
        mark = ":material/hourglass_top:"
    where = f" on {plain(step.branch)}" if step.branch else ""
    st.markdown(f"{mark} **{plain(step.name)}**{where}: {plain(in_short(step))}")
    if step.sql:
        st.code(step.sql, language="sql", wrap_lines=True)
    else:
        given = ", ".join(f"{name} = {_given(value)}" for name, value in step.arguments.items() if name != "branch")
        if given:
            st.caption(plain(cut(given, _LONGEST)))


def _given(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
