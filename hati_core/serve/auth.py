"""The password of a server: where it comes from, and how a client proves that it knows it (SCRAM, RFC 7677)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scramp import ScramException, ScramMechanism

from hati_core.errors import RepositoryError
from hati_core.serve.failures import WRONG_PASSWORD, Refusal

VARIABLE = "HATI_PASSWORD"
MECHANISM = "SCRAM-SHA-256"


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
        self._mechanism = ScramMechanism(MECHANISM)
        self._info = self._mechanism.make_auth_info(password)

    def talk(self) -> Talk:
        """Begin to check one client."""
        return Talk(self._mechanism.make_server(lambda user: self._info))


class Talk:
    """The two steps of SCRAM with one client."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def first(self, content: bytes) -> str:
        """Answer the client's first message.

        Raises:
            Refusal: it is none.
        """
        name, rest = _text(content)
        if name != MECHANISM:
            raise _wrong()
        size = int.from_bytes(rest[:4], signed=True)
        try:
            self._server.set_client_first(rest[4 : 4 + max(size, 0)].decode())
            return str(self._server.get_server_first())
        except (ScramException, UnicodeDecodeError, ValueError) as error:
            raise _wrong() from error

    def last(self, content: bytes) -> str:
        """Check the client's proof.

        Raises:
            Refusal: it does not know the password.
        """
        try:
            self._server.set_client_final(content.decode())
            return str(self._server.get_server_final())
        except (ScramException, UnicodeDecodeError, ValueError) as error:
            raise _wrong() from error


def _text(content: bytes) -> tuple[str, bytes]:
    name, _, rest = content.partition(b"\0")
    return name.decode(errors="replace"), rest


def _wrong() -> Refusal:
    return Refusal(
        WRONG_PASSWORD, "The password is wrong.", f"It is the one in {VARIABLE} where the server was started."
    )
