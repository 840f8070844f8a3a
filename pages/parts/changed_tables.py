"""What a comparison found, table by table, each with its rows by kind."""

from __future__ import annotations

import streamlit as st

from hati_core import Diff, TableDiff
from pages.parts.paged_rows import paged_rows
from pages.parts.palette import SIGNS
from pages.parts.words import plain


def changed_tables(diff: Diff, key: str, nothing: str) -> None:
    """Every table that differs with its rows; ``nothing`` is said where there is none."""
    changed = [table for table in diff.tables.values() if table]
    if not changed:
        st.caption(nothing)
    for table in changed:
        signs = counted(table)
        badge = f" :gray-badge[{plain(signs)}]" if signs else ""
        schema = f" · {plain(', '.join(table.schema_changes))}" if table.schema_changes else ""
        st.markdown(f"{plain(table.table)}{badge}{schema}")
        if signs:
            paged_rows(table, table.counts, f"{key}-{table.table}")


def counted(table: TableDiff) -> str:
    """How many rows of a table differ, each kind behind its sign; empty where none does."""
    return " ".join(f"{SIGNS[kind]}{number:,}" for kind, number in table.counts.items() if number)
