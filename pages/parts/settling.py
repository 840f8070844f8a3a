"""The plan in hand and what was chosen in it; choices are kept with the repository, so that anybody can go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from hati_core import ConflictFilter, MergePlan, Side
from hati_core.choosing import Choices
from hati_core.errors import InvalidResolution
from hati_core.merge.choices import Choice
from hati_core.model import Resolution
from pages.parts.session import author
from pages.parts.shell import Page
from pages.parts.words import cell, count, plain

_IN_HAND = "merge in hand"
_NAMED = 5


@dataclass(frozen=True)
class InHand:
    """A plan with the choices that it has taken in, and those that fit it no more."""

    plan: MergePlan
    state: tuple[int, str]
    unfit: tuple[Choice, ...] = ()
    moved: str = ""


def planned(page: Page, source: str, target: str) -> MergePlan:
    """The plan in hand: made anew when a branch has moved, and with what anybody has chosen meanwhile."""
    choices = page.repository.choices(source, target)
    state = choices.state
    held: InHand | None = st.session_state.get(_IN_HAND)
    if held is None or _is_outdated(page, held.plan, source, target):
        with st.spinner("Working out the merge…"):
            plan = choices.taken_in(page.repository.plan_merge(source, target))
        held = InHand(plan, state, tuple(choices.unfit(plan)), _moved(held, plan))
    elif held.state != state:
        plan = choices.taken_in(held.plan)
        held = replace(held, plan=plan, state=state, unfit=tuple(choices.unfit(plan)))
    st.session_state[_IN_HAND] = held
    return held.plan


def _is_outdated(page: Page, plan: MergePlan, source: str, target: str) -> bool:
    heads = {info.name: (info.id, info.head) for info in page.infos}
    seen = [(point.branch_id, point.version) for point in (plan.theirs, plan.ours)]
    is_other_rule = plan.row_level is not page.repository.row_level_merge
    return plan.is_lost or is_other_rule or [heads[source], heads[target]] != seen


def _moved(held: InHand | None, plan: MergePlan) -> str:
    """The branch that has moved since the plan that was in hand for the same two."""
    if held is None or (held.plan.ours.branch_id, held.plan.theirs.branch_id) != (
        plan.ours.branch_id,
        plan.theirs.branch_id,
    ):
        return ""
    return (
        plan.source if held.plan.theirs != plan.theirs else plan.target if held.plan.ours != plan.ours else held.moved
    )


def settle(page: Page, plan: MergePlan, changes: Mapping[str, Resolution | None]) -> None:
    """Choose for conflicts, or open them again with None, as one step that can be undone.

    Raises:
        InvalidResolution, InvalidValue: the choice cannot be made; nothing is kept.
    """
    choices = _choices(page, plan)
    _hold(choices, choices.choose(_latest(plan), changes, author()), steps=1)


def settle_rest(page: Page, plan: MergePlan, side: Side, wanted: ConflictFilter | None = None) -> None:
    """Take one side for what is open and meets a filter, as one step that can be undone."""
    choices = _choices(page, plan)
    _hold(choices, choices.choose_rest(_latest(plan), side, wanted or ConflictFilter(), author()), steps=1)


def reopen(page: Page, plan: MergePlan, conflict_id: str, column: str) -> None:
    """Open one cell of a conflict again."""
    choices = _choices(page, plan)
    _hold(choices, choices.open_cell(_latest(plan), conflict_id, column, author()), steps=1)


def undo(page: Page, plan: MergePlan) -> None:
    """Take back the last step of anybody's."""
    choices = _choices(page, plan)
    _hold(choices, choices.undo(_latest(plan)), steps=-1)


def redo(page: Page, plan: MergePlan) -> None:
    """Make the step again that was taken back last."""
    choices = _choices(page, plan)
    _hold(choices, choices.redo(_latest(plan)), steps=1)


def clear(page: Page, plan: MergePlan) -> None:
    """Open every conflict again, as one step that can be undone."""
    choices = _choices(page, plan)
    _hold(choices, choices.clear(_latest(plan), author()), steps=1)


def steps(page: Page, plan: MergePlan) -> tuple[bool, bool]:
    """Whether there is something to undo, and something to do again."""
    return _choices(page, plan).can()


def made(page: Page, plan: MergePlan) -> dict[str, Choice]:
    """Who chose what and when, by conflict."""
    return _choices(page, plan).kept()


def forget() -> None:
    """Let go of the plan in hand."""
    st.session_state.pop(_IN_HAND, None)


def notices(page: Page) -> None:
    """Say that a branch has moved, and which choices fit no more."""
    held = _held()
    if held.moved:
        st.info(
            f"“{plain(held.moved)}” has changed meanwhile. The merge was worked out anew; look at it again.",
            icon=":material/update:",
        )
    if not held.unfit:
        return
    names = "; ".join(_name(choice) for choice in held.unfit[:_NAMED])
    more = f"; and {len(held.unfit) - _NAMED:,} more" if len(held.unfit) > _NAMED else ""
    fits = "no longer fits" if len(held.unfit) == 1 else "no longer fit"
    with st.container(border=True, key="unfit"):
        st.markdown(
            f":orange[:material/update:] {count(len(held.unfit), 'choice')} {fits}, because the values have changed: "
            f"{plain(names + more)}. The others are kept."
        )
        if st.button("Understood", key="unfit-seen", type="tertiary"):
            choices = _choices(page, held.plan)
            choices.drop_unfit(held.plan, author())
            st.session_state[_IN_HAND] = replace(held, unfit=(), state=choices.state)
            st.rerun()


def _name(choice: Choice) -> str:
    return " · ".join([choice.table, *(cell(part) for part in choice.key), ", ".join(choice.columns)])


def _choices(page: Page, plan: MergePlan) -> Choices:
    # A press can come in when its merge has just been made and there is nothing to choose any more.
    if _IN_HAND not in st.session_state:
        raise InvalidResolution("This merge is not in hand any more. Nothing was chosen.")
    return page.repository.choices(plan.source, plan.target)


def _held() -> InHand:
    held: InHand = st.session_state[_IN_HAND]
    return held


def _latest(plan: MergePlan) -> MergePlan:
    """The plan that was on the screen, with what was chosen since it was drawn: two presses can come in a moment."""
    held = _held().plan
    return held if (held.ours, held.theirs) == (plan.ours, plan.theirs) and not held.is_lost else plan


def _hold(choices: Choices, plan: MergePlan, *, steps: int) -> None:
    """Keep a plan that is so many steps on; where somebody else has chosen in that moment, take it in too."""
    held, state = _held(), choices.state
    if state[0] != held.state[0] + steps:
        plan = choices.taken_in(plan)
    st.session_state[_IN_HAND] = replace(held, plan=plan, state=state, unfit=tuple(choices.unfit(plan)), moved="")
