"""Scenario actions on the table in view: parameters, what would change, and applying it as one commit."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from hati_core import HatiError, Preview, TableInfo
from hati_core.browsing import Look, count_rows
from hati_core.errors import BranchMoved, InvalidAction
from hati_core.scenarios.action import Action
from hati_core.scenarios.actions import ACTIONS, action_named, make_action
from pages.parts.action_controls import arguments
from pages.parts.going_back import back_dialog
from pages.parts.session import announce, author, complain
from pages.parts.shell import Page
from pages.parts.values import change_of_headline, headline
from pages.parts.words import count, plain
from pages.parts.write_preview import write_preview

SECONDS = 120.0
LIVE_ROWS = 200_000
"""Tables up to this size are previewed at every change of a parameter, larger ones when asked."""
_HELD = "action preview"
_APPLIED = "action applied"
_TURN = "action turn"
_UNTOUCHED = "action as a form begins"
_DONE = "Done"
_TITLES = {action.name: action.title for action in ACTIONS}


@dataclass(frozen=True)
class Applied:
    """The action that was applied last, to be undone."""

    branch_id: str
    version: int
    action: str
    sentence: str
    worth: str


def actions_tab(page: Page, info: TableInfo) -> None:
    """Choose an action, set it up, see what it would do, and apply it."""
    _applied(page)
    name = st.pills(
        "Action", list(_TITLES), format_func=_TITLES.__getitem__, default=ACTIONS[0].name, required=True, key="action"
    )
    action = action_named(name or ACTIONS[0].name)
    st.caption(action.description())
    try:
        made = make_action(action.name, arguments(page, info, action, st.session_state.get(_TURN, 0)))
        sentence = made.sentence(info)
        made.statements(info)
        if _rests(page, made):
            st.caption(f"To go on, change something above, choose another action, or press {_DONE}.")
            return
        preview = _preview(page, info, made)
    except InvalidAction as error:
        st.info(plain(error.message), icon=":material/tune:")
        return
    except HatiError as error:
        complain(error)
        return
    if preview:
        _outcome(page, made, sentence, preview)


def _rests(page: Page, made: Action) -> bool:
    """Whether a form stands as it begins after it was applied: nobody has asked for the same once more."""
    last: Applied | None = st.session_state.get(_APPLIED)
    if last is None or last.branch_id != page.branch.id or last.action != made.name:
        return False
    return bool(st.session_state.setdefault(_UNTOUCHED, made) == made)


def _preview(page: Page, info: TableInfo, action: Action) -> Preview | None:
    """What an action would do, worked out once; None where nobody has asked for it yet."""
    asked = (page.branch.id, page.info.head, action)
    held: tuple[object, Preview] | None = st.session_state.get(_HELD)
    if held and held[0] == asked:
        return held[1]
    rows = count_rows(page.branch.at(page.info.head), info, Look())
    if rows > LIVE_ROWS:
        st.caption(f"{plain(info.name)} has {count(rows, 'row')}: working out what would change may take a while.")
        if not st.button("Show what would change", icon=":material/visibility:", key="action-preview"):
            return None
    with st.spinner("Working out what would change…"):
        found = page.branch.preview(action, timeout=SECONDS)
    st.session_state[_HELD] = asked, found
    return found


def _outcome(page: Page, action: Action, sentence: str, preview: Preview) -> None:
    branch = plain(page.branch.name)
    with st.container(border=True, key="action-outcome"):
        st.markdown(f"**{plain(sentence)}** on {branch} would change")
        if not preview and not preview.violations:
            st.caption("nothing: every row is so already.")
            return
        write_preview(preview, f"action-{page.branch.id}")
        message = st.text_input("Message", placeholder=sentence, key=f"action-message-{page.branch.id}", max_chars=200)
        pressed = st.button(
            f"Apply to {branch}",
            type="primary",
            icon=":material/bolt:",
            disabled=bool(preview.violations),
            # A press on what was shown before must not carry out something else.
            key=f"action-apply-{page.branch.id}-{preview.version}",
        )
    if pressed:
        _apply(page, action, sentence, preview, message)


def _apply(page: Page, action: Action, sentence: str, preview: Preview, message: str) -> None:
    before = headline(page, page.branch)
    try:
        commit = page.branch.act(action, message.strip() or None, author=author(), expected_version=preview.version)
    except BranchMoved as moved:
        announce(f"{plain(moved.message)}")
        st.rerun()
    except HatiError as error:
        complain(error)
        return
    worth = change_of_headline(before, headline(page, page.branch))
    st.session_state[_APPLIED] = Applied(page.branch.id, commit.version, action.name, sentence, worth)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    st.session_state.pop(_UNTOUCHED, None)
    st.session_state.pop(f"action-message-{page.branch.id}", None)
    announce(f"Applied as version {commit.version} of {plain(page.branch.name)}.{plain(f' {worth}.' if worth else '')}")
    st.rerun()


def _applied(page: Page) -> None:
    """What was applied last on this branch, with the way back."""
    last: Applied | None = st.session_state.get(_APPLIED)
    if last is None or last.branch_id != page.branch.id:
        return
    with st.container(border=True, key="action-applied"):
        st.markdown(f":green[:material/check_circle:] **{plain(last.sentence)}** on {plain(page.branch.name)}")
        st.caption(plain(" · ".join(fact for fact in (last.worth, f"version {last.version}") if fact)))
        with st.container(horizontal=True):
            if st.button("Undo this", icon=":material/undo:", key=f"action-undo-{last.version}"):
                back_dialog(page, "undo", last.version, _forget)
            if st.button(_DONE, type="tertiary", key="action-done"):
                _forget(last.version)
                st.rerun()


def _forget(_: int) -> None:
    st.session_state.pop(_APPLIED, None)
