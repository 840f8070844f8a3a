"""The merge that landed last on a branch, whoever made it, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from hati_core import Commit, Conflict, MergePlan, Side
from hati_core.errors import BranchMoved
from hati_core.landing import Landed, last_merge
from pages.parts.focus import focus_next
from pages.parts.makers import maker_words
from pages.parts.outlook import outlook
from pages.parts.preview import metrics_preview, rows_preview
from pages.parts.remedies import remedied
from pages.parts.session import announce, author
from pages.parts.settling import forget
from pages.parts.shell import Page
from pages.parts.values import change_of_headline, headline
from pages.parts.words import cell, count, plain

_PUT_AWAY = "landed put away"
_IN_HAND = "undo in hand"
_COMMITS = 50
_SHOWN_FOR = timedelta(days=1)
_NAMED = 5


def landed_panel(page: Page, target: str) -> Landed | None:
    """What was merged or undone on a branch in the last day, which is returned; older merges are in its history."""
    landed = _landed(page, target)
    if landed is None or _place(page, landed) in st.session_state.get(_PUT_AWAY, ()):
        return None
    merge, last = landed.merge, landed.last
    what = "was taken out of" if landed.is_undone else "was merged into"
    # Nothing is drawn before everything is known: the browser would show it beside what stood here before.
    facts = (_worth(page, target, last), last.message, f"version {last.version}", last.summary)
    with st.container(border=True, key="merged"):
        st.markdown(
            f":green[:material/check_circle:] **{plain(merge.merged_from)}** {what} **{plain(target)}** by "
            f"{maker_words(last)}"
        )
        st.caption(plain(" · ".join(fact for fact in facts if fact)))
        with st.container(horizontal=True):
            _turn(page, landed)
            if st.button("Done", type="tertiary", key="merge-done"):
                st.session_state[_PUT_AWAY] = {*st.session_state.get(_PUT_AWAY, ()), _place(page, landed)}
                focus_next("swap-sides")
                st.rerun()
    return landed


def _worth(page: Page, target: str, last: Commit) -> str:
    branch = page.repository.branch(target)
    before, after = (headline(page, branch.at(version)) for version in (last.version - 1, last.version))
    return change_of_headline(before, after, target)


def _turn(page: Page, landed: Landed) -> None:
    """The button that undoes a merge, or makes it again."""
    label, icon = ("Merge it again", ":material/redo:") if landed.is_undone else ("Undo this merge", ":material/undo:")
    if st.button(label, icon=icon, key=f"undo-merge-{_place(page, landed)}"):
        undo_dialog(page, landed)


def undone_notes(page: Page, plan: MergePlan, shown: Landed | None) -> None:
    """Merges that were undone, and what becomes of their work; how to have it back, unless that is shown already."""
    for at, found in enumerate(plan.undone[:_NAMED]):
        merge = found.landed.merge
        is_shown = shown is not None and shown.last == found.landed.last
        if is_shown and not plan.tables:
            continue
        # On a third branch it would change nothing for this plan.
        helps = found.branch_id in (plan.theirs.branch_id, plan.ours.branch_id)
        with st.container(border=True, key=f"undone-{at}"):
            st.markdown(f":orange[:material/{'warning' if found.is_taken_out else 'history'}:] {plain(found.message)}")
            if found.is_taken_out and helps:
                st.caption(
                    f"To keep it on {plain(plan.target)}, merge it again into {plain(merge.branch)} first"
                    f"{', as offered above' if is_shown else ''}. Then this merge takes nothing of it away."
                )
            if helps and not is_shown:
                _turn(page, found.landed)


def _landed(page: Page, target: str) -> Landed | None:
    info = next(info for info in page.infos if info.name == target)
    commits = [c for c in page.repository.branch(target).log(_COMMITS) if c.version > (info.base or 0)]
    landed = last_merge(commits)
    return landed if landed and datetime.now(UTC) - landed.last.at < _SHOWN_FOR else None


def _place(page: Page, landed: Landed) -> str:
    return f"{page.repository.branch(landed.last.branch).id}-{landed.last.version}"


@st.dialog("What this changes", icon=":material/undo:", width="large")
def undo_dialog(page: Page, landed: Landed) -> None:
    """What undoing, or doing it again, would change, keeping what came later; and doing it."""
    target, source = landed.merge.branch, str(landed.merge.merged_from)
    with remedied(page, target):
        plan = _planned(page, landed)
        st.caption(_sentence(plain(source), plain(target), is_undone=landed.is_undone))
        if not plan.tables:
            st.info(f"Nothing of it is left on {plain(target)} that could be taken back.", icon=":material/done_all:")
            return
        found = outlook(page, plan, Side.OURS, kept="undo")
        metrics_preview(page, found, "undo")
        rows_preview(found.plan, "undo")
        _what_stays(found.plan)
        for violation in found.plan.violations:
            st.error(plain(violation.message), icon=":material/error:")
        if st.button(
            "Merge again" if landed.is_undone else "Undo",
            type="primary",
            key=f"undo-confirm-{plan.target_version}",
            disabled=bool(found.plan.violations),
        ):
            _undo(page, landed, found.plan)


def _sentence(source: str, target: str, *, is_undone: bool) -> str:
    does = f"puts {source} into {target} again" if is_undone else f"takes {source} out of {target} again"
    return f"This {does}. What came later on {target} stays, and the branch {source} is not touched."


def _planned(page: Page, landed: Landed) -> MergePlan:
    """The plan of undoing it, kept while the target stands still."""
    branch = page.repository.branch(landed.last.branch)
    wanted = (branch.id, landed.last.version, branch.head)
    held: tuple[tuple[str, int, int], MergePlan] | None = st.session_state.get(_IN_HAND)
    if held and held[0][:2] == wanted[:2] and held[0] != wanted:
        st.info(f"“{plain(branch.name)}” has changed since you looked at this last.", icon=":material/update:")
    if held is None or held[0] != wanted or held[1].is_lost:
        with st.spinner("Working out what would change…"):
            held = wanted, page.repository.plan_revert(branch.name, landed.last.version)
        st.session_state[_IN_HAND] = held
    return held[1]


def _what_stays(plan: MergePlan) -> None:
    """Rows that were changed again since."""
    conflicts = plan.conflicts
    if not conflicts:
        return
    names = ", ".join(_name(conflict) for conflict in conflicts[:_NAMED])
    more = f" and {len(conflicts) - _NAMED:,} more" if len(conflicts) > _NAMED else ""
    stay = (
        "changed again since and stays as it is now"
        if len(conflicts) == 1
        else "changed again since and stay as they are now"
    )
    st.warning(f"{count(len(conflicts), 'row')} {stay}: {plain(names + more)}.", icon=":material/info:")


def _name(conflict: Conflict) -> str:
    return " · ".join([conflict.table, *map(cell, conflict.key)])


def _undo(page: Page, landed: Landed, plan: MergePlan) -> None:
    target, source = landed.merge.branch, landed.merge.merged_from
    message = f"Merge {source} into {target} again" if landed.is_undone else None
    try:
        page.repository.apply_merge(plan, message, author=author())
    except BranchMoved as moved:
        st.info(f"{plain(moved.message)} Open this again to see what it would change now.", icon=":material/update:")
        return
    st.session_state.pop(_IN_HAND)
    forget()
    focus_next("merged")
    announce(f"The merge was {'made again' if landed.is_undone else 'undone'} on {plain(target)}.")
    st.rerun()
