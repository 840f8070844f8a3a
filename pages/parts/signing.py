"""Saying in whose name commits are written; the person's browser remembers it, so that a reload does not forget."""

from __future__ import annotations

from urllib.parse import quote

import streamlit as st

from pages.parts.session import AUTHOR, AUTHOR_CHARACTERS, AUTHOR_COOKIE, announce, author, default_author
from pages.parts.words import plain

_REMEMBER = """
export default function ({ data }) {
    if (data.cookie) document.cookie = `${data.cookie}; path=/; max-age=31536000; samesite=lax`;
}
"""
_memory = st.components.v2.component("hati_author", js=_REMEMBER)


def signature() -> None:
    """Say who signs, and let it be somebody else."""
    with st.popover(f"Signed as {plain(author())}", icon=":material/person:"):
        name = st.text_input(
            "Your name", value=author(), max_chars=AUTHOR_CHARACTERS, help="Every commit carries its author's name."
        )
        if st.button("Sign as this", type="primary"):
            st.session_state[AUTHOR] = name.strip() or default_author()
            announce(f"Your commits are signed {plain(st.session_state[AUTHOR])}.")
            st.rerun()
    if chosen := st.session_state.get(AUTHOR):
        _memory(data={"cookie": f"{AUTHOR_COOKIE}={quote(chosen)}"}, key="author-memory")
