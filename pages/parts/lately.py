"""What happened lately, on all branches."""

from __future__ import annotations

import streamlit as st

from hati_core import Commit
from pages.parts.shell import Page
from pages.parts.words import ago, plain


def recent_commits(page: Page, limit: int = 8) -> list[Commit]:
    """The newest commits of all live branches, each once, newest first."""
    found: list[Commit] = []
    for info in page.infos:
        own = page.repository.branch(info.name).log(limit)
        found += [commit for commit in own if commit.version > (info.base or 0)]
    return sorted(found, key=lambda commit: commit.at, reverse=True)[:limit]


def commit_list(commits: list[Commit]) -> None:
    """A line a commit: who, where and what, when."""
    for commit in commits:
        who, what, when = st.columns([2, 8, 2], vertical_alignment="center", wrap=False)
        who.caption(plain(commit.author or "—"))
        what.markdown(f"**{plain(commit.branch)}** · {plain(commit.message)}")
        if commit.summary:
            what.caption(plain(commit.summary))
        when.caption(ago(commit.at), text_alignment="right")
