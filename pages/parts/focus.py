"""Where the keyboard goes on when the control that it pressed is switched off or gone with what it did."""

from __future__ import annotations

import streamlit as st

_PLACE = "place that takes the focus"
# A browser leaves the focus nowhere then, and the next Tab begins at the top of the page. Whoever has moved on by
# themselves meanwhile keeps the focus where they are. A page may be drawn again before the browser has let go of the
# control, so each request goes on over later runs until it is met, and is met once.
_TAKE_IT = """
const asked = { turn: 0, until: 0 };
export default function ({ data }) {
    if (data.turn !== asked.turn) {
        asked.turn = data.turn;
        asked.until = data.place ? performance.now() + 10000 : 0;
    }
    let timer;
    const stop = () => { asked.until = 0; };
    const take = () => {
        if (performance.now() >= asked.until) return;
        const holder = document.activeElement;
        const place = document.querySelector(`.st-key-${CSS.escape(data.place)}`);
        if (place && (!holder || holder === document.body)) {
            place.tabIndex = -1;
            place.focus();
            stop();
        } else {
            timer = setTimeout(take, 50);
        }
    };
    const people = ["pointerdown", "keydown"];
    people.forEach((kind) => document.addEventListener(kind, stop, { once: true }));
    take();
    return () => {
        clearTimeout(timer);
        people.forEach((kind) => document.removeEventListener(kind, stop));
    };
}
"""
_taker = st.components.v2.component("hati_focus", js=_TAKE_IT)


def focus_next(key: str) -> None:
    """Have the container or control of this key take the focus after this run, should nothing else have it."""
    turn, _ = _asked()
    st.session_state[_PLACE] = (turn + 1, key)


def take_focus() -> None:
    """Hand the focus over; for the end of a page."""
    turn, place = _asked()
    _taker(data={"turn": turn, "place": place}, key="focus")


def _asked() -> tuple[int, str]:
    asked: tuple[int, str] = st.session_state.get(_PLACE, (0, ""))
    return asked
