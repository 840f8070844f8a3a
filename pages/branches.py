"""Branches: make one, see what each is and is worth, discard and bring back."""

import streamlit as st

from pages.parts.branch_dialogs import create_dialog, discard_dialog, rename_dialog, undiscard
from pages.parts.branch_rows import PAGE_SIZE, branch_row, changed_rows
from pages.parts.lately import graph_card
from pages.parts.lifetime import lifetime_dialog
from pages.parts.session import told
from pages.parts.shell import begin_page, empty_state, next_step
from pages.parts.values import shared_metrics
from pages.parts.words import ago, count, plain

page = begin_page("Branches", "Every line of the data, and what it is worth", step="Try")
if page.is_empty:
    empty_state(
        ":material/account_tree:",
        "There is nothing to branch yet",
        "Start with the tutorial, the sample portfolio, or a file of your own.",
        "app.py",
        "Begin on the overview",
    )
    st.stop()

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.markdown(f"**{count(len(page.infos), 'branch', 'branches')}**", width="content")
    if st.button("New branch", type="primary", icon=":material/add:", key="new-branch"):
        create_dialog(page.repository, page.names)

with told():
    metrics = shared_metrics(page)[:1]
    pages = -(-len(page.infos) // PAGE_SIZE)
    shown = st.pagination(pages, key="branches-page") if pages > 1 else 1
    reference = page.repository.measures.values(page.repository.main, metrics)
    infos = page.infos[(shown - 1) * PAGE_SIZE : shown * PAGE_SIZE]
    values = page.repository.measures.listed(infos, metrics)
    for info in infos:
        wish = branch_row(page, info, values[info.name], reference)
        if wish == "discard":
            discard_dialog(page.repository, info.name, changed_rows(page, info))
        elif wish == "lifetime":
            lifetime_dialog(page.repository, info)
        elif wish == "rename":
            rename_dialog(page.repository, info.name)
    graph_card(page)

discarded = page.repository.branches("discarded")
with st.expander(f"Discarded branches ({len(discarded)})", icon=":material/delete:"):
    if not discarded:
        st.caption("Branches that you discard wait here for seven days before they are collected.")
    else:
        st.page_link(
            "pages/settings.py",
            label="See what space they take",
            icon=":material/database:",
            query_params={"section": "storage"},
        )
    for info in reversed(discarded):
        name, button = st.columns([6, 1], vertical_alignment="center")
        when = ago(info.discarded_at) if info.discarded_at else ""
        name.markdown(f"**{plain(info.name)}**  \ndiscarded {when}, made by {plain(info.author)}")
        if button.button("Bring back", key=f"undiscard-{info.id}", width="stretch"):
            undiscard(page.repository, info)

if len(page.infos) > 1:
    source = page.branch.name if not page.info.is_main else page.infos[1].name
    next_step(f"change {source} on its own", "pages/data.py", ":material/arrow_forward:", branch=source)
