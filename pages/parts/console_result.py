"""What a query gave: its rows a page at a time, and all of them as a file."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from hati_core.browsing import count_result, read_result
from hati_core.model import Row
from pages.parts.session import told
from pages.parts.shell import Page
from pages.parts.taking_out import export_result
from pages.parts.words import count


@dataclass(frozen=True)
class Result:
    """The first rows of the last query, and on which state of which branch."""

    branch_id: str
    version: int
    sql: str
    rows: list[Row]


def show_result(page: Page, result: Result, page_rows: int, seconds: float) -> None:
    """The rows; of a longer result, ``page_rows`` at a time."""
    view = page.branch.at(result.version)
    rows, said = result.rows, count(len(result.rows), "row")
    with st.container(key="sql-result"), told():
        if len(rows) > page_rows:
            said = f"The first {page_rows:,} rows; there are more"
            if st.toggle("Count them and turn pages", key="sql-pages"):
                total = count_result(view, result.sql, seconds)
                pages = -(-total // page_rows)
                number = int(st.pagination(pages, key=f"sql-page-{hash(result.sql)}-{result.version}"))
                start = (number - 1) * page_rows
                rows = read_result(view, result.sql, start, page_rows, seconds)
                said = f"Rows {start + 1:,} to {start + len(rows):,} of {total:,}"
        st.dataframe(_drawable(rows[:page_rows]), hide_index=True)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{said} · as of version {result.version}", width="content")
            export_result(page, view, result.sql, "sql-export")


def _drawable(rows: list[Row]) -> list[Row]:
    """The rows with integers of more than 64 bits as text, in whole columns: a table on screen holds no larger ones."""
    wide = {name for row in rows for name, value in row.items() if isinstance(value, int) and abs(value) >= 2**63}
    return [{name: str(value) if name in wide else value for name, value in row.items()} for row in rows]
