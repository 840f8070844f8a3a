"""One branch as a row of the list of branches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from hati_core import BranchInfo, HatiError, Repository
from hati_core.measures import MetricValue
from pages.parts.lifetime import lifetime_button
from pages.parts.palette import dot
from pages.parts.shell import Page
from pages.parts.words import ago, amount, count, difference, plain

PAGE_SIZE = 12
Wish = Literal["discard", "lifetime", "rename"]


@dataclass(frozen=True)
class _Changes:
    """What a branch changed since it was its parent's equal: how many rows, and whether anything at all."""

    rows: int
    any: bool


def changed_rows(page: Page, info: BranchInfo) -> int | None:
    """How many rows a branch changed since it was its parent's equal; None where rows cannot be told apart."""
    found = _changes_of(page, info)
    return found.rows if found else None


def _changes_of(page: Page, info: BranchInfo) -> _Changes | None:
    parent_head = next((other.head for other in page.infos if other.name == info.parent), -1)
    return _changes(page.repository, info.name, info.id, info.head, parent_head)


@st.cache_data(max_entries=2000, show_spinner=False)
def _changes(_repository: Repository, name: str, branch_id: str, head: int, parent_head: int) -> _Changes | None:
    try:
        found = _repository.changes(name)
        return _Changes(found.changed_rows, bool(found))
    except HatiError:
        return None


def branch_row(page: Page, info: BranchInfo, values: list[MetricValue], reference: list[MetricValue]) -> Wish | None:
    """Draw one branch; returns what is to be done with it when that was pressed."""
    with st.container(border=True, key=f"branch-row-{info.id}", gap="small"):
        about, worth = st.columns([5, 2], vertical_alignment="top")
        with about:
            marks = " :gray-badge[in view]" if info.name == page.branch.name else ""
            marks += _status(page, info)
            what_for = f"  \n{plain(info.description)}" if info.description else ""
            st.markdown(
                f"{dot(page.colours[info.name])} **{plain(info.name)}**{marks}{what_for}"
                f"  \n:small[:gray[{_facts(page, info)}]]"
            )
        with worth:
            _worth(info, values, reference)
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _links(info)
            if info.is_main:
                return None
            pressed: dict[Wish, bool] = {
                "lifetime": lifetime_button(info),
                "rename": st.button("Rename", key=f"rename-{info.id}", icon=":material/edit:", type="tertiary"),
                "discard": st.button("Discard", key=f"discard-{info.id}", icon=":material/delete:", type="tertiary"),
            }
    return next((wish for wish, is_pressed in pressed.items() if is_pressed), None)


def _links(info: BranchInfo) -> None:
    """Where to go with a branch; each address says all that its page needs."""
    here = {"branch": info.name}
    places = [("pages/data.py", "Open", ":material/table_rows:", here)]
    if not info.is_main:
        places += [
            ("pages/compare.py", "Compare", ":material/compare_arrows:", here),
            ("pages/merge.py", "Merge", ":material/merge:", here | {"source": info.name, "into": "main"}),
            ("pages/merge.py", "Bring main in", ":material/sync:", here | {"source": "main", "into": info.name}),
        ]
    for file, label, icon, params in places:
        st.page_link(file, label=label, icon=icon, query_params=params)


def _status(page: Page, info: BranchInfo) -> str:
    """What there is left to do with a branch, where that is nothing; as Markdown."""
    found = None if info.is_main else _changes_of(page, info)
    if found is None or found.any:
        return ""
    if info.head == info.base:
        return " :gray-badge[no changes yet]"
    return f" :green-badge[:material/check: nothing left to merge into {plain(info.parent)}]"


def _facts(page: Page, info: BranchInfo) -> str:
    if info.is_main:
        return f"what everybody sees · {count(info.head, 'commit')}"
    rows = changed_rows(page, info)
    changed = "rows cannot be told apart" if rows is None else count(rows, "changed row")
    facts = [f"from {plain(info.parent)} at version {info.base}", changed, plain(info.author), ago(info.created_at)]
    return " · ".join(facts)


def _worth(info: BranchInfo, values: list[MetricValue], reference: list[MetricValue]) -> None:
    for mine, main in zip(values, reference, strict=True):
        if mine.value is None:
            st.caption(f":material/warning: {plain(mine.problem)}")
            continue
        compared = mine.metric.name
        if not info.is_main and main.value is not None:
            compared = f"{difference(main.value, mine.value, mine.metric.unit)} vs main"
        worth = plain(amount(mine.value, mine.metric.unit))
        st.markdown(f"**{worth}**  \n:small[:gray[{plain(compared)}]]", text_alignment="right")
