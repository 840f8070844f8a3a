"""Which of the conflicts the list shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from hati_core import Conflict, ConflictFilter, MergePlan
from hati_core.merge.agenda import Agenda
from hati_core.merge.conflicts import ConflictList
from pages.parts.conflict_words import KINDS

_ALL, _OPEN, _SETTLED = "All", "Open", "Settled"
T = TypeVar("T")


@dataclass(frozen=True)
class Looking:
    """What the list shows: its rows, those of the same filter that are left, and the ids of all that are settled."""

    view: str
    wanted: ConflictFilter
    rows: ConflictList
    left: ConflictList
    done: frozenset[str]

    def place(self, conflict: Conflict) -> int | None:
        """Where a row stands in the list; None where the list does not show it."""
        shown = self.view == _ALL or (conflict.id in self.done) == (self.view == _SETTLED)
        return self.rows.place(conflict) if shown else None

    def after(self, conflict: Conflict) -> int | None:
        """The place of the next row of the list; of a row that has just left the list, too."""
        place = self.rows.place(conflict)
        following = 0 if place is None else place + (self.place(conflict) is not None)
        return following if following < len(self.rows) else None

    def before(self, conflict: Conflict) -> int | None:
        """The place of the row before it, or None."""
        place = self.rows.place(conflict)
        return place - 1 if place else None

    def next_left(self, conflict: Conflict) -> int | None:
        """The place, among those that are left, of the next one; behind the last comes the first."""
        place, is_left = self.left.place(conflict), conflict.id not in self.done
        is_left = is_left and place is not None
        return ((place or 0) + is_left) % len(self.left) if len(self.left) > is_left else None


def looking(plan: MergePlan, found: Agenda) -> Looking:
    """The filters, each where there is something to tell apart, and what they let through."""
    if len(found.everything) == 1:
        return Looking(_ALL, ConflictFilter(), found.everything, found.left, found.done)
    lists = {_ALL: found.everything, _OPEN: found.left, _SETTLED: found.settled}
    ends = f"{plan.theirs.branch_id}-{plan.ours.branch_id}"
    view = st.segmented_control(
        "Show conflicts",
        list(lists),
        default=_ALL,
        required=True,
        format_func=lambda name: f"{name} {len(lists[name]):,}",
        key=f"conflict-view-{ends}",
        label_visibility="collapsed",
    )
    facets = found.everything.facets()
    with st.grid(min_column_width=150):
        wanted = ConflictFilter(
            table=_facet("Table", facets.tables, str, ends),
            kind=_facet("Kind", facets.kinds, KINDS.__getitem__, ends),
            column=_facet("Column", facets.columns, str, ends),
            text=st.text_input("Key or value contains", key=f"conflict-text-{ends}", type="search").strip(),
        )
    rows, left = lists[view], found.left
    if wanted:
        rows, left = rows.where(wanted), left.where(wanted)
    return Looking(view, wanted, rows, left, found.done)


def _facet(label: str, found: Counter[T], worded: Callable[[T], str], ends: str) -> T | None:
    """One value of those that occur, or all of them; nothing to choose where there is one."""
    if len(found) < 2:
        return None
    return st.selectbox(
        label,
        [None, *sorted(found, key=worded)],
        format_func=lambda value: "All" if value is None else f"{worded(value)} ({found[value]:,})",
        key=f"conflict-{label.lower()}-{ends}",
    )
