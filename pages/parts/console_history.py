"""What was run on a branch, by whom and when, to be used again."""

from __future__ import annotations

import streamlit as st

from hati_core import Branch
from pages.parts.words import ago, plain

_SHOWN = 30


def history(branch: Branch, field: str) -> None:
    """The statements that were run last; choosing one puts it into the field of that key."""
    entries = branch.statements(_SHOWN)
    if not entries:
        return
    with st.popover("History", icon=":material/history:"):
        for at, entry in enumerate(entries):
            st.code(entry.sql, language="sql")
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f"{plain(entry.author)} · {ago(entry.at)}")
                st.button("Use", key=f"sql-use-{branch.id}-{at}", on_click=_use, args=(field, entry.sql))


def _use(field: str, sql: str) -> None:
    st.session_state[field] = sql
