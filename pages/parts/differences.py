"""Every row that differs between two branches: one table at a time, filtered, a page at a time."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hati_core import ChangeKind, RowChange, RowFilter, TableDiff
from pages.parts.changed_tables import counted
from pages.parts.exporting import card_head, csv_button, file_name
from pages.parts.paged_rows import kind_labels, rows_in_pages
from pages.parts.rows_table import changes_table, sides_frame, sides_table
from pages.parts.session import search, segments, selection, told
from pages.parts.shell import Page
from pages.parts.words import count, plain

_ALL = "all"
_AT_ONCE = 10_000


def row_differences(page: Page, before: str, after: str) -> None:
    """The card with the rows that differ."""
    title = f"**Row by row** · {plain(before)} → {plain(after)}"
    infos = {info.name: info for info in page.infos}
    with st.container(border=True, key="differences"), told():
        tables = {
            table.table: table
            for table in page.repository.comparisons.diff(infos[before], infos[after]).tables.values()
            if table
        }
        if not tables:
            st.markdown(title)
            st.caption("Every row is the same on both.")
            return
        head = st.container()
        with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
            name = next(iter(tables))
            if len(tables) > 1:
                names = {table: f"{table} · {_signs(found)}" for table, found in tables.items()}
                name = selection("Table with differences", "diff-table", names, name)
            table = tables[name]
            columns = {_ALL: "All"} | {f"c:{column}": column for column in table.columns}
            column = selection("Changed column", "diff-column", columns, _ALL)
            text = search("Cell contains", "diff-text")
        found = table.where(RowFilter(None if column == _ALL else columns[column], text))
        with head:
            save = csv_button(
                "these rows",
                file_name(name, before, after),
                lambda: differences_frame(found, before, after),
            )
            card_head(title, save)
        if table.schema_changes:
            st.markdown(f"! {plain(', '.join(table.schema_changes))}")
        _rows(found, before, after, f"diff-{name}-{column}-{text}")


def _rows(table: TableDiff, before: str, after: str, key: str) -> None:
    counts = {kind: number for kind, number in table.counts.items() if number}
    if not counts:
        st.caption(f"No row of {plain(table.table)} differs in this way.")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        kind = None
        if len(counts) > 1:
            labels = {_ALL: f"All {sum(counts.values()):,}"} | {
                k.value: label for k, label in kind_labels(counts).items()
            }
            chosen = segments("Rows to show", "diff-kind", labels, _ALL, label_visibility="collapsed")
            kind = None if chosen == _ALL else ChangeKind(chosen)
        else:
            st.caption(_signs(table))
        layouts = {"one": "before → after", "two": "beside each other"}
        layout = segments("Changed cells", "cells", layouts, "one", label_visibility="collapsed")

    def draw(changes: list[RowChange], columns: tuple[str, ...], table_key: str) -> None:
        if layout == "two":
            sides_table(changes, columns, (before, after), table_key)
        else:
            changes_table(changes, columns, table_key)

    rows_in_pages(table, kind, counts[kind] if kind else sum(counts.values()), key, draw)


def _signs(table: TableDiff) -> str:
    return counted(table) or count(len(table.schema_changes), "change of columns", "changes of columns")


def differences_frame(table: TableDiff, before: str, after: str) -> pd.DataFrame:
    """All rows that differ, with both values of every column, for a spreadsheet."""
    total = sum(table.counts.values())
    pages = [
        sides_frame(table.rows(None, start, _AT_ONCE), table.columns, (before, after), table.columns, as_shown=False)
        for start in range(0, max(total, 1), _AT_ONCE)
    ]
    return pd.concat(pages, ignore_index=True)
