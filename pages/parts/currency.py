"""The symbol that amounts of money are shown with, in the whole repository."""

from __future__ import annotations

import streamlit as st

from hati_core import HatiError, Repository, Unit
from pages.parts.session import announce
from pages.parts.words import amount, plain

_USUAL = ("$", "€", "£", "¥", "CHF")
_CHOSEN, _TYPED = "currency", "currency-typed"
_FAILED = "what went wrong with the currency"
_EXAMPLES = (1235, -0.75, 2_500_000)


def currency_choice(repository: Repository) -> None:
    """The usual symbols to choose from, a field for any other, and how amounts read with the one in use."""
    symbol = repository.currency
    with st.container(border=True):
        st.markdown("**Amounts of money are shown in**")
        with st.container(horizontal=True, vertical_alignment="top"):
            st.session_state[_CHOSEN] = symbol
            st.segmented_control(
                "Symbol",
                _USUAL if symbol in _USUAL else (*_USUAL, symbol),
                format_func=plain,
                required=True,
                key=_CHOSEN,
                on_change=_set,
                args=(repository, _CHOSEN),
                help="It changes how amounts read, on every page, in files of figures, and in what the agent and the "
                "command line say. The numbers stay what they are: nothing is converted.",
            )
            st.text_input(
                "Another one",
                placeholder="kr",
                max_chars=5,
                width=140,
                key=_TYPED,
                on_change=_set,
                args=(repository, _TYPED),
                help="At most 5 characters: letters, a sign and dots, such as kr, R$ or Fr.",
            )
        if failed := st.session_state.pop(_FAILED, None):
            st.error(failed, icon=":material/error:")
        unit = Unit.MONEY.in_currency(symbol)
        st.markdown(f"Amounts read {plain(', '.join(amount(example, unit) for example in _EXAMPLES))}.")
        st.caption(
            "It holds for everybody and every branch, from now on, and nothing is converted. "
            "What the agent wrote before stays as it was written, and prices of models stay in dollars."
        )


def _set(repository: Repository, place: str) -> None:
    """Keep what was chosen or typed, before the page is drawn; what cannot be a symbol is said on it."""
    asked = str(st.session_state[place])
    if place == _TYPED and not asked.strip():
        return
    try:
        symbol = repository.set_currency(asked)
    except HatiError as error:
        st.session_state[_FAILED] = f"**{plain(error.title)}.** {plain(error.message)}"
        return
    st.session_state[_TYPED] = ""
    announce(f"Amounts are shown in {plain(symbol)} from now on.")
