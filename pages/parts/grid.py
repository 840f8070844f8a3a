"""The editable grid of one table: a page of rows in, edits by row key out.

``st.data_editor`` keeps edits by position. Rows are therefore read from a fixed version in key
order, the widget's key names branch, table, version and page, and positions are translated to
row keys against that very frame. Its cells are text: what it cannot read by itself it drops without
a word, and what it misreads it turns into another number.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd
import streamlit as st

from hati_core import BranchView, TableEdits, TableInfo
from hati_core.browsing import Look, read_rows
from hati_core.model import Key, Row
from hati_core.scenarios.roles import is_numeric
from hati_core.written import Writing, is_read
from pages.parts.words import type_name

PAGE_ROWS = 500
_USUAL = Writing()


@dataclass(frozen=True)
class GridPage:
    """The rows in view and how many there are in all.

    ``rows`` are as they are stored, ``shown`` the same rows with what is changed in them and not saved, and after them
    those that are added and not saved.
    ``writing`` is how their numbers and dates are written.
    """

    info: TableInfo
    version: int
    rows: list[Row]
    total: int
    offset: int
    unsaved: TableEdits = field(default_factory=TableEdits)
    writing: Writing = _USUAL

    @property
    def shown(self) -> list[Row]:
        """The rows as the grid begins with them."""
        changed = self.unsaved.updates
        stored = [{**row, **changed.get(self.key_of(at), {})} for at, row in enumerate(self.rows)]
        return [*stored, *self.unsaved.inserts]

    def beginning_with(self, unsaved: TableEdits, writing: Writing = _USUAL) -> GridPage:
        """The page with edits that are not saved: without the rows that they delete."""
        gone = set(unsaved.deletes)
        rows = [row for at, row in enumerate(self.rows) if self.key_of(at) not in gone] if gone else self.rows
        return replace(self, rows=rows, unsaved=unsaved, writing=writing)

    def text(self, column: str, value: Any) -> Any:
        """A value as the grid shows it in a column."""
        found = self.info.column(column)
        return self.writing.text(value, found) if found and is_read(found) else value

    def key_of(self, position: int) -> Key:
        """The key of the row at a position of the page."""
        return tuple(self.rows[position][column] for column in self.info.key)


def count_pages(total: int) -> int:
    """How many pages hold so many rows."""
    return max(1, -(-total // PAGE_ROWS))


def read_page(view: BranchView, info: TableInfo, look: Look, number: int, total: int) -> GridPage:
    """One page of the ``total`` rows that a look leaves of a table at a version; pages count from 1."""
    offset = PAGE_ROWS * (number - 1)
    rows = read_rows(view, info, look, offset, PAGE_ROWS, total)
    return GridPage(info, view.version or 0, rows, total, offset)


def grid(page: GridPage, key: str, *, editable: bool) -> None:
    """Draw the grid; what is changed in it is in the state of that key."""
    shown = [{name: page.text(name, value) for name, value in row.items()} for row in page.shown]
    frame = pd.DataFrame(shown, columns=list(page.info.column_names))
    config = {column.name: _column_config(page.info, column.name) for column in page.info.columns}
    height: int | Literal["content"] = 600 if len(frame) > 15 else "content"
    if not editable:
        st.dataframe(frame, hide_index=True, column_config=config, height=height, key=f"{key}-read")
        return
    st.data_editor(
        frame, hide_index=True, num_rows="dynamic", column_config=config, height=height, key=key, width="stretch"
    )


def added_before(page: GridPage, state: Any) -> list[Row]:
    """The unsaved new rows that the grid began with, as its state has them now."""
    edited = {int(position): cells for position, cells in state.get("edited_rows", {}).items()}
    gone = set(state.get("deleted_rows", []))
    places = enumerate(page.unsaved.inserts, start=len(page.rows))
    rows = [_with(row, edited.get(at, {})) for at, row in places if at not in gone]
    return [row for row in rows if any(value is not None for value in row.values())]


def _with(row: Row, cells: Row) -> Row:
    """A new row with what is typed into it; a cell that was empty with a purpose stays so."""
    return {**row, **{column: value for column, value in cells.items() if value is not None or column in row}}


def _edited_rows(page: GridPage, state: Any) -> dict[int, Row]:
    """What is typed into the stored rows of the page, by position."""
    typed = ((int(position), cells) for position, cells in state.get("edited_rows", {}).items())
    return {position: cells for position, cells in typed if position < len(page.rows)}


def typed_back(page: GridPage, state: Any) -> dict[Key, set[str]]:
    """By row key, the cells that were typed back to what is stored."""
    back: dict[Key, set[str]] = {}
    for position, cells in _edited_rows(page, state).items():
        row = page.rows[position]
        same = {column for column, value in cells.items() if _same(page, column, row[column], value)}
        if same:
            back[page.key_of(position)] = same
    return back


def edits_of(page: GridPage, state: Any) -> TableEdits:
    """What the grid's state says of the stored rows and of new ones, by row key.

    A changed key is the old row deleted and a new one inserted.
    """
    key_columns = set(page.info.key)
    gone = {position for position in state.get("deleted_rows", []) if position < len(page.rows)}
    deletes = [page.key_of(position) for position in sorted(gone)]
    inserts = [_filled(row) for row in state.get("added_rows", [])]
    updates: dict[Key, Row] = {}
    for position, cells in _edited_rows(page, state).items():
        row = page.rows[position]
        changed = {column: value for column, value in cells.items() if not _same(page, column, row[column], value)}
        if position in gone or not changed:
            continue
        if key_columns & set(changed):
            deletes.append(page.key_of(position))
            inserts.append({**page.shown[position], **changed})
        else:
            updates[page.key_of(position)] = changed
    return TableEdits([row for row in inserts if row], updates, deletes)


def _same(page: GridPage, column: str, stored: Any, typed: Any) -> bool:
    """Whether a cell was typed back to what is stored."""
    shown = page.text(column, stored)
    is_text = shown is not stored and isinstance(typed, str)
    return bool(stored == typed or (is_text and typed.strip() == shown))


def _filled(row: Row) -> Row:
    return {column: value for column, value in row.items() if value is not None and column != "_index"}


def _column_config(info: TableInfo, name: str) -> Any:
    column = info.column(name)
    assert column is not None
    label = f"{name} (key)" if name in info.key else name
    help_text = type_name(column.type) + (" · part of the key" if name in info.key else "")
    if column.type == "VARCHAR" or is_read(column):
        return st.column_config.TextColumn(label, help=help_text, alignment="right" if is_numeric(column) else None)
    return st.column_config.Column(label, help=help_text)
