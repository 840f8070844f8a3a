"""What every page begins with: the menu, the one branch selector, the title, and where you are on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from hati_core import Branch, BranchInfo, HatiError, Metric, Repository
from pages.parts.palette import DARK, LIGHT, Theme, branch_colours
from pages.parts.session import (
    asked_for,
    choose,
    complain,
    make_announcements,
    note_page,
    picker,
    repository,
)
from pages.parts.signing import signature
from pages.parts.words import ago, count, plain

ICON = Path(__file__).parents[2] / "assets" / "icon.svg"
MENU = (
    ("app.py", "Overview", ":material/dashboard:"),
    ("pages/branches.py", "Branches", ":material/account_tree:"),
    ("pages/data.py", "Data", ":material/table_rows:"),
    ("pages/compare.py", "Compare", ":material/compare_arrows:"),
    ("pages/merge.py", "Merge", ":material/merge:"),
    ("pages/agent.py", "Agent", ":material/smart_toy:"),
    ("pages/history.py", "History", ":material/history:"),
    ("pages/settings.py", "Settings", ":material/settings:"),
)
STEPS = ("Try", "Compare", "Land")


@dataclass(frozen=True)
class Page:
    """What a page works with, for one run of its script."""

    repository: Repository
    branch: Branch
    info: BranchInfo
    infos: tuple[BranchInfo, ...]
    colours: dict[str, str]
    theme: Theme
    metrics: dict[str, list[Metric]] = field(default_factory=dict)
    """The metrics of the branches that were asked for in this run, by name."""

    @property
    def names(self) -> list[str]:
        """The live branches, ``main`` first."""
        return [info.name for info in self.infos]

    @property
    def is_empty(self) -> bool:
        """Whether no branch has a table yet."""
        return not any(self.repository.branch(name).has_tables() for name in self.names)


def begin_page(title: str, subtitle: str, *, step: str | None = None) -> Page:
    """Draw what all pages share and hand out what they work with; the page stops where nothing can be opened."""
    st.set_page_config(page_title=f"{title} · Hati", page_icon=str(ICON), layout="wide")
    note_page(title.lower())
    make_announcements()
    try:
        repo = repository()
        everyone = repo.branches("all")
    except HatiError as error:
        st.title(title)
        complain(error)
        st.stop()
    infos = tuple(info for info in everyone if info.status.value == "active")
    with st.sidebar:
        _brand()
        info = _branch_selector(infos)
        _menu(title)
        st.space("small")
        signature()
        _upkeep_trouble(repo)
    st.title(title, anchor=False)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(subtitle, width="content")
        if step:
            st.caption(" → ".join(f":blue[**{name}**]" if name == step else name for name in STEPS), width="content")
    theme = DARK if st.context.theme.type == "dark" else LIGHT
    return Page(repo, repo.branch(info.name), info, infos, branch_colours(everyone), theme)


def _brand() -> None:
    st.markdown("#### :material/account_tree: Hati", anchors=False)
    st.caption("Scenarios on branches of your data")


def _branch_selector(infos: tuple[BranchInfo, ...]) -> BranchInfo:
    names = [info.name for info in infos]
    wanted = asked_for("branch")
    before = st.session_state.get("chosen branch")
    gone = next((name for name in (wanted, before) if name and name not in names), None)
    if gone:
        choose("branch", "main")
        announce_gone(gone)
    chosen = picker("Branch", "branch", names, "main", help="Everything on this page is about this branch.")
    info = next(info for info in infos if info.name == chosen)
    with st.container(horizontal=True, gap="xsmall"):
        if info.is_main:
            st.badge("main", color="gray", icon=":material/home:", help="What everybody sees. Branches leave it alone.")
        else:
            st.badge(count(info.head - (info.base or 0), "commit"), color="blue")
            st.badge(f"from {plain(info.parent)} · {ago(info.created_at)}", color="gray")
    return info


def announce_gone(name: str) -> None:
    """Say that a branch that was in view is not there any more."""
    st.warning(f"There is no branch “{plain(name)}” any more. You are looking at main.", icon=":material/info:")


def _menu(title: str) -> None:
    with st.container(gap="xsmall"):
        for file, label, icon in MENU:
            st.page_link(file, label=f"**{label}**" if label == title else label, icon=icon, width="stretch")


def _upkeep_trouble(repo: Repository) -> None:
    """Say what kept the last round in the background from its end; nothing that anybody wrote is touched by it."""
    last = repo.upkeep.last if repo.upkeep else None
    if last and last.error:
        st.warning(
            f"Tidying up stopped {ago(last.at)}: {plain(str(last.error))} Your data is as it was; it is tried again "
            "every hour.",
            icon=":material/cleaning_services:",
        )


def next_step(label: str, file: str, icon: str, **params: str) -> None:
    """The next step on the way, as a link at the end of a page."""
    st.page_link(file, label=f"Next: {plain(label)}", icon=icon, query_params=params)


def needs_two_branches(page: Page, icon: str, title: str, sentence: str) -> None:
    """Stop a page that is about two branches where there are not two, with the way to have them."""
    if page.is_empty:
        empty_state(icon, title, sentence, "app.py", "Begin on the overview")
        st.stop()
    if len(page.infos) == 1:
        empty_state(icon, title, sentence, "pages/branches.py", "Make a branch")
        st.stop()


def empty_state(icon: str, title: str, sentence: str, file: str, label: str, **params: str) -> None:
    """A page that has nothing to show says why and where to go."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.markdown(f"### {icon}", text_alignment="center", anchors=False)
        st.markdown(f"**{title}**", text_alignment="center")
        st.caption(sentence, text_alignment="center")
        st.page_link(file, label=label, icon=":material/arrow_forward:", query_params=params)
        st.space("small")
