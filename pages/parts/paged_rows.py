"""Changed rows of one table: by kind, and a page at a time, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import streamlit as st

from hati_core import ChangeKind, RowChange
from pages.parts.palette import SIGNS
from pages.parts.rows_table import changes_table

PAGE_SIZE = 100
_ALL = "All"
_WORDS = {ChangeKind.ADDED: "added", ChangeKind.CHANGED: "changed", ChangeKind.REMOVED: "removed"}


class ChangedRows(Protocol):
    """Rows that the engine hands out in pages."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    def rows(self, kind: ChangeKind | None = None, offset: int = 0, limit: int = 100) -> list[RowChange]:
        """A page of rows in key order: of one kind, or all."""


def paged_rows(source: ChangedRows, counts: dict[ChangeKind, int], key: str) -> None:
    """The rows with a filter by kind; ``counts`` says how many there are of each, ``key`` names the controls."""
    present = [kind for kind, number in counts.items() if number]
    total = sum(counts.values())
    kind = _filter(present, counts, key) if len(present) > 1 else None
    size = counts[kind] if kind else total
    pages = -(-size // PAGE_SIZE)
    # A page that is not there any more cannot be turned to.
    number = st.pagination(pages, key=f"{key}-page-{kind and kind.value}-{pages}") if pages > 1 else 1
    start = (number - 1) * PAGE_SIZE
    changes_table(source.rows(kind, start, PAGE_SIZE), source.columns, f"{key}-rows")
    if pages > 1:
        st.caption(f"Rows {start + 1:,} to {min(start + PAGE_SIZE, size):,} of {size:,}")


def _filter(present: Sequence[ChangeKind], counts: dict[ChangeKind, int], key: str) -> ChangeKind | None:
    options: dict[str, ChangeKind | None] = {_ALL: None} | {kind.value: kind for kind in present}
    labels = {_ALL: f"All {sum(counts.values()):,}"} | {
        kind.value: f"{SIGNS[kind]} {counts[kind]:,} {_WORDS[kind]}" for kind in present
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
