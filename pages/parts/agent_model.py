"""Which model the agent asks; keys and servers are the environment's alone."""

from __future__ import annotations

import streamlit as st

from hati_core import HatiError, Repository
from hati_core.agent.desk import AgentDesk
from hati_core.agent.model_choice import Api, ModelChoice
from pages.parts.agent_words import model_note
from pages.parts.session import announce, complain
from pages.parts.words import plain

_APIS = {Api.RESPONSES: "Responses", Api.CHAT_COMPLETIONS: "Chat Completions"}


def model_choice(repository: Repository) -> None:
    """The model, its interface and its prices, kept with the repository."""
    desk = AgentDesk(repository)
    state = desk.model
    st.markdown(f"**{plain(model_note(state))}**")
    st.caption(
        "The key and the server come from the environment of the app alone: `OPENAI_API_KEY`, and `OPENAI_BASE_URL` "
        "for a server of your own. They are never kept or shown."
    )
    choice = state.choice
    with st.form("model"), st.grid(2, min_column_width=240):
        name = st.text_input("Model", value=choice.name, max_chars=100)
        api = st.selectbox(
            "Interface",
            list(_APIS),
            index=list(_APIS).index(choice.api),
            format_func=_APIS.__getitem__,
            help="Servers of your own mostly speak Chat Completions.",
        )
        price_in = st.number_input("Price per million tokens in", value=choice.price_in, placeholder="not known")
        price_out = st.number_input("Price per million tokens out", value=choice.price_out, placeholder="not known")
        pressed = st.form_submit_button("Use this model", type="primary")
    if pressed:
        try:
            desk.choose_model(ModelChoice(name, api, price_in, price_out))
        except HatiError as error:
            complain(error)
            return
        announce(f"The agent asks {plain(name.strip())} from now on.")
        st.rerun()
