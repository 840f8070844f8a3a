"""Any two versions beside each other, of one branch or of two."""

from __future__ import annotations

import streamlit as st

from hati_core import Diff
from pages.parts.changed_tables import changed_tables
from pages.parts.kept import kept
from pages.parts.session import choose, picker, told
from pages.parts.shell import Page
from pages.parts.values import columns_of, shared_metrics, value_card
from pages.parts.versions import choose_version
from pages.parts.words import amount, plain


def two_versions(page: Page) -> None:
    """Choose them, then what each metric is at both and every row that differs."""
    with st.grid(2, min_column_width=340):
        before, before_version = _side(page, "From", "from", max(0, page.info.head - 1))
        after, after_version = _side(page, "To", "to", page.info.head)
    st.button(
        "Swap",
        icon=":material/swap_horiz:",
        type="tertiary",
        key="swap-versions",
        on_click=_swap,
        args=(before, before_version, after, after_version),
    )
    with told():
        _worth(page, before, before_version, after, after_version)
    with st.container(border=True, key="differences"):
        st.markdown(
            f"**Row by row** · {plain(before)} version {before_version:,} → {plain(after)} version {after_version:,}"
        )
        with told():
            ids = {info.name: info.id for info in page.infos}
            asked = (ids[before], before_version, ids[after], after_version)

            def diff() -> Diff:
                with st.spinner("Looking at the rows…"):
                    return page.repository.diff(
                        after, before, source_version=after_version, target_version=before_version
                    )

            key = f"versions-{'-'.join(map(str, asked))}"
            changed_tables(kept("diff of two versions", asked, diff), key, "Every row is the same in both.")


def _side(page: Page, label: str, name: str, default: int) -> tuple[str, int]:
    with st.container(border=True):
        branch = picker(label, name, page.names, page.branch.name)
        head = next(info.head for info in page.infos if info.name == branch)
        is_here = branch == page.branch.name
        return branch, choose_version(page, branch, f"{label} version", f"{name}-version", default if is_here else head)


def _swap(before: str, before_version: int, after: str, after_version: int) -> None:
    choose("from", after)
    choose("to", before)
    st.session_state["chosen from-version"], st.session_state["chosen to-version"] = after_version, before_version


def _worth(page: Page, before: str, before_version: int, after: str, after_version: int) -> None:
    metrics = shared_metrics(page, before, after)
    if not metrics:
        return
    measures = page.repository.measures
    old = measures.values(page.repository.branch(before).at(before_version), metrics)
    new = measures.values(page.repository.branch(after).at(after_version), metrics)
    with st.grid(columns_of(len(metrics)), min_column_width=170):
        for was, now in zip(old, new, strict=True):
            value_card(
                now, was if was.value is not None else None, f"from {amount(was.value, was.metric.unit)}", border=True
            )
