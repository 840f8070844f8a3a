"""What is unsaved of a table: what would be saved, what stands in its way, and saving it as one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hati_core import ChangeKind, HatiError, TableEdits, TableInfo
from hati_core.errors import BranchMoved, InvalidKey
from hati_core.model import Key
from hati_core.written import Understood, Writing
from pages.parts.draft import Draft
from pages.parts.makers import who
from pages.parts.palette import SIGNS
from pages.parts.session import announce, author, complain
from pages.parts.shell import Page
from pages.parts.values import change_of_headline, headline
from pages.parts.words import cell, count, plain

WRITING = "how numbers are written"
_SHOWN = 8
_CHARACTERS = 40


@dataclass(frozen=True)
class RowsBar:
    """The line above the grid: how many rows there are, what of them is unsaved, and saving it.

    It is as high with something unsaved as without, so that the grid stays where it is under the mouse.
    """

    count: DeltaGenerator
    saving: DeltaGenerator
    trouble: DeltaGenerator


def rows_bar() -> RowsBar:
    """Make room above the grid; what belongs there is only known after it."""
    # The tools of the grid appear at its right end.
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="rows-bar"):
        counted = st.container(width="content")
        saving = st.container(horizontal=True, vertical_alignment="center", width="content")
    return RowsBar(counted, saving, st.container(key="rows-trouble"))


def nothing_unsaved(bar: RowsBar, is_editable: bool) -> None:
    """The bar of a grid in which nothing is changed."""
    if is_editable:
        bar.saving.button("Save", icon=":material/save:", key="save-above", disabled=True)


def _above(bar: RowsBar, page: Page, edits: TableEdits, waits: str, *, is_refused: bool) -> bool:
    """The same in one line above the grid, which is in view where the rest is not; whether Save was pressed there."""
    more = waits or ("see below what is new, then save again" if is_refused else "")
    with bar.saving:
        pressed = st.button(
            "Save", type="primary", icon=":material/save:", key=f"above-{_save_key(page)}", disabled=bool(waits)
        )
        st.markdown(
            f":orange[:material/edit:] **Not saved yet:** {_counted(edits)}{f' · {more}' if more else ''}",
            width="content",
        )
    return pressed


def unsaved(
    page: Page,
    info: TableInfo,
    draft: Draft,
    understood: Understood,
    place: str,
    writing: Writing,
    bar: RowsBar,
) -> None:
    """What would be saved, and saving it."""
    edits = understood.edits
    with st.container(border=True, key="unsaved"):
        st.markdown(f"**Not saved yet on {plain(page.branch.name)}:** {_counted(edits)}")
        for line in _lines(edits, draft)[:_SHOWN]:
            st.caption(line)
        total = len(edits.inserts) + len(edits.updates) + len(edits.deletes)
        if total > _SHOWN:
            st.caption(f"and {total - _SHOWN:,} more")
        _reading(draft, understood, writing)
        moved = _moved_on(page, info, draft, edits, place)
        message = st.text_input(
            "Message", placeholder="What did you change, and why?", key=f"message-{place}", max_chars=200
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Start over", key="start-over"):
                reset(place)
                st.rerun()
            label = f"Overwrite on {plain(page.branch.name)}" if moved else f"Save to {plain(page.branch.name)}"
            pressed = st.button(label, type="primary", key=_save_key(page), icon=":material/save:")
        if pressed:
            _save(page, info, understood, writing, message, place)
    waits = "decide below" if moved else "something does not fit, see below" if understood.misfits else ""
    if _above(bar, page, edits, waits, is_refused=st.session_state.get(f"save refused {place}") == page.info.head):
        with bar.trouble:
            _save(page, info, understood, writing, message, place)


def _reading(draft: Draft, understood: Understood, writing: Writing) -> None:
    """Which texts are no values, and a choice of how numbers and dates are written where that may be the reason."""
    if not understood.misfits and WRITING not in st.session_state:
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
        help="What was understood keeps its value and is only written in the new way; what was not is read in it.",
        width=320,
        key=f"writing-{hash(writing)}",
    )
    if chosen != writing:
        st.session_state[WRITING] = chosen
        draft.settle(understood.edits)
        st.rerun()


def _moved_on(page: Page, info: TableInfo, draft: Draft, edits: TableEdits, place: str) -> list[str]:
    """Say what is new on the branch since the grid was opened, and return the rows that have to be decided about."""
    is_refused = _is_refused(page, place)
    if draft.oldest == page.info.head:
        return []
    if is_refused:
        complain(
            BranchMoved(
                f"“{page.branch.name}” has changed since you opened “{info.name}”. Nothing was written; look at what "
                "is new, then save again.",
                branch=page.branch.name,
                expected=draft.oldest,
                actual=page.info.head,
                table=info.name,
            )
        )
    moved = _moved_rows(page, info, draft)
    if moved:
        colleague = plain(_who_moved(page, info, draft, list(moved)))
        st.warning(
            f"{colleague} changed rows on {plain(page.branch.name)} that you are changing: "
            f"{plain('; '.join([*moved.values()][:_SHOWN]))}. "
            "Overwrite what was written, or start over from the rows as they are now.",
            icon=":material/update:",
        )
    rows = [*edits.inserts, *edits.updates.values()]
    gone = sorted({name for row in rows for name in row if info.column(name) is None})
    if gone:
        st.warning(
            f"{plain(info.name)} has no column {plain(', '.join(gone))} any more: it was dropped or got another name "
            "since you opened the rows. What you typed into it cannot be saved; start over from the rows as they are "
            "now.",
            icon=":material/view_column:",
        )
    _news(page, draft)
    return list(moved.values())


def _who_moved(page: Page, info: TableInfo, draft: Draft, keys: Sequence[Key]) -> str:
    try:
        return who(page.branch.authors_of(info.name, keys, draft.oldest))
    except InvalidKey:
        # Whoever it was, the rows cannot be followed.
        return who([])


def _news(page: Page, draft: Draft) -> None:
    """The way to the commits that came since the grid was opened."""
    (newest,) = page.branch.log(1)
    more = page.info.head - draft.oldest - 1
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption("New since you opened the rows:", width="content")
        st.page_link(
            "pages/history.py",
            label=f"version {newest.version:,} by {plain(newest.author or 'unknown')}, “{plain(newest.message)}”",
            icon=":material/history:",
            query_params={"branch": page.branch.name, "version": str(newest.version)},
            width="content",
        )
        if more:
            st.caption(f"and {count(more, 'commit')} before it", width="content")


def _save_key(page: Page) -> str:
    """The button's key: a press must not save over changes that were not on screen when it was made."""
    return f"save-{page.branch.id}-{page.info.head}"


def _is_refused(page: Page, place: str) -> bool:
    """Whether saving was refused since something is new, so that the press is answered in words."""
    offered, refused = f"save offered {place}", f"save refused {place}"
    before: str | None = st.session_state.get(offered)
    st.session_state[offered] = _save_key(page)
    keys = (before, f"above-{before}") if before else ()
    if before != _save_key(page) and any(st.session_state.get(key) for key in keys):
        st.session_state[refused] = page.info.head
    return bool(st.session_state.get(refused) == page.info.head)


def _moved_rows(page: Page, info: TableInfo, draft: Draft) -> dict[Key, str]:
    """The rows to be changed or removed that are not any more what the grid shows, by key: what they were and are.

    Only the columns that are there in both versions are compared: one that is new or gone changes no row.
    """
    touched = [*draft.edits.updates, *draft.edits.deletes]
    now = page.branch.rows_by_key(info.name, touched)
    moved = {}
    for key in touched:
        current, shown = now.get(key), draft.before[key]
        if current is None:
            moved[key] = f"{_name(key)} was removed"
            continue
        cells = [f"{c} {cell(shown[c])} → {cell(v)}" for c, v in current.items() if c in shown and v != shown[c]]
        if cells:
            moved[key] = f"{_name(key)}: {', '.join(cells)}"
    return moved


def _save(page: Page, info: TableInfo, understood: Understood, writing: Writing, message: str, place: str) -> None:
    before = headline(page, page.branch)
    try:
        understood.require_all(info.name, writing)
        commit = page.branch.edit(info.name, understood.edits, page.info.head, message or None, author=author())
    except BranchMoved as error:
        # The next run knows what is new, says so, and offers to save beside it.
        st.session_state[f"save refused {place}"] = error.actual
        st.rerun()
    except HatiError as error:
        complain(error)
        st.caption("Your changes are still here.")
        return
    change = change_of_headline(before, headline(page, page.branch))
    worth = f" {change}." if change else ""
    announce(f"Saved as version {commit.version} of {plain(page.branch.name)}.{plain(worth)}")
    reset(place)
    st.rerun()


def reset(place: str) -> None:
    """Let go of what is unsaved, with a grid that remembers nothing of it."""
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
