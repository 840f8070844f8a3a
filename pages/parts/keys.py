"""How the rows of a table are told apart: a key that somebody chose, one that is inferred, or none."""

from __future__ import annotations

import streamlit as st

from hati_core import TableInfo
from hati_core.model import KeyOrigin
from pages.parts.session import announce, told
from pages.parts.shell import Page
from pages.parts.words import plain


def key_line(page: Page, info: TableInfo) -> None:
    """How rows of a table are told apart, and a place to choose that where nobody has chosen it yet."""
    key_sentence(info)
    if info.key_origin is not KeyOrigin.DECLARED:
        key_chooser(page, info)


def key_sentence(info: TableInfo) -> None:
    """How rows of a table are told apart."""
    names = plain(" + ".join(info.key))
    if info.key_origin is KeyOrigin.DECLARED:
        st.caption(f"Rows are told apart by {names}. The key holds on every branch.")
    elif info.key_origin is KeyOrigin.INFERRED:
        st.caption(f"Rows are told apart by {names}, because its values are unique so far.")
    else:
        st.info(
            "No column tells the rows apart, so they cannot be edited one by one. "
            "Choose the columns that identify a row.",
            icon=":material/key:",
        )


def key_chooser(page: Page, info: TableInfo) -> None:
    """Where to choose the columns that identify a row."""
    label = "Change the key" if info.key_origin is KeyOrigin.DECLARED else "Choose the key"
    with st.popover(label, icon=":material/key:"):
        columns = st.multiselect(
            "Columns that identify a row", list(info.column_names), list(info.key), key=f"key-{info.name}"
        )
        if st.button("Set as key on every branch", type="primary", key=f"set-key-{info.name}"):
            with told():
                page.repository.set_key(info.name, columns)
                announce(f"{plain(' + '.join(columns))} is the key of {plain(info.name)} on every branch.")
                st.rerun()
