"""Making, renaming, discarding and bringing back branches."""

from __future__ import annotations

import streamlit as st

from hati_core import BranchInfo, Commit, HatiError, Repository
from pages.parts.lifetime import choose_time
from pages.parts.session import announce, author, choose, complain
from pages.parts.words import ago, count, plain


@st.dialog("New branch", icon=":material/account_tree:")
def create_dialog(repository: Repository, names: list[str]) -> None:
    """Ask for a name and where to begin; the new branch becomes the one in view."""
    # Which versions there are depends on the branch, and a form hears of a choice only when it is sent.
    source = st.selectbox("From", names, key="new-branch-parent")
    versions = repository.branch(source).log(30)
    start = st.selectbox("As it was at", versions, format_func=_version, key=f"new-branch-at-{source}")
    newest = versions[0].version
    at = start.version if start and start.version != newest else None
    _create(repository, source, at, "new-branch", "aggressive-growth")


@st.dialog("Branch from here", icon=":material/account_tree:")
def fork_dialog(repository: Repository, source: str, version: int) -> None:
    """Ask for a name for a branch that begins at one version of another."""
    st.caption(f"It begins with the tables of {plain(source)} as they were at version {version:,}.")
    _create(repository, source, version, "fork", "what-if")


def _create(repository: Repository, source: str, at: int | None, key: str, example: str) -> None:
    """The end of a dialog that makes a branch, as a form, which takes Enter; the new one comes into view."""
    with st.form(key, border=False):
        name = st.text_input("Name", placeholder=example, key=f"{key}-name", max_chars=400)
        description = st.text_input("What for (optional)", key=f"{key}-description", max_chars=200)
        ttl = choose_time(f"{key}-keep")
        is_sent = st.form_submit_button("Create branch", type="primary", key=f"{key}-create", width="stretch")
    if is_sent:
        try:
            branch = repository.create_branch(name, source, at, description, ttl, author=author())
        except HatiError as error:
            complain(error)
            return
        choose("branch", branch.name)
        announce(f"{plain(branch.name)} is yours to change. {plain(source)} stays as it is.")
        st.rerun()


def _version(commit: Commit) -> str:
    return f"version {commit.version} · {commit.message[:50]} · {ago(commit.at)}"


@st.dialog("Rename", icon=":material/edit:")
def rename_dialog(repository: Repository, name: str) -> None:
    """Ask for another name, by which the branch is in view afterwards."""
    st.caption(f"Commits, comparisons and proposals of {plain(name)} go along. Links to it by the old name do not.")
    with st.form("rename-branch", border=False):
        new = st.text_input("Name", value=name, key=f"rename-to-{name}", max_chars=400)
        is_sent = st.form_submit_button("Rename", type="primary", key="rename-confirm", width="stretch")
    if is_sent:
        try:
            branch = repository.rename_branch(name, new)
        except HatiError as error:
            complain(error)
            return
        choose("branch", branch.name)
        announce(f"{plain(name)} is called {plain(branch.name)} now.")
        st.rerun()


@st.dialog("Discard this branch?", icon=":material/delete:")
def discard_dialog(repository: Repository, name: str, changed_rows: int | None) -> None:
    """Say what would go, and that it can come back."""
    rows = "changes stay" if changed_rows is None else count(changed_rows, "changed row stays", "changed rows stay")
    st.markdown(f"**{plain(name)}** leaves the list. Its {rows} restorable for seven days; main is not affected.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="discard-keep"):
            st.rerun()
        if st.button("Discard", type="primary", key="discard-confirm"):
            try:
                repository.discard(name)
            except HatiError as error:
                complain(error)
                return
            choose("branch", "main")
            announce(f"{plain(name)} was discarded. Bring it back from the list of discarded branches.")
            st.rerun()


def undiscard(repository: Repository, info: BranchInfo) -> None:
    """Bring a branch back and look at it."""
    try:
        repository.undiscard(info.name, branch_id=info.id)
    except HatiError as error:
        complain(error)
        return
    choose("branch", info.name)
    announce(f"{plain(info.name)} is back.")
    st.rerun()
