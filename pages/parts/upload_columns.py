"""Where the rows of a file go: a new table or one that is there, and which column becomes which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from hati_core import TableInfo
from hati_core.imports import (
    Dates,
    FilePreview,
    ImportMode,
    ImportOrder,
    Numbers,
    TakenColumn,
    is_meant_for,
    taken_by_name,
)
from hati_core.model import KeyOrigin
from pages.parts.words import cell, plain, type_name

_NEW, _THERE = "A new table", "A table that is there"
_MODES = {
    ImportMode.APPEND: "Add the rows",
    ImportMode.UPSERT: "Update by key: change rows that are there, add the others",
    ImportMode.REPLACE: "Replace all rows",
}
_LEFT_OUT = "– leave out –"
_TYPES = ("VARCHAR", "BIGINT", "DOUBLE", "DECIMAL(18,2)", "DATE", "TIMESTAMP", "TIME", "BOOLEAN")


@dataclass(frozen=True)
class Destination:
    """What a person asks for."""

    order: ImportOrder

    @property
    def is_new(self) -> bool:
        """Whether the file becomes a table of its own."""
        return self.order.mode is ImportMode.NEW


def destination(preview: FilePreview, tables: Mapping[str, TableInfo], in_view: str | None, place: str) -> Destination:
    """Ask where the rows go and what the columns become; rows of the table in view are meant for it."""
    kind, seen = _NEW, tables.get(in_view or "")
    if tables:
        first = _THERE if seen and is_meant_for(preview.columns, seen) else _NEW
        key = f"upload-into-{place}-{hash(preview.columns)}"
        kind = st.segmented_control("Into", [_NEW, _THERE], default=first, required=True, key=key) or first
    if kind == _NEW:
        return Destination(_new(preview, place))
    left, right = st.columns([2, 3])
    names = list(tables)
    at = names.index(seen.name) if seen else 0
    table = left.selectbox("Table to take the rows", names, index=at, key=f"upload-there-{place}")
    info = tables[table]
    modes = [mode for mode in _MODES if info.key or mode is not ImportMode.UPSERT]
    # A key that nobody chose may be one by chance, so rows are changed by it on demand only.
    usual = ImportMode.UPSERT if info.key_origin is KeyOrigin.DECLARED else ImportMode.APPEND
    mode = right.selectbox(
        "What the rows do",
        modes,
        index=modes.index(usual),
        format_func=lambda mode: _MODES[mode],
        key=f"upload-mode-{place}-{table}",
    )
    if info.key:
        st.caption(f"Rows of {plain(table)} are matched by {plain(' + '.join(info.key))}.")
    return Destination(_order(preview, table, mode, (), _existing(preview, info, place)))


def _new(preview: FilePreview, place: str) -> ImportOrder:
    left, right = st.columns(2)
    table = left.text_input("Table name", value=preview.table, key=f"upload-table-{place}-{preview.table}")
    columns = _editable(preview, place)
    names = [column.name for column in columns]
    key = right.multiselect(
        "Key: the columns that identify a row",
        names,
        default=[name for name in preview.suggested_key if name in names],
        key=f"upload-key-{place}-{preview.has_header}-{'|'.join(names)}",
        help="Rows are matched by these columns when branches are compared and merged.",
    )
    return _order(preview, table, ImportMode.NEW, tuple(key), columns)


def _order(
    preview: FilePreview, table: str, mode: ImportMode, key: tuple[str, ...], columns: tuple[TakenColumn, ...]
) -> ImportOrder:
    numbers, dates = preview.reading.numbers or Numbers.POINT, preview.reading.dates or Dates.DAY_FIRST
    return ImportOrder(table, mode, columns, key, numbers, dates)


def _editable(preview: FilePreview, place: str) -> tuple[TakenColumn, ...]:
    """The columns of a new table: which are taken in, their names and types."""
    labels = {kind: _label(kind) for kind in (*_TYPES, *(column.type for column in preview.columns))}
    kinds = {label: kind for kind, label in labels.items()}
    frame = _frame(preview)
    frame["Take in"] = True
    frame["Name"] = frame["In the file"]
    frame["Type"] = [labels[column.type] for column in preview.columns]
    with st.expander("Columns: names, types, and which to take in", icon=":material/view_column:"):
        edited = st.data_editor(
            frame,
            hide_index=True,
            disabled=["In the file", "First value"],
            column_order=["Take in", "In the file", "Name", "Type", "First value"],
            column_config={
                "Take in": st.column_config.CheckboxColumn(width="small"),
                "Type": st.column_config.SelectboxColumn(options=list(kinds), required=True),
            },
            key=f"upload-columns-{place}-{hash(preview.columns)}",
        )
    return tuple(
        TakenColumn(row["In the file"], str(row["Name"] or ""), kinds[row["Type"]])
        for row in edited.to_dict("records")
        if row["Take in"]
    )


def _existing(preview: FilePreview, info: TableInfo, place: str) -> tuple[TakenColumn, ...]:
    """Which column of the table each column of the file goes to; those of one name find each other."""
    frame = _frame(preview)
    by_name = taken_by_name(preview.columns, info)
    frame["Goes to"] = [by_name.get(column.name, _LEFT_OUT) for column in preview.columns]
    missing = [name for name in info.column_names if name not in set(frame["Goes to"])]
    with st.expander("Columns: what goes where", icon=":material/view_column:", expanded=bool(missing)):
        edited = st.data_editor(
            frame,
            hide_index=True,
            disabled=["In the file", "First value"],
            column_order=["In the file", "Goes to", "First value"],
            column_config={
                "Goes to": st.column_config.SelectboxColumn(options=[_LEFT_OUT, *info.column_names], required=True)
            },
            key=f"upload-columns-{place}-{hash(preview.columns)}-{info.name}",
        )
    return tuple(
        TakenColumn(row["In the file"], row["Goes to"], "")
        for row in edited.to_dict("records")
        if row["Goes to"] != _LEFT_OUT
    )


def _frame(preview: FilePreview) -> pd.DataFrame:
    first = preview.sample[0] if preview.sample else {}
    return pd.DataFrame(
        {
            "In the file": [column.name for column in preview.columns],
            "First value": [cell(first.get(column.name)) for column in preview.columns],
        }
    )


def _label(kind: str) -> str:
    """What a person calls a type, with DuckDB's name where several are called so."""
    return f"{type_name(kind)} · {kind}" if kind.startswith("DECIMAL") else type_name(kind)
