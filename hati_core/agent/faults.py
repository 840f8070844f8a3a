"""What went wrong between us and a model, in sentences: what happened, and what to do. No sentence holds a key."""

from __future__ import annotations

from dataclasses import dataclass

import openai
from agents.exceptions import AgentsException, MaxTurnsExceeded, ModelBehaviorError, ModelTimeoutError

from hati_core.agent.answers import shortened
from hati_core.agent.model_choice import Access
from hati_core.errors import HatiError
from hati_core.runs import RunStatus

_QUOTED = 300
_BROKEN = {"RemoteProtocolError", "ReadError", "WriteError", "CloseError"}
"""The HTTP client's errors of a connection that was there."""


@dataclass(frozen=True)
class Problem:
    """A stable word for what went wrong, a sentence, and how it leaves a run."""

    word: str
    sentence: str
    status: RunStatus = RunStatus.FAILED


NO_MODEL = Problem(
    "no_key",
    "No model can be asked: neither OPENAI_API_KEY nor OPENAI_BASE_URL is set. Set one of them and start the program "
    "again, or use autopilot, whose built-in planner works by rule.",
)
EMPTY = Problem("empty_answer", "The model gave an empty answer. Ask again, or choose another model in the settings.")


def explained(error: BaseException, access: Access, turns: int) -> Problem:
    """An error as a problem."""
    if isinstance(error, MaxTurnsExceeded):
        text = f"The limit of {turns} turns was reached. What was done by then stays; allow more turns to go on."
        return Problem("turns", text, RunStatus.LIMITED)
    if isinstance(error, HatiError):
        return Problem(error.kind, error.message)
    said = shortened(access.without_key(str(error)), _QUOTED)
    word, sentence = _of_server(error, access.server) or ("unexpected", "Something unexpected went wrong.")
    return Problem(word, f"{sentence} It says: {said}" if said else sentence)


def _of_server(error: BaseException, server: str) -> tuple[str, str] | None:
    match error:
        case openai.AuthenticationError():
            return "wrong_key", f"{server} refuses the key. Check OPENAI_API_KEY."
        case openai.PermissionDeniedError():
            return "wrong_key", f"The key may not use this model at {server}. Choose another model, or another key."
        case openai.RateLimitError():
            return "rate_limit", f"{server} takes no more requests now, or the account is used up. Try again later."
        case openai.NotFoundError():
            return "no_such_model", f"{server} does not know this model or this interface. Look into the settings."
        case openai.APIStatusError() if error.status_code >= 500:
            return "server_error", f"{server} failed (status {error.status_code}). Try again later."
        case openai.APIStatusError():
            return "refused", f"{server} refuses the request (status {error.status_code})."
        case openai.APITimeoutError() | ModelTimeoutError() | TimeoutError():
            return "time_out", f"{server} did not answer in time. Try again, or choose a faster model."
        case openai.APIConnectionError() if not _names(error) & _BROKEN:
            return "no_connection", f"{server} cannot be reached. Check OPENAI_BASE_URL and the network."
        case ModelBehaviorError():
            return "bad_answer", "The model answered with something that cannot be carried out."
        case AgentsException():
            return "bad_answer", "The model's answer cannot be used."
    return _of_transport(error, server)


def _of_transport(error: BaseException, server: str) -> tuple[str, str] | None:
    """Errors of the HTTP client, which come as they are once an answer has begun."""
    names = _names(error)
    if "TimeoutException" in names:
        return "time_out", f"{server} fell silent in the middle of an answer. Try again."
    if names & {"APIError", "ConnectionError", "TransportError"}:
        return "cut_off", f"The answer of {server} broke off. What was written by then stays on its branch."
    return None


def _names(error: BaseException | None) -> set[str]:
    """What an error is, and what those are that it came from."""
    found: set[str] = set()
    while error is not None:
        found |= {kind.__name__ for kind in type(error).__mro__}
        error = error.__cause__
    return found
