"""Merge: what would happen, which cells conflict and how they are settled, and doing it."""

import streamlit as st

from pages.parts.merging import as_chosen, choose_sides, counters, done_panel, finish
from pages.parts.resolver import resolver
from pages.parts.session import told
from pages.parts.settling import notices, planned
from pages.parts.shell import begin_page, empty_state, needs_two_branches
from pages.parts.words import plain

page = begin_page("Merge", "Bring a branch's changes into another, cell by cell", step="Land")
done_panel(page)
needs_two_branches(
    page,
    ":material/merge:",
    "There is nothing to merge yet",
    "Merge brings the changes of a branch into main.",
)
source, target = choose_sides(page)
with told():
    plan = planned(page, source, target)
    notices(page)
    for note in plan.notes:
        st.info(plain(note), icon=":material/info:")
    if not plan.tables:
        empty_state(
            ":material/done_all:",
            f"Nothing new on {plain(source)} for {plain(target)}",
            "What was merged once is not offered again, whatever was chosen or undone since. "
            "Change something on the branch, or choose another one.",
            "pages/data.py",
            f"Change rows on {plain(source)}",
            branch=source,
        )
        st.stop()
    counters(as_chosen(plan))
    resolver(page, plan)
    finish(page, plan)
