"""Going back on a branch: undoing one commit or restoring a version, looked at first and made as one more commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from hati_core import MergePlan
from hati_core.errors import BranchMoved
from pages.parts.kept import kept
from pages.parts.outlook import outlook
from pages.parts.preview import changed_rows, metrics_preview, rows_preview, structure
from pages.parts.remedies import remedied
from pages.parts.session import announce, author
from pages.parts.shell import Page
from pages.parts.undo_choices import settled
from pages.parts.words import count, plain

Way = Literal["undo", "restore"]


@st.dialog("What this changes", icon=":material/undo:", width="large")
def back_dialog(page: Page, way: Way, version: int, done: Callable[[int], None]) -> None:
    """What going back would change on the branch in view, and doing it; ``done`` is told the version that it made."""
    branch = page.branch.name
    with remedied(page, branch):
        head = page.branch.head
        plan = kept(f"way back: {way}", (page.branch.id, version, head), lambda: _planned(page, way, version))
        st.caption(_sentence(plain(branch), way, version))
        for note in plan.notes:
            st.info(plain(note), icon=":material/info:")
        if not plan.tables:
            st.info(_nothing(plain(branch), way, version), icon=":material/done_all:")
            return
        chosen = settled(page, plan, version) if plan.conflicts else plan
        found = outlook(page, chosen, chosen.default, kept=way)
        metrics_preview(page, found, way)
        for name, table in found.plan.tables.items():
            if structure(table):
                st.caption(f":material/table_rows: {plain(name)}: {plain(structure(table))}")
        rows_preview(found.plan, way)
        for violation in found.plan.violations:
            st.error(plain(violation.message), icon=":material/error:")
        _confirm(page, way, version, found.plan, done)


def _planned(page: Page, way: Way, version: int) -> MergePlan:
    with st.spinner("Working out what would change…"):
        if way == "undo":
            return page.repository.plan_revert(page.branch.name, version)
        return page.branch.plan_restore(version)


def _sentence(branch: str, way: Way, version: int) -> str:
    if way == "undo":
        return (
            f"This takes back what version {version:,} changed on {branch}. What came later stays. "
            "It is one more commit, which can be undone in turn."
        )
    return (
        f"This makes every table of {branch} what it was at version {version:,}. The commits since stay in the "
        "history, and the restore can be undone."
    )


def _nothing(branch: str, way: Way, version: int) -> str:
    if way == "undo":
        return f"Nothing of version {version:,} is left on {branch} that could be taken back."
    return f"{branch} is as it was at version {version:,} already."


def _confirm(page: Page, way: Way, version: int, plan: MergePlan, done: Callable[[int], None]) -> None:
    message = st.text_input("Message", placeholder=plan.default_message, key=f"{way}-message-{version}", max_chars=200)
    left = len(plan.open_conflicts)
    is_idle = not any(changed_rows(table) or structure(table) for table in plan.tables.values())
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if left:
            st.markdown(f":orange[**!**] {count(left, 'choice')} to make first.")
        elif is_idle:
            st.markdown(f"With this choice nothing changes on {plain(page.branch.name)}.")
        pressed = st.button(
            f"Undo on {plain(page.branch.name)}" if way == "undo" else f"Restore {plain(page.branch.name)}",
            type="primary",
            # A press on what was shown before must not carry out a plan that was made anew.
            key=f"{way}-confirm-{plan.target_version}",
            disabled=bool(left or is_idle or plan.violations),
        )
    if pressed:
        _go(page, way, version, plan, message, done)


def _go(page: Page, way: Way, version: int, plan: MergePlan, message: str, done: Callable[[int], None]) -> None:
    try:
        commit = page.repository.apply_merge(plan, message.strip() or None, author=author())
    except BranchMoved as moved:
        st.info(f"{plain(moved.message)} Open this again to see what it would change now.", icon=":material/update:")
        return
    done(commit.version)
    words = f"Version {version:,} was undone" if way == "undo" else f"Version {version:,} was restored"
    announce(f"{words} on {plain(page.branch.name)}. It is version {commit.version:,}, and can be undone.")
    st.rerun()
