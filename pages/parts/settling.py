"""The plan in hand and what was chosen in it; choices are kept with the repository, so that anybody can go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from hati_core import ConflictFilter, MergePlan, Side
from hati_core.choosing import Choices
from hati_core.errors import InvalidResolution
from hati_core.merge.choices import Choice
from hati_core.merge.chosen import Chosen
from hati_core.model import Resolution
from pages.parts.choice_words import choice_name, step_words, told_steps
from pages.parts.session import announce, author, make_announcements
from pages.parts.shell import Page
from pages.parts.words import count, plain

_IN_HAND = "merge in hand"
_NAMED = 5


@dataclass(frozen=True)
class InHand:
    """A plan with the choices that it has taken in, and those that fit it no more."""

    plan: MergePlan
    chosen: Chosen
    unfit: tuple[Choice, ...] = ()
    moved: str = ""


def planned(page: Page, source: str, target: str) -> MergePlan:
    """The plan in hand: made anew when a branch has moved, and with what anybody has chosen meanwhile."""
    choices = page.repository.choices(source, target)
    held: InHand | None = st.session_state.get(_IN_HAND)
    if held is None or _is_outdated(page, held.plan, source, target):
        with st.spinner("Working out the merge…"):
            chosen = choices.chosen()
            plan = choices.taken_in(page.repository.plan_merge(source, target), chosen)
        if held and _is_same_pair(held.plan, plan):
            _tell(plan, chosen, held.chosen)
        held = InHand(plan, chosen, tuple(choices.unfit(plan, chosen)), _moved(held, plan))
        st.session_state[_IN_HAND] = held
    elif choices.state != held.chosen.state:
        _catch_up(choices, choices.chosen())
    return _held().plan


def _catch_up(choices: Choices, chosen: Chosen) -> None:
    """Take in what others chose since the plan in hand was, and say so."""
    held = _held()
    if chosen.state != held.chosen.state:
        _tell(held.plan, chosen, held.chosen)
        _keep(choices, choices.taken_in(held.plan, chosen), chosen)


def _tell(plan: MergePlan, chosen: Chosen, before: Chosen) -> None:
    for sentence in told_steps(plan, chosen.news(before)):
        announce(sentence)


def _keep(choices: Choices, plan: MergePlan, chosen: Chosen) -> None:
    unfit = tuple(choices.unfit(plan, chosen))
    st.session_state[_IN_HAND] = replace(_held(), plan=plan, chosen=chosen, unfit=unfit)


def _is_outdated(page: Page, plan: MergePlan, source: str, target: str) -> bool:
    heads = {info.name: (info.id, info.head) for info in page.infos}
    seen = [(point.branch_id, point.version) for point in (plan.theirs, plan.ours)]
    is_other_rule = plan.row_level is not page.repository.row_level_merge
    return plan.is_lost or is_other_rule or [heads[source], heads[target]] != seen


def _moved(held: InHand | None, plan: MergePlan) -> str:
    """The branch that has moved since the plan that was in hand for the same two."""
    if held is None or not _is_same_pair(held.plan, plan):
        return ""
    return (
        plan.source if held.plan.theirs != plan.theirs else plan.target if held.plan.ours != plan.ours else held.moved
    )


def _is_same_pair(held: MergePlan, plan: MergePlan) -> bool:
    return (held.ours.branch_id, held.theirs.branch_id) == (plan.ours.branch_id, plan.theirs.branch_id)


def settle(page: Page, plan: MergePlan, changes: Mapping[str, Resolution | None]) -> None:
    """Choose for conflicts, or open them again with None, as one step that can be undone.

    Raises:
        InvalidResolution, InvalidValue: the choice cannot be made; nothing is kept.
    """
    _act(page, plan, lambda choices, latest: choices.choose(latest, changes, author()))


def settle_rest(page: Page, plan: MergePlan, side: Side, wanted: ConflictFilter | None = None) -> None:
    """Take one side for what is open and meets a filter, as one step that can be undone."""
    rest = wanted or ConflictFilter()
    _act(page, plan, lambda choices, latest: choices.choose_rest(latest, side, rest, author()))


def clear(page: Page, plan: MergePlan) -> None:
    """Open every conflict again, as one step that can be undone."""
    _act(page, plan, lambda choices, latest: choices.clear(latest, author()))


def undo(page: Page, plan: MergePlan) -> None:
    """Take back the last step of anybody's, and say whose it was."""
    before = _act(page, plan, Choices.undo)
    if before.last:
        announce(f"Taken back: {step_words(plan, before.last)}.")


def redo(page: Page, plan: MergePlan) -> None:
    """Make the step again that was taken back last, and say whose it was."""
    before = _act(page, plan, Choices.redo)
    if before.next:
        announce(f"Made again: {step_words(plan, before.next)}.")


def _act(page: Page, plan: MergePlan, does: Callable[[Choices, MergePlan], MergePlan]) -> Chosen:
    """Change what is chosen, on top of what others chose meanwhile; returns what was chosen before."""
    # A press can come in when its merge has just been made and there is nothing to choose any more.
    if _IN_HAND not in st.session_state:
        raise InvalidResolution("This merge is not in hand any more. Nothing was chosen.")
    choices = page.repository.choices(plan.source, plan.target)
    before = choices.chosen()
    if _is_same(_held().plan, plan):
        # Two presses can come in a moment, the second from a page that has not seen the first.
        _catch_up(choices, before)
        plan = _held().plan
    after, chosen = does(choices, plan), choices.chosen()
    _keep(choices, choices.taken_in(after, chosen), chosen)
    st.session_state[_IN_HAND] = replace(_held(), moved="")
    return before


def _is_same(held: MergePlan, plan: MergePlan) -> bool:
    """Whether a plan that was on the screen is the one in hand, whatever was chosen since."""
    return (held.ours, held.theirs) == (plan.ours, plan.theirs) and not held.is_lost


def in_hand() -> Chosen:
    """What was chosen in the plan in hand: who, what and when."""
    return _held().chosen


def forget() -> None:
    """Let go of the plan in hand."""
    st.session_state.pop(_IN_HAND, None)


def notices(page: Page) -> None:
    """Say what others chose meanwhile, that a branch has moved, and which choices fit no more."""
    make_announcements()
    held = _held()
    if held.moved:
        st.info(
            f"“{plain(held.moved)}” has changed meanwhile. The merge was worked out anew; look at it again.",
            icon=":material/update:",
        )
    if not held.unfit:
        return
    names = "; ".join(f"{choice_name(choice)} · {', '.join(choice.columns)}" for choice in held.unfit[:_NAMED])
    more = f"; and {len(held.unfit) - _NAMED:,} more" if len(held.unfit) > _NAMED else ""
    fits = "no longer fits" if len(held.unfit) == 1 else "no longer fit"
    with st.container(border=True, key="unfit"):
        st.markdown(
            f":orange[:material/update:] {count(len(held.unfit), 'choice')} {fits}, because the values have changed: "
            f"{plain(names + more)}. The others are kept."
        )
        if st.button("Understood", key="unfit-seen", type="tertiary"):
            choices = page.repository.choices(held.plan.source, held.plan.target)
            choices.drop_unfit(held.plan, author())
            chosen = choices.chosen()
            _keep(choices, choices.taken_in(held.plan, chosen), chosen)
            st.rerun()


def _held() -> InHand:
    held: InHand = st.session_state[_IN_HAND]
    return held
