"""Bytes become messages, and whatever bytes come, nothing but messages or an error of the protocol."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hati_core.serve import messages
from hati_core.serve.messages import ProtocolError, Reader


def message(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("!i", len(content) + 4) + content


def first(content: bytes) -> bytes:
    return struct.pack("!i", len(content) + 4) + content


def read_all(reader: Reader) -> list[object]:
    found = []
    while (one := reader.next()) is not None:
        found.append(one)
    return found


def test_a_stream_is_cut_into_messages_wherever_it_was_torn() -> None:
    stream = message(b"P", b"s\0SELECT $1\0" + struct.pack("!HI", 1, 23))
    stream += message(b"B", b"\0s\0" + struct.pack("!HHH", 1, 1, 1) + struct.pack("!i", 4) + b"\0\0\0\7" + b"\0\0")
    stream += message(b"D", b"P\0") + message(b"E", b"\0" + struct.pack("!i", 5)) + message(b"S", b"")
    expected = [
        messages.Parse("s", "SELECT $1", (23,)),
        messages.Bind("", "s", (1,), (b"\0\0\0\7",), ()),
        messages.Describe("P", ""),
        messages.Execute("", 5),
        messages.Sync(),
    ]
    for size in (1, 3, len(stream)):
        reader, found = Reader(), []
        for at in range(0, len(stream), size):
            reader.feed(stream[at : at + size])
            found += read_all(reader)
        assert found == expected


def test_the_first_message_names_who_connects() -> None:
    reader = Reader(is_first=True)
    reader.feed(first(struct.pack("!i", 196608) + b"user\0ada\0database\0growth\0\0"))
    assert reader.next() == messages.Startup(0, {"user": "ada", "database": "growth"})


def test_requests_to_encrypt_and_to_cancel_are_told_from_a_session() -> None:
    reader = Reader(is_first=True)
    reader.feed(first(struct.pack("!i", 80877103)) + first(struct.pack("!iii", 80877102, 7, 9)))
    assert read_all(reader) == [messages.EncryptionRequest(), messages.CancelRequest(7, 9)]


@pytest.mark.parametrize(
    ("stream", "is_fatal"),
    [
        (b"Q" + struct.pack("!i", 2**31 - 1), True),
        (b"Q" + struct.pack("!i", 3), True),
        (b"Q" + struct.pack("!i", -5), True),
        (message(b"?", b""), True),
        (message(b"Q", b"no end"), False),
        (message(b"Q", b"\xff\xfe\0"), False),
        (message(b"Q", b"one\0more"), False),
        (message(b"D", b"X\0"), False),
        (message(b"B", b"\0\0" + struct.pack("!HHi", 0, 1, 100) + b"short"), False),
        (message(b"B", b"\0\0" + struct.pack("!HHi", 0, 1, -7)), False),
        (message(b"P", b"\0\0" + struct.pack("!H", 60000)), False),
    ],
)
def test_bytes_that_are_no_message_are_an_error_of_the_protocol(stream: bytes, is_fatal: bool) -> None:
    reader = Reader()
    reader.feed(stream)
    with pytest.raises(ProtocolError) as caught:
        reader.next()
    assert caught.value.is_fatal is is_fatal


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_messages_or_an_error_of_the_protocol(stream: bytes, is_first: bool) -> None:
    reader = Reader(is_first=is_first)
    reader.feed(stream)
    try:
        read_all(reader)
    except ProtocolError:
        return


@given(st.sampled_from(b"QPBDECHSXp"), st.binary(max_size=60))
def test_any_content_of_a_known_kind_is_a_message_or_an_error_of_the_protocol(kind: int, content: bytes) -> None:
    reader = Reader()
    reader.feed(message(bytes([kind]), content))
    try:
        found = reader.next()
    except ProtocolError as error:
        found = error
    assert found is not None
    assert not getattr(found, "is_fatal", False)
