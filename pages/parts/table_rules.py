"""What holds for the rows of each table on every branch: how they are told apart, and which checks they pass."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hati_core import TableInfo
from hati_core.model import KeyOrigin
from pages.parts.checks import table_checks
from pages.parts.keys import key_chooser, key_sentence
from pages.parts.session import picker
from pages.parts.shell import Page
from pages.parts.words import count, plain

_ORIGINS = {
    KeyOrigin.DECLARED: "chosen",
    KeyOrigin.INFERRED: "inferred: unique so far",
    KeyOrigin.LINEAGE: "none: rows are told apart by their history",
}


def table_rules(page: Page) -> None:
    """All tables of the branch in view, and one of them to change."""
    tables = page.branch.tables()
    if not tables:
        st.info(f"{plain(page.branch.name)} has no tables.", icon=":material/info:")
        return
    st.caption(
        f"The tables of {plain(page.branch.name)}. Keys and checks hold on every branch, on every commit and merge."
    )
    if len(tables) > 1:
        frame = pd.DataFrame([_line(page, info) for info in tables.values()])
        st.table(frame, border="horizontal", hide_index=True, alt="Keys and checks of each table")
    with st.container(border=True, key="table-rules"):
        name = next(iter(tables))
        if len(tables) > 1:
            name = picker("Table", "table", list(tables), name)
        else:
            st.markdown(f"**{plain(name)}**")
        info = tables[name]
        with st.grid(2, min_column_width=280):
            with st.container():
                st.markdown("**Key**")
                key_sentence(info)
                key_chooser(page, info)
            with st.container():
                st.markdown("**Checks**")
                if not page.branch.checks(info.name):
                    st.caption("Rows may hold anything that their columns take.")
                table_checks(page, info)


def _line(page: Page, info: TableInfo) -> dict[str, str]:
    checks = page.branch.checks(info.name)
    return {
        "Table": f"**{plain(info.name)}**",
        "Key": plain(" + ".join(info.key)) or "–",
        "How it is known": _ORIGINS[info.key_origin],
        "Checks": plain(", ".join(check.name for check in checks)) if checks else "–",
        "Columns": count(len(info.columns), "column"),
    }
