"""What was run on a branch in this session, by whom and when, to be used again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from pages.parts.words import ago, plain

_KEPT = 50
_SHOWN = 12


@dataclass(frozen=True)
class Entry:
    """What was run; ``at`` is in UTC."""

    sql: str
    author: str
    at: datetime


def note_statement(branch_id: str, sql: str, author: str) -> None:
    """Remember what was run on a branch; the same text is remembered once."""
    before = [entry for entry in _entries(branch_id) if entry.sql != sql]
    st.session_state[f"sql history {branch_id}"] = [Entry(sql, author, datetime.now(UTC)), *before][:_KEPT]


def history(branch_id: str, field: str) -> None:
    """The statements that were run last; choosing one puts it into the field of that key."""
    entries = _entries(branch_id)
    if not entries:
        return
    with st.popover("History", icon=":material/history:"):
        for at, entry in enumerate(entries[:_SHOWN]):
            st.code(entry.sql, language="sql")
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f"{plain(entry.author)} · {ago(entry.at)}")
                st.button("Use", key=f"sql-use-{branch_id}-{at}", on_click=_use, args=(field, entry.sql))


def _entries(branch_id: str) -> list[Entry]:
    found: list[Entry] = st.session_state.get(f"sql history {branch_id}", [])
    return found


def _use(field: str, sql: str) -> None:
    st.session_state[field] = sql
