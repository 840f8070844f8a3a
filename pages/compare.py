"""Compare: branches side by side, what makes up the difference, and the rows behind it."""

import streamlit as st

from pages.parts.comparing import chosen_branches, made_of, row_differences
from pages.parts.session import told
from pages.parts.shell import begin_page, needs_two_branches, next_step
from pages.parts.values import shared_metrics, value_chart, value_table, values_by_branch
from pages.parts.words import plain

page = begin_page("Compare", "What each branch is worth, and why", step="Compare")
needs_two_branches(
    page,
    ":material/compare_arrows:",
    "There is nothing to compare yet",
    "Compare needs main and at least one branch.",
)
names = chosen_branches(page)
if len(names) < 2:
    st.info("Choose at least two branches.", icon=":material/compare_arrows:")
    st.stop()

with told():
    metrics = shared_metrics(page, *names)
    values = values_by_branch(page, names, metrics)
    with st.container(border=True):
        st.markdown(f"**{plain(metrics[0].name)}**")
        value_chart(page, metrics[0], values)
        value_table(metrics, values, names[0])
    other = (
        names[1]
        if len(names) == 2
        else st.segmented_control(
            "Look closer at", names[1:], default=names[1], required=True, format_func=plain, key="closer"
        )
    )
    made_of(page, metrics[0], names[0], other, values)
    row_differences(page, names[0], other)

if other != "main":
    next_step(f"merge {other} into main", "pages/merge.py", ":material/merge:", branch=other)
