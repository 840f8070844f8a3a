"""What nobody needs any more, and removing it."""

from __future__ import annotations

import streamlit as st

from hati_core import Repository
from hati_core.model import GcReport
from pages.parts.session import announce, told
from pages.parts.words import count, size

_FOUND = "what can be collected"


def storage_panel(repository: Repository) -> None:
    """Look first, then collect; the same happens by itself every hour."""
    with st.expander("Storage", icon=":material/database:"):
        st.caption(
            "Files that no branch needs are removed by themselves every hour: those of branches discarded more than "
            "seven days ago, and of work that broke off. Nothing younger than seven days is touched."
        )
        found: GcReport | None = st.session_state.get(_FOUND)
        if st.button("See what can go", key="collect-look", icon=":material/search:"):
            with told(), st.spinner("Looking through all branches…"):
                found = st.session_state[_FOUND] = repository.gc(dry_run=True)
        if found is None:
            return
        branches = count(len(found.branches), "discarded branch", "discarded branches")
        st.markdown(
            f"{count(found.kept_files, 'file')} in use, **{size(found.kept_bytes)}**. "
            f"{count(found.files, 'file')} can go, **{size(found.bytes)}**"
            + (f", with {branches}." if found.branches else ".")
        )
        if found.files and st.button(f"Remove {size(found.bytes)}", type="primary", key="collect"):
            with told():
                report = repository.gc()
                st.session_state.pop(_FOUND)
                announce(f"{count(report.files, 'file')} removed, {size(report.bytes)}.")
                st.rerun()
