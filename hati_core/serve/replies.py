"""What a server sends, as bytes: PostgreSQL's backend messages, version 3 of the protocol. No sockets here.

Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NO_ENCRYPTION = b"N"
TEXT, BINARY = 0, 1


@dataclass(frozen=True)
class Field:
    """A column as a client is told of it: its name, the OID of its type, its size in bytes and its modifier."""

    name: str
    oid: int
    size: int
    modifier: int = -1


def _message(kind: bytes, content: bytes = b"") -> bytes:
    return kind + (len(content) + 4).to_bytes(4) + content


def _text(text: str) -> bytes:
    # A text ends at a zero byte, and a value that has one cannot be told of in a message.
    return text.replace("\0", "�").encode(errors="replace") + b"\0"


PARSE_COMPLETE = _message(b"1")
BIND_COMPLETE = _message(b"2")
CLOSE_COMPLETE = _message(b"3")
NO_DATA = _message(b"n")
EMPTY_QUERY = _message(b"I")
PORTAL_SUSPENDED = _message(b"s")
AUTHENTICATED = _message(b"R", (0).to_bytes(4))


def ask_for_scram(mechanisms: Iterable[str]) -> bytes:
    """Ask for a password, in one of these ways."""
    return _message(b"R", (10).to_bytes(4) + b"".join(_text(name) for name in mechanisms) + b"\0")


def scram_continue(content: str) -> bytes:
    """The server's first message of SCRAM."""
    return _message(b"R", (11).to_bytes(4) + content.encode())


def scram_final(content: str) -> bytes:
    """The server's last message of SCRAM."""
    return _message(b"R", (12).to_bytes(4) + content.encode())


def parameter_status(name: str, value: str) -> bytes:
    """What a setting is now."""
    return _message(b"S", _text(name) + _text(value))


def key_data(process: int, secret: int) -> bytes:
    """What a request to cancel has to know."""
    return _message(b"K", struct.pack("!iI", process, secret))


def negotiate(unknown: Sequence[str]) -> bytes:
    """Version 3.0 is spoken, without these options of the protocol."""
    return _message(b"v", struct.pack("!ii", 0, len(unknown)) + b"".join(_text(name) for name in unknown))


def ready(status: str) -> bytes:
    """Ready for the next message; ``I`` idle, ``T`` in a transaction, ``E`` in one that failed."""
    return _message(b"Z", status.encode())


def complete(tag: str) -> bytes:
    """A statement is done."""
    return _message(b"C", _text(tag))


def parameter_description(oids: Sequence[int]) -> bytes:
    """The types of a statement's values."""
    return _message(b"t", struct.pack(f"!H{len(oids)}I", len(oids), *oids))


def row_description(fields: Sequence[Field], formats: Sequence[int]) -> bytes:
    """The columns of the rows that follow."""
    parts = [len(fields).to_bytes(2)]
    for field, form in zip(fields, formats, strict=True):
        parts.append(_text(field.name) + struct.pack("!ihIhih", 0, 0, field.oid, field.size, field.modifier, form))
    return _message(b"T", b"".join(parts))


def data_row(values: Sequence[bytes | None]) -> bytes:
    """One row."""
    parts = [len(values).to_bytes(2)]
    for value in values:
        parts.append(b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4) + value)
    return _message(b"D", b"".join(parts))


def failure(severity: str, fields: Mapping[str, str]) -> bytes:
    """An error; fields by their letters, such as C for the SQLSTATE, M for the message, H for a hint."""
    return _message(b"E", _fields(severity, fields))


def notice(severity: str, fields: Mapping[str, str]) -> bytes:
    """Something that a person should know, with fields as an error has them."""
    return _message(b"N", _fields(severity, fields))


def _fields(severity: str, fields: Mapping[str, str]) -> bytes:
    whole = {"S": severity, "V": severity, **fields}
    return b"".join(name.encode() + _text(value) for name, value in whole.items()) + b"\0"
