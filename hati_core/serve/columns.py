"""The columns of an answer on their way to a client: what it is told of them, and what writes their cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hati_core.serve.answers import Columns
from hati_core.serve.binary import as_binary
from hati_core.serve.messages import ProtocolError
from hati_core.serve.replies import BINARY, TEXT, Field
from hati_core.serve.types import as_text, wire_type


def spread(formats: tuple[int, ...], count: int) -> list[int]:
    """Formats as the protocol has them: none is text for all, and one is for all."""
    if len(formats) <= 1:
        formats = (formats or (TEXT,)) * count
    if len(formats) != count or any(form not in (TEXT, BINARY) for form in formats):
        raise ProtocolError(f"the formats {formats} do not fit {count} values")
    return list(formats)


def fields_of(columns: Columns) -> list[Field]:
    """The columns of an answer as a client is told of them."""
    kinds = [wire_type(column.type) for column in columns]
    return [Field(column.name, kind.oid, kind.size, kind.modifier) for column, kind in zip(columns, kinds, strict=True)]


def writers_of(columns: Columns, formats: Sequence[int]) -> list[Callable[[Any], bytes]]:
    """What writes the cells of a row, column by column."""
    return [_writer(column.type, form) for column, form in zip(columns, formats, strict=True)]


def _writer(kind: str, form: int) -> Callable[[Any], bytes]:
    if form == BINARY:
        return as_binary(wire_type(kind))
    text = as_text(wire_type(kind))
    return lambda value: text(value).encode(errors="replace")
