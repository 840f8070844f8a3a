"""SQL on the branch in view, through the gate."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from hati_core import HatiError
from hati_core.model import Row
from hati_core.quote import identifier
from hati_core.sql import gate
from hati_core.sql.gate import StatementKind
from pages.parts.session import announce, author, complain
from pages.parts.shell import Page
from pages.parts.words import count, plain

ROW_LIMIT = 1_000
SECONDS = 30.0
_RESULT = "sql result"


@dataclass(frozen=True)
class Result:
    """What the last query gave, and on which state of which branch."""

    branch_id: str
    version: int
    rows: list[Row]


def console(page: Page, table: str) -> None:
    """A statement, a button, and its rows or what it changed."""
    st.caption(
        f"One statement at a time, on {plain(page.branch.name)} only. A statement that writes becomes one commit."
    )
    sql = st.text_area(
        "SQL",
        value=f"SELECT *\nFROM {identifier(table)}\nLIMIT 100",
        height=140,
        key=f"sql-{table}",
        label_visibility="collapsed",
    )
    if st.button(
        "Run", type="primary", icon=":material/play_arrow:", key=f"run-sql-{page.branch.id}", shortcut="mod+enter"
    ):
        st.session_state.pop(_RESULT, None)
        try:
            _run(page, sql)
        except HatiError as error:
            complain(error)
    result: Result | None = st.session_state.get(_RESULT)
    if result and result.branch_id == page.branch.id:
        _show(result)


def _run(page: Page, sql: str) -> None:
    kind = gate.check(sql).kind
    if kind is not StatementKind.QUERY:
        with st.spinner("Running…"):
            rows = page.branch.execute(sql, author=author(), timeout=SECONDS)
        made = page.branch.log(1)[0]
        defined = made.summary if any(touch.note for touch in made.touched) else ""
        done = plain(defined) if defined and made.version > page.info.head else f"{count(rows, 'row')} changed"
        if kind is StatementKind.DDL and made.version == page.info.head:
            done = "Done, without a change to any row,"
        announce(f"{done} on {plain(page.branch.name)}.")
        st.rerun()
    with st.spinner("Running…"):
        found = page.branch.query(sql, limit=ROW_LIMIT + 1, timeout=SECONDS)
    st.session_state[_RESULT] = Result(page.branch.id, page.info.head, found)


def _drawable(rows: list[Row]) -> list[Row]:
    """The rows with integers of more than 64 bits as text, in whole columns: a table on screen holds no larger ones."""
    wide = {name for row in rows for name, value in row.items() if isinstance(value, int) and abs(value) >= 2**63}
    return [{name: str(value) if name in wide else value for name, value in row.items()} for row in rows]


def _show(result: Result) -> None:
    with st.container(key="sql-result"):
        st.dataframe(_drawable(result.rows[:ROW_LIMIT]), hide_index=True)
        shown = (
            count(len(result.rows), "row")
            if len(result.rows) <= ROW_LIMIT
            else f"The first {ROW_LIMIT:,} rows; there are more"
        )
        st.caption(f"{shown} · as of version {result.version}")
