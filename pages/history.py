"""History: the commits of the branch in view, what each changed, its tables as they were, and the way back."""

import streamlit as st

from pages.parts.as_it_was import as_it_was
from pages.parts.commits import commits
from pages.parts.last_changed import last_changed
from pages.parts.remedies import remedied
from pages.parts.session import segments
from pages.parts.shell import begin_page, empty_state
from pages.parts.two_versions import two_versions

VIEWS = {
    "commits": ":material/commit: Commits",
    "table": ":material/table_rows: Table as it was",
    "versions": ":material/difference: Two versions",
    "cells": ":material/person_search: Last changed",
}

page = begin_page("History", "What was changed, by whom, and the way back")
if page.is_empty:
    empty_state(
        ":material/history:",
        "Nothing has happened yet",
        "Start with the tutorial, the sample portfolio, or a file of your own.",
        "app.py",
        "Begin on the overview",
    )
    st.stop()

view = segments("What to look at", "view", VIEWS, "commits", label_visibility="collapsed")
with remedied(page, page.branch.name):
    if view == "commits":
        commits(page)
    elif view == "table":
        as_it_was(page)
    elif view == "versions":
        two_versions(page)
    else:
        last_changed(page)
