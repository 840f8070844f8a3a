"""Changed rows of one table: by kind, and a page at a time, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import streamlit as st

from hati_core import ChangeKind, RowChange
from pages.parts.palette import SIGNS
from pages.parts.rows_table import KIND_WORDS, changes_table

PAGE_SIZE = 100
_ALL = "All"
DrawRows = Callable[[list[RowChange], tuple[str, ...], str], None]
"""Draws rows with these columns under this key."""


class ChangedRows(Protocol):
    """Rows that the engine hands out in pages."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    def rows(self, kind: ChangeKind | None = None, offset: int = 0, limit: int = 100) -> list[RowChange]:
        """A page of rows in key order: of one kind, or all."""


def paged_rows(source: ChangedRows, counts: dict[ChangeKind, int], key: str) -> None:
    """The rows with a filter by kind; ``counts`` says how many there are of each, ``key`` names the controls."""
    present = {kind: number for kind, number in counts.items() if number}
    kind = _filter(present, key) if len(present) > 1 else None
    rows_in_pages(source, kind, present[kind] if kind else sum(present.values()), key, changes_table)


def rows_in_pages(source: ChangedRows, kind: ChangeKind | None, size: int, key: str, draw: DrawRows) -> None:
    """One page of the rows of a kind, or of all; ``size`` says how many there are."""
    pages = -(-size // PAGE_SIZE)
    # A page that is not there any more cannot be turned to.
    number = st.pagination(pages, key=f"{key}-page-{kind and kind.value}-{pages}") if pages > 1 else 1
    start = (number - 1) * PAGE_SIZE
    draw(source.rows(kind, start, PAGE_SIZE), source.columns, f"{key}-rows")
    if pages > 1:
        st.caption(f"Rows {start + 1:,} to {min(start + PAGE_SIZE, size):,} of {size:,}")


def kind_labels(counts: Mapping[ChangeKind, int]) -> dict[ChangeKind, str]:
    """How the kinds of change are called in a filter, with how many rows there are of each."""
    return {kind: f"{SIGNS[kind]} {number:,} {KIND_WORDS[kind]}" for kind, number in counts.items()}


def _filter(counts: Mapping[ChangeKind, int], key: str) -> ChangeKind | None:
    options: dict[str, ChangeKind | None] = {_ALL: None} | {kind.value: kind for kind in counts}
    labels = {_ALL: f"All {sum(counts.values()):,}"} | {
        kind.value: label for kind, label in kind_labels(counts).items()
    }
    chosen = st.segmented_control(
        "Rows to show",
        list(options),
        default=_ALL,
        required=True,
        format_func=lambda option: labels[option],
        key=f"{key}-kind",
        label_visibility="collapsed",
    )
    return options[chosen or _ALL]
