"""How long a branch is kept: chosen when it is made, seen in the list, and changed there."""

from __future__ import annotations

from datetime import UTC, timedelta

import streamlit as st

from hati_core import BranchInfo, HatiError, Repository
from pages.parts.session import announce, complain
from pages.parts.words import left, plain

_KEPT = "Until it is discarded"
TIMES: dict[str, timedelta | None] = {
    _KEPT: None,
    "1 day": timedelta(days=1),
    "7 days": timedelta(days=7),
    "14 days": timedelta(days=14),
    "30 days": timedelta(days=30),
    "90 days": timedelta(days=90),
}


def choose_time(key: str) -> timedelta | None:
    """A field for how long a branch is kept, counted from now; None where it has no end."""
    chosen = st.selectbox(
        "Keep it for",
        list(TIMES),
        key=key,
        help="Afterwards it discards itself. It can be brought back for seven more days.",
    )
    return TIMES[chosen]


def lifetime_button(info: BranchInfo) -> bool:
    """What is left of a branch's time, or that it has no end; returns whether somebody wants to change that."""
    if info.expires_at:
        label, help = (
            left(info.expires_at),
            f"It discards itself on {info.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC.",
        )
    else:
        label, help = "No end", "It stays until somebody discards it."
    return st.button(label, key=f"lifetime-{info.id}", icon=":material/timer:", type="tertiary", help=help)


@st.dialog("How long is it kept?", icon=":material/timer:")
def lifetime_dialog(repository: Repository, info: BranchInfo) -> None:
    """Give a branch another time, counted from now, or none."""
    ends = f"goes on {info.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if info.expires_at else "has no end yet"
    st.markdown(f"**{plain(info.name)}** {plain(ends)}.")
    ttl = choose_time(f"lifetime-of-{info.id}")
    if st.button("Set", type="primary", key="lifetime-confirm", width="stretch"):
        try:
            moment = repository.set_ttl(info.name, ttl)
        except HatiError as error:
            complain(error)
            return
        until = f"is kept until {moment:%Y-%m-%d %H:%M} UTC" if moment else "is kept until somebody discards it"
        announce(f"{plain(info.name)} {plain(until)}.")
        st.rerun()
