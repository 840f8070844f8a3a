"""Taking in a file: what is in it, what to know before, which columns identify a row, and what a row is worth."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hati_core import Breakdown, Repository
from hati_core.imports import SUFFIXES, FilePreview, Importer
from hati_core.quote import identifier
from hati_core.scenarios.metrics import value_metric
from hati_core.scenarios.roles import is_numeric
from pages.parts.session import announce, author, choose, told
from pages.parts.words import count, plain, type_name

_KINDS = [suffix for suffix in SUFFIXES if suffix != "txt"]


@st.dialog("Import a file", width="large", icon=":material/upload_file:")
def import_dialog(repository: Repository, branch: str) -> None:
    """Choose a file, look at it, and make it a table of a branch."""
    st.caption(f"The file becomes a new table on {plain(branch)}.")
    upload = st.file_uploader("CSV or Parquet file", type=_KINDS, key="upload")
    if upload is None:
        st.caption("The first line of a CSV file should hold the names of the columns.")
        return
    with told():
        importer = repository.importer(upload.name, upload)
        try:
            choice = None
            if not upload.name.lower().endswith(".parquet"):
                choice = st.segmented_control(
                    "First line",
                    ["Let the file decide", "Column names", "Data"],
                    default="Let the file decide",
                    required=True,
                    key="upload-header",
                )
            header = {"Column names": True, "Data": False}.get(choice or "")
            preview = _preview(importer, f"preview of {upload.file_id} {choice}", header)
            _show(preview)
            table, key, worth = _questions(preview, upload.file_id)
            if st.button(f"Import {count(preview.rows, 'row')}", type="primary", key="upload-import"):
                with st.spinner("Importing…"):
                    importer.load(repository.branch(branch), table, key, has_header=preview.has_header, author=author())
                    if worth:
                        breakdown = Breakdown(table, worth, key or (preview.columns[0].name,))
                        metric = value_metric(f"Value of {table}", breakdown)
                        repository.set_metric(
                            metric.name, metric.sql, unit=metric.unit, breakdown=breakdown, branch=branch
                        )
                choose("table", table.strip())
                announce(f"{count(preview.rows, 'row')} imported into {plain(table)} on {plain(branch)}.")
                st.rerun()
        finally:
            importer.close()


def _preview(importer: Importer, place: str, header: bool | None) -> FilePreview:
    """What is in the file, read once and kept while the questions about it are answered."""
    if place not in st.session_state:
        with st.spinner("Reading…"):
            st.session_state[place] = importer.preview(header)
    preview: FilePreview = st.session_state[place]
    return preview


def _show(preview: FilePreview) -> None:
    for note in preview.notes:
        st.warning(plain(note), icon=":material/info:")
    st.caption(f"{count(preview.rows, 'row')}, {count(len(preview.columns), 'column')}. The first rows:")
    frame = pd.DataFrame(list(preview.sample), columns=[column.name for column in preview.columns])
    types = {c.name: st.column_config.Column(f"{c.name} · {type_name(c.type)}") for c in preview.columns}
    st.dataframe(frame, hide_index=True, column_config=types, height=210)


def _questions(preview: FilePreview, file_id: str) -> tuple[str, tuple[str, ...], str | None]:
    names = [column.name for column in preview.columns]
    left, right = st.columns(2)
    table = left.text_input("Table name", value=preview.table, key=f"upload-table-{file_id}")
    key = right.multiselect(
        "Key: the columns that identify a row",
        names,
        default=list(preview.suggested_key),
        key=f"upload-key-{file_id}-{preview.has_header}",
        help="Rows are matched by these columns when branches are compared and merged.",
    )
    numeric = [column.name for column in preview.columns if is_numeric(column)]
    if not numeric:
        return table, tuple(key), None
    left, right = st.columns(2)
    first = left.selectbox(
        "A row is worth (optional)",
        numeric,
        index=None,
        placeholder="Known columns decide",
        key=f"upload-worth-{file_id}-{preview.has_header}",
    )
    second = right.selectbox(
        "times (optional)",
        numeric,
        index=None,
        placeholder="Nothing",
        key=f"upload-times-{file_id}-{preview.has_header}",
    )
    worth = " * ".join(identifier(name) for name in (first, second) if name) if first else None
    return table, tuple(key), worth
