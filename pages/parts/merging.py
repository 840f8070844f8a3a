"""The frame of a merge: the plan and its counters, what it will do, and doing it."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd
import streamlit as st

from hati_core import MergePlan, Side, Strategy
from hati_core.errors import BranchMoved
from pages.parts.focus import focus_next
from pages.parts.outlook import outlook
from pages.parts.preview import metrics_preview, rows_preview, structure
from pages.parts.remedies import remedied
from pages.parts.session import announce, author
from pages.parts.settling import forget
from pages.parts.shell import Page, empty_state
from pages.parts.strategies import chosen_strategy, default_side, strategies
from pages.parts.words import count, plain


def plan_key(plan: MergePlan) -> str:
    """What a control's key says of the plan that it was drawn for: the branches and their versions."""
    return "-".join(f"{point.branch_id}-{point.version}" for point in (plan.theirs, plan.ours))


def as_chosen(page: Page, plan: MergePlan) -> MergePlan:
    """The plan with what the chosen strategy makes of the conflicts that have no choice."""
    return outlook(page, plan, default_side(plan)).plan


def summary(plan: MergePlan, merged: MergePlan) -> None:
    """What the merge does in numbers; where there is more to say of a table than that, table by table.

    Rows are counted as they would be merged. A conflict is left until somebody chooses for it, whatever a strategy
    makes of it meanwhile.
    """
    tables = merged.tables.values()
    broken = len(merged.violations)
    with st.grid(6 if broken else 5, min_column_width=130):
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
        st.metric(
            "! Conflicts left",
            f"{left:,} of {len(plan.conflicts):,}" if plan.conflicts else "0",
            f"{_winner(merged)} wins" if left and merged.default else None,
            delta_color="off",
            delta_arrow="off",
            border=True,
            help="Conflicts that nobody has chosen for. Rules that the merged rows break are counted apart.",
        )
        if broken:
            st.metric("≠ Rules broken", f"{broken:,}", border=True, help=plain(merged.violations[0].message))
    if len(tables) > 1:
        frame = _by_table(plan, merged)
        numbers: list[Hashable] = list(frame.select_dtypes("number").columns)
        st.table(
            frame.style.format(_number, subset=numbers),
            border="horizontal",
            hide_index=True,
            alt="What the merge does to each table",
        )
    else:
        for name, table in merged.tables.items():
            if structure(table):
                st.caption(f":material/table_rows: {plain(name)}: {plain(structure(table))}")


def _winner(merged: MergePlan) -> str:
    return merged.target if merged.default is Side.OURS else merged.source


def _by_table(plan: MergePlan, merged: MergePlan) -> pd.DataFrame:
    total, left = plan.conflicts.facets().tables, plan.open_conflicts.facets().tables
    broken = {violation.table for violation in merged.violations}
    return pd.DataFrame(
        [
            {
                "Table": f"**{plain(name)}**",
                plain("+ Added"): table.inserts,
                plain("~ Changed"): table.updates,
                plain("− Removed"): table.deletes,
                "By cell": table.merged_cells,
                plain("! Conflicts"): _conflicts(total[name], left[name]),
                "Table and columns": plain(structure(table)) or "–",
                **({"Rules": "≠ broken" if name in broken else "kept"} if broken else {}),
            }
            for name, table in merged.tables.items()
        ]
    )


def _number(rows: object) -> str:
    return f"{rows:,}" if rows else "–"


def _conflicts(total: int, left: int) -> str:
    return "–" if not total else f"{left:,} of {total:,} left"


def finish(page: Page, plan: MergePlan) -> None:
    """How open conflicts are settled, what comes out, and the button."""
    if plan.conflicts:
        with st.container(border=True, key="strategies"):
            strategies(page, plan)
    with st.container(border=True, key="finish"):
        st.markdown("**What the merge will do**")
        found = outlook(page, plan, default_side(plan))
        if found.metrics:
            st.caption(_preview_title(plan, found.plan))
        metrics_preview(page, found, "merge")
        rows_preview(found.plan, "merge")
    with st.container(border=True, key="land"):
        _land(page, plan, found.plan)


def _preview_title(plan: MergePlan, settled: MergePlan) -> str:
    """Whose values the preview counts where nobody has chosen."""
    target, left = plain(plan.target), len(plan.open_conflicts)
    if not left:
        return f"{target} after the merge"
    if settled.default:
        return f"{target} after the merge, with what {plain(_winner(settled))} has for {count(left, 'open conflict')}"
    still = "is still open and counts" if left == 1 else "are still open and count"
    return (
        f"{target} after the merge, as chosen so far: {count(left, 'conflict')} {still} as {target} has "
        f"{'it' if left == 1 else 'them'}"
    )


def _land(page: Page, plan: MergePlan, settled: MergePlan) -> None:
    """The message and the button; where it cannot be pressed, why."""
    ends = f"{plan.theirs.branch_id}-{plan.ours.branch_id}"
    message = st.text_input("Message", placeholder=plan.default_message, key=f"merge-message-{ends}", max_chars=200)
    blocked = _blocked(settled, chosen_strategy(plan))
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            f"Merge into {plain(plan.target)}",
            type="primary",
            icon=":material/merge:",
            disabled=bool(blocked),
            # A press on what was shown before must not carry out a plan that was made anew.
            key=f"merge-apply-{plan_key(plan)}",
        )
        if blocked:
            st.markdown(f":orange[**!**] {blocked}")
        elif any(found.is_taken_out for found in plan.undone):
            st.markdown(f":orange[**!**] This takes work out of {plain(plan.target)} that was undone; see the top.")
    if pressed:
        with remedied(page, plan.target, plan.source):
            _apply(page, settled, message)


def _blocked(plan: MergePlan, strategy: Strategy) -> str | None:
    """Why the merge cannot be made as it stands, or None."""
    if strategy is Strategy.ABORT and plan.conflicts:
        return "This strategy stops at any conflict. Choose another one to merge."
    if plan.open_conflicts:
        return f"{count(len(plan.open_conflicts), 'conflict')} to settle before merging."
    if plan.violations:
        return plain(" ".join(violation.message for violation in plan.violations))
    return None


def _apply(page: Page, plan: MergePlan, message: str) -> None:
    try:
        commit = page.repository.apply_merge(plan, message or None, author=author())
    except BranchMoved:
        # The next run sees that a branch has moved, plans anew with the choices that fit, and says so.
        st.rerun()
    forget()
    focus_next("merged")
    unchanged = f"; no row of {plain(plan.target)} had to change" if commit.version == plan.target_version else ""
    announce(f"{plain(plan.source)} was merged into {plain(plan.target)}{unchanged}.")
    st.rerun()


def nothing_to_merge(plan: MergePlan) -> None:
    """Say why there is no plan to look at, and what to do instead."""
    source, target = plain(plan.source), plain(plan.target)
    title = f"Nothing new on {source} for {target}"
    sentence = (
        "What was merged once is not offered again, whatever was chosen or undone since. "
        "Change something on the branch, or choose another one."
    )
    if plan.undone:
        sentence = (
            "What was merged and undone counts as merged. Merge it again, as offered above, or change the branch."
        )
    if plan.notes:
        title = f"No row or column of {source} is new for {target}"
        sentence = "What a merge leaves alone is named above. Change rows on the branch, or choose another one."
    empty_state(":material/done_all:", title, sentence, "pages/data.py", f"Change rows on {source}", branch=plan.source)
