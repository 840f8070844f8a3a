"""What becomes of rows that were changed again after the commit that is undone: all one way, or row by row."""

from __future__ import annotations

from functools import partial

import streamlit as st

from hati_core import Conflict, ConflictKind, MergePlan, Side
from pages.parts.conflict_words import conflict_name, schema_words
from pages.parts.kept import kept
from pages.parts.strategies import at_stake
from pages.parts.words import cell, plain

_PAGE = 6
_CHOSEN = "choices of an undo"
_BOTH = (Side.OURS, Side.THEIRS)


def settled(plan: MergePlan, version: int) -> MergePlan:
    """The plan of undoing a version with what is chosen on the screen for rows that changed again since."""
    were = "was" if len(plan.conflicts) == 1 else "were"
    place = f"{plan.ours.branch_id}-{version}-{plan.target_version}"
    with st.container(border=True, key="undo-conflicts"):
        st.markdown(f":orange[**!**] {at_stake(plan)} {were} changed again after version {version:,}.")
        way = st.radio(
            "What becomes of them",
            ["later", "before", "each"],
            format_func=_WAYS.__getitem__,
            captions=[
                "They stay as they are now; everything else of the commit is undone.",
                f"They go back to what they were before version {version:,}; what was done to them since is lost.",
                "Decide for each of them.",
            ],
            key=f"undo-way-{place}",
        )
        if way != "each":
            side = Side.OURS if way == "later" else Side.THEIRS
            return kept("undo settled", (place, way, id(plan)), lambda: plan.with_default(side))
        choices = _row_by_row(plan, place)
    known = tuple(sorted((conflict_id, side.value) for conflict_id, side in choices.items()))
    return kept("undo settled", (place, known, id(plan)), lambda: plan.with_resolutions(choices))


_WAYS = {
    "later": "Keep what came later",
    "before": "Put back what was there before",
    "each": "Row by row",
}


def _row_by_row(plan: MergePlan, place: str) -> dict[str, Side]:
    """A page of them, each with its two values; choices stay while pages are turned."""
    held: tuple[str, dict[str, Side]] = st.session_state.get(_CHOSEN, (place, {}))
    choices = held[1] if held[0] == place else {}
    st.session_state[_CHOSEN] = place, choices
    pages = -(-len(plan.conflicts) // _PAGE)
    number = st.pagination(pages, key=f"undo-page-{place}") if pages > 1 else 1
    for conflict in plan.conflicts[(number - 1) * _PAGE : number * _PAGE]:
        name = " · ".join((conflict.table, conflict_name(conflict)))
        key = f"undo-{conflict.id}"
        st.session_state[key] = choices.get(conflict.id)
        st.segmented_control(
            plain(name),
            _BOTH,
            format_func=partial(_words, conflict),
            key=key,
            on_change=_take,
            args=(choices, conflict.id, key),
        )
    return choices


def _take(choices: dict[str, Side], conflict_id: str, key: str) -> None:
    side = st.session_state[key]
    if side is None:
        choices.pop(conflict_id, None)
    else:
        choices[conflict_id] = side


def _words(conflict: Conflict, side: Side) -> str:
    """What a side leaves of the row, as Markdown: ``keep: shares 90`` or ``put back: shares 100``."""
    row, begins = (conflict.ours, "keep") if side is Side.OURS else (conflict.theirs, "put back")
    if conflict.kind is ConflictKind.SCHEMA:
        return plain(f"{begins}: {schema_words(row, conflict.columns[0])}")
    if row is None:
        return plain(f"{begins}: no such row")
    return plain(f"{begins}: {', '.join(f'{column} {cell(row[column])}' for column in conflict.columns)}")
