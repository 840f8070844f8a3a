"""Taking in a file: what is in it, where it goes, which columns become what, and what it would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from hati_core import Breakdown, Repository
from hati_core.imports import SUFFIXES, FilePreview, Importer, Reading
from hati_core.quote import identifier
from hati_core.scenarios.metrics import value_metric
from pages.parts.session import announce, choose, told
from pages.parts.upload_columns import Destination, destination
from pages.parts.upload_outcome import outcome
from pages.parts.upload_reading import how_it_is_read
from pages.parts.words import count, plain, type_name

_KINDS = [suffix for suffix in SUFFIXES if suffix not in ("txt", "xlsm")]
_OPEN = "open upload"
_PREVIEW = "upload preview"


@dataclass(frozen=True)
class _Open:
    """The file that was chosen last in this session."""

    file_id: str
    importer: Importer


@st.dialog("Import a file", width="large", icon=":material/upload_file:")
def import_dialog(repository: Repository, branch: str, table: str | None = None) -> None:
    """Choose a file, look at it, and take its rows in on a branch; ``table`` is the one in view."""
    st.caption(f"The file becomes a new table on {plain(branch)}, or its rows go into one that is there.")
    upload = st.file_uploader("CSV, Excel or Parquet file", type=_KINDS, key="upload")
    if upload is None:
        st.caption("The first line of a CSV file, or of a sheet, should hold the names of the columns.")
        return
    with told():
        importer = _importer(repository, upload.name, upload)
        place = upload.file_id
        reading = how_it_is_read(importer, upload.name, place)
        preview = _preview(importer, place, reading)
        above = st.container()
        where = destination(preview, repository.branch(branch).tables(), table, place)
        with above:
            _first_rows(importer, preview, where)
        worth = _worth(where, place) if where.is_new else None
        done = outcome(importer, repository.branch(branch), where, place)
        if done:
            if worth:
                _measure(repository, branch, where, worth)
            choose("table", done.order.table.strip())
            announce(f"{_what_was_done(where, done.added, done.changed, done.removed)} on {plain(branch)}.")
            st.rerun()


def _importer(repository: Repository, name: str, upload: st.runtime.uploaded_file_manager.UploadedFile) -> Importer:
    """The file in the repository's own folder, taken over once; the one before is forgotten."""
    known: _Open | None = st.session_state.get(_OPEN)
    if known and known.file_id == upload.file_id:
        return known.importer
    if known:
        known.importer.close()
        del st.session_state[_OPEN]
    importer = repository.importer(name, upload)
    st.session_state[_OPEN] = _Open(upload.file_id, importer)
    st.session_state.pop(_PREVIEW, None)
    return importer


def _preview(importer: Importer, place: str, reading: Reading) -> FilePreview:
    """What is in the file, read once and kept while the questions about it are answered."""
    known: tuple[str, Reading, FilePreview] | None = st.session_state.get(_PREVIEW)
    if known and known[:2] == (place, reading):
        return known[2]
    with st.spinner("Reading…"):
        preview = importer.preview(reading)
    st.session_state[_PREVIEW] = (place, reading, preview)
    return preview


def _first_rows(importer: Importer, preview: FilePreview, where: Destination) -> None:
    """What to know of the file, and its first rows, by the names and types that are chosen for the columns."""
    taken = {column.source: column for column in where.order.columns}
    types = {source: column.type for source, column in taken.items() if where.is_new}
    for note in preview.notes_with(types, where.order.mode):
        st.warning(plain(note), icon=":material/info:")
    st.caption(f"{count(preview.rows, 'row')}, {count(len(preview.columns), 'column')}. The first rows:")
    labels = {
        column.name: f"{taken[column.name].name} · {type_name(types[column.name])}"
        if column.name in types
        else f"{column.name} · {'left out' if where.is_new else type_name(column.type)}"
        for column in preview.columns
    }
    is_as_read = all(types.get(column.name, column.type) == column.type for column in preview.columns)
    rows = preview.sample if is_as_read else importer.sample(preview, types)
    height: int | Literal["content"] = 245 if len(rows) > 6 else "content"
    st.dataframe(
        list(rows) or None,
        hide_index=True,
        column_config={name: st.column_config.Column(label) for name, label in labels.items()},
        height=height,
    )


def _worth(where: Destination, place: str) -> str | None:
    numeric = where.order.numeric
    if not numeric:
        return None
    left, right = st.columns(2)
    first = left.selectbox(
        "A row is worth (optional)",
        numeric,
        index=None,
        placeholder="Known columns decide",
        key=f"upload-worth-{place}",
    )
    second = right.selectbox(
        "times (optional)",
        numeric,
        index=None,
        placeholder="Nothing",
        key=f"upload-times-{place}",
    )
    return " * ".join(identifier(name) for name in (first, second) if name) if first else None


def _measure(repository: Repository, branch: str, where: Destination, worth: str) -> None:
    table = where.order.table.strip()
    breakdown = Breakdown(table, worth, where.order.key or (where.order.columns[0].name,))
    metric = value_metric(f"Value of {table}", breakdown)
    repository.set_metric(metric.name, metric.sql, unit=metric.unit, breakdown=breakdown, branch=branch)


def _what_was_done(where: Destination, added: int, changed: int, removed: int) -> str:
    table = plain(where.order.table.strip())
    if where.is_new:
        return f"{count(added, 'row')} imported into {table}"
    parts = [f"{number:,} {word}" for number, word in ((added, "added"), (changed, "changed"), (removed, "removed"))]
    return f"{table}: {', '.join(parts)}"
