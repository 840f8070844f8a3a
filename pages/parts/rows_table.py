"""Changed rows as a table: the sign of the change, the key, and each cell before and after."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd
import streamlit as st

from hati_core import ChangeKind, RowChange, TablePage
from hati_core.scenarios.roles import is_numeric
from pages.parts.palette import SIGNS
from pages.parts.words import cell

_WORDS = {ChangeKind.ADDED: "added", ChangeKind.REMOVED: "removed", ChangeKind.CHANGED: "changed"}


def changes_frame(changes: Sequence[RowChange], columns: Sequence[str]) -> pd.DataFrame:
    """A row a change; an unchanged cell shows its value, a changed one both, an added or removed row one side."""
    rows = []
    for change in changes:
        row = {"": f"{SIGNS[change.kind]} {_WORDS[change.kind]}"}
        for column in columns:
            row[column] = _cell(change, column)
        rows.append(row)
    return pd.DataFrame(rows, columns=["", *columns])


def _cell(change: RowChange, column: str) -> str:
    if change.before is None or change.after is None:
        return cell((change.after or change.before or {}).get(column))
    before, after = change.before.get(column), change.after.get(column)
    return f"{cell(before)} → {cell(after)}" if column in change.columns else cell(after)


def _is_number(change: RowChange, column: str) -> bool:
    value = (change.after or change.before or {}).get(column)
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def changes_table(changes: Sequence[RowChange], columns: Sequence[str], key: str) -> None:
    """Draw changed rows; text cells only, so that nothing in them is made anything of."""
    frame = changes_frame(changes, columns)
    numeric = {name for name in columns if any(_is_number(change, name) for change in changes)}
    config = {
        name: st.column_config.TextColumn(name, alignment="right" if name in numeric else None)
        for name in frame.columns
    }
    st.dataframe(frame, hide_index=True, column_config=config, key=key, height=480 if len(frame) > 12 else "content")


def rows_table(page: TablePage, key: str, *, selectable: bool = False) -> int | None:
    """Rows as they are, to be read only; returns the position of the row that is selected, where one can be."""
    names = page.info.column_names
    frame = pd.DataFrame([{name: cell(row[name]) for name in names} for row in page.rows], columns=list(names))
    config = {
        column.name: st.column_config.TextColumn(
            f"{column.name} (key)" if column.name in page.info.key else column.name,
            alignment="right" if is_numeric(column) else None,
        )
        for column in page.info.columns
    }
    st.dataframe(
        frame,
        hide_index=True,
        column_config=config,
        key=key,
        height=420 if len(frame) > 10 else "content",
        on_select="rerun" if selectable else "ignore",
        selection_mode="single-row",
    )
    rows = st.session_state[key]["selection"]["rows"] if selectable else []
    return rows[0] if rows and rows[0] < len(page.rows) else None
