"""A table of the branch in view as it was at any version; read only."""

from __future__ import annotations

import streamlit as st

from hati_core import BranchView
from pages.parts.rows_table import rows_table
from pages.parts.session import picker, turned
from pages.parts.shell import Page
from pages.parts.versions import choose_version
from pages.parts.words import count, plain

PAGE_ROWS = 500
_MOST_EXPORTED = 1_000_000


def as_it_was(page: Page) -> None:
    """Choose a version, then one of the tables that it had."""
    left, right = st.columns(2)
    with left:
        version = choose_version(page, page.branch.name, "Version", "at", page.info.head)
    view = page.branch.at(version)
    tables = list(view.tables())
    if not tables:
        st.info(f"{plain(page.branch.name)} had no tables at version {version:,}.", icon=":material/info:")
        return
    with right:
        name = picker("Table", "table", tables, tables[0])
    shown = rows_of(view, name, f"past-{page.branch.id}-{version}-{name}")
    if shown <= _MOST_EXPORTED:
        st.download_button(
            "Download as CSV",
            lambda: view.page(name, limit=_MOST_EXPORTED).csv(),
            file_name=f"{name} {page.branch.name} version {version}.csv",
            mime="text/csv",
            key=f"export-{page.branch.id}-{version}-{name}",
            on_click="ignore",
            icon=":material/download:",
        )


def rows_of(view: BranchView, name: str, key: str) -> int:
    """A page of the rows of a table; returns how many rows there are in all."""
    total = view.page(name, limit=0).total
    pages = -(-total // PAGE_ROWS)
    number = turned(max(pages, 1), key)
    start = (number - 1) * PAGE_ROWS
    found = view.page(name, start, PAGE_ROWS)
    if not total:
        st.caption("The table had no rows.")
        return 0
    rows_table(found, f"{key}-rows")
    shown = f"Rows {start + 1:,} to {min(start + PAGE_ROWS, total):,} of " if pages > 1 else ""
    st.caption(f"{shown}{count(total, 'row')}, as they were")
    return total
