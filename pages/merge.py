"""Merge: what would happen, which cells conflict and how they are settled, and doing it."""

import streamlit as st

from pages.parts.focus import take_focus
from pages.parts.landed import landed_panel, undone_notes
from pages.parts.merging import as_chosen, finish, nothing_to_merge, summary
from pages.parts.remedies import remedied
from pages.parts.resolver import resolver
from pages.parts.settling import notices, planned
from pages.parts.shell import begin_page, needs_two_branches
from pages.parts.sides import choose_sides
from pages.parts.words import plain

page = begin_page("Merge", "Bring a branch's changes into another, cell by cell", step="Land")
if len(page.infos) == 1:
    landed_panel(page, page.branch.name)
needs_two_branches(
    page,
    ":material/merge:",
    "There is nothing to merge yet",
    "Merge brings the changes of a branch into main.",
)
source, target = choose_sides(page)
# Each part has its place whatever the others show: a browser puts what is new beside what stood in the same place.
landed, planning, notes, body = (st.container() for _ in range(4))
with landed:
    shown = landed_panel(page, target)
with remedied(page, target, source):
    with planning:
        plan = planned(page, source, target)
    with notes:
        notices(page)
        undone_notes(page, plan, shown)
        for note in plan.notes:
            st.info(plain(note), icon=":material/info:")
    with body:
        if plan.tables:
            merged = as_chosen(page, plan)
            summary(plan, merged)
            resolver(page, plan, merged)
            finish(page, plan)
        else:
            nothing_to_merge(plan)
take_focus()
