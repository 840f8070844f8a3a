"""What stands above a table: which one, and bringing in, taking out and changing tables."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from hati_core import TableInfo
from pages.parts.session import picker
from pages.parts.shell import Page, empty_state
from pages.parts.table_dialog import change_tables, create_first_table
from pages.parts.taking_out import export_menu
from pages.parts.upload import import_dialog


def table_bar(page: Page, tables: Mapping[str, TableInfo]) -> str:
    """Choose a table; returns its name."""
    # On a narrow screen the buttons go below the choice, with their names whole.
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=360):
            name = picker("Table", "table", list(tables), next(iter(tables)))
        if st.button("Import a file", icon=":material/upload_file:", key="import"):
            import_dialog(page.repository, page.branch.name, name)
        export_menu(page, tables[name])
        if st.button("Change tables", icon=":material/table_edit:", key="change-tables"):
            change_tables(page, tables[name])
    return name


def no_tables(page: Page) -> None:
    """What can be done on a branch that has no table."""
    empty_state(
        ":material/table_rows:",
        "This branch has no tables yet",
        "Create one, take one in from a file, or start with the tutorial or the sample portfolio.",
        "app.py",
        "Begin on the overview",
    )
    with st.container(horizontal=True, horizontal_alignment="center"):
        if st.button("Create a table", icon=":material/table_edit:", key="create-table", type="primary"):
            create_first_table(page)
        if st.button("Import a file", icon=":material/upload_file:", key="import"):
            import_dialog(page.repository, page.branch.name)
