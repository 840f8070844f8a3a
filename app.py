"""Overview: what the branch in view is worth, beside all others, and what happened lately."""

import streamlit as st

from pages.parts.branch_dialogs import create_dialog
from pages.parts.lately import commit_list, graph_card
from pages.parts.session import told
from pages.parts.shell import begin_page, next_step
from pages.parts.start import first_run
from pages.parts.values import shared_metrics, trends, value_cards, value_chart, value_table, values_by_branch
from pages.parts.words import plain

page = begin_page("Overview", "What every branch is worth beside main")
if page.is_empty:
    first_run(page.repository)
    st.stop()

with told():
    metrics = shared_metrics(page, page.branch.name)
    values = values_by_branch(page, page.names, metrics)
    other = None if page.info.is_main else values["main"]
    value_cards(values[page.branch.name], other, "main", trends(page, metrics))
    with st.grid(2, min_column_width=360):
        with st.container(border=True, height="stretch"):
            st.markdown(f"**{plain(metrics[0].name)} by branch**")
            value_chart(page, metrics[0], values)
        with st.container(border=True, height="stretch"):
            st.markdown("**Branches**")
            value_table(metrics[:1], values, "main")
            if st.button("New branch", type="primary", icon=":material/add:", key="new-branch", width="stretch"):
                create_dialog(page.repository, page.names)
    graph_card(page)
    with st.container(border=True):
        st.markdown("**Lately**")
        commit_list(page, page.repository.recent_commits(6, branches=page.infos))

if page.info.is_main:
    next_step("make a branch and try something", "pages/branches.py", ":material/arrow_forward:", branch="main")
else:
    next_step(
        f"compare {page.branch.name} with main", "pages/compare.py", ":material/arrow_forward:", branch=page.branch.name
    )
