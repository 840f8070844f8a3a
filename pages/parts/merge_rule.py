"""How strictly rows merge, in the whole repository."""

from __future__ import annotations

import streamlit as st

from hati_core import Repository
from pages.parts.session import announce

_KEY = "row-level-merge"


def merge_rule(repository: Repository) -> None:
    """The strict rule, on or off, and what either means."""
    with st.container(border=True):
        st.markdown("**When two branches change the same row**")
        is_on = repository.row_level_merge
        st.session_state[_KEY] = is_on
        st.toggle("Every row that both changed is a conflict", key=_KEY, on_change=_set, args=(repository,))
        if is_on:
            st.caption(
                "On: if two branches change the same row, even in different cells, somebody has to look at that row "
                "before it merges."
            )
        else:
            st.caption(
                "Off: if two branches change different cells of a row, both changes are taken. "
                "Only a cell that both changed differently is a conflict."
            )
        st.caption("It holds for every merge that is made from now on, by anybody. A merge in hand is worked out anew.")


def _set(repository: Repository) -> None:
    repository.set_row_level_merge(bool(st.session_state[_KEY]))
    announce("Rows that both branches changed conflict." if repository.row_level_merge else "Rows merge cell by cell.")
