"""Making, renaming and dropping tables and columns, each seen before it is one commit."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from hati_core import HatiError, TableInfo
from hati_core.sql import table_ddl as ddl
from hati_core.sql.table_ddl import TYPES, NewColumn
from pages.parts.session import announce, author, choose, complain, told
from pages.parts.shell import Page
from pages.parts.words import plain, type_name
from pages.parts.write_preview import write_preview

_ADD, _RENAME, _RETYPE, _DROP = "Add a column", "Rename a column", "Widen a column", "Drop a column"
_NEW, _NAME, _GO = "New table", "Rename the table", "Drop the table"
_EMPTY, _COPY, _QUERY = "From scratch", "As a copy", "From a query"
_LABELS = {kind: f"{type_name(kind)}{' · ' + kind if kind.startswith('DECIMAL') else ''}" for kind in TYPES}


@st.dialog("Change tables", width="large", icon=":material/table_edit:")
def change_tables(page: Page, info: TableInfo) -> None:
    """Choose what is to be done, see what comes of it, and do it on the branch in view."""
    st.caption(f"{_where(page)} The table in view is {plain(info.name)}.")
    action = st.pills(
        "What to do",
        [_NEW, _ADD, _RENAME, _RETYPE, _DROP, _NAME, _GO],
        default=_NEW,
        required=True,
        key="table-action",
    )
    with told():
        table, statements = _statements(page, info, action or _NEW)
        if statements:
            _land(page, table, statements)


@st.dialog("Create a table", width="large", icon=":material/table_edit:")
def create_first_table(page: Page) -> None:
    """Make a table on a branch that has none."""
    st.caption(_where(page))
    with told():
        table, statements = _new_table(page, None)
        if statements:
            _land(page, table, statements)


def _where(page: Page) -> str:
    return f"On {plain(page.branch.name)} only; other branches get it when it is merged."


def _statements(page: Page, info: TableInfo, action: str) -> tuple[str, list[str]]:
    """The table to be in view afterwards, and what makes it so; nothing while something is still open."""
    name, columns = info.name, list(info.column_names)
    place = f"{page.branch.id}-{name}"
    if action == _NEW:
        return _new_table(page, info)
    if action == _NAME:
        new = st.text_input("New name", value=name, key=f"table-name-{place}")
        return new.strip(), [ddl.rename_table(name, new)] if new.strip() != name else []
    if action == _GO:
        return "", [ddl.drop_table(name)]
    if action == _ADD:
        left, middle, right = st.columns(3)
        column = left.text_input("Name of the column", key=f"add-name-{place}")
        kind = middle.selectbox("Type", TYPES, format_func=_LABELS.__getitem__, key=f"add-type-{place}")
        default = right.text_input("Value in every row (optional)", key=f"add-default-{place}")
        made = NewColumn(column, kind, default or None)
        return name, [ddl.add_column(name, made)] if column.strip() else []
    column = st.selectbox("Column to change", columns, key=f"column-{action}-{place}")
    if action == _RENAME:
        new = st.text_input("New name", value=column, key=f"column-name-{place}-{column}")
        return name, [ddl.rename_column(name, column, new)] if new.strip() != column else []
    if action == _RETYPE:
        found = info.column(column)
        wider = ddl.wider_types(found.type) if found else ()
        if not wider:
            st.info(
                f"{plain(column)} is {plain(found.type if found else '')}, which cannot be widened in place. Add a "
                "column of the type you want, fill it with SQL, and drop the old one.",
                icon=":material/info:",
            )
            return name, []
        return name, [ddl.widen_column(name, column, st.selectbox("Wider type", wider, key=f"wider-{place}-{column}"))]
    return name, [ddl.drop_column(name, column)]


def _new_table(page: Page, info: TableInfo | None) -> tuple[str, list[str]]:
    """A table out of nothing, as a copy of the one in view, or from a query; the first one out of nothing."""
    how: str | None = _EMPTY
    if info:
        how = st.segmented_control("How", [_EMPTY, _COPY, _QUERY], default=_EMPTY, required=True, key="new-table-how")
    name = st.text_input("Table name", key="new-table-name").strip()
    if info and how == _COPY:
        st.caption(f"A copy of {plain(info.name)}, with its rows and its key.")
        columns = [NewColumn(column.name, column.type) for column in info.columns]
        key: Sequence[str] = info.key if info.key_origin.value == "declared" else ()
        fill = ddl.fill_from(name, info.name, info.column_names)
        return name, [ddl.create_table(name, columns, key), fill] if name else []
    if how == _QUERY:
        query = st.text_area("Query", placeholder="SELECT …", key="new-table-query")
        return name, [ddl.create_table_as(name, query)] if name and query.strip() else []
    columns = _columns_typed()
    names = [column.name for column in columns]
    key = st.multiselect("Key: the columns that identify a row", names, key=f"new-table-key-{'|'.join(names)}")
    return name, [ddl.create_table(name, columns, key)] if name and columns else []


def _columns_typed() -> list[NewColumn]:
    """The columns that somebody types into a small grid."""
    kinds = {label: kind for kind, label in _LABELS.items()}
    st.caption("Columns, a line each. A default is what new rows get that say nothing else.")
    empty = pd.DataFrame({"Name": pd.Series(dtype=str), "Type": pd.Series(dtype=str), "Default": pd.Series(dtype=str)})
    edited = st.data_editor(
        empty,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "Name": st.column_config.TextColumn(required=True),
            "Type": st.column_config.SelectboxColumn(options=list(kinds), required=True, default=_LABELS["VARCHAR"]),
        },
        key="new-table-columns",
        width="stretch",
    )
    return [
        NewColumn(str(row["Name"]), kinds.get(row["Type"], "VARCHAR"), row["Default"] if row["Default"] else None)
        for row in edited.where(edited.notna(), None).to_dict("records")
        if row["Name"]
    ]


def _land(page: Page, table: str, statements: Sequence[str]) -> None:
    """What the statements would do, and doing it as one commit."""
    with st.spinner("Working out what it would do…"):
        preview = page.branch.preview(list(statements))
    with st.container(border=True, key="table-preview"):
        st.markdown(f"**What this would change on {plain(page.branch.name)}**")
        write_preview(preview, "table-preview")
        st.code(";\n".join(statements), language="sql")
    message = st.text_input("Message", placeholder="What is it for?", key="table-message", max_chars=200)
    blocked = bool(preview.violations)
    label = f"Do it on {plain(page.branch.name)}"
    if st.button(label, type="primary", key=f"table-do-{preview.version}", disabled=blocked):
        try:
            with page.branch.transaction(message or None, author=author()) as tx:
                for statement in statements:
                    tx.execute(statement)
        except HatiError as error:
            complain(error)
            return
        if table:
            choose("table", table)
        announce(f"{plain(page.branch.log(1)[0].summary)} on {plain(page.branch.name)}.")
        st.rerun()
