"""Which model is asked, and what is kept of that."""

from __future__ import annotations

import pytest

from hati_core import Repository
from hati_core.agent import Access, AgentDesk, Api, ModelChoice
from hati_core.agent.model_choice import access, kept_choice
from hati_core.errors import InvalidGoal


def test_the_choice_is_kept_with_the_repository_and_goes_before_the_environment(repo: Repository) -> None:
    there = {"HATI_MODEL": "llama", "HATI_MODEL_API": "chat_completions"}
    assert kept_choice(repo, there) == ModelChoice("llama", Api.CHAT_COMPLETIONS)
    choice = ModelChoice("m-2", Api.CHAT_COMPLETIONS, 1.5, 6.0)
    AgentDesk(repo).choose_model(choice)
    assert kept_choice(repo, there) == choice


@pytest.mark.parametrize("name", ["", " ", "sk-proj-abcdefgh123456", "x" * 200])
def test_what_is_no_name_of_a_model_is_not_kept(name: str, repo: Repository) -> None:
    with pytest.raises(InvalidGoal):
        AgentDesk(repo).choose_model(ModelChoice(name))
    assert kept_choice(repo, {}) == ModelChoice()


def test_a_server_of_one_s_own_needs_no_key(repo: Repository) -> None:
    own = access({"OPENAI_BASE_URL": "http://user:secret@localhost:11434/v1"})
    state = AgentDesk(repo, access=own).model
    assert (state.is_there, state.server) == (True, "localhost")
    assert "secret" not in repr(own) + state.note + own.without_key("refused by http://user:secret@localhost")
    assert not access({}).is_there


@pytest.mark.parametrize(
    "address", ["localhost:11434", "//models", "ftp://models/v1", "http://", "http://[bad", "words"]
)
def test_an_address_that_is_none_is_said_and_nothing_is_asked(address: str, repo: Repository) -> None:
    state = AgentDesk(repo, access=Access("sk-secret-of-ada", address)).model
    assert (state.is_there, state.is_wrong, state.has_key) == (False, True, True)
    assert "OPENAI_BASE_URL is no address" in state.note
    assert "sk-secret" not in repr(state)


def test_what_looks_like_a_key_is_cut_out_of_a_text_and_words_are_not() -> None:
    found = Access("abc-of-ada", None)
    said = "Incorrect API key provided: sk-proj-0123456789, Bearer 0123456789, abc-of-ada"
    assert found.without_key(said) == "Incorrect API key provided: …, …, …"


def test_without_a_key_the_desk_says_what_works(repo: Repository) -> None:
    state = AgentDesk(repo, access=Access(None, None)).model
    assert not state.is_there
    assert "built-in planner" in state.note
