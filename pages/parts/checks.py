"""The checks of a table: which there are, setting one, dropping one."""

from __future__ import annotations

import streamlit as st

from hati_core import Check, TableInfo
from pages.parts.session import announce, told
from pages.parts.shell import Page
from pages.parts.words import plain


def table_checks(page: Page, info: TableInfo) -> None:
    """What every row has to pass, and a place to change that."""
    found = page.branch.checks(info.name)
    if found:
        rules = "; ".join(f"{check.name}: {check.expression}" for check in found)
        st.caption(f"Every row has to pass {plain(rules)}. Checks hold on every branch.")
    with st.popover("Checks", icon=":material/rule:"):
        for check in found:
            _existing(page, info, check)
        _new(page, info)


def _existing(page: Page, info: TableInfo, check: Check) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(check.name)}**: {plain(check.expression)}")
        if st.button(f"Drop {plain(check.name)}", icon=":material/delete:", key=f"drop-check-{info.name}-{check.name}"):
            with told():
                page.repository.drop_check(info.name, check.name)
                announce(f"{plain(info.name)} is not held to {plain(check.name)} any more, on any branch.")
                st.rerun()


def _new(page: Page, info: TableInfo) -> None:
    name = st.text_input("Name of the check", placeholder="positive", key=f"check-name-{info.name}", max_chars=80)
    expression = st.text_input(
        "What has to hold in every row",
        placeholder="shares > 0",
        help="An SQL expression over the columns of one row. An empty cell passes.",
        key=f"check-expression-{info.name}",
    )
    if st.button("Set on every branch", type="primary", key=f"set-check-{info.name}"):
        with told():
            check = page.repository.set_check(info.name, name, expression)
            announce(f"Every row of {plain(info.name)} has to pass {plain(check.name)}, on every branch.")
            st.rerun()
