"""Where the data lies and what tidying it up does: removing what nobody needs, putting small files together."""

from __future__ import annotations

import streamlit as st

from hati_core import Repository
from hati_core.model import GcReport
from pages.parts.session import announce, told
from pages.parts.words import count, size, when

_FOUND = "what can be collected"


def storage_panel(repository: Repository) -> None:
    """Where the data lies, what happens to it by itself, and doing that now."""
    with st.container(border=True):
        st.markdown("**Where the data lies**")
        st.code(repository.place, language=None, wrap_lines=True)
        st.caption("Rows are Parquet files that all branches share; a branch adds only the rows that it changed.")
        _last_round(repository)
    with st.container(border=True, key="collection"):
        st.markdown("**Files that nobody needs**")
        _collection(repository)
    with st.container(border=True, key="compaction"):
        st.markdown("**Many small files**")
        _compaction(repository)


def _last_round(repository: Repository) -> None:
    """What tidying up by itself did last; what stopped it is said in the sidebar of every page."""
    last = repository.upkeep.last if repository.upkeep else None
    if last is None:
        st.caption("Tidying up by itself has not ended its first round yet.")
        return
    if last.error:
        st.caption(f"Tidied up last: {when(last.at)}; it was stopped by an error and is tried again every hour.")
        return
    removed = last.collected.files if last.collected else 0
    joined = last.compacted.files_before if last.compacted else 0
    st.caption(
        f"Tidied up last: {when(last.at)}; {count(removed, 'file')} removed, "
        f"{count(joined, 'small file')} put together. It is done every hour."
    )


def _collection(repository: Repository) -> None:
    """Look first, then collect; the same happens by itself every hour."""
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


def _compaction(repository: Repository) -> None:
    """Put small files together now; no version comes of it."""
    st.caption(
        "Every save adds a small file, and many of them make reading slow. They are put together every hour; "
        "no version comes of it, and every old version keeps its rows."
    )
    if st.button("Put small files together now", key="compact", icon=":material/compress:"):
        with told():
            with st.spinner("Putting files together…"):
                report = repository.compact()
            busy = f" {count(len(report.busy), 'branch', 'branches')} in use: tried again later." if report.busy else ""
            done = (
                f"{count(report.files_before, 'file')} became {report.files_after:,}."
                if report.files_before
                else "No branch has gathered many small files."
            )
            announce(done + busy)
            st.rerun()
