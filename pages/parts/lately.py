"""What happened lately, on all branches."""

from __future__ import annotations

import streamlit as st

from hati_core import Commit
from pages.parts.figures import CONFIG
from pages.parts.graph import branch_graph
from pages.parts.palette import dot
from pages.parts.shell import Page
from pages.parts.words import ago, plain

_LANES = 9
_COMMITS = 40


def graph(page: Page) -> None:
    """How the branches came about; the newest branches and commits where there are many."""
    infos = [page.infos[0], *page.infos[1:][-_LANES:]]
    commits = page.repository.recent_commits(_COMMITS, branches=page.infos)
    told = "; ".join(f"{info.name} from {info.parent} at version {info.base}" for info in infos if info.parent)
    figure = branch_graph(infos, commits, page.colours, page.theme)
    st.plotly_chart(figure, theme=None, config=CONFIG, key="branch graph", alt=f"Branch graph: {told or 'main alone'}")


def commit_list(page: Page, commits: list[Commit]) -> None:
    """A line a commit: who, where and what, when."""
    for commit in commits:
        touched = f" :gray-badge[{plain(commit.summary)}]" if commit.summary else ""
        st.markdown(
            f"{dot(page.colours[commit.branch])} **{plain(commit.branch)}** · {plain(commit.message)}{touched}  \n"
            f":small[:gray[{plain(commit.author or 'unknown')} · {ago(commit.at)}]]"
        )
