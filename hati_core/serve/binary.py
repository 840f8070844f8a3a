"""PostgreSQL's binary form of values, written and read.

Source: the *send and *recv functions in https://github.com/postgres/postgres/tree/master/src/backend/utils/adt
"""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hati_core.errors import InvalidValue
from hati_core.serve.types import SCALARS, WireType, as_text

_DAY_ZERO = date(2000, 1, 1)
_EPOCH = datetime(2000, 1, 1)
_MICRO = timedelta(microseconds=1)
_POSITIVE, _NEGATIVE, _NAN, _INFINITE, _MINUS_INFINITE = 0x0000, 0x4000, 0xC000, 0xD000, 0xF000
_LAST, _FIRST = 2**63 - 1, -(2**63)
_PART = re.compile(r"(-?\d+) (year|mon|day)s?")
_CLOCK = re.compile(r"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$")


def as_binary(kind: WireType) -> Callable[[Any], bytes]:
    """What writes a value of a type in binary; for a type that has no other form, its text."""
    if kind.item:
        return lambda value: _list(value, kind.item)
    if kind.name in _WRITERS:
        return _WRITERS[kind.name]
    text = as_text(kind)
    return lambda value: text(value).encode()


def _list(values: Any, kind: WireType | None) -> bytes:
    assert kind is not None
    item = as_binary(kind)
    head = struct.pack("!iiI", 1 if values else 0, any(value is None for value in values), kind.oid)
    if not values:
        return head
    parts = [b"\xff\xff\xff\xff" if value is None else _sized(item(value)) for value in values]
    return head + struct.pack("!ii", len(values), 1) + b"".join(parts)


def _sized(raw: bytes) -> bytes:
    return len(raw).to_bytes(4) + raw


def _packed(form: str) -> Callable[[Any], bytes]:
    return struct.Struct(f"!{form}").pack


def _date(value: Any) -> bytes:
    return struct.pack("!i", (_moment(value, date) - _DAY_ZERO).days)


def _timestamp(value: Any) -> bytes:
    bare: datetime = _moment(value, datetime)
    bare = (bare.astimezone(UTC) if bare.tzinfo and bare.year not in (1, 9999) else bare).replace(tzinfo=None)
    # DuckDB gives its infinities so.
    known = {datetime.max: _LAST, datetime.min: _FIRST}
    return struct.pack("!q", known.get(bare, (bare - _EPOCH) // _MICRO))


def _moment(value: Any, wanted: type) -> Any:
    if not isinstance(value, wanted):
        raise InvalidValue(f"{value} lies outside of the years that can be sent in binary. Ask for it as text.")
    return value


def _time(value: Any) -> bytes:
    return struct.pack("!q", _micros(value))


def _micros(value: Any) -> int:
    clock: time = _moment(value, time)
    seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
    return seconds * 1_000_000 + clock.microsecond


def _time_with_zone(value: Any) -> bytes:
    offset = value.utcoffset() if isinstance(value, time) else None
    return struct.pack("!qi", _micros(value), -int(offset.total_seconds()) if offset else 0)


def _interval(value: Any) -> bytes:
    if isinstance(value, timedelta):
        return struct.pack("!qii", value.seconds * 1_000_000 + value.microseconds, value.days, 0)
    text = str(value).replace("month", "mon")
    parts = {"year": 0, "mon": 0, "day": 0}
    for number, unit in _PART.findall(text):
        parts[unit] += int(number)
    micros = 0
    if clock := _CLOCK.search(text):
        seconds = (int(clock[2]) * 60 + int(clock[3])) * 60 + int(clock[4])
        micros = seconds * 1_000_000 + int((clock[5] or "0").ljust(6, "0"))
        micros = -micros if clock[1] else micros
    return struct.pack("!qii", micros, parts["day"], parts["year"] * 12 + parts["mon"])


def _numeric(value: Any) -> bytes:
    """Groups of four decimal digits, with the weight of the first."""
    sign, digits, exponent = Decimal(value).as_tuple()
    if not isinstance(exponent, int):
        special = {"n": _NAN, "N": _NAN, "F": _MINUS_INFINITE if sign else _INFINITE}[exponent]
        return struct.pack("!hhHh", 0, 0, special, 0)
    scale = max(-exponent, 0)
    text = "".join(map(str, digits)) + "0" * max(exponent, 0)
    whole, fraction = (text[:-scale], text[-scale:].rjust(scale, "0")) if scale else (text, "")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int((whole + fraction)[at : at + 4]) for at in range(0, len(whole + fraction), 4)]
    weight = len(whole) // 4 - 1
    while groups and groups[0] == 0:
        groups, weight = groups[1:], weight - 1
    while groups and groups[-1] == 0:
        groups = groups[:-1]
    head = (len(groups), weight if groups else 0, _NEGATIVE if sign and groups else _POSITIVE, scale)
    return struct.pack(f"!hhHh{len(groups)}H", *head, *groups)


def _uuid(value: Any) -> bytes:
    return (value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))).bytes


def _bits(value: Any) -> bytes:
    text = str(value)
    padded = text.ljust(-(-len(text) // 8) * 8, "0")
    return struct.pack("!i", len(text)) + bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))


_WRITERS: dict[str, Callable[[Any], bytes]] = {
    "bool": lambda value: b"\x01" if value else b"\x00",
    "bytea": bytes,
    "int2": _packed("h"),
    "int4": _packed("i"),
    "int8": _packed("q"),
    "oid": _packed("I"),
    "float4": _packed("f"),
    "float8": _packed("d"),
    "numeric": _numeric,
    "date": _date,
    "timestamp": _timestamp,
    "timestamptz": _timestamp,
    "time": _time,
    "timetz": _time_with_zone,
    "interval": _interval,
    "uuid": _uuid,
    "varbit": _bits,
}


def read_numeric(raw: bytes) -> Decimal:
    """A number from its binary form."""
    size, weight, sign, _ = struct.unpack_from("!hhHh", raw)
    special = {_NAN: "NaN", _INFINITE: "Infinity", _MINUS_INFINITE: "-Infinity"}.get(sign)
    if special:
        return Decimal(special)
    groups = struct.unpack_from(f"!{size}H", raw, 8)
    digits = "".join(f"{group:04}" for group in groups) or "0"
    return Decimal(f"{'-' if sign == _NEGATIVE else ''}{digits}E{4 * (weight + 1 - size)}")


def _read_timestamp(raw: bytes) -> datetime | str:
    (micros,) = struct.unpack("!q", raw)
    if micros in (_LAST, _FIRST):
        return "infinity" if micros > 0 else "-infinity"
    return _EPOCH + timedelta(microseconds=micros)


def _read_zoned(raw: bytes) -> datetime | str:
    moment = _read_timestamp(raw)
    return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) else moment


def _read_time(raw: bytes) -> time:
    (micros,) = struct.unpack("!q", raw[:8])
    return (datetime.min + timedelta(microseconds=micros)).time()


def _read_interval(raw: bytes) -> str:
    micros, days, months = struct.unpack("!qii", raw)
    return f"{months} months {days} days {micros} microseconds"


def _read_list(raw: bytes) -> list[Any]:
    dimensions, _, oid = struct.unpack_from("!iiI", raw)
    if not dimensions:
        return []
    if dimensions > 1:
        raise InvalidValue("A list of lists cannot be taken as a value. Pass the lists one by one.")
    size, at, values = struct.unpack_from("!i", raw, 12)[0], 20, []
    for _ in range(size):
        (length,) = struct.unpack_from("!i", raw, at)
        at += 4
        values.append(None if length < 0 else from_binary(oid, raw[at : at + length]))
        at += max(length, 0)
    return values


def _unpacked(form: str) -> Callable[[bytes], Any]:
    return lambda raw: struct.unpack(f"!{form}", raw)[0]


_READERS: dict[str, Callable[[bytes], Any]] = {
    "bool": lambda raw: raw != b"\x00",
    "bytea": bytes,
    "int2": _unpacked("h"),
    "int4": _unpacked("i"),
    "int8": _unpacked("q"),
    "oid": _unpacked("I"),
    "float4": _unpacked("f"),
    "float8": _unpacked("d"),
    "numeric": read_numeric,
    "date": lambda raw: _DAY_ZERO + timedelta(days=struct.unpack("!i", raw)[0]),
    "timestamp": _read_timestamp,
    "timestamptz": _read_zoned,
    "time": _read_time,
    "interval": _read_interval,
    "uuid": lambda raw: uuid.UUID(bytes=raw),
    "jsonb": lambda raw: raw[1:].decode(),
}
_BY_OID = {scalar.oid: scalar.name for scalar in SCALARS.values()}
_LISTS = frozenset(scalar.array for scalar in SCALARS.values())


def from_binary(oid: int, raw: bytes) -> Any:
    """A value from the binary form of the type of that OID.

    Raises:
        InvalidValue: the bytes are none of that type.
    """
    try:
        if oid in _LISTS:
            return _read_list(raw)
        reader = _READERS.get(_BY_OID.get(oid, ""))
        return reader(raw) if reader else raw.decode()
    except (struct.error, OverflowError, ValueError) as error:
        raise InvalidValue(f"A value in binary is not one of its type (OID {oid}).") from error
