"""Settings: what is measured, in which currency, what rows have to keep, how they merge, where they lie, the model."""

import streamlit as st

from pages.parts.agent_model import model_choice
from pages.parts.currency import currency_choice
from pages.parts.merge_rule import merge_rule
from pages.parts.metric_list import metric_list
from pages.parts.session import segments, told
from pages.parts.shell import begin_page
from pages.parts.storage import storage_panel
from pages.parts.table_rules import table_rules

SECTIONS = {
    "metrics": ":material/functions: Metrics",
    "currency": ":material/payments: Currency",
    "tables": ":material/key: Keys and checks",
    "merging": ":material/merge: Merging",
    "storage": ":material/database: Storage",
    "model": ":material/smart_toy: Model",
}

page = begin_page("Settings", "What holds for every branch and everybody")
section = segments("Section", "section", SECTIONS, "metrics", label_visibility="collapsed")
st.space("small")
with told():
    if section == "metrics":
        metric_list(page)
    elif section == "currency":
        currency_choice(page.repository)
    elif section == "tables":
        table_rules(page)
    elif section == "merging":
        merge_rule(page.repository)
    elif section == "storage":
        storage_panel(page.repository)
    else:
        model_choice(page.repository)
