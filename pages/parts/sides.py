"""Which branch goes into which; both stand in the address."""

from __future__ import annotations

import streamlit as st

from pages.parts.session import asked_for, choose, picker
from pages.parts.shell import Page
from pages.parts.words import ago, plain

_FOLLOWED = "merge followed"
_LAST = "merge sides"
_LONGEST_NAME = 24


def choose_sides(page: Page) -> tuple[str, str]:
    """Any branch into any other; the same branch on both sides swaps them."""
    _say_what_is_gone(page)
    _follow(page)
    left, right = st.columns(2)
    with left:
        source = picker("Changes of", "source", page.names, _other(page, "main"))
    _part(page, source)
    with right:
        targets = [name for name in page.names if name != source]
        target = picker("go into", "into", targets, targets[0])
    st.session_state[_LAST] = (source, target)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            f"What is new on {plain(source)} goes into {plain(target)}; {plain(source)} stays as it is.",
            width="content",
        )
        st.button(
            f"Bring {_shortened(target)} into {_shortened(source)} instead",
            icon=":material/swap_horiz:",
            type="tertiary",
            key="swap-sides",
            on_click=_swap,
            args=(source, target),
        )
    return source, target


def _swap(source: str, target: str) -> None:
    choose("source", target)
    choose("into", source)


def _follow(page: Page) -> None:
    """The branch that comes into view is the one whose changes are offered, into main, unless the address says more."""
    if page.branch.name == st.session_state.get(_FOLLOWED):
        return
    st.session_state[_FOLLOWED] = page.branch.name
    if not page.info.is_main and asked_for("source") is None:
        choose("source", page.branch.name)
        if asked_for("into") is None:
            choose("into", "main")


def _part(page: Page, source: str) -> None:
    """A source that was the target until now leaves its place to the branch that was the source."""
    asked = asked_for("into")
    if source != (asked if asked in page.names else st.session_state.get("chosen into")):
        return
    before = st.session_state.get(_LAST, (None, None))[0]
    choose("into", before if before in page.names and before != source else _other(page, source))


def _other(page: Page, name: str) -> str:
    """The branch in view, or main, or the first that is not the named one."""
    return next(other for other in (page.branch.name, *page.names) if other != name)


def _say_what_is_gone(page: Page) -> None:
    """A branch that the address or this session names and that was discarded meanwhile."""
    wanted = {asked_for(side) or st.session_state.get(f"chosen {side}") for side in ("source", "into")}
    gone = sorted(name for name in wanted if name and name not in page.names)
    for name in gone:
        infos = [info for info in page.repository.branches("discarded") if info.name == name]
        when = f" It was discarded {ago(infos[-1].discarded_at)}." if infos and infos[-1].discarded_at else ""
        with st.container(border=True, key=f"gone-{gone.index(name)}"):
            st.markdown(f":orange[:material/info:] There is no branch “{plain(name)}” to merge.{when}")
            label = "Bring it back from the list of branches" if when else "See which branches there are"
            st.page_link("pages/branches.py", label=label, icon=":material/account_tree:")


def _shortened(name: str) -> str:
    return plain(name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…")
