"""Versions in the address and in words: which commit is open, and choosing a version of a branch."""

from __future__ import annotations

import streamlit as st

from hati_core import Commit
from pages.parts.session import adopt, asked_for, choose, widget_key, write_address
from pages.parts.shell import Page
from pages.parts.words import plain, when

_ADDRESS = "version"
_BRANCH = "branch of the open version"


def open_version(page: Page) -> int | None:
    """The version of the branch in view that the address names; what it cannot be is said."""
    asked = st.query_params.get(_ADDRESS)
    if asked is None:
        return None
    if st.session_state.get(_BRANCH, page.branch.id) != page.branch.id and asked_for("branch") is None:
        # Another branch came into view by the selector: its version of that number is another thing.
        close_version()
        return None
    st.session_state[_BRANCH] = page.branch.id
    if asked.isascii() and asked.isdigit() and int(asked) <= page.info.head:
        return int(asked)
    st.warning(
        f"There is no version {plain(asked[:40])} of {plain(page.branch.name)}; "
        f"it has versions 0 to {page.info.head:,}.",
        icon=":material/info:",
    )
    return None


def open_commit(branch: str, version: int) -> None:
    """Bring one commit of a branch into view; for ``on_click``."""
    choose("branch", branch)
    choose("view", "commits")
    st.session_state.pop(_BRANCH, None)
    st.query_params[_ADDRESS] = str(version)


def close_version() -> None:
    """Go back to the list of commits; for ``on_click``."""
    st.session_state.pop(_BRANCH, None)
    st.query_params.pop(_ADDRESS, None)


def choose_version(page: Page, branch: str, label: str, name: str, default: int) -> int:
    """A field for a version of a branch, kept in the address under ``name``, with the commit that made it below."""
    head = next(info.head for info in page.infos if info.name == branch)
    asked, place = asked_for(name), f"chosen {name}"
    if asked and asked.isascii() and asked.isdigit():
        st.session_state[place] = int(asked)
    wanted = st.session_state.get(place, default)
    chosen = wanted if 0 <= wanted <= head else head
    st.session_state[widget_key(name)] = chosen
    st.number_input(label, 0, head, step=1, key=widget_key(name), on_change=adopt, args=(name,))
    st.session_state[place] = chosen
    write_address(name, str(chosen))
    if wanted != chosen:
        st.caption(f":material/info: {plain(branch)} has no version {wanted:,}; this is the newest.")
    commit = page.repository.branch(branch).commit(chosen)
    if commit:
        st.caption(commit_line(commit))
    return chosen


def commit_line(commit: Commit) -> str:
    """Who made a commit, when, and what it is called."""
    return f"{plain(commit.message)} · {plain(commit.author or 'unknown')} · {when(commit.at)}"


def marks(commit: Commit) -> str:
    """What kind of commit it is, where it is more than a change; as Markdown."""
    if commit.merged_from is not None:
        return f":violet-badge[:material/merge: merged {plain(commit.merged_from)}]"
    if commit.reverts is not None:
        return f":orange-badge[:material/undo: undid version {commit.reverts}]"
    if commit.restores is not None:
        return f":orange-badge[:material/history: back to version {commit.restores}]"
    return ""
