"""What the texts in a file's columns are: types, how numbers and dates are written, and what to know before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from hati_core.importing import cells
from hati_core.importing.reading import Dates, Numbers
from hati_core.importing.staging import SourceColumn, Staged

_MOSTLY = 0.5
_FIRST = 10_000
_ALWAYS = ("filled", "zeros", "percent", "colons")
_COUNTS = (
    "filled", "digits", "whole", "zeros", "point", "comma", "percent", "truths", "dates", "moments", "clocks",
    "colons",
    "days", "months",
)  # fmt: skip


@dataclass(frozen=True)
class ColumnNote:
    """What a person should know of a column, as long as its type is the one that was guessed."""

    column: str
    text: str


@dataclass(frozen=True)
class Guess:
    """The types of the columns, in their order, how numbers and dates are written, and what to know of columns.

    ``mixed`` names the text columns that are mostly numbers or dates.
    """

    types: tuple[str, ...]
    numbers: Numbers
    dates: Dates
    notes: tuple[ColumnNote, ...]
    mixed: tuple[str, ...]


@dataclass(frozen=True)
class _Facts:
    """How many texts of a column can be read as what."""

    name: str
    filled: int
    digits: int
    whole: int
    zeros: int
    point: int
    comma: int
    percent: int
    truths: int
    dates: int
    moments: int
    clocks: int
    colons: int
    days: int
    months: int

    def possible(self) -> frozenset[str]:
        """What to count in all rows after this was counted in the first of them."""
        if not self.filled:
            return frozenset(_COUNTS)
        full = {name for name in _COUNTS if getattr(self, name) == self.filled}
        # A date that is written year first need not be tried in other forms.
        written = set() if "moments" in full else {"days", "months"} & full
        return frozenset({*_ALWAYS, *(full - {"days", "months"}), *written})

    def numbers(self, style: Numbers) -> int:
        return self.comma if style is Numbers.COMMA else self.point

    def type(self, style: Numbers, order: Dates) -> str:
        """The narrowest type that takes every text; digits of an identifier stay text."""
        if not self.filled:
            return "VARCHAR"
        if self.numbers(style) == self.filled:
            return self._number()
        if self.truths == self.filled:
            return "BOOLEAN"
        written = self.days if order is Dates.DAY_FIRST else self.months
        for kind, count in (("DATE", self.dates), ("TIME", self.clocks)):
            if count == self.filled:
                return kind
        if written == self.filled:
            return "TIMESTAMP" if self.colons else "DATE"
        return "TIMESTAMP" if self.moments == self.filled else "VARCHAR"

    def _number(self) -> str:
        if self.zeros:
            return "VARCHAR"
        if self.digits < self.filled:
            return "DOUBLE"
        return "BIGINT" if self.whole == self.filled else "VARCHAR"


def guess(cursor: duckdb.DuckDBPyConnection, staged: Staged, numbers: Numbers | None, dates: Dates | None) -> Guess:
    """Look at every text once; what is given is not guessed."""
    texts = [column for column in staged.columns if staged.is_text or column.type == "VARCHAR"]
    facts = {fact.name: fact for fact in _facts(cursor, staged, texts)} if texts and staged.is_text else {}
    found = list(facts.values())
    style = numbers or _style(found, staged.reading.delimiter)
    order = dates or _order(found, style)
    types = tuple(
        facts[column.name].type(style, order) if column.name in facts else column.type for column in staged.columns
    )
    kinds = dict(zip((column.name for column in staged.columns), types, strict=True))
    said = [
        ColumnNote(fact.name, note) for fact in found if (note := _note(fact, kinds[fact.name], style, order, dates))
    ]
    mixed = _mixed(cursor, staged, [column for column in texts if kinds[column.name] == "VARCHAR"], style, order)
    return Guess(types, style, order, (*said, *mixed), tuple(note.column for note in mixed))


def _facts(cursor: duckdb.DuckDBPyConnection, staged: Staged, columns: Sequence[SourceColumn]) -> list[_Facts]:
    """Of a large file, what none of the first rows could be is not tried on all of them."""
    everything = {column.name: frozenset(_COUNTS) for column in columns}
    if staged.rows <= _FIRST:
        return _count(cursor, staged.relation, columns, everything)
    first = _count(cursor, f"(FROM {staged.relation} LIMIT {_FIRST})", columns, everything)
    return _count(cursor, staged.relation, columns, {fact.name: fact.possible() for fact in first})


def _count(
    cursor: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[SourceColumn],
    wanted: Mapping[str, Collection[str]],
) -> list[_Facts]:
    counts = ", ".join(part for column in columns for part in _counted(column.staged, wanted[column.name]))
    row = cursor.execute(f"SELECT {counts} FROM {relation}").fetchall()[0]
    width = len(_COUNTS)
    return [_Facts(column.name, *row[at * width : (at + 1) * width]) for at, column in enumerate(columns)]


def _counted(cell: str, wanted: Collection[str]) -> list[str]:
    point, comma = (cells.number_text(cell, comma=comma) for comma in (False, True))
    day, month = (cells.moment(cell, day_first=first) for first in (True, False))
    dated = _dated(cell)
    tries = {
        "filled": f"trim({cell}) <> ''",
        "digits": f"regexp_full_match({cell}, '\\s*[-+]?[0-9]+\\s*')",
        "whole": f"TRY_CAST({cell} AS BIGINT) IS NOT NULL",
        "zeros": f"regexp_full_match({cell}, '\\s*0[0-9]+\\s*')",
        "point": f"TRY_CAST({point} AS DOUBLE) IS NOT NULL",
        "comma": f"TRY_CAST({comma} AS DOUBLE) IS NOT NULL",
        "percent": f"contains({cell}, '%')",
        "truths": f"lower(trim({cell})) IN ('true', 'false', 'yes', 'no')",
        "dates": f"regexp_full_match({cell}, '\\s*[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}\\s*') "
        f"AND TRY_CAST({cell} AS DATE) IS NOT NULL",
        "moments": f"{dated} AND TRY_CAST({cell} AS TIMESTAMP) IS NOT NULL",
        "clocks": f"contains({cell}, ':') AND TRY_CAST({cell} AS TIME) IS NOT NULL "
        f"AND TRY_CAST({cell} AS TIMESTAMP) IS NULL",
        "colons": f"contains({cell}, ':')",
        "days": f"CASE WHEN {dated} THEN {day} IS NOT NULL ELSE false END",
        "months": f"CASE WHEN {dated} THEN {month} IS NOT NULL ELSE false END",
    }
    return [f"count(*) FILTER ({tries[name]})" if name in wanted else "0" for name in _COUNTS]


def _dated(cell: str) -> str:
    """Only texts with a sign of a date in them are tried in many forms, which is slow."""
    return f"regexp_matches({cell}, '[0-9].*[-/. ].*[0-9]') AND NOT regexp_full_match({cell}, '[-+]?[0-9]*[.,]?[0-9]*')"


def _style(facts: Sequence[_Facts], delimiter: str | None) -> Numbers:
    """What makes more columns numbers; where both do, what goes with the delimiter of the file."""
    point = sum(fact.filled > 0 and fact.point == fact.filled for fact in facts)
    comma = sum(fact.filled > 0 and fact.comma == fact.filled for fact in facts)
    if point == comma:
        return Numbers.COMMA if delimiter == ";" else Numbers.POINT
    return Numbers.COMMA if comma > point else Numbers.POINT


def _order(facts: Sequence[_Facts], style: Numbers) -> Dates:
    days = sum(fact.filled > 0 and fact.days == fact.filled for fact in facts)
    months = sum(fact.filled > 0 and fact.months == fact.filled for fact in facts)
    if days == months:
        return Dates.DAY_FIRST if style is Numbers.COMMA else Dates.MONTH_FIRST
    return Dates.DAY_FIRST if days > months else Dates.MONTH_FIRST


def _note(fact: _Facts, kind: str, style: Numbers, order: Dates, asked: Dates | None) -> str | None:
    if kind == "DOUBLE" and fact.percent:
        return f"“{fact.name}” has percentages: 12 % is taken in as 0.12."
    if kind == "VARCHAR" and fact.zeros and fact.numbers(style) == fact.filled:
        return f"“{fact.name}” stays text, because numbers would lose the zeros in front."
    both = fact.filled and fact.days == fact.months == fact.filled and not fact.moments
    if kind in ("DATE", "TIMESTAMP") and both and asked is None:
        return f"“{fact.name}” could be day or month first; it is read as {order.value}."
    return None


def _mixed(
    cursor: duckdb.DuckDBPyConnection, staged: Staged, texts: Sequence[SourceColumn], style: Numbers, order: Dates
) -> list[ColumnNote]:
    """Text columns that are mostly numbers, or mostly dates: which values keep them from being so."""
    first = f"(FROM {staged.relation} LIMIT {_FIRST})"
    notes = []
    for column in texts:
        cell = column.staged
        number = f"TRY_CAST({cells.number_text(cell, comma=style is Numbers.COMMA)} AS DOUBLE)"
        day = f"CASE WHEN {_dated(cell)} THEN {cells.moment(cell, day_first=order is Dates.DAY_FIRST)} END"
        for value, what in ((number, "numbers"), (day, "dates")):
            # Most text columns are neither, which the first rows show at little cost.
            if not _is_mostly(cursor, first, cell, value):
                continue
            filled, fits, other = _fitting(cursor, staged.relation, cell, value)
            if filled > fits >= filled * _MOSTLY:
                sentence = (
                    f"“{column.name}” is read as text: {filled - fits:,} of {filled:,} values are not {what}, "
                    f"such as “{other}”."
                )
                notes.append(ColumnNote(column.name, sentence))
                break
    return notes


def _is_mostly(cursor: duckdb.DuckDBPyConnection, relation: str, cell: str, value: str) -> bool:
    filled, fits, _ = _fitting(cursor, relation, cell, value)
    return fits > 0 and fits >= filled * _MOSTLY


def _fitting(cursor: duckdb.DuckDBPyConnection, relation: str, cell: str, value: str) -> tuple[int, int, str | None]:
    """How many texts are filled, how many of them have a value, and the first that has none."""
    row: tuple[int, int, str | None] = cursor.execute(
        f"SELECT count({cell}), count({value}), any_value({cell}) FILTER ({cell} IS NOT NULL AND {value} IS NULL) "
        f"FROM {relation}"
    ).fetchall()[0]
    return row
