"""Who last changed each cell of a row, when, in which commit, and what stood there before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from hati_core import CellBlame, CellChange, TableInfo, TablePage
from pages.parts.makers import maker_words
from pages.parts.rows_table import rows_table
from pages.parts.session import picker, placed, search, tell, told, turned
from pages.parts.shell import Page
from pages.parts.versions import open_commit
from pages.parts.words import cell, count, plain

PAGE_ROWS = 200
_ROW = "row"
_DRAWN = "rows to ask about"
_CHARACTERS = 80


@dataclass(frozen=True)
class _Drawn:
    """The rows on the screen: the position of the one that was selected at first, and of the one selected last."""

    key: str
    first: int | None
    last: int | None


def last_changed(page: Page) -> None:
    """Choose a row of a table; then each of its cells."""
    tables = list(page.branch.tables())
    if not tables:
        st.info(f"{plain(page.branch.name)} has no tables.", icon=":material/info:")
        return
    left, right = st.columns(2)
    with left:
        name = picker("Table", "table", tables, tables[0])
    with right:
        text = search("Find a row", "find", placeholder="a value in any of its cells")
    found, key = _page(page, name, text)
    # A key means the same row on every branch, DuckLake's number for a row does not.
    asked = placed(_ROW, name if found.info.key else (page.branch.id, name))
    if found.rows:
        asked = _selected(found, key, asked)
    else:
        st.caption("No row has that in any of its cells." if text else "The table has no rows.")
    if asked:
        with told():
            _blamed(page, found.info, asked)
    elif found.rows:
        st.caption("Select a row to see who changed each of its cells last.")


def _selected(found: TablePage, key: str, asked: str) -> str:
    """Draw the rows; returns the name of the row that is asked about, which stays while others are looked through."""
    held: _Drawn | None = st.session_state.get(_DRAWN)
    if held is None or held.key != key or key not in st.session_state:
        first = found.names.index(asked) if asked in found.names else None
        held = _Drawn(key, first, first)
    chosen = rows_table(found, key, selectable=True, begins=held.first)
    st.session_state[_DRAWN] = replace(held, last=chosen)
    if chosen == held.last:
        return asked
    return tell(_ROW, "" if chosen is None else found.names[chosen])


def _blamed(page: Page, info: TableInfo, asked: str) -> None:
    key = page.branch.key_named(info.name, asked)
    if key is None:
        st.info(
            f"{plain(info.name)} has no row {plain(asked[:_CHARACTERS])} on {plain(page.branch.name)}.",
            icon=":material/info:",
        )
        return
    with st.spinner("Looking through the commits…"):
        cells = page.branch.blame(info.name, key)
    row_name = " · ".join(cell(part) for part in key)
    _cells(page, cells, row_name if info.key else f"row {row_name}")


def _page(page: Page, name: str, text: str) -> tuple[TablePage, str]:
    """A page of the rows that have a text, and a key for what shows it."""
    total = page.branch.page(name, limit=0, text=text).total
    pages = -(-total // PAGE_ROWS)
    key = f"blame-{page.branch.id}-{name}-{text}"
    number = turned(max(pages, 1), key)
    found = page.branch.page(name, (number - 1) * PAGE_ROWS, PAGE_ROWS, text=text)
    if pages > 1:
        first = (number - 1) * PAGE_ROWS
        st.caption(f"Rows {first + 1:,} to {first + len(found.rows):,} of {count(total, 'row')}")
    return found, f"{key}-{page.info.head}-{number}"


def _cells(page: Page, cells: list[CellBlame], row_name: str) -> None:
    with st.container(border=True, key="blame"):
        st.markdown(f"**{plain(row_name)}** on {plain(page.branch.name)} · :small[:gray[who changed each cell last]]")
        frame = pd.DataFrame([_line(found) for found in cells])
        st.table(frame, border="horizontal", hide_index=True, alt=f"Who changed each cell of {row_name} last")
        st.caption("Open a commit")
        with st.container(horizontal=True, gap="small"):
            for version, names in _by_version(cells).items():
                st.button(
                    f"Version {version:,} · {plain(', '.join(names))}",
                    key=f"blamed-{version}",
                    icon=":material/commit:",
                    on_click=open_commit,
                    args=(page.branch.name, version),
                )


def _line(found: CellBlame) -> dict[str, str]:
    maker = found.origin or found.commit
    return {
        "Column": f"**{plain(found.column)}**",
        "Value": plain(cell(found.value)),
        "Before": _before(found),
        "By": maker_words(maker),
        "In": _commit(found),
    }


def _before(found: CellBlame) -> str:
    if found.how is CellChange.ROW_ADDED:
        return ":gray[row added]"
    if found.how is CellChange.COLUMN_ADDED:
        return ":gray[column added]"
    return plain(cell(found.before))


def _commit(found: CellBlame) -> str:
    """The commit on the branch; for a merge, that it was one and what it took the value from."""
    commit = found.commit
    here = f"{plain(commit.branch)} version {commit.version:,}: {plain(commit.message)}"
    if found.origin is not None:
        origin = found.origin
        return (
            f"{plain(origin.branch)} version {origin.version:,}: {plain(origin.message)}, "
            f"merged as {plain(commit.branch)} version {commit.version:,} by {plain(commit.author or 'unknown')}"
        )
    return f"{here} (settled while merging)" if commit.merged_from and found.how is CellChange.CHANGED else here


def _by_version(cells: list[CellBlame]) -> dict[int, list[str]]:
    """The columns that each commit changed last, newest commit first."""
    found: dict[int, list[str]] = {}
    for one in sorted(cells, key=lambda one: -one.commit.version):
        found.setdefault(one.commit.version, []).append(one.column)
    return found
