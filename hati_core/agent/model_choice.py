"""Which model is asked, and by which interface. The key and the server come from the environment alone.

The server's address is not among the settings that are kept: whoever could change it there would be sent the key.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from hati_core.errors import InvalidGoal
from hati_core.repository import Repository

_SETTING = "agent_model"
_DEFAULT_MODEL = "gpt-5.6-luna"
_MILLION = 1_000_000
_OPENAI = "https://api.openai.com/v1"
_NAME_LENGTH = 100
_KEY_LIKE = re.compile(r"\b(?:(?:sk|key)[-_]|Bearer )[\w\-*.]{6,}")
BY_RULE = "Built-in planner"
"""What stands where a model's name would: it is none."""


class Api(Enum):
    """The interface of a model's server."""

    RESPONSES = "responses"
    CHAT_COMPLETIONS = "chat_completions"


@dataclass(frozen=True)
class ModelChoice:
    """A model by name and interface; prices are in dollars per million tokens, and None where unknown."""

    name: str = _DEFAULT_MODEL
    api: Api = Api.RESPONSES
    price_in: float | None = None
    price_out: float | None = None

    def cost(self, tokens_in: int, tokens_out: int) -> float | None:
        """What so many tokens cost, where prices are known."""
        if self.price_in is None or self.price_out is None:
            return None
        return (tokens_in * self.price_in + tokens_out * self.price_out) / _MILLION


@dataclass(frozen=True)
class Access:
    """How a model's server is reached. The key is never shown."""

    key: str | None = field(repr=False)
    base_url: str | None = field(repr=False)

    @property
    def is_there(self) -> bool:
        """Whether there is a server to ask: OpenAI's wants a key, one's own may not."""
        return bool(self.key or self.base_url) and not self.is_wrong

    @property
    def is_wrong(self) -> bool:
        """Whether an address of a server is given that is none."""
        try:
            found = urlsplit(self.base_url or _OPENAI)
            return found.scheme not in ("http", "https") or not found.hostname or found.port == 0
        except ValueError:
            return True

    @property
    def server(self) -> str:
        """The host that is asked, without anything secret."""
        if self.is_wrong:
            return "unknown"
        return urlsplit(self.base_url or _OPENAI).hostname or "unknown"

    def without_key(self, text: str) -> str:
        """A text in which the key, or what looks like one, is not to be read."""
        address = None if self.is_wrong else urlsplit(self.base_url or _OPENAI).password
        for secret in (self.key, address):
            text = text.replace(secret, "…") if secret else text
        return _KEY_LIKE.sub("…", text)


def access(environment: Mapping[str, str] | None = None) -> Access:
    """What the environment says: ``OPENAI_API_KEY`` and ``OPENAI_BASE_URL``."""
    found = os.environ if environment is None else environment
    return Access(found.get("OPENAI_API_KEY") or None, found.get("OPENAI_BASE_URL") or None)


def kept_choice(repo: Repository, environment: Mapping[str, str] | None = None) -> ModelChoice:
    """The choice kept with the repository, else the environment's: ``HATI_MODEL`` and ``HATI_MODEL_API``."""
    text = repo._store.registry.setting(_SETTING)
    if text:
        kept = json.loads(text)
        return ModelChoice(kept["name"], Api(kept["api"]), kept.get("price_in"), kept.get("price_out"))
    found = os.environ if environment is None else environment
    api = found.get("HATI_MODEL_API", Api.RESPONSES.value)
    known = {one.value for one in Api}
    return ModelChoice(found.get("HATI_MODEL") or _DEFAULT_MODEL, Api(api) if api in known else Api.RESPONSES)


def keep_choice(repo: Repository, choice: ModelChoice) -> None:
    """Keep the choice with the repository.

    Raises:
        InvalidGoal: the name is empty, too long, or a key; or a price is below 0.
    """
    name = choice.name.strip()
    if not name or len(name) > _NAME_LENGTH or _KEY_LIKE.search(name):
        raise InvalidGoal(f"Give the name of a model, such as “{_DEFAULT_MODEL}”. Keys belong into the environment.")
    if any(price is not None and price < 0 for price in (choice.price_in, choice.price_out)):
        raise InvalidGoal("A price is 0 or more.")
    kept = {"name": name, "api": choice.api.value, "price_in": choice.price_in, "price_out": choice.price_out}
    repo._store.registry.set_setting(_SETTING, json.dumps(kept))
