"""The list of what has to be settled: a page of rows, one of which is in hand."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from hati_core import Conflict, MergePlan
from hati_core.merge.agenda import Agenda
from pages.parts.conflict_filters import Looking, Standing
from pages.parts.conflict_words import choice_words, conflict_name, what_differs
from pages.parts.in_hand import take_in_hand
from pages.parts.words import count, plain

_PAGE = 10
_SEEN = "conflict list as drawn"


def conflict_list(plan: MergePlan, found: Agenda, looking: Looking, standing: Standing, conflict: Conflict) -> None:
    """A page of rows as real radio buttons, which keyboards and screen readers know how to use."""
    total = len(looking.rows)
    if not total:
        st.caption(_nothing(looking))
        return
    if looking.wanted and looking.conflicts:
        done = looking.conflicts - looking.unsettled
        st.caption(f"{done:,} of {count(looking.conflicts, 'conflict')} settled in this filter")
    offset = _offset(looking, standing, conflict)
    here = looking.rows[offset : offset + _PAGE]
    many_tables = len(plan.tables) > 1
    names = {row.id: _name(at, row, found) for at, row in enumerate(here, offset + 1)}
    key = "conflicts-shown"
    st.session_state[key] = conflict.id if conflict.id in names else None
    st.radio(
        "Row in hand",
        list(names),
        index=None,
        format_func=lambda row_id: names[row_id],
        captions=[_caption(plan, found, row, many_tables) for row in here],
        key=key,
        on_change=_pick,
        args=(key, names.keys()),
        label_visibility="collapsed",
        width="stretch",
    )


def _pick(key: str, shown: Collection[str]) -> None:
    # A press on a list that has changed meanwhile may name a row as it was called before.
    if st.session_state[key] in shown:
        take_in_hand(st.session_state[key])


def _offset(looking: Looking, standing: Standing, conflict: Conflict) -> int:
    """Where the page begins that is shown: the one that has the row in hand, until another one is turned to."""
    pages = -(-len(looking.rows) // _PAGE)
    seen = (conflict.id, looking.view, looking.wanted)
    before, turn = st.session_state.get(_SEEN, (None, 0))
    turn += before != seen
    st.session_state[_SEEN] = (seen, turn)
    if pages == 1:
        return 0
    own = min(standing.near // _PAGE + 1, pages)
    return (st.pagination(pages, default=own, key=f"conflict-page-{turn}", max_visible_pages=5) - 1) * _PAGE


def _name(number: int, row: Conflict, found: Agenda) -> str:
    """The mark, the number, which tells rows of one name apart, and the name of a row."""
    mark = ":green[✓]" if row.id in found.done else ":orange[**!**]"
    return f"{mark} {number:,} · **{plain(conflict_name(row))}**"


def _caption(plan: MergePlan, found: Agenda, row: Conflict, many_tables: bool) -> str:
    table = f"{row.table} · " if many_tables else ""
    chosen = choice_words(plan, row, plan.resolutions.get(row.id))
    told = chosen if row.id in found.done else what_differs(row, found.broken.get(row.id, ()))
    part = f" · so far {chosen}" if chosen and row.id not in found.done else ""
    return plain(f"{table}{told}{part}")


def _nothing(looking: Looking) -> str:
    if looking.wanted:
        return "Nothing meets this filter. Choose All in it to see the others."
    return (
        "Nothing is settled yet."
        if looking.view == "Settled"
        else "Nothing is left. Look at what the merge will do, below."
    )
