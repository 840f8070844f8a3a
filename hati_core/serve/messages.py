"""What a client sends, from bytes: PostgreSQL's frontend messages, version 3 of the protocol. No sockets here.

Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LONGEST = 64 * 1024 * 1024
"""Bytes in one message; a statement is much shorter, a bound value may be a large one."""
LONGEST_STARTUP = 10_000
"""Bytes in the first message, as PostgreSQL has it."""
_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102
_VERSION = 3


class ProtocolError(Exception):
    """Bytes that are no message; ``is_fatal`` when nobody can tell where the next one begins."""

    def __init__(self, message: str, *, is_fatal: bool = False) -> None:
        super().__init__(message)
        self.is_fatal = is_fatal


@dataclass(frozen=True)
class EncryptionRequest:
    """May the connection be encrypted? It is answered by one byte."""


@dataclass(frozen=True)
class CancelRequest:
    """Stop what the session of that number runs."""

    process: int
    secret: int


@dataclass(frozen=True)
class Startup:
    """The first message of a session; ``options`` are all that it names, among them ``user`` and ``database``."""

    minor: int
    options: Mapping[str, str]


@dataclass(frozen=True)
class Query:
    """Run statements, and tell everything of them as text."""

    sql: str


@dataclass(frozen=True)
class Parse:
    """Prepare a statement; ``types`` are the OIDs of its first values, 0 where the client does not say."""

    name: str
    sql: str
    types: tuple[int, ...]


@dataclass(frozen=True)
class Bind:
    """Give a prepared statement its values; formats are 0 for text and 1 for binary."""

    portal: str
    statement: str
    formats: tuple[int, ...]
    values: tuple[bytes | None, ...]
    result_formats: tuple[int, ...]


@dataclass(frozen=True)
class Describe:
    """Tell the columns of a statement (``S``) or of a portal (``P``)."""

    kind: str
    name: str


@dataclass(frozen=True)
class Execute:
    """Run a portal, for ``limit`` rows at most; 0 is all."""

    portal: str
    limit: int


@dataclass(frozen=True)
class Close:
    """Forget a statement (``S``) or a portal (``P``)."""

    kind: str
    name: str


@dataclass(frozen=True)
class Flush:
    """Send what has been answered so far."""


@dataclass(frozen=True)
class Sync:
    """The end of a group of messages; an error before it is over with it."""


@dataclass(frozen=True)
class Terminate:
    """The client leaves."""


@dataclass(frozen=True)
class Password:
    """An answer in a talk about a password."""

    content: bytes


@dataclass(frozen=True)
class CopyMessage:
    """A part of a COPY, which nobody asked for."""


Message = (
    Query | Parse | Bind | Describe | Execute | Close | Flush | Sync | Terminate | Password | CopyMessage
)  # fmt: skip
First = EncryptionRequest | CancelRequest | Startup


class _Body:
    """A place in the content of a message, moving forward."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, size: int) -> bytes:
        if size < 0 or self._at + size > len(self._content):
            raise ProtocolError("a message ends before its content does")
        self._at += size
        return self._content[self._at - size : self._at]

    def number(self) -> int:
        return int.from_bytes(self.take(4), signed=True)

    def count(self) -> int:
        """How many items follow; values may be as many as two bytes can say."""
        return int.from_bytes(self.take(2))

    def shorts(self) -> tuple[int, ...]:
        size = self.count()
        return struct.unpack(f"!{size}h", self.take(2 * size))

    def text(self) -> str:
        end = self._content.find(b"\0", self._at)
        if end < 0:
            raise ProtocolError("a text in a message has no end")
        raw, self._at = self._content[self._at : end], end + 1
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise ProtocolError("a text in a message is not UTF-8") from error

    def kind(self) -> str:
        found = self.take(1)
        if found not in (b"S", b"P"):
            raise ProtocolError("what is meant is neither a statement (S) nor a portal (P)")
        return found.decode()

    def end(self) -> None:
        if self._at != len(self._content):
            raise ProtocolError("a message is longer than its content")


def read_first(content: bytes) -> First:
    """Read the first message of a connection, without its length.

    Raises:
        ProtocolError: it is none, or of a version that nobody speaks any more.
    """
    body = _Body(content)
    code = body.number()
    if code in (_SSL, _GSS):
        body.end()
        return EncryptionRequest()
    if code == _CANCEL:
        process, secret = body.number(), body.number()
        body.end()
        return CancelRequest(process, secret)
    if code >> 16 != _VERSION:
        raise ProtocolError(f"version {code >> 16}.{code & 0xFFFF} of the protocol is not spoken here, 3.0 is")
    options: dict[str, str] = {}
    while name := body.text():
        options[name] = body.text()
    body.end()
    return Startup(code & 0xFFFF, options)


def read(kind: bytes, content: bytes) -> Message:
    """Read one message by its letter and its content.

    Raises:
        ProtocolError: it is none; fatal where the letter is unknown.
    """
    body = _Body(content)
    reader = _READERS.get(kind)
    if reader is None:
        raise ProtocolError(f"there is no message of kind {kind!r}", is_fatal=True)
    message = reader(body)
    if not isinstance(message, CopyMessage):
        body.end()
    return message


def _parse(body: _Body) -> Parse:
    name, sql, size = body.text(), body.text(), body.count()
    return Parse(name, sql, struct.unpack(f"!{size}I", body.take(4 * size)))


def _bind(body: _Body) -> Bind:
    portal, statement, formats = body.text(), body.text(), body.shorts()
    values = []
    for _ in range(body.count()):
        size = body.number()
        values.append(None if size == -1 else body.take(size))
    return Bind(portal, statement, formats, tuple(values), body.shorts())


_READERS: dict[bytes, Callable[[_Body], Message]] = {
    b"Q": lambda body: Query(body.text()),
    b"P": _parse,
    b"B": _bind,
    b"D": lambda body: Describe(body.kind(), body.text()),
    b"E": lambda body: Execute(body.text(), body.number()),
    b"C": lambda body: Close(body.kind(), body.text()),
    b"H": lambda body: Flush(),
    b"S": lambda body: Sync(),
    b"X": lambda body: Terminate(),
    b"p": lambda body: Password(body.take(len(body._content))),
    b"d": lambda body: CopyMessage(),
    b"c": lambda body: CopyMessage(),
    b"f": lambda body: CopyMessage(),
}


class Reader:
    """Cuts a stream of bytes into messages; ``is_first`` is for the messages before a session."""

    def __init__(self, *, is_first: bool = False) -> None:
        self.is_first = is_first
        self._waiting = bytearray()

    def feed(self, received: bytes) -> None:
        """Take more bytes."""
        self._waiting += received

    def next(self) -> First | Message | None:
        """The next message, or None where more bytes have to come first.

        Raises:
            ProtocolError: what comes is none.
        """
        head = 0 if self.is_first else 1
        if len(self._waiting) < head + 4:
            return None
        size = int.from_bytes(self._waiting[head : head + 4])
        longest = LONGEST_STARTUP if self.is_first else LONGEST
        if not 4 + 4 * self.is_first <= size <= longest:
            raise ProtocolError(f"a message says that it has {size:,} bytes, which none can have", is_fatal=True)
        if len(self._waiting) < head + size:
            return None
        kind, content = bytes(self._waiting[:head]), bytes(self._waiting[head + 4 : head + size])
        del self._waiting[: head + size]
        return read_first(content) if self.is_first else read(kind, content)

    def is_next(self, kind: bytes) -> bool:
        """Whether the letter of the message that is waiting is this one."""
        return self._waiting[:1] == kind

    @property
    def is_empty(self) -> bool:
        """Whether no byte is waiting."""
        return not self._waiting
