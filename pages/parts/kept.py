"""What was worked out last for a place on a page, kept until something else is asked for there."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar

import streamlit as st


class _Losable(Protocol):
    @property
    def is_lost(self) -> bool:
        """Whether it has to be worked out again."""


T = TypeVar("T", bound=_Losable)


def kept(place: str, asked: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gives for what is asked, worked out once as long as the same is asked in that place."""
    held: tuple[Hashable, T] | None = st.session_state.get(place)
    if held is None or held[0] != asked or held[1].is_lost:
        held = st.session_state[place] = asked, make()
    return held[1]
