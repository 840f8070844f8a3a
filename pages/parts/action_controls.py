"""The parameters of a scenario action as controls, and what they say as plain values."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from hati_core import Branch, TableInfo
from hati_core.errors import InvalidAction
from hati_core.scenarios.action import Action, Kind, Parameter, role_column
from hati_core.scenarios.conditions import Operator
from hati_core.scenarios.metrics import held_by
from hati_core.scenarios.roles import Role, fits, guessed, is_numeric, label_columns
from pages.parts.shell import Page
from pages.parts.words import cell, plain, type_name

_MOST = 200
"""Values that are offered to choose from."""
_PARTS = 100
"""Parts that weights are asked for."""
_WIDE = (Kind.CONDITION, Kind.WEIGHTS, Kind.CELLS)
_ALL, _SOME = "All rows", "Some rows"
_FILL, _EMPTY = "a value", "nothing: empty the cells"
_MISSING = object()
_NO_NUMBER = "Fill in the number, to see what would change."
_UNNAMED = "(empty)"
_ORDERED = (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST)
_IN_TEXT = (Operator.CONTAINS, Operator.BEGINS)


def arguments(page: Page, info: TableInfo, action: type[Action], turn: int) -> dict[str, Any]:
    """Draw a control for each parameter of an action on a table, and give what they say; a new turn begins afresh.

    Raises:
        InvalidAction: something that nobody can guess was not given.
    """
    place = f"action-{page.branch.id}-{info.name}-{action.name}-{turn}"
    found: dict[str, Any] = {"table": info.name}
    asked = [parameter for parameter in action.parameters() if parameter.takes.kind is not Kind.TABLE]
    columns = [p for p in asked if p.takes.kind is Kind.COLUMN and not p.required]
    wide = [p for p in asked if p.takes.kind in _WIDE]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for parameter in asked:
            if parameter not in columns and parameter not in wide:
                found[parameter.name] = _control(info, parameter, found, place)
        scopes = {p.name: _scope(p, place) for p in wide if p.takes.kind is Kind.CONDITION}
        if columns:
            with st.popover("Columns", icon=":material/view_column:", width="content"):
                for parameter in columns:
                    found[parameter.name] = _column(info, parameter, place)
    for parameter in wide:
        key = f"{place}-{parameter.name}"
        match parameter.takes.kind:
            case Kind.CONDITION:
                found[parameter.name] = _condition(page, info, key) if scopes[parameter.name] == _SOME else None
            case Kind.WEIGHTS:
                found[parameter.name] = _weights(page, info, found, key)
            case _:
                found[parameter.name] = _cells(info, key)
    for parameter in asked:
        if found[parameter.name] is _MISSING:
            is_value = parameter.takes.kind is Kind.VALUE
            raise InvalidAction("Type the value to write, or choose to empty the cells." if is_value else _NO_NUMBER)
    return found


def _scope(parameter: Parameter, place: str) -> str | None:
    key = f"{place}-{parameter.name}-scope"
    return st.segmented_control(parameter.takes.title, [_ALL, _SOME], default=_ALL, required=True, key=key)


def _control(info: TableInfo, parameter: Parameter, found: dict[str, Any], place: str) -> Any:
    takes, key = parameter.takes, f"{place}-{parameter.name}"
    match takes.kind:
        case Kind.NUMBER | Kind.PERCENT:
            label = f"{takes.title} in %" if takes.kind is Kind.PERCENT else takes.title
            start = parameter.default
            if takes.varies:
                choice = str(found[takes.varies.by])
                label, start, key = takes.varies.titles[choice], takes.varies.starts.get(choice), f"{key}-{choice}"
            return _number(label, start, key)
        case Kind.CHOICE:
            options = list(parameter.choices)
            return st.segmented_control(takes.title, options, default=options[0], required=True, key=key)
        case Kind.COLUMN:
            return _column(info, parameter, place)
        case _:
            return _value(takes.title, key)


def _number(label: str, start: Any, key: str) -> Any:
    """A number that is still there when a choice has hidden its field for a while."""
    kept = f"kept {key}"
    if key not in st.session_state:
        st.session_state[key] = st.session_state.get(kept, None if start is None else float(start))
    number = st.number_input(label, value=None, step=1.0, format="%g", key=key, width=240)
    st.session_state[kept] = number
    return _MISSING if number is None else number


def _value(title: str, key: str) -> Any:
    """What is to be written; to empty cells is a choice of its own."""
    choice = st.segmented_control("Write", [_FILL, _EMPTY], default=_FILL, required=True, key=f"{key}-choice")
    if choice == _EMPTY:
        return None
    return st.text_input(title, key=key, placeholder="What the cells get", width=320) or _MISSING


def _column(info: TableInfo, parameter: Parameter, place: str) -> str | None:
    role = parameter.takes.role
    names = [column.name for column in info.columns if role is None or fits(column, role)]
    names = [name for name in names if name not in info.key or role is Role.GROUP]
    if role is Role.GROUP:
        names = [*label_columns(info), *(name for name in names if name not in label_columns(info))]
    start = guessed(info, role) if role else None
    return st.selectbox(
        parameter.takes.title,
        names,
        index=names.index(start) if start in names else None if role else 0,
        placeholder="Choose a column",
        key=f"{place}-{parameter.name}",
        width=320,
    )


def _condition(page: Page, info: TableInfo, key: str) -> dict[str, Any]:
    first, second, third = st.columns([2, 2, 4], vertical_alignment="bottom")
    names = list(info.column_names)
    start = guessed(info, Role.GROUP) or label_columns(info)[0]
    name = first.selectbox("Where", names, index=names.index(start), key=f"{key}-column")
    column = info.column(name)
    is_number = column is not None and is_numeric(column)
    left_out = _IN_TEXT if is_number else () if column and column.type != "VARCHAR" else _ORDERED
    operators = [o.value for o in (Operator.ONE_OF, *Operator) if o not in left_out]
    operator = second.selectbox("Compares", list(dict.fromkeys(operators)), key=f"{key}-operator-{name}")
    value: Any = None
    if operator == Operator.ONE_OF.value:
        value = third.multiselect(
            "Values",
            _values(page.branch, page.branch.id, page.info.head, info.name, name),
            format_func=cell,
            accept_new_options=True,
            placeholder="Choose values, or type one",
            key=f"{key}-values-{name}",
        )
    elif operator not in (Operator.EMPTY.value, Operator.FILLED.value):
        value = third.text_input("Value", key=f"{key}-value-{name}")
    return {"column": name, "operator": operator, "value": value}


def _cells(info: TableInfo, key: str) -> dict[str, Any]:
    values = {}
    with st.grid(4, min_column_width=160):
        for column in info.columns:
            needed = " · needed" if column.name in info.key or not column.nullable else ""
            values[column.name] = st.text_input(
                plain(column.name), placeholder=f"{type_name(column.type)}{needed}", key=f"{key}-{column.name}"
            )
    return values


def _weights(page: Page, info: TableInfo, found: dict[str, Any], key: str) -> dict[str, float]:
    """A line a part with its weight now and the one it should have; parts without one share what is left."""
    by, quantity, price = found.get("by"), found.get("quantity"), found.get("price")
    if not by:
        raise InvalidAction("Choose the column that names the parts.")
    breakdown = held_by(info, by, role_column(info, quantity, Role.QUANTITY), role_column(info, price, Role.PRICE))
    parts = page.repository.measures.parts(page.branch, breakdown, _PARTS)
    total = sum(part.amount for part in parts) or 1.0
    frame = pd.DataFrame(
        {
            "part": [part.label or _UNNAMED for part in parts],
            "now": [100 * part.amount / total for part in parts],
            "target": [None for _ in parts],
        }
    ).astype({"target": "float"})
    edited = st.data_editor(
        frame,
        hide_index=True,
        num_rows="fixed",
        placeholder="shares the rest",
        width=520,
        disabled=["part", "now"],
        column_config={
            "part": st.column_config.TextColumn(by, width="medium"),
            "now": st.column_config.NumberColumn("Now", format="%.1f %%"),
            "target": st.column_config.NumberColumn("Target in %", min_value=0, max_value=100, format="%g"),
        },
        key=f"{key}-{page.info.head}-{by}-{quantity}-{price}",
    )
    given = zip((part.label for part in parts), edited["target"], strict=True)
    weights = {part: float(weight) for part, weight in given if pd.notna(weight)}
    if "" in weights:
        raise InvalidAction(f"Rows without a {by} have no weight of their own: they share what the others leave.")
    left = 100 - sum(weights.values())
    if weights and left > 0:
        st.caption(f"The other {left:g} % is shared among the other rows in the proportions that they have.")
    return weights


@st.cache_data(max_entries=50, show_spinner=False)
def _values(_branch: Branch, branch_id: str, version: int, table: str, column: str) -> list[Any]:
    """The values of a column to choose from; branch and version name the state that they are of."""
    return _branch.at(version).values(table, column, _MOST)
