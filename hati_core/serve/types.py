"""DuckDB's types as PostgreSQL's: which one a client is told of, and a value of it as text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_LIST = re.compile(r"(.*)\[\d*\]$", re.DOTALL)
_QUOTED = re.compile(r'[\s{}",\\]|^$|^null$', re.IGNORECASE)
_ZEROS = re.compile(r"(\.\d*[1-9])0+(?=[+-]|$)")
_ZONE_IN_MINUTES = re.compile(r"([+-]\d\d):00$")

Text = Callable[[Any], str]


@dataclass(frozen=True)
class WireType:
    """A type of PostgreSQL: its OID, name, size in bytes (-1 where it varies) and modifier, and that of its items."""

    oid: int
    name: str
    size: int = -1
    modifier: int = -1
    item: WireType | None = None


@dataclass(frozen=True)
class Scalar:
    """A type of PostgreSQL that the server knows: ``array`` is the OID of a list of it, ``sql`` its full name."""

    oid: int
    name: str
    size: int
    array: int
    category: str
    sql: str


SCALARS = {
    scalar.name: scalar
    for scalar in (
        Scalar(16, "bool", 1, 1000, "B", "boolean"),
        Scalar(17, "bytea", -1, 1001, "U", "bytea"),
        Scalar(18, "char", 1, 1002, "S", '"char"'),
        Scalar(19, "name", 64, 1003, "S", "name"),
        Scalar(20, "int8", 8, 1016, "N", "bigint"),
        Scalar(21, "int2", 2, 1005, "N", "smallint"),
        Scalar(23, "int4", 4, 1007, "N", "integer"),
        Scalar(25, "text", -1, 1009, "S", "text"),
        Scalar(26, "oid", 4, 1028, "N", "oid"),
        Scalar(114, "json", -1, 199, "U", "json"),
        Scalar(700, "float4", 4, 1021, "N", "real"),
        Scalar(701, "float8", 8, 1022, "N", "double precision"),
        Scalar(1042, "bpchar", -1, 1014, "S", "character"),
        Scalar(1043, "varchar", -1, 1015, "S", "character varying"),
        Scalar(1082, "date", 4, 1182, "D", "date"),
        Scalar(1083, "time", 8, 1183, "D", "time without time zone"),
        Scalar(1114, "timestamp", 8, 1115, "D", "timestamp without time zone"),
        Scalar(1184, "timestamptz", 8, 1185, "D", "timestamp with time zone"),
        Scalar(1186, "interval", 16, 1187, "T", "interval"),
        Scalar(1266, "timetz", 12, 1270, "D", "time with time zone"),
        Scalar(1562, "varbit", -1, 1563, "V", "bit varying"),
        Scalar(1700, "numeric", -1, 1231, "N", "numeric"),
        Scalar(2950, "uuid", 16, 2951, "U", "uuid"),
        Scalar(3802, "jsonb", -1, 3807, "U", "jsonb"),
    )
}

_NAMES = {
    "BOOLEAN": "bool",
    "TINYINT": "int2",
    "SMALLINT": "int2",
    "UTINYINT": "int2",
    "INTEGER": "int4",
    "USMALLINT": "int4",
    "BIGINT": "int8",
    "UINTEGER": "int8",
    "UBIGINT": "numeric",
    "HUGEINT": "numeric",
    "UHUGEINT": "numeric",
    "BIGNUM": "numeric",
    "FLOAT": "float4",
    "DOUBLE": "float8",
    "VARCHAR": "varchar",
    "TEXT": "text",
    "OID": "oid",
    "BLOB": "bytea",
    "BIT": "varbit",
    "DATE": "date",
    "TIME": "time",
    "TIME_NS": "time",
    "TIME WITH TIME ZONE": "timetz",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "INTERVAL": "interval",
    "UUID": "uuid",
    "JSON": "json",
    '"NULL"': "text",
    "NULL": "text",
}
_NESTED = ("STRUCT(", "MAP(", "UNION(", "VARIANT")


@lru_cache(maxsize=1024)
def wire_type(duckdb_type: str) -> WireType:
    """What a client is told of a column of DuckDB's type; nested values other than lists of scalars are JSON."""
    if found := _LIST.match(duckdb_type):
        # Every client knows lists of text by heart, and not all those of character varying.
        item = _of("text") if found[1] == "VARCHAR" else wire_type(found[1])
        if item.item is None and item.name != "json":
            scalar = SCALARS[item.name]
            return WireType(scalar.array, f"_{item.name}", -1, item.modifier, item)
        return _of("json")
    if found := _DECIMAL.match(duckdb_type):
        return _of("numeric", ((int(found[1]) << 16) | int(found[2])) + 4)
    if duckdb_type.startswith(_NESTED):
        return _of("json")
    return _of(_NAMES.get(duckdb_type, "text"))


def _of(name: str, modifier: int = -1) -> WireType:
    scalar = SCALARS[name]
    return WireType(scalar.oid, name, scalar.size, modifier)


def as_text(kind: WireType) -> Text:
    """What writes a value of a type, as Python has it from DuckDB, the way PostgreSQL does."""
    if kind.item:
        item = as_text(kind.item)
        return lambda value: _list(value, item)
    return _TEXTS.get(kind.name, str)


def _list(values: Any, item: Text) -> str:
    return "{" + ",".join("NULL" if value is None else _quoted(item(value)) for value in values) + "}"


def _quoted(text: str) -> str:
    if not _QUOTED.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _float(value: Any) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _date(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else _era(value)


def _datetime(value: Any) -> str:
    if not isinstance(value, datetime):
        return _era(value)
    bare = value.replace(tzinfo=None)
    # DuckDB gives its infinities so.
    if bare == datetime.max:
        return "infinity"
    if bare == datetime.min:
        return "-infinity"
    return _short(value.isoformat(" "))


def _era(text: Any) -> str:
    return str(text).replace(" (BC)", " BC")


def _time(value: Any) -> str:
    return value if isinstance(value, str) else _short(value.isoformat())


def _short(text: str) -> str:
    """A time without the zeros that PostgreSQL leaves out."""
    return _ZONE_IN_MINUTES.sub(r"\1", _ZEROS.sub(r"\1", text))


def _interval(value: Any) -> str:
    """DuckDB's text of it in PostgreSQL's words; a ``timedelta`` has no months."""
    if isinstance(value, timedelta):
        sign, rest = ("-", -value) if value < timedelta() else ("", value)
        days, seconds = rest.days, rest.seconds
        clock = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        fraction = f".{rest.microseconds:06}".rstrip("0") if rest.microseconds else ""
        return (f"{sign}{days} days " if days else "") + clock + fraction
    return str(value).replace("month", "mon")


def plain_json(value: Any) -> Any:
    """A nested value, of such that JSON has."""
    if isinstance(value, dict):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return _float(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)


def _json(value: Any) -> str:
    # A JSON column comes as the text that it is; a text inside of a nested value does not come here.
    return value if isinstance(value, str) else json.dumps(plain_json(value), ensure_ascii=False)


_TEXTS: dict[str, Text] = {
    "bool": lambda value: "t" if value else "f",
    "bytea": lambda value: "\\x" + value.hex(),
    "float4": _float,
    "float8": _float,
    "date": _date,
    "timestamp": _datetime,
    "timestamptz": _datetime,
    "time": _time,
    "timetz": _time,
    "interval": _interval,
    "json": _json,
}
