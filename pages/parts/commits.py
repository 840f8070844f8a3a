"""The commits of the branch in view: to filter, to turn over, and to open one."""

from __future__ import annotations

import streamlit as st

from hati_core import Commit, CommitFilter, Repository
from pages.parts.commit_open import opened
from pages.parts.lately import graph
from pages.parts.palette import dot
from pages.parts.session import turned
from pages.parts.shell import Page
from pages.parts.versions import marks, open_commit, open_version
from pages.parts.words import count, plain, when

PAGE_SIZE = 25
_TABLES_SHOWN = 4
_ANYBODY = "Anybody"
_ANY = "Any table"


def commits(page: Page) -> None:
    """One commit where the address names it, else the list."""
    version = open_version(page)
    if version is not None:
        opened(page, version)
        return
    with st.container(border=True):
        st.markdown("**How the branches came about** · :small[:gray[click a commit to open it]]")
        if spot := graph(page):
            open_commit(spot.branch, spot.version)
            st.rerun()
    wanted = _filter(page)
    total = _count(page.repository, page.branch.name, page.branch.id, page.info.head, wanted)
    if not total:
        _nothing_found(page)
        return
    pages = -(-total // PAGE_SIZE)
    rows = st.container(border=True, gap="xsmall", key="commits")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        number = turned(pages, ("commits", page.branch.id, wanted))
        start = (number - 1) * PAGE_SIZE
        shown = f"{start + 1:,} to {min(start + PAGE_SIZE, total):,} of " if pages > 1 else ""
        st.caption(f"{shown}{count(total, 'commit')}", width="content")
    with rows:
        _list(page, page.branch.log(PAGE_SIZE, offset=start, wanted=wanted))


def _filter(page: Page) -> CommitFilter:
    people, tables = _facets(page.repository, page.branch.name, page.branch.id, page.info.head)
    who, what, words = st.columns([2, 2, 3], vertical_alignment="bottom")
    with who:
        author = _choice("By", "by", [_ANYBODY, *people])
    with what:
        table = _choice("Table", "touched", [_ANY, *tables])
    with words:
        text = st.text_input(
            "Message contains", key="text", bind="query-params", placeholder="words of a message", max_chars=200
        )
    return CommitFilter(None if author == _ANYBODY else author, None if table == _ANY else table, text.strip())


def _choice(label: str, name: str, options: list[str]) -> str:
    """A filter that stands in the address."""
    return st.selectbox(label, options, key=name, bind="query-params")


@st.cache_data(max_entries=200, show_spinner=False)
def _facets(_repository: Repository, name: str, branch_id: str, head: int) -> tuple[list[str], list[str]]:
    """The authors of a branch and the tables that its commits touched."""
    branch = _repository.branch(name)
    return branch.authors(), branch.touched_tables()


@st.cache_data(max_entries=200, show_spinner=False)
def _count(_repository: Repository, name: str, branch_id: str, head: int, wanted: CommitFilter) -> int:
    return _repository.branch(name).commit_count(wanted)


def _nothing_found(page: Page) -> None:
    with st.container(border=True):
        st.markdown(f"No commit of {plain(page.branch.name)} is like that.")
        st.button("Show all commits", key="commits-all", on_click=_show_all)


def _show_all() -> None:
    st.session_state.update({"by": _ANYBODY, "touched": _ANY, "text": ""})


def _list(page: Page, found: list[Commit]) -> None:
    made_on = page.branch.name
    for commit in found:
        if commit.branch != made_on:
            made_on = commit.branch
            st.markdown(f":small[:gray[:material/call_split: Before the fork: commits of **{plain(made_on)}**]]")
        about, button = st.columns([7, 2], vertical_alignment="center")
        about.markdown(_line(page, commit))
        with button, st.container(horizontal_alignment="right"):
            st.button(
                f"Version {commit.version:,}",
                key=f"open-{commit.version}",
                type="tertiary",
                icon=":material/chevron_right:",
                icon_position="right",
                help="See what it changed, and go back",
                on_click=open_commit,
                args=(page.branch.name, commit.version),
            )


def _line(page: Page, commit: Commit) -> str:
    colour = page.colours.get(commit.branch, page.theme.quiet)
    touched = [f":gray-badge[{plain(touch.summary)}]" for touch in commit.touched[:_TABLES_SHOWN]]
    more = len(commit.touched) - _TABLES_SHOWN
    badges = [marks(commit), *touched, *([f":gray-badge[and {count(more, 'more table')}]"] if more > 0 else [])]
    return (
        f"{dot(colour)} **{plain(commit.message)}** {' '.join(filter(None, badges))}  \n"
        f":small[:gray[{plain(commit.author or 'unknown')} · {when(commit.at)}]]"
    )
