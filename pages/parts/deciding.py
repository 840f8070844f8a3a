"""What the resolver's controls do when they are used: each acts before the page is drawn, so that it is drawn once.

They are given the plan that was on the screen, so a press never decides about values that nobody has seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st

from hati_core import HatiError, MergePlan, Side
from hati_core.errors import InvalidResolution, InvalidValue
from hati_core.merge.row_checks import require_checks
from hati_core.model import Resolution
from pages.parts import settling
from pages.parts.focus import focus_next
from pages.parts.session import complain
from pages.parts.shell import Page
from pages.parts.words import MINUS

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


def complaint() -> None:
    """Show why the last choice was refused."""
    problem: HatiError | None = st.session_state.pop(_PROBLEM, None)
    if problem:
        complain(problem)


@contextmanager
def _refused() -> Iterator[None]:
    """Leave what went wrong to be shown when the page is drawn: a callback has no place on it."""
    try:
        yield
    except HatiError as error:
        st.session_state[_PROBLEM] = error


def act(what: Callable[..., None], key: str, *on: Any) -> None:
    """Do what a button says, which may switch itself off with it, and go on at the control of a key."""
    focus_next(key)
    with _refused():
        what(*on)


def take(page: Page, plan: MergePlan, row_id: str, choice: Resolution | None) -> None:
    """Make a choice for a row, or open it again."""
    with _refused():
        settling.settle(page, plan, {row_id: choice})


def decide_row(page: Page, plan: MergePlan, row_id: str, key: str) -> None:
    """Take the side that the control of that key says, for a conflict as a whole."""
    side = st.session_state[key]
    if isinstance(side, Side):
        take(page, plan, row_id, side)


def decide_cell(page: Page, plan: MergePlan, row_id: str, column: str, key: str) -> None:
    """Take the side that the control of that key says for a cell; another value is no choice until it is typed."""
    chosen = st.session_state[key]
    if not isinstance(chosen, Side):
        typing().add((row_id, column))
        return
    typing().discard((row_id, column))
    take(page, plan, row_id, {column: chosen})


def use_value(page: Page, plan: MergePlan, row_id: str, field: Field) -> None:
    """Keep what was typed for a cell in conflict, if it fits the column and the checks of the table."""
    with _refused():
        _keep(page, plan, row_id, [field])


def use_values(page: Page, plan: MergePlan, row_id: str, fields: Sequence[Field]) -> None:
    """Keep what was changed in the fields of a row that breaks a rule, if it breaks none with it."""
    with _refused():
        changed = [field for field in fields if st.session_state[field.key] != field.shown]
        if not changed:
            raise InvalidResolution("Change a value so that the rule holds.")
        _keep(page, plan, row_id, changed)


def _keep(page: Page, plan: MergePlan, row_id: str, fields: Sequence[Field]) -> None:
    cells = {field.column: _typed(field) for field in fields}
    require_checks(plan, row_id, cells)
    settling.settle(page, plan, {row_id: cells})
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
