"""Compare: branches side by side, what makes up the difference, and the rows behind it."""

import streamlit as st

from pages.parts.allocation import allocations
from pages.parts.comparing import chosen_branches, chosen_metric, looked_at, made_of
from pages.parts.differences import row_differences
from pages.parts.exporting import camera, card_head, html_button
from pages.parts.kpi_matrix import kpi_matrix
from pages.parts.session import told
from pages.parts.shell import begin_page, needs_two_branches, next_step
from pages.parts.through_time import through_time
from pages.parts.values import shared_metrics, value_chart, values_by_branch
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
    kpi_matrix(page, metrics, values)

    chooser, closer = st.columns(2, vertical_alignment="top")
    with chooser:
        position = chosen_metric(metrics)
    metric = metrics[position]
    with closer:
        other = looked_at(page, names)

    with st.container(border=True):
        head = st.container()
        bars = value_chart(page, metric, values, position, camera("by-branch"))
        with head:
            card_head(f"**{plain(metric.name)}**", html_button("the bars", "by-branch", bars))
    made_of(page, metric, position, names[0], other, values)
    row_differences(page, names[0], other)
    allocations(page, metric, names)
    through_time(page, metric if metric.breakdown else next((m for m in metrics if m.breakdown), None), names)

if other != "main":
    next_step(f"merge {other} into main", "pages/merge.py", ":material/merge:", branch=other)
