"""Data: the rows of one table on the branch in view, to edit and save; SQL; files."""

import streamlit as st

from pages.parts.actions import actions_tab
from pages.parts.console import console
from pages.parts.editing import edit_table
from pages.parts.session import told
from pages.parts.shell import begin_page, next_step
from pages.parts.table_bar import no_tables, table_bar

page = begin_page("Data", "Change rows on the branch in view; saving makes one commit", step="Try")
tables = page.branch.tables()
if not tables:
    no_tables(page)
    st.stop()

if page.info.is_main:
    st.warning(
        "You are on **main**: what you save here, everybody sees. To try something, choose or make a branch first.",
        icon=":material/home:",
    )

name = table_bar(page, tables)
rows, sql, actions = st.tabs(["Rows", "SQL", "Actions"], key="data-tab", on_change="rerun")
with rows, told():
    edit_table(page, tables[name])
with sql:
    console(page, name)
if actions.open:
    with actions:
        actions_tab(page, page.branch.table(name))

if not page.info.is_main:
    next_step(
        f"see what {page.branch.name} is worth beside main",
        "pages/compare.py",
        ":material/arrow_forward:",
        branch=page.branch.name,
    )
