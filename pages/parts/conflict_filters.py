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
class Standing:
    """Where a row stands: its own place in the list, if it is there, and those of its neighbours and the next left.

    ``near`` is where it stands or stood; the place of the next left is among those that are left.
    """

    place: int | None
    near: int
    before: int | None
    after: int | None
    next_left: int | None


@dataclass(frozen=True)
class Looking:
    """What the list shows: its rows, those of the same filter that are left, and the ids of all that are settled.

    ``conflicts`` and ``unsettled`` count what meets the filter, rows that break a rule aside.
    """

    view: str
    wanted: ConflictFilter
    rows: ConflictList
    left: ConflictList
    done: frozenset[str]
    conflicts: int
    unsettled: int

    def shows(self, conflict: Conflict) -> bool:
        """Whether a row is in the list."""
        return self.standing(conflict).place is not None

    def standing(self, conflict: Conflict) -> Standing:
        """Where a row stands, also one that has just left the list because it was settled."""
        is_settled = conflict.id in self.done
        near, is_shown = self.rows.place(conflict), self.view == _ALL or is_settled == (self.view == _SETTLED)
        place = near if is_shown else None
        after = 0 if near is None else near + is_shown
        ahead = self.left.place(conflict)
        own = ahead is not None and not is_settled
        return Standing(
            place,
            near or 0,
            before=near - 1 if near else None,
            after=after if after < len(self.rows) else None,
            next_left=((ahead or 0) + own) % len(self.left) if len(self.left) > own else None,
        )


def looking(plan: MergePlan, found: Agenda) -> Looking:
    """The filters, each where there is something to tell apart, and what they let through."""
    if len(found.everything) == 1:
        counts = len(plan.conflicts), len(plan.open_conflicts)
        return Looking(_ALL, ConflictFilter(), found.everything, found.left, found.done, *counts)
    lists = {_ALL: found.everything, _OPEN: found.left, _SETTLED: found.settled}
    ends = f"{plan.theirs.branch_id}-{plan.ours.branch_id}"
    view = st.segmented_control(
        "Show conflicts",
        list(lists),
        default=_ALL,
        required=True,
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
    parts = [lists[view], found.left, plan.conflicts, plan.open_conflicts]
    rows, left, conflicts, unsettled = (part.where(wanted) for part in parts) if wanted else parts
    return Looking(view, wanted, rows, left, found.done, len(conflicts), len(unsettled))


def _facet(label: str, found: Counter[T], worded: Callable[[T], str], ends: str) -> T | None:
    """One value of those that occur, or all of them; nothing to choose where there is one."""
    if len(found) < 2:
        return None
    # A box that has None among its options offers to clear it, which would be a second way to say all.
    options: list[tuple[T, ...]] = [(), *((value,) for value in sorted(found, key=worded))]
    chosen = st.selectbox(
        label,
        options,
        format_func=lambda option: worded(option[0]) if option else "All",
        key=f"conflict-{label.lower()}-{ends}",
    )
    return chosen[0] if chosen else None
