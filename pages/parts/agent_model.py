"""Which model the agent asks; keys and servers are the environment's alone."""

from __future__ import annotations

import streamlit as st

from hati_core import HatiError, Repository
from hati_core.agent.desk import AgentDesk, ModelState
from hati_core.agent.model_choice import Api, ModelChoice
from pages.parts.session import announce, complain
from pages.parts.words import plain

_APIS = {Api.RESPONSES: "Responses", Api.CHAT_COMPLETIONS: "Chat Completions"}
_SET, _NOT_SET = ":green-badge[:material/check: set]", ":gray-badge[not set]"


def model_choice(repository: Repository) -> None:
    """The model, its interface and its prices, kept with the repository."""
    desk = AgentDesk(repository)
    state = desk.model
    _reached(state)
    choice = state.choice
    with st.form("model"):
        with st.grid(2, min_column_width=240):
            name = st.text_input("Model", value=choice.name, max_chars=100)
            api = st.selectbox(
                "Interface",
                list(_APIS),
                index=list(_APIS).index(choice.api),
                format_func=_APIS.__getitem__,
                help="Servers of your own mostly speak Chat Completions.",
            )
            price_in, price_out = (
                st.number_input(
                    f"$ per million tokens {way}",
                    min_value=0.0,
                    value=price,
                    placeholder="not known",
                    help="With both prices, every run says what it cost.",
                )
                for way, price in (("in", choice.price_in), ("out", choice.price_out))
            )
        pressed = st.form_submit_button("Use this model", type="primary")
    if pressed:
        try:
            desk.choose_model(ModelChoice(name, api, price_in, price_out))
        except HatiError as error:
            complain(error)
            return
        announce(f"The agent asks {plain(name.strip())} from now on.")
        st.rerun()


def _reached(state: ModelState) -> None:
    """What the environment says, by name: the key is never shown, and of the server its host alone."""
    with st.container(border=True, gap="small"):
        if state.is_there:
            st.markdown(f":material/smart_toy: **{plain(state.choice.name)}** is asked at **{plain(state.server)}**")
        else:
            st.markdown(f":material/rule: **No model is asked.** {plain(state.note)}")
        address = _NOT_SET
        if state.is_wrong:
            address = ":red-badge[:material/error: no address]"
        elif state.server != "api.openai.com":
            address = f"{_SET} {plain(state.server)}"
        st.markdown(f"`OPENAI_API_KEY` {_SET if state.has_key else _NOT_SET}  \n`OPENAI_BASE_URL` {address}")
        st.caption(
            "Both come from the environment of the app alone, which is read when it starts; they are never kept or "
            "shown. A server of your own is given by its address, such as `http://localhost:11434/v1`."
        )
