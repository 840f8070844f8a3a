"""What happened lately, on all branches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from hati_core import Commit
from pages.parts.figures import CONFIG
from pages.parts.graph import branch_graph
from pages.parts.palette import dot
from pages.parts.shell import Page
from pages.parts.words import ago, plain

_LANES = 9
_COMMITS = 40


_PICKED = "picked in the graph"
_TURN = "turn of the graph"


@dataclass(frozen=True)
class Spot:
    """A commit that was clicked in the graph."""

    branch: str
    version: int


def graph_card(page: Page) -> None:
    """The graph as a card of a page; a click opens the commit in History."""
    with st.container(border=True):
        st.markdown("**How the branches came about** · :small[:gray[click a commit to open it]]")
        if spot := graph(page):
            st.switch_page("pages/history.py", query_params={"branch": spot.branch, "version": str(spot.version)})


def graph(page: Page) -> Spot | None:
    """How the branches came about, the newest where there are many; returns the commit that was clicked, once."""
    infos = [page.infos[0], *page.infos[1:][-_LANES:]]
    commits = page.repository.recent_commits(_COMMITS, branches=infos)
    told = "; ".join(f"{info.name} from {info.parent} at version {info.base}" for info in infos if info.parent)
    figure = branch_graph(infos, commits, page.colours, page.theme)
    turn = st.session_state.setdefault(_TURN, 0)
    key = f"branch graph {turn}" if turn else "branch graph"
    st.plotly_chart(
        figure,
        theme=None,
        config=CONFIG,
        key=key,
        alt=f"Branch graph: {told or 'main alone'}",
        on_select=lambda: _pick(st.session_state[key]),
        selection_mode="points",
    )
    spot: Spot | None = st.session_state.pop(_PICKED, None)
    return spot if spot and spot.branch in page.names else None


def _pick(state: Mapping[str, Any]) -> None:
    """Take down what was clicked; the chart of the next turn has nothing selected."""
    spot = clicked(state)
    if spot:
        st.session_state[_PICKED] = spot
        st.session_state[_TURN] += 1


def clicked(state: Mapping[str, Any]) -> Spot | None:
    """The commit that a selection in the graph names; None where it names none."""
    for point in state.get("selection", {}).get("points", []):
        match point.get("customdata"):
            case [str(branch), int(version)]:
                return Spot(branch, version)
    return None


def commit_list(page: Page, commits: list[Commit]) -> None:
    """A line a commit: where and what, who and when, and a way to it."""
    for commit in commits:
        touched = f" :gray-badge[{plain(commit.summary)}]" if commit.summary else ""
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xsmall"
        ):
            st.markdown(
                f"{dot(page.colours[commit.branch])} **{plain(commit.branch)}** · {plain(commit.message)}{touched}",
                width="content",
            )
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
                st.caption(f"{plain(commit.author or 'unknown')} · {ago(commit.at)}", width="content")
                st.page_link(
                    "pages/history.py",
                    label=f"version {commit.version:,}",
                    query_params={"branch": commit.branch, "version": str(commit.version)},
                    width="content",
                )
