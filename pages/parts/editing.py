"""Editing a table: the grid, what is unsaved, and saving it as one commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from hati_core import BranchView, ChangeKind, HatiError, TableEdits, TableInfo
from hati_core.browsing import Look, count_rows
from hati_core.model import KeyOrigin
from hati_core.written import Understood, Writing, understand
from pages.parts.checks import table_checks
from pages.parts.draft import Draft
from pages.parts.grid import count_pages, grid, read_page
from pages.parts.keys import key_line
from pages.parts.looking import choose_look, describe_look
from pages.parts.palette import SIGNS
from pages.parts.session import announce, author, complain, told
from pages.parts.shell import Page
from pages.parts.values import change_of_headline, headline
from pages.parts.words import cell, count, plain

_SHOWN = 8
_CHARACTERS = 40
_WRITING = "how numbers are written"
T = TypeVar("T")


def edit_table(page: Page, info: TableInfo) -> None:
    """The grid of a table with what belongs to it."""
    key_line(page, info)
    table_checks(page, info)
    place = f"{page.branch.id}-{info.name}"
    draft = _draft(page, place)
    look = choose_look(info, place)
    view = page.branch.at(draft.version)
    writing = st.session_state.get(_WRITING) or Writing.of_locale(st.context.locale)
    with told():
        _rows(view, info, look, draft, place, writing)
    if not draft:
        return
    with told():
        understood = understand(view, info, draft.edits, draft.before, writing)
        _unsaved(page, info, draft, understood, place, writing)


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


def _rows(view: BranchView, info: TableInfo, look: Look, draft: Draft, place: str, writing: Writing) -> None:
    """The page of rows in view, and what is changed in it."""
    total = _remembered(f"count {place}", (view.version, look), lambda: count_rows(view, info, look))
    describe_look(look, total, place)
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
    key = f"grid-{place}-{draft.version}-{number}-{hash(look)}-{hash(writing)}-{attempt}"
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


def _unsaved(page: Page, info: TableInfo, draft: Draft, understood: Understood, place: str, writing: Writing) -> None:
    """What would be saved, and saving it."""
    edits = understood.edits
    with st.container(border=True, key="unsaved"):
        st.markdown(f"**Not saved yet on {plain(page.branch.name)}:** {_counted(edits)}")
        for line in _lines(edits, draft)[:_SHOWN]:
            st.caption(line)
        total = len(edits.inserts) + len(edits.updates) + len(edits.deletes)
        if total > _SHOWN:
            st.caption(f"and {total - _SHOWN:,} more")
        if draft.kept.inserts:
            st.caption("New rows that you typed before you left the grid are listed here and not in it any more.")
        _reading(understood, writing)
        moved = _moved_rows(page, info, draft)
        if moved:
            st.warning(
                f"Somebody changed rows on {plain(page.branch.name)} that you are changing: "
                f"{plain('; '.join(moved[:_SHOWN]))}. "
                "Overwrite what they wrote, or start over from the rows as they are now.",
                icon=":material/update:",
            )
        message = st.text_input(
            "Message", placeholder="What did you change, and why?", key=f"message-{place}", max_chars=200
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Start over", key="start-over"):
                _reset(place)
                st.rerun()
            label = f"Overwrite on {plain(page.branch.name)}" if moved else f"Save to {plain(page.branch.name)}"
            # A press must not save over changes that were not on screen when it was made.
            if st.button(label, type="primary", key=f"save-{page.branch.id}-{page.info.head}", icon=":material/save:"):
                with told():
                    understood.require_all(info.name, writing)
                    _save(page, info, edits, message, place)


def _reading(understood: Understood, writing: Writing) -> None:
    """Which texts are no values, and a choice of how numbers and dates are written where that may be the reason."""
    if not understood.misfits and _WRITING not in st.session_state:
        return
    if understood.misfits:
        texts = ", ".join(f"{one.column.name} “{one.text[:_CHARACTERS]}”" for one in understood.misfits[:_SHOWN])
        more = len(understood.misfits) - _SHOWN
        st.warning(
            f"{plain(texts)}{f' and {more:,} more' if more > 0 else ''}: not what the "
            f"{'column takes' if len(understood.misfits) == 1 else 'columns take'}. Nothing is saved until it is.",
            icon=":material/rule:",
        )
    others = [Writing(comma, day_first) for comma in (False, True) for day_first in (False, True)]
    chosen = st.selectbox(
        "Numbers and dates are written",
        others,
        index=others.index(writing),
        format_func=lambda one: f"{one.number} · {one.day}",
        help="What is not saved yet is read anew in this way.",
        width=320,
        key=f"writing-{hash(writing)}",
    )
    if chosen != writing:
        st.session_state[_WRITING] = chosen
        st.rerun()


def _moved_rows(page: Page, info: TableInfo, draft: Draft) -> list[str]:
    """The rows to be changed or removed that are not any more what the grid shows: what they were and are."""
    if draft.oldest == page.info.head:
        return []
    touched = [*draft.edits.updates, *draft.edits.deletes]
    now = page.branch.rows_by_key(info.name, touched)
    moved = []
    for key in touched:
        current, shown = now.get(key), draft.before[key]
        if current is None:
            moved.append(f"{_name(key)} was removed")
        elif current != shown:
            cells = (f"{c} {cell(shown.get(c))} → {cell(v)}" for c, v in current.items() if v != shown.get(c))
            moved.append(f"{_name(key)}: {', '.join(cells)}")
    return moved


def _save(page: Page, info: TableInfo, edits: TableEdits, message: str, place: str) -> None:
    before = headline(page, page.branch)
    try:
        commit = page.branch.edit(info.name, edits, page.info.head, message or None, author=author())
    except HatiError as error:
        complain(error)
        st.caption("Your changes are still here.")
        return
    change = change_of_headline(before, headline(page, page.branch))
    worth = f" {change}." if change else ""
    announce(f"Saved as version {commit.version} of {plain(page.branch.name)}.{plain(worth)}")
    _reset(place)
    st.rerun()


def _reset(place: str) -> None:
    st.session_state[f"attempt {place}"] = st.session_state.get(f"attempt {place}", 0) + 1
    st.session_state.pop(f"draft {place}", None)
    st.session_state.pop(f"message-{place}", None)


def _counted(edits: TableEdits) -> str:
    parts = []
    if edits.updates:
        parts.append(count(len(edits.updates), "row") + " changed")
    if edits.inserts:
        parts.append(count(len(edits.inserts), "row") + " added")
    if edits.deletes:
        parts.append(count(len(edits.deletes), "row") + " removed")
    return ", ".join(parts)


def _lines(edits: TableEdits, draft: Draft) -> list[str]:
    """A line a row: what stood there and what would stand there."""
    changed, added, removed = (SIGNS[kind] for kind in (ChangeKind.CHANGED, ChangeKind.ADDED, ChangeKind.REMOVED))
    lines = []
    for key, cells in edits.updates.items():
        before = draft.before[key]
        told_cells = ", ".join(f"{column} {cell(before[column])} → {cell(value)}" for column, value in cells.items())
        lines.append(f":blue[**{changed}**] {plain(_name(key))}: {plain(told_cells)}")
    for row in edits.inserts:
        lines.append(
            f":green[**{added}**] {plain(', '.join(f'{column} {cell(value)}' for column, value in row.items()))}"
        )
    for key in edits.deletes:
        lines.append(f":red[**{removed}**] {plain(_name(key))}")
    return lines


def _name(key: tuple[object, ...]) -> str:
    return " · ".join(cell(part) for part in key)
