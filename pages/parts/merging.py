"""The frame of a merge: which branches, the plan and its counters, the preview, doing it and undoing it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from hati_core import Branch, BranchView, Commit, HatiError, MergePlan, Side, Strategy
from hati_core.merge.schema import TableAction
from pages.parts.rows_table import changes_table
from pages.parts.session import announce, author, complain, current, picker, told
from pages.parts.settling import forget
from pages.parts.shell import Page
from pages.parts.values import change_of_headline, headline, shared_metrics, value_card
from pages.parts.words import amount, count, plain

_DONE = "merged"
_PREVIEW_ROWS = 200
_SIDES = {Strategy.BRANCH_WINS: Side.THEIRS, Strategy.MAIN_WINS: Side.OURS}


@dataclass(frozen=True)
class Done:
    """The merge that was made last in this session."""

    commit: Commit
    source: str
    told: str
    undone: bool = False


def choose_sides(page: Page) -> tuple[str, str]:
    """Which branch goes into which; both stand in the address."""
    left, right = st.columns(2)
    with left:
        source_default = page.branch.name if not page.info.is_main else page.names[1]
        if current("branch", page.names, "main") != st.session_state.get("merge followed"):
            st.session_state["merge followed"] = page.branch.name
            if not page.info.is_main and "source" not in st.query_params:
                st.session_state["chosen source"] = page.branch.name
        source = picker("Changes of", "source", page.names[1:], source_default)
    with right:
        targets = [name for name in page.names if name != source]
        target = picker("go into", "into", targets, "main")
    return source, target


def plan_key(plan: MergePlan) -> str:
    """What a control's key says of the plan that it was drawn for: the branches and their versions."""
    return "-".join(f"{point.branch_id}-{point.version}" for point in (plan.theirs, plan.ours))


def counters(plan: MergePlan) -> None:
    """What the merge does, in numbers."""
    tables = plan.tables.values()
    with st.grid(5, min_column_width=120):
        st.metric("+ Added rows", f"{sum(table.inserts for table in tables):,}", border=True)
        st.metric("~ Changed rows", f"{sum(table.updates for table in tables):,}", border=True)
        st.metric("− Removed rows", f"{sum(table.deletes for table in tables):,}", border=True)
        st.metric(
            "Merged by cell",
            f"{sum(table.merged_cells for table in tables):,}",
            border=True,
            help="Cells taken over in rows that both branches changed, in different cells.",
        )
        left = len(plan.open_conflicts)
        st.metric("! Conflicts left", f"{left:,} of {len(plan.conflicts):,}" if plan.conflicts else "0", border=True)


def as_chosen(plan: MergePlan) -> MergePlan:
    """The plan with what the chosen strategy makes of the conflicts that have no choice."""
    strategy = st.session_state.get("merge-strategy") if plan.conflicts else None
    return plan.with_default(_SIDES.get(strategy)) if strategy else plan


def finish(page: Page, plan: MergePlan) -> None:
    """How open conflicts are settled, what comes out, and the button."""
    with st.container(border=True, key="finish"):
        st.markdown("**What the merge will do**")
        strategy = _strategy(plan) if plan.conflicts else Strategy.MANUAL
        settled = plan.with_default(_SIDES.get(strategy))
        _preview(page, settled)
        if settled.open_conflicts:
            st.caption(f"Rows that are still in conflict are counted as {plain(plan.target)} has them.")
        _rows(settled)
        message = st.text_input("Message", placeholder=plan.default_message, key="merge-message", max_chars=200)
        blocked = _blocked(settled, strategy)
        if blocked:
            st.caption(f":orange[**!**] {blocked}")
        if st.button(
            f"Merge into {plain(plan.target)}",
            type="primary",
            icon=":material/merge:",
            disabled=bool(blocked),
            # A press on what was shown before must not carry out a plan that was made anew.
            key=f"merge-apply-{plan_key(plan)}",
        ):
            _apply(page, settled, message)


def _strategy(plan: MergePlan) -> Strategy:
    """The four strategies, each saying what it does to these conflicts."""
    left = count(len(plan.open_conflicts), "open conflict")
    options = {
        Strategy.MANUAL: ("Choose one by one", f"Each conflict gets the choice made above; {left}."),
        Strategy.BRANCH_WINS: (f"{plan.source} wins", f"{left} taken from {plan.source}."),
        Strategy.MAIN_WINS: (f"{plan.target} wins", f"{left} left as {plan.target} has it."),
        Strategy.ABORT: (
            "Stop if anything conflicts",
            f"{count(len(plan.conflicts), 'conflict')}: nothing would be merged.",
        ),
    }
    chosen = st.radio(
        "Conflicts without a choice",
        list(options),
        format_func=lambda strategy: plain(options[strategy][0]),
        captions=[plain(caption) for _, caption in options.values()],
        horizontal=True,
        key="merge-strategy",
    )
    return chosen or Strategy.MANUAL


def _blocked(plan: MergePlan, strategy: Strategy) -> str | None:
    """Why the merge cannot be made as it stands, or None."""
    if strategy is Strategy.ABORT and plan.conflicts:
        return "This strategy stops at any conflict. Choose another one to merge."
    if plan.open_conflicts:
        return f"{count(len(plan.open_conflicts), 'conflict')} to settle before merging."
    if plan.violations:
        return plain(" ".join(violation.message for violation in plan.violations))
    return None


def _preview(page: Page, plan: MergePlan) -> None:
    """Each metric of the target before and after."""
    target = page.repository.branch(plan.target)
    metrics = shared_metrics(page, plan.target, plan.source)
    before = page.repository.measures.values(_as_planned(target, plan), metrics)
    after = page.repository.measures.merged_values(plan, metrics)
    with st.grid(4, min_column_width=190):
        for old, new in zip(before, after, strict=True):
            value_card(new, old, f"from {amount(old.value, old.metric.unit)}", border=False)


def _as_planned(target: Branch, plan: MergePlan) -> BranchView:
    """The target as the plan saw it."""
    return target if target.head == plan.target_version else target.at(plan.target_version)


def _rows(plan: MergePlan) -> None:
    for name, table in plan.tables.items():
        total = table.inserts + table.updates + table.deletes
        whole = {TableAction.CREATE: "table created", TableAction.DROP: "table dropped"}.get(table.action, "")
        parts = [whole, *table.schema_changes, count(total, "row") if total else ""]
        told_parts = plain(", ".join(part for part in parts if part))
        if not told_parts:
            continue
        if not total:
            st.caption(f":material/table_rows: {plain(name)}: {told_parts}")
            continue
        with st.expander(f"{plain(name)}: {told_parts}", icon=":material/table_rows:", expanded=total <= 10):
            changes_table(table.rows(limit=_PREVIEW_ROWS), table.columns, f"merge-rows-{name}")
            if total > _PREVIEW_ROWS:
                st.caption(f"The first {_PREVIEW_ROWS:,} of {total:,} rows.")


def _apply(page: Page, plan: MergePlan, message: str) -> None:
    target = page.repository.branch(plan.target)
    before = headline(page, _as_planned(target, plan))
    try:
        commit = page.repository.apply_merge(plan, message or None, author=author())
    except HatiError as error:
        complain(error)
        return
    words = change_of_headline(before, headline(page, target), plan.target)
    st.session_state[_DONE] = Done(commit, plan.source, words)
    forget()
    announce(f"{plain(plan.source)} was merged into {plain(plan.target)}.")
    st.rerun()


def done_panel(page: Page) -> None:
    """What was merged or undone last, with the way back."""
    done: Done | None = st.session_state.get(_DONE)
    if done is None:
        return
    with st.container(border=True, key="merged"):
        target = plain(done.commit.branch)
        what = "was taken out of" if done.undone else "was merged into"
        st.markdown(f":green[:material/check_circle:] **{plain(done.source)}** {what} **{target}**.")
        st.caption(
            plain(f"{done.told} · {done.commit.message} · version {done.commit.version} · {done.commit.summary}")
        )
        with st.container(horizontal=True):
            again = ("Merge it again", ":material/redo:") if done.undone else ("Undo this merge", ":material/undo:")
            if st.button(again[0], icon=again[1], key=f"undo-merge-{done.commit.branch}-{done.commit.version}"):
                undo_dialog(page, done)
            if st.button("Done", type="tertiary", key="merge-done"):
                st.session_state.pop(_DONE)
                st.rerun()


@st.dialog("What this changes", icon=":material/undo:", width="medium")
def undo_dialog(page: Page, done: Done) -> None:
    """What undoing, or doing it again, would change, keeping what came later; and doing it."""
    target = page.repository.branch(done.commit.branch)
    with told():
        plan = page.repository.plan_revert(target.name, done.commit.version)
        st.caption(f"What came later on {plain(target.name)} stays. The branch {plain(done.source)} is not touched.")
        _preview(page, plan)
        _rows(plan)
        if plan.conflicts:
            st.warning(
                f"{count(len(plan.conflicts), 'row')} changed again since and will stay as they are now.",
                icon=":material/info:",
            )
        if st.button("Merge again" if done.undone else "Undo", type="primary", key="undo-confirm"):
            before = headline(page, target)
            message = f"Merge {done.source} into {target.name} again" if done.undone else None
            commit = page.repository.apply_merge(plan.with_default(Side.OURS), message, author=author())
            words = change_of_headline(before, headline(page, target), target.name)
            st.session_state[_DONE] = Done(commit, done.source, words, undone=not done.undone)
            forget()
            announce(f"The merge was {'made again' if done.undone else 'undone'} on {plain(target.name)}.")
            st.rerun()
