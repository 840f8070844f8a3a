"""One commit: what it changed, what that was worth, and what can be done with it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from hati_core import Commit, Diff
from hati_core.agent.desk import AgentDesk
from pages.parts.agent_runs import run_address
from pages.parts.agent_words import cut
from pages.parts.branch_dialogs import fork_dialog
from pages.parts.changed_tables import changed_tables
from pages.parts.going_back import back_dialog
from pages.parts.kept import kept
from pages.parts.palette import dot
from pages.parts.session import choose, told
from pages.parts.shell import Page
from pages.parts.values import columns_of, shared_metrics, value_card
from pages.parts.versions import close_version, marks, open_commit
from pages.parts.words import amount, plain, when

_MESSAGE = 160


def opened(page: Page, version: int) -> None:
    """The commit that made a version of the branch in view."""
    commit = page.branch.commit(version)
    assert commit is not None
    _ways(page, version)
    with st.container(border=True, key="commit"):
        colour = page.colours.get(commit.branch, page.theme.quiet)
        message = commit.message if len(commit.message) <= _MESSAGE else f"{commit.message[:_MESSAGE]}…"
        st.markdown(f"#### {dot(colour)} {plain(message)}", anchors=False)
        if len(commit.message) > _MESSAGE:
            st.caption(plain(commit.message))
        where = f"version {version:,} of {plain(commit.branch)}"
        if commit.branch != page.branch.name:
            where += f", before {plain(page.branch.name)} was forked"
        st.markdown(f"{marks(commit)} :small[:gray[{plain(commit.author or 'unknown')} · {when(commit.at)} · {where}]]")
        _origin(page, commit)
        _actions(page, commit)
    if version:
        with told():
            _worth(page, version)
        _changed(page, version)
    else:
        st.caption("The repository was made here; it had no tables yet.")


def _origin(page: Page, commit: Commit) -> None:
    """The way to the agent's run that it comes from; nothing where a person alone made it."""
    if commit.origin and (found := AgentDesk(page.repository).origin(commit)):
        run, step = found
        st.page_link(
            "pages/agent.py",
            label=f"See the run: {plain(cut(run.goal, 80))}",
            icon=":material/smart_toy:",
            query_params=run_address(run),
        )
        if step:
            st.caption(f"Step {step.number:,} of the run: {plain(step.name)}")
            if step.sql:
                st.code(step.sql, language="sql", wrap_lines=True)


def _ways(page: Page, version: int) -> None:
    """Back to the list, and to the commits beside this one."""
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(
            "All commits", icon=":material/arrow_back:", type="tertiary", key="all-commits", on_click=close_version
        )
        with st.container(horizontal=True, horizontal_alignment="right", width="content"):
            for label, icon, other in (("Older", "chevron_left", version - 1), ("Newer", "chevron_right", version + 1)):
                st.button(
                    label,
                    icon=f":material/{icon}:",
                    type="tertiary",
                    key=f"commit-{label.lower()}",
                    disabled=not 0 <= other <= page.info.head,
                    on_click=open_commit,
                    args=(page.branch.name, other),
                )


def _actions(page: Page, commit: Commit) -> None:
    name, version = plain(page.branch.name), commit.version
    is_head = version == page.info.head
    with st.container(horizontal=True, gap="small"):
        if version and st.button(
            "Undo this commit",
            key="undo-commit",
            icon=":material/undo:",
            help=f"Take back what it changed on {name}, and keep what came later",
        ):
            back_dialog(page, "undo", version, partial(open_commit, page.branch.name))
        if not is_head and st.button(
            "Restore this version",
            key="restore-version",
            icon=":material/history:",
            help=f"Make every table of {name} what it was then",
        ):
            back_dialog(page, "restore", version, partial(open_commit, page.branch.name))
        if st.button(
            "Branch from here",
            key="branch-from-here",
            icon=":material/account_tree:",
            help=f"A new branch with the tables as they were then; {name} stays as it is",
        ):
            fork_dialog(page.repository, page.branch.name, version)
        if not is_head:
            st.button(
                "Compare with now",
                key="compare-with-now",
                icon=":material/difference:",
                on_click=_compare,
                args=(page.branch.name, version, page.info.head),
            )
        if commit.reverts is not None:
            st.button(
                f"See version {commit.reverts:,}, which it undid",
                key="see-undone",
                type="tertiary",
                on_click=open_commit,
                args=(page.branch.name, commit.reverts),
            )


def _compare(branch: str, version: int, head: int) -> None:
    for name, value in (("from", branch), ("to", branch), ("view", "versions")):
        choose(name, value)
    st.session_state["chosen from-version"], st.session_state["chosen to-version"] = version, head
    close_version()


def _worth(page: Page, version: int) -> None:
    """Each metric at the version before, and at this one."""
    metrics = shared_metrics(page, page.branch.name)
    if not metrics:
        return
    measures = page.repository.measures
    before = measures.values(page.branch.at(version - 1), metrics)
    after = measures.values(page.branch.at(version), metrics)
    if all(found.value is None for found in after):
        return
    with st.container(border=True), st.grid(columns_of(len(metrics)), min_column_width=170):
        for old, new in zip(before, after, strict=True):
            known = old if old.value is not None else None
            value_card(new, known, f"from {amount(old.value, old.metric.unit)}", border=False)


def _changed(page: Page, version: int) -> None:
    """The rows that it changed, table by table."""
    with st.container(border=True, key="changed"):
        st.markdown("**What it changed**")
        with told():
            diff = kept("diff of a commit", (page.branch.id, version), lambda: _diff(page, version))
            changed_tables(diff, f"commit-{page.branch.id}-{version}", "No row and no column is another than before.")


def _diff(page: Page, version: int) -> Diff:
    name = page.branch.name
    with st.spinner("Looking at the rows…"):
        return page.repository.diff(name, name, source_version=version, target_version=version - 1)
