"""Where the keyboard goes on when the control that it pressed is switched off or gone with what it did."""

from __future__ import annotations

import streamlit as st

_PLACE = "place that takes the focus"
# A browser leaves the focus nowhere then, and the next Tab begins at the top of the page. Whoever has moved on by
# themselves meanwhile keeps the focus where they are.
_TAKE_IT = """
export default function ({ data }) {
    if (!data.place) return;
    const end = performance.now() + 3000;
    let timer;
    const stop = () => clearTimeout(timer);
    const take = () => {
        const holder = document.activeElement;
        const place = document.querySelector(`.st-key-${CSS.escape(data.place)}`);
        if (place && (!holder || holder === document.body)) {
            place.tabIndex = -1;
            place.focus();
        } else if (performance.now() < end) {
            timer = setTimeout(take, 50);
        }
    };
    document.addEventListener("pointerdown", stop, { once: true });
    take();
    return () => { stop(); document.removeEventListener("pointerdown", stop); };
}
"""
_taker = st.components.v2.component("hati_focus", js=_TAKE_IT)


def focus_next(key: str) -> None:
    """Have the container or control of this key take the focus after this run, should nothing else have it."""
    st.session_state[_PLACE] = key


def take_focus() -> None:
    """Hand the focus over; for the end of a page."""
    _taker(data={"place": st.session_state.pop(_PLACE, None)}, key="focus")
