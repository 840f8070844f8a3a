"""The password of a server: where it comes from, and how a client proves that it knows it (SCRAM).

Sources: RFC 5802 and RFC 7677. libpq sends no user in SCRAM, for which packages that were looked at refuse it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import secrets
import socket
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from hati_core.errors import RepositoryError
from hati_core.serve.failures import WRONG_PASSWORD, Refusal

VARIABLE = "HATI_PASSWORD"
MECHANISM = "SCRAM-SHA-256"
_ITERATIONS = 4096
"""As PostgreSQL has it: a client has to do as much for each connection."""


def password_from(environment: Mapping[str, str], file: str | None) -> str | None:
    """The password that the environment or a file holds, without the end of its line; None where neither does.

    Raises:
        RepositoryError: the file cannot be read, or there is nothing in it.
    """
    if file is None:
        return environment.get(VARIABLE) or None
    try:
        text = Path(file).read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoryError(
            f"The password cannot be read from {file}: {error}. Name a file that holds it."
        ) from error
    if not text:
        raise RepositoryError(f"There is no password in {file}. Write one into it.")
    return text


def require_password(host: str, password: str | None) -> None:
    """Only programs of this machine get in without a password.

    Raises:
        RepositoryError: the address can be reached from elsewhere, and there is no password.
    """
    if password is None and not is_loopback(host):
        raise RepositoryError(
            f"{host} can be reached from other machines, so a password is needed. Put one into {VARIABLE}, or name a "
            "file that holds it by --password-file; or leave --host out to serve this machine alone."
        )


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach an address."""
    try:
        found = socket.getaddrinfo(host or None, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise RepositoryError(f"There is no address “{host}” on this machine ({error}). Name another host.") from error
    return all(ipaddress.ip_address(str(entry[4][0]).split("%")[0]).is_loopback for entry in found)


class Scram:
    """Knows a password well enough to check one, and does not hold it."""

    def __init__(self, password: str) -> None:
        self.salt = secrets.token_bytes(16)
        prepared = unicodedata.normalize("NFKC", password).encode()
        salted = hashlib.pbkdf2_hmac("sha256", prepared, self.salt, _ITERATIONS)
        self.stored_key = hashlib.sha256(_mac(salted, b"Client Key")).digest()
        self.server_key = _mac(salted, b"Server Key")

    def talk(self) -> Talk:
        """Begin to check one client."""
        return Talk(self)


class Talk:
    """The two steps of SCRAM with one client."""

    def __init__(self, scram: Scram) -> None:
        self._scram = scram
        self._header = ""
        self._nonce = ""
        self._said = ""

    def first(self, content: bytes) -> str:
        """Answer the client's first message.

        Raises:
            Refusal: it is none.
        """
        name, _, rest = content.partition(b"\0")
        text = _text(rest[4:])
        flag, _, rest_of_text = text.partition(",")
        _, _, bare = rest_of_text.partition(",")
        nonce = _attributes(bare).get("r", "")
        if name != MECHANISM.encode() or flag not in ("n", "y") or not nonce:
            raise _wrong()
        self._header = text[: len(text) - len(bare)]
        self._nonce = nonce + secrets.token_urlsafe(18)
        told = f"r={self._nonce},s={base64.b64encode(self._scram.salt).decode()},i={_ITERATIONS}"
        self._said = f"{bare},{told}"
        return told

    def last(self, content: bytes) -> str:
        """Check the client's proof.

        Raises:
            Refusal: it does not know the password.
        """
        text = _text(content)
        without_proof, _, _ = text.rpartition(",p=")
        attributes = _attributes(text)
        header = base64.b64encode(self._header.encode()).decode()
        if attributes.get("c") != header or attributes.get("r") != self._nonce:
            raise _wrong()
        whole = f"{self._said},{without_proof}".encode()
        signature = _mac(self._scram.stored_key, whole)
        proof = _decoded(attributes.get("p", ""))
        client_key = bytes(one ^ other for one, other in zip(proof, signature, strict=False))
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), self._scram.stored_key):
            raise _wrong()
        return f"v={base64.b64encode(_mac(self._scram.server_key, whole)).decode()}"


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise _wrong() from error


def _attributes(text: str) -> dict[str, str]:
    return {part[0]: part[2:] for part in text.split(",") if part[1:2] == "="}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise _wrong() from error


def _wrong() -> Refusal:
    return Refusal(
        WRONG_PASSWORD, "The password is wrong.", f"It is the one in {VARIABLE} where the server was started."
    )
