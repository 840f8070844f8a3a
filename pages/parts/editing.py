"""Editing a table: the grid of its rows, and the draft of what is changed in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from hati_core import BranchView, TableInfo
from hati_core.browsing import Look, count_rows
from hati_core.model import KeyOrigin
from hati_core.written import Writing, understand
from pages.parts.checks import table_checks
from pages.parts.draft import Draft
from pages.parts.grid import count_pages, grid, read_page
from pages.parts.keys import key_line
from pages.parts.looking import choose_look, describe_look
from pages.parts.session import told
from pages.parts.shell import Page
from pages.parts.unsaved import WRITING, RowsBar, nothing_unsaved, reset, rows_bar, unsaved

T = TypeVar("T")


def edit_table(page: Page, info: TableInfo) -> None:
    """The grid of a table with what belongs to it."""
    key_line(page, info)
    table_checks(page, info)
    place = f"{page.branch.id}-{info.name}"
    draft = _draft(page, place)
    writing = st.session_state.get(WRITING) or Writing.of_locale(st.context.locale)
    look = choose_look(page.branch, info, place, writing)
    view = page.branch.at(draft.version)
    opened = info if draft.version == page.info.head else view.table(info.name)
    is_editable = opened.key_origin is not KeyOrigin.LINEAGE
    bar = rows_bar()
    with told():
        _rows(view, opened, look.fitting(opened), draft, place, writing, bar)
    if not draft:
        nothing_unsaved(bar, is_editable)
        return
    with told():
        understood = understand(view, opened, draft.edits, draft.before, writing)
        if understood.edits:
            unsaved(page, info, draft, understood, place, writing, bar)
            return
        nothing_unsaved(bar, is_editable)
        if draft.version != page.info.head:
            # Whatever was typed changes nothing, so nothing holds the grid at rows that have moved on.
            reset(place)
            st.rerun()


def _draft(page: Page, place: str) -> Draft:
    """What is unsaved, at the version the grid was opened at: edits must not land on rows that moved under them."""
    draft: Draft | None = st.session_state.get(f"draft {place}")
    if draft is not None and draft.version != page.info.head:
        # The first edit arrives in the very run that finds the new head, from the grid of the old one.
        draft.catch_up("", st.session_state)
    if draft is None or (not draft and draft.version != page.info.head):
        left = draft.outgoing if draft else None
        draft = st.session_state[f"draft {place}"] = Draft(page.info.head, left=left)
    return draft


def _rows(
    view: BranchView, info: TableInfo, look: Look, draft: Draft, place: str, writing: Writing, bar: RowsBar
) -> None:
    """The page of rows in view, and what is changed in it."""
    total = _remembered(f"count {place}", (view.version, look), lambda: count_rows(view, info, look))
    with bar.count:
        describe_look(info, look, total, writing)
    if not total:
        sentence = "No row is like that." if look.narrows else "The table has no rows yet."
        st.caption(f"{sentence} Add one in the empty line below{'' if look.narrows else ', or import a file'}.")
    pages = count_pages(total)
    # A page that is not there any more cannot be turned to.
    number = int(st.pagination(pages, key=f"page-{place}-{pages}-{hash(look)}")) if pages > 1 else 1
    stored = _remembered(
        f"rows {place}", (view.version, look, number), lambda: read_page(view, info, look, number, total)
    )
    attempt = st.session_state.get(f"attempt {place}", 0)
    name = f"grid-{place}-{draft.version}-{number}-{hash(look)}-{hash(writing)}-{attempt}"
    draft.catch_up(f"{name}-{draft.redrawn}", st.session_state)
    key = f"{name}-{draft.redrawn}"
    draft.catch_up(key, st.session_state)
    if key not in st.session_state:
        draft.drawn_anew(key)
    rows = stored.beginning_with(draft.drawn, writing)
    grid(rows, key, editable=info.key_origin is not KeyOrigin.LINEAGE)
    draft.take(rows, st.session_state.get(key, {}))


def _remembered(name: str, wanted: object, make: Callable[[], T]) -> T:
    """What a version holds never changes, so the last that was read is read once."""
    known = st.session_state.get(name)
    if known is None or known[0] != wanted:
        known = st.session_state[name] = (wanted, make())
    found: T = known[1]
    return found
