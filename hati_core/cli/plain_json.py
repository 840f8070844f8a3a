"""Answers as one JSON document: the same values in the same shape, whatever a terminal would show."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

_UNSEEN = re.compile("[\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def plain(value: Any) -> Any:
    """A value as JSON has it: whole and floating numbers as numbers, what JSON has no form for as text.

    Text are decimals (all digits), NaN and infinity, dates and times (ISO 8601), intervals (seconds) and UUIDs; bytes
    are base64.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else str(plain(key)): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [plain(one) for one in value]
    return str(value)


def dumped(document: Any) -> str:
    """A document as text; signs that a terminal obeys or hides are escaped, which JSON takes for the same."""
    text = json.dumps(plain(document), ensure_ascii=False, indent=2)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
