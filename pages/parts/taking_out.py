"""Files to take along: a table, a result, or all of a branch."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from hati_core import BranchView, TableInfo
from hati_core.exports import Export, ExportFormat
from hati_core.quote import identifier, identifiers
from pages.parts.shell import Page
from pages.parts.words import plain

_NAMES = {ExportFormat.CSV: "CSV", ExportFormat.EXCEL: "Excel", ExportFormat.PARQUET: "Parquet"}
_ENDS = {ExportFormat.CSV: "text/csv", ExportFormat.PARQUET: "application/vnd.apache.parquet"}
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export_menu(page: Page, info: TableInfo) -> None:
    """The table in view or the whole branch, as files."""
    with st.popover("Export", icon=":material/download:"):
        form = choose_format("export-form")
        at = page.branch.at(page.info.head)
        order = f" ORDER BY {identifiers(info.key)}" if info.key else ""
        download(
            f"Download {plain(info.name)}",
            lambda: page.repository.export(at, f"FROM {identifier(info.name)}{order}", form, info.name),
            f"{info.name}.{form.value}",
            form,
            "export-table",
        )
        whole = form if form is not ExportFormat.EXCEL else ExportFormat.CSV
        download(
            f"Download all tables of {plain(page.branch.name)} (zip of {_NAMES[whole]})",
            lambda: page.repository.export_tables(at, whole),
            f"{page.branch.name} {whole.value}.zip",
            None,
            "export-branch",
        )
        if form is not ExportFormat.PARQUET:
            caution(form)


def export_result(page: Page, view: BranchView, sql: str, key: str) -> None:
    """What a query gives, whole, as a file."""
    with st.popover("Export", icon=":material/download:"):
        form = choose_format(f"{key}-form")
        name = f"{page.branch.name} result"
        make = lambda: page.repository.export(view, sql, form, name)  # noqa: E731
        download("Download the whole result", make, f"{name}.{form.value}", form, f"{key}-download")
        if form is not ExportFormat.PARQUET:
            caution(form)


def choose_format(key: str) -> ExportFormat:
    """What kind of file it is to be."""
    chosen = st.segmented_control(
        "File", list(_NAMES), default=ExportFormat.CSV, required=True, format_func=lambda form: _NAMES[form], key=key
    )
    return chosen or ExportFormat.CSV


def download(label: str, make: Callable[[], Export], file_name: str, form: ExportFormat | None, key: str) -> None:
    """A button that makes the file when it is pressed and deletes it once it was handed over."""

    def content() -> bytes:
        with make() as export:
            return export.path.read_bytes()

    mime = "application/zip" if form is None else _ENDS.get(form, _SHEET)
    st.download_button(
        label,
        content,
        file_name=file_name,
        mime=mime,
        icon=":material/download:",
        key=key,
        on_click="ignore",
        width="stretch",
    )


def caution(form: ExportFormat) -> None:
    """What happens to text that a spreadsheet would compute."""
    if form is ExportFormat.EXCEL:
        st.caption("Text stays text, also where it begins with = + − or @.")
    else:
        st.caption("Text that begins with = + − or @ gets an apostrophe in front, so that no spreadsheet computes it.")
