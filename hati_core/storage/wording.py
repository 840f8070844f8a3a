"""What DuckDB says of names and values, in a person's words."""

from __future__ import annotations

import re
from collections.abc import Callable

from hati_core.cell_text import kind_words

_CANDIDATES = r"(?:\s*(?:Candidate bindings|Candidate tables|Did you mean):?\s*:?\s*(?P<near>.*))?$"
_WHOLE = re.compile(r"\s*[-+]?\d+\s*")


def in_words(text: str) -> str:
    """A message of the database without its jargon, where it is one that people meet; others stay as they are."""
    for pattern, worded in _SENTENCES:
        if found := pattern.search(text):
            return worded(found)
    return text


def _no_table(found: re.Match[str]) -> str:
    return f"There is no table “{_bare(found['name'])}”"


def _no_table_in_query(found: re.Match[str]) -> str:
    return f"The query has no table “{_bare(found['name'])}”{_near(found)}"


def _no_column(found: re.Match[str]) -> str:
    table = found.groupdict().get("table")
    place = f" in “{_bare(table)}”" if table else ""
    return f"There is no column “{_bare(found['name'])}”{place}{_near(found)}"


def _no_value(found: re.Match[str]) -> str:
    kind = kind_words(found["kind"])
    if kind == "a whole number" and _WHOLE.fullmatch(found["value"]):
        return _out_of_range(found)
    return f"“{found['value']}” is not {kind}"


def _out_of_range(found: re.Match[str]) -> str:
    return f"“{found['value']}” is too large or too small for the type {found['kind']}"


def _no_date(found: re.Match[str]) -> str:
    return f"“{found['value']}” is not a date such as 2024-01-31{' 09:30:00' if found['kind'] != 'date' else ''}"


def _no_cell(found: re.Match[str]) -> str:
    return f"“{_bare(found['name'])}” of “{_bare(found['table'])}” must not be empty"


def _no_bound_value(found: re.Match[str]) -> str:
    names = [f"${name.strip()}" for name in found["names"].split(",")]
    return f"The statement has a place for {' and '.join(names)}, and no value was given for it"


def _near(found: re.Match[str]) -> str:
    names = re.findall(r'"([^"]+)"', found["near"] or "")[:3]
    return f"; there is {' and '.join(f'“{name}”' for name in names)}" if names else ""


def _bare(name: str) -> str:
    return name.strip('"')


_SENTENCES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), worded)
    for pattern, worded in (
        (r"Table with name (?P<name>.+?) does not exist!.*", _no_table),
        (r'Referenced table "(?P<name>.+?)" not found!' + _CANDIDATES, _no_table_in_query),
        (r'Referenced column "(?P<name>.+?)" not found in FROM clause!' + _CANDIDATES, _no_column),
        (r"Referenced update column (?P<name>.+?) not found in table!" + _CANDIDATES, _no_column),
        (
            r'Table "(?P<table>.+?)" does not have a column (?:named|with name) "(?P<name>.+?)"' + _CANDIDATES,
            _no_column,
        ),
        (r"NOT NULL constraint failed: (?P<table>.+)\.(?P<name>.+)$", _no_cell),
        (r"Values were not provided for the following prepared statement parameters: (?P<names>.+)$", _no_bound_value),
        (r"""Could not convert string ['"](?P<value>.*)['"] to (?P<kind>.+)$""", _no_value),
        (r"Could not cast value (?P<value>.+?) to (?P<kind>.+)$", _out_of_range),
        (
            r"Type \S+ with value (?P<value>.+?) can't be cast .* out of range for the destination type (?P<kind>.+)$",
            _out_of_range,
        ),
        (r'invalid (?P<kind>date|timestamp) field format: "(?P<value>.*?)", expected.*', _no_date),
    )
)
