"""Files to take along: a table, a result, or all of a branch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from hati_core import BranchView, HatiError, TableInfo
from hati_core.browsing import Look, count_rows
from hati_core.errors import StorageUnavailable
from hati_core.exports import SHEET_ROWS, Export, ExportFormat
from hati_core.quote import identifier, identifiers
from pages.parts.session import complain
from pages.parts.shell import Page
from pages.parts.words import plain

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
            f"Download {plain(info.name)}",
            lambda: page.repository.export(at, f"FROM {identifier(info.name)}{order}", form, info.name),
            f"{info.name}.{form.value}",
            form,
            "export-table",
            disabled=rows > SHEET_ROWS,
        )
        if rows > SHEET_ROWS:
            st.caption(f"A sheet holds {SHEET_ROWS:,} rows, and these are {rows:,}. Take CSV or Parquet instead.")
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
    popover = st.popover("Export", icon=":material/download:", key=key, on_change="rerun")
    if not popover.open:
        return
    with popover:
        form = choose_format(f"{key}-form")
        name = f"{page.branch.name} result"
        make = lambda: page.repository.export(view, sql, form, name)  # noqa: E731
        download("Download the whole result", make, f"{name}.{form.value}", form, f"{key}-download")
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


@dataclass
class _Failure:
    """Why the last file that was asked for could not be made; the server makes it while no script runs."""

    error: HatiError | None = None


def download(
    label: str,
    make: Callable[[], Export],
    file_name: str,
    form: ExportFormat | None,
    key: str,
    *,
    disabled: bool = False,
) -> None:
    """A button that makes the file when it is pressed and deletes it once it was handed over."""
    failure: _Failure = st.session_state.setdefault(f"{key}-failure", _Failure())

    def content() -> bytes:
        failure.error = None
        try:
            with make() as export:
                return export.path.read_bytes()
        except HatiError as error:
            failure.error = error
            raise
        except OSError as error:
            failure.error = StorageUnavailable(
                f"The file could not be written: {error.strerror}. Make room, then retry."
            )
            raise

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
        disabled=disabled,
    )
    _say_failure(failure)


@st.fragment(run_every=1.0)
def _say_failure(failure: _Failure) -> None:
    """Why there is no file, in our own words; drawn only while the menu is open."""
    if failure.error:
        complain(failure.error)


def caution(form: ExportFormat) -> None:
    """What happens to text that a spreadsheet would compute."""
    if form is ExportFormat.EXCEL:
        st.caption("Text stays text, also where it begins with = + − or @.")
    else:
        st.caption("Text that begins with = + − or @ gets an apostrophe in front, so that no spreadsheet computes it.")
