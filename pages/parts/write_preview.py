"""What a write would change, before it is made: counts, rules it would break, metrics before and after, the rows."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from hati_core import ChangeKind, Preview, TablePreview
from pages.parts.paged_rows import paged_rows
from pages.parts.palette import SIGNS
from pages.parts.values import columns_of, value_card
from pages.parts.words import amount, count, plain

_COLOURS: dict[ChangeKind, Literal["green", "blue", "red"]] = {
    ChangeKind.ADDED: "green",
    ChangeKind.CHANGED: "blue",
    ChangeKind.REMOVED: "red",
}
_WORDS = {ChangeKind.ADDED: "added", ChangeKind.CHANGED: "changed", ChangeKind.REMOVED: "removed"}


def write_preview(preview: Preview, key: str) -> None:
    """All that a preview tells; ``key`` names its controls."""
    for violation in preview.violations:
        st.error(f"**This would be refused.** {plain(violation.message)}", icon=":material/error:")
    for table in preview.tables.values():
        _counts(table)
    if preview.tables and preview.after:
        _metrics(preview)
    for note in preview.notes:
        st.caption(f":material/info: {plain(note)}")
    for table in preview.tables.values():
        _rows(table, f"{key}-{table.table}", is_only=len(preview.tables) == 1)


def _of(table: TablePreview) -> dict[ChangeKind, int]:
    return {ChangeKind.CHANGED: table.changed, ChangeKind.ADDED: table.added, ChangeKind.REMOVED: table.removed}


def _counts(table: TablePreview) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(f"**{plain(table.table)}**", width="content")
        for kind, rows in _of(table).items():
            if rows:
                st.badge(plain(f"{SIGNS[kind]} {count(rows, 'row')} {_WORDS[kind]}"), color=_COLOURS[kind])
        for change in table.schema_changes:
            st.badge(plain(change), color="gray")


def _metrics(preview: Preview) -> None:
    """A card for each metric that changes or fails; the others are named, so that these stand out."""
    pairs = list(zip(preview.before, preview.after, strict=True))
    moved = [(old, new) for old, new in pairs if (old.value, old.problem) != (new.value, new.problem)]
    if moved:
        with st.grid(columns_of(len(moved)), min_column_width=170):
            for old, new in moved:
                value_card(new, old, f"from {amount(old.value, old.metric.unit)}", border=False)
    still = [new.metric.name for old, new in pairs if (old, new) not in moved]
    if still:
        st.caption(f"Not changed: {plain(', '.join(still))}")


def _rows(table: TablePreview, key: str, *, is_only: bool) -> None:
    kept = {kind: len(table.kept.get(kind, ())) for kind in _of(table)}
    shown = sum(kept.values())
    if not shown:
        return
    if not is_only:
        st.caption(plain(table.table))
    paged_rows(table, kept, key)
    if shown < table.count:
        st.caption(f"The first rows of {count(table.count, 'change')}.")
