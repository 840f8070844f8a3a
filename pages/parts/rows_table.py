"""Changed rows as a table: the sign of the change, the key, and each cell before and after."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.elements.arrow import DataframeStateInput

from hati_core import ChangeKind, RowChange, TablePage
from hati_core.scenarios.roles import is_numeric
from pages.parts.palette import SIGNS
from pages.parts.words import cell

KIND_WORDS = {ChangeKind.ADDED: "added", ChangeKind.REMOVED: "removed", ChangeKind.CHANGED: "changed"}


def changes_frame(changes: Sequence[RowChange], columns: Sequence[str]) -> pd.DataFrame:
    """A row a change; an unchanged cell shows its value, a changed one both, an added or removed row one side."""
    rows = []
    for change in changes:
        row = {"": f"{SIGNS[change.kind]} {KIND_WORDS[change.kind]}"}
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


def sides_frame(
    changes: Sequence[RowChange],
    columns: Sequence[str],
    sides: tuple[str, str],
    split: Collection[str],
    *,
    as_shown: bool = True,
) -> pd.DataFrame:
    """A row a change, with two columns for each of ``split``: as it is on one side, and on the other.

    With ``as_shown`` cells are text, and those that differ are marked; else they are values, as a spreadsheet
    wants them.
    """
    rows = []
    for change in changes:
        sign = f"{SIGNS[change.kind]} {KIND_WORDS[change.kind]}" if as_shown else KIND_WORDS[change.kind]
        row: dict[str, Any] = {"": sign}
        for column in columns:
            values = [None if side is None else side.get(column) for side in (change.before, change.after)]
            if as_shown:
                values = [_side(change, column, at) for at in range(2)]
            if column in split:
                row |= {f"{column} · {side}": value for side, value in zip(sides, values, strict=True)}
            else:
                row[column] = values[1] if change.after is not None else values[0]
        rows.append(row)
    names = [
        name
        for column in columns
        for name in ([f"{column} · {side}" for side in sides] if column in split else [column])
    ]
    frame = pd.DataFrame(rows, columns=["", *names], dtype=object)
    return frame if as_shown else frame.rename(columns={"": "change"})


def _side(change: RowChange, column: str, at: int) -> str:
    row = (change.before, change.after)[at]
    if row is None:
        return ""
    is_changed = at == 1 and change.before is not None and column in change.columns
    return f"{SIGNS[ChangeKind.CHANGED]} {cell(row.get(column))}" if is_changed else cell(row.get(column))


def sides_table(changes: Sequence[RowChange], columns: Sequence[str], sides: tuple[str, str], key: str) -> None:
    """Draw changed rows with both sides of each column in which any of them was changed."""
    split = {column for change in changes if change.kind is ChangeKind.CHANGED for column in change.columns}
    frame = sides_frame(changes, columns, sides, split)
    numeric = {name for name in columns if any(_is_number(change, name) for change in changes)}
    right = numeric | {f"{name} · {side}" for name in numeric for side in sides}
    _draw(frame, right, key)


def changes_table(changes: Sequence[RowChange], columns: Sequence[str], key: str) -> None:
    """Draw changed rows; text cells only, so that nothing in them is made anything of."""
    frame = changes_frame(changes, columns)
    numeric = {name for name in columns if any(_is_number(change, name) for change in changes)}
    _draw(frame, numeric, key)


def _draw(frame: pd.DataFrame, numeric: Collection[str], key: str) -> None:
    config = {
        name: st.column_config.TextColumn(name, alignment="right" if name in numeric else None)
        for name in frame.columns
    }
    st.dataframe(frame, hide_index=True, column_config=config, key=key, height=480 if len(frame) > 12 else "content")


def rows_table(page: TablePage, key: str, *, selectable: bool = False, begins: int | None = None) -> int | None:
    """Rows as they are, to be read only; returns the position of the row that is selected, where one can be.

    ``begins`` is the position of the row that is selected at first.
    """
    first: DataframeStateInput = {"selection": {"rows": [] if begins is None else [begins]}}
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
        selection_default=first if selectable else None,
    )
    rows = st.session_state[key]["selection"]["rows"] if selectable else []
    return rows[0] if rows and rows[0] < len(page.rows) else None
