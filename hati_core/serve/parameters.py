"""The values that a client binds to ``$1``, ``$2``, …."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hati_core.errors import InvalidValue
from hati_core.quote import literal
from hati_core.serve.binary import from_binary
from hati_core.serve.types import SCALARS
from hati_core.sql import parser

_PLACE = re.compile(rb"\$(\d+)")
_BY_OID = {scalar.oid: scalar for scalar in SCALARS.values()}
_BY_LIST = {scalar.array: scalar for scalar in SCALARS.values()}
_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)')
_TRUE, _FALSE = ("t", "true", "y", "yes", "on", "1"), ("f", "false", "n", "no", "off", "0")
_ESCAPED = re.compile(rb"\\(\\|[0-7]{3})")


def places(sql: str) -> list[tuple[int, int, int]]:
    """Where values stand in a statement: first byte, byte behind it, and number of the value."""
    if "$" not in sql:
        return []
    raw = sql.encode()
    found = []
    for token in parser.tokens(sql):
        if token.text == "$" and not token.is_string and (match := _PLACE.match(raw, token.start)):
            found.append((match.start(), match.end(), int(match[1])))
    return found


def count(sql: str) -> int:
    """How many values a statement takes."""
    return max((number for _, _, number in places(sql)), default=0)


def written_out(sql: str, written: Callable[[int], str]) -> str:
    """The statement with SQL in the place of each value, by its number from 1."""
    raw = sql.encode()
    for begin, end, number in reversed(places(sql)):
        raw = raw[:begin] + written(number).encode() + raw[end:]
    return raw.decode()


def as_literals(sql: str, values: Sequence[Any]) -> str:
    """The statement with its values as plain texts, whole numbers and NULL, for what takes no bound values."""

    def written(number: int) -> str:
        value = values[number - 1] if number <= len(values) else None
        if value is None:
            return "NULL"
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else literal(str(value))

    return written_out(sql, written)


def for_describing(sql: str, types: Sequence[int]) -> str:
    """The statement with an empty value of its type in the place of each; one without a type is a text."""

    def written(number: int) -> str:
        oid = types[number - 1] if number <= len(types) else 0
        scalar = _BY_OID.get(oid) or _BY_LIST.get(oid)
        if scalar is None:
            return "NULL"
        return f"CAST(NULL AS {_DUCKDB.get(scalar.name, scalar.name)}{'[]' if oid in _BY_LIST else ''})"

    return written_out(sql, written)


_CAST = {
    SCALARS[name].oid: kind
    for name, kind in {
        "date": "DATE",
        "interval": "INTERVAL",
        "json": "JSON",
        "jsonb": "JSON",
        "time": "TIME",
        "timestamp": "TIMESTAMP",
        "timestamptz": "TIMESTAMPTZ",
        "timetz": "TIMETZ",
        "uuid": "UUID",
        "varbit": "BIT",
    }.items()
}
_DUCKDB = {"jsonb": "json", "name": "varchar", "char": "varchar", "varbit": "bit", "numeric": "decimal(38, 10)"}


def with_types(sql: str, types: Sequence[int]) -> str:
    """The statement with a cast around values whose type Python does not have: they are bound as texts."""
    if not any(oid in _CAST for oid in types):
        return sql
    return written_out(
        sql,
        lambda number: f"CAST(${number} AS {_CAST[types[number - 1]]})" if types[number - 1] in _CAST else f"${number}",
    )


def value_of(oid: int, form: int, raw: bytes | None) -> Any:
    """A bound value as Python has it, from text (0) or binary (1).

    Raises:
        InvalidValue: it is none of its type.
    """
    if raw is None:
        return None
    if form == 1:
        return from_binary(oid, raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidValue("A value is not UTF-8. Set client_encoding to UTF8.") from error
    if oid in _BY_LIST:
        return _list_from_text(text, _BY_LIST[oid].oid)
    return _from_text(text, _BY_OID[oid].name if oid in _BY_OID else "")


def _from_text(text: str, name: str) -> Any:
    try:
        return _READERS.get(name, str)(text)
    except (ValueError, InvalidOperation) as error:
        raise InvalidValue(f"“{text}” is not of the type {SCALARS[name].sql}.") from error


def _truth(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in _TRUE + _FALSE:
        raise ValueError(text)
    return lowered in _TRUE


def _bytes(text: str) -> bytes:
    if text.startswith("\\x"):
        return bytes.fromhex(text[2:])
    return _ESCAPED.sub(lambda m: b"\\" if m[1] == b"\\" else bytes([int(m[1], 8)]), text.encode())


def _moment(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def moment(text: str) -> Any:
        try:
            return read(text)
        except ValueError:
            # DuckDB reads more forms, infinities and eras among them.
            return text

    return moment


_READERS: dict[str, Callable[[str], Any]] = {
    "bool": _truth,
    "bytea": _bytes,
    "int2": int,
    "int4": int,
    "int8": int,
    "oid": int,
    "float4": float,
    "float8": float,
    "numeric": Decimal,
    "date": _moment(date.fromisoformat),
    "timestamp": _moment(datetime.fromisoformat),
    "timestamptz": _moment(datetime.fromisoformat),
}


def _list_from_text(text: str, oid: int) -> list[Any]:
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")) or "{" in re.sub(r'"(?:[^"\\]|\\.)*"', "", inner[1:]):
        raise InvalidValue(f"“{text}” is no list of one dimension. Write it as {{a,b}}.")
    values: list[Any] = []
    for quoted, bare in _ITEM.findall(inner[1:-1]):
        if bare and bare.strip().upper() == "NULL":
            values.append(None)
        else:
            item = bare.strip() if bare else re.sub(r"\\(.)", r"\1", quoted)
            values.append(value_of(oid, 0, item.encode()))
    return values
