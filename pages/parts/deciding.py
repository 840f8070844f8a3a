"""What the controls of a conflict do when they are used: each acts before the page is drawn, so that it is drawn once.

They are given the plan that was on the screen, so a press never decides about values that nobody has seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st

from hati_core import HatiError, MergePlan, Side
from hati_core.errors import InvalidResolution, InvalidValue
from hati_core.merge.row_checks import require_checks
from hati_core.model import Resolution
from pages.parts.focus import focus_next
from pages.parts.session import complain
from pages.parts.words import MINUS

Settle = Callable[[MergePlan, Mapping[str, Resolution | None]], None]
"""What keeps choices for the conflicts of the plan on the screen; with None one is open again."""
OTHER = "another value"
_TYPING = "cells being typed"
_PROBLEM = "choice that was refused"
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")


@dataclass(frozen=True)
class Field:
    """A text field for one cell: its widget's key, and what stood in it when it was drawn."""

    column: str
    key: str
    shown: str
    is_number: bool


def typing() -> set[tuple[str, str]]:
    """The cells, by conflict and column, that somebody has said to type a value for."""
    cells: set[tuple[str, str]] = st.session_state.setdefault(_TYPING, set())
    return cells


@dataclass(frozen=True)
class _Refusal:
    place: tuple[str, ...]
    error: HatiError


def complaint(*place: str) -> None:
    """Show why the last choice was refused; with the id of a row, or that and a column, only if for these."""
    refusal: _Refusal | None = st.session_state.get(_PROBLEM)
    if refusal and refusal.place[: len(place)] == place:
        del st.session_state[_PROBLEM]
        complain(refusal.error)


@contextmanager
def _refused(*place: str) -> Iterator[None]:
    """Leave what went wrong to be shown when the page is drawn: a callback has no place on it."""
    try:
        yield
    except HatiError as error:
        st.session_state[_PROBLEM] = _Refusal(place, error)


def act(what: Callable[..., None], key: str, *on: Any) -> None:
    """Do what a button says, which may switch itself off with it, and go on at the control of a key."""
    focus_next(key)
    with _refused():
        what(*on)


def take(settle: Settle, plan: MergePlan, row_id: str, choice: Resolution | None) -> None:
    """Make a choice for a row, or open it again."""
    with _refused(row_id):
        settle(plan, {row_id: choice})


def decide_row(settle: Settle, plan: MergePlan, row_id: str, key: str) -> None:
    """Take the side that the control of that key says, for a conflict as a whole."""
    side = st.session_state[key]
    if isinstance(side, Side):
        take(settle, plan, row_id, side)


def decide_cell(settle: Settle, plan: MergePlan, row_id: str, column: str, key: str) -> None:
    """Take the side that the control of that key says for a cell; another value is no choice until it is typed."""
    chosen = st.session_state[key]
    if not isinstance(chosen, Side):
        typing().add((row_id, column))
        return
    typing().discard((row_id, column))
    take(settle, plan, row_id, {column: chosen})


def use_value(settle: Settle, plan: MergePlan, row_id: str, field: Field) -> None:
    """Keep what was typed for a cell in conflict, if it fits the column and the checks of the table."""
    with _refused(row_id, field.column):
        _keep(settle, plan, row_id, [field])


def use_values(settle: Settle, plan: MergePlan, row_id: str, fields: Sequence[Field]) -> None:
    """Keep what was changed in the fields of a row that breaks a rule, if it breaks none with it."""
    with _refused(row_id):
        changed = [field for field in fields if st.session_state[field.key] != field.shown]
        if not changed:
            raise InvalidResolution("Change a value so that the rule holds.")
        _keep(settle, plan, row_id, changed)


def _keep(settle: Settle, plan: MergePlan, row_id: str, fields: Sequence[Field]) -> None:
    cells = {field.column: _typed(field) for field in fields}
    require_checks(plan, row_id, cells)
    settle(plan, {row_id: cells})
    typing().difference_update((row_id, column) for column in cells)


def _typed(field: Field) -> str | None:
    """What somebody typed: NULL is no value; thousands may be set apart, and a minus be one, as this app shows them."""
    text = str(st.session_state[field.key]).strip()
    if not text:
        raise InvalidValue(f"Type a value for “{field.column}”, or NULL to leave it empty.", column=field.column)
    if text.upper() == "NULL":
        return None
    if not field.is_number:
        return text
    text = text.replace(MINUS, "-")
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text
