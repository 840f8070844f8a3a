"""Files to take along: a table, a result, or all of a branch."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import streamlit as st

from hati_core import BranchView, TableInfo
from hati_core.browsing import Look, count_rows
from hati_core.errors import StorageUnavailable
from hati_core.exports import SHEET_ROWS, Export, ExportFormat
from hati_core.quote import identifier, identifiers
from pages.parts.session import told
from pages.parts.shell import Page
from pages.parts.words import plain, size

_NAMES = {ExportFormat.CSV: "CSV", ExportFormat.EXCEL: "Excel", ExportFormat.PARQUET: "Parquet"}
_ENDS = {ExportFormat.CSV: "text/csv", ExportFormat.PARQUET: "application/vnd.apache.parquet"}
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export_menu(page: Page, info: TableInfo) -> None:
    """The table in view or the whole branch, as files."""
    popover = st.popover("Export", icon=":material/download:", key="export", on_change="rerun")
    if not popover.open:
        return
    with popover:
        form = choose_format("export-form")
        at = page.branch.at(page.info.head)
        rows = count_rows(at, info, Look()) if form is ExportFormat.EXCEL else 0
        order = f" ORDER BY {identifiers(info.key)}" if info.key else ""
        download(
            f"Write {plain(info.name)} into a file",
            lambda: page.repository.export(at, f"FROM {identifier(info.name)}{order}", form, info.name),
            (at.id, at.version, info.name, form),
            form,
            "export-table",
            disabled=rows > SHEET_ROWS,
        )
        if rows > SHEET_ROWS:
            st.caption(f"A sheet holds {SHEET_ROWS:,} rows, and these are {rows:,}. Take CSV or Parquet instead.")
        whole = form if form is not ExportFormat.EXCEL else ExportFormat.CSV
        download(
            f"Write all tables of {plain(page.branch.name)} (zip of {_NAMES[whole]})",
            lambda: page.repository.export_tables(at, whole),
            (at.id, at.version, whole),
            None,
            "export-branch",
        )
        if form is not ExportFormat.PARQUET:
            caution(form)


def export_result(page: Page, view: BranchView, sql: str, key: str) -> None:
    """What a query gives, whole, as a file."""
    popover = st.popover("Export", icon=":material/download:", key=key, on_change="rerun")
    if not popover.open:
        return
    with popover:
        form = choose_format(f"{key}-form")
        name = f"{page.branch.name} result"
        make = lambda: page.repository.export(view, sql, form, name)  # noqa: E731
        download(
            "Write the whole result into a file", make, (view.id, view.version, sql, form), form, f"{key}-download"
        )
        if form is ExportFormat.EXCEL:
            st.caption(f"A sheet holds {SHEET_ROWS:,} rows; a longer result has to be CSV or Parquet.")
        if form is not ExportFormat.PARQUET:
            caution(form)


def choose_format(key: str) -> ExportFormat:
    """What kind of file it is to be."""
    chosen = st.segmented_control(
        "File", list(_NAMES), default=ExportFormat.CSV, required=True, format_func=lambda form: _NAMES[form], key=key
    )
    return chosen or ExportFormat.CSV


def download(
    label: str, make: Callable[[], Export], of: Hashable, form: ExportFormat | None, key: str, *, disabled: bool = False
) -> None:
    """A button that makes a file, and then one that hands it over; ``of`` says what is in it.

    It is made while the page runs, since a server that makes it at the handing over has no words of ours for what
    goes wrong.
    """
    made: tuple[Hashable, Export] | None = st.session_state.get(f"{key}-made")
    if made and made[0] == of:
        export = made[1]
        st.download_button(
            f"Save {plain(export.file_name)} · {size(export.path.stat().st_size)}",
            export.path.read_bytes,
            file_name=export.file_name,
            mime="application/zip" if form is None else _ENDS.get(form, _SHEET),
            icon=":material/download:",
            type="primary",
            key=key,
            on_click="ignore",
            width="stretch",
        )
        return
    if not st.button(label, icon=":material/draft:", key=f"{key}-make", width="stretch", disabled=disabled):
        return
    with told(), st.spinner("Writing the file…"):
        try:
            st.session_state[f"{key}-made"] = (of, make())
        except OSError as error:
            raise StorageUnavailable(
                f"The file could not be written: {error.strerror}. Make room, then retry."
            ) from error
        st.rerun()


def caution(form: ExportFormat) -> None:
    """What happens to text that a spreadsheet would compute."""
    if form is ExportFormat.EXCEL:
        st.caption("Text stays text, also where it begins with = + − or @.")
    else:
        st.caption("Text that begins with = + − or @ gets an apostrophe in front, so that no spreadsheet computes it.")
