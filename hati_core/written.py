"""Numbers, dates and truth values as a person writes them into the cells of a grid, and what is meant by it.

A grid in a browser that reads numbers by itself takes ``1,5`` for 15 and the third of April for the fourth of March.
So cells are text on the way there and back, and are read here, by the same rules as the cells of a file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hati_core.branch_view import BranchView
from hati_core.cell_text import takes_words
from hati_core.errors import InvalidValue
from hati_core.importing import cells
from hati_core.model import Column, Key, Row, TableEdits, TableInfo

_READ = (*cells.WHOLE, "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN", "DATE", "TIME")
_NAMED = ("nan", "inf", "-inf", "infinity", "-infinity")
_DIGITS = {"FLOAT": 7, "DOUBLE": 12}
"""What is shown of a number; more of them are the traces of arithmetic in base 2."""
_LONGEST = 1e15
_POINT = frozenset(
    ("bn", "en", "fil", "gu", "he", "hi", "ja", "kn", "ko", "ml", "mr", "ms", "ne", "pa", "ta", "te", "th", "ur", "zh")
)
"""Languages that divide whole numbers from fractions by a point; https://cldr.unicode.org, decimal separators."""
_EXCEPTIONS = {"en-za": True, "de-ch": False, "it-ch": False, "es-mx": False, "es-us": False, "es-pr": False}
_MONTH_FIRST = frozenset(("en", "en-us", "en-ph", "es-us", "es-pr"))


@dataclass(frozen=True)
class Writing:
    """How somebody writes: ``1.234,5`` with a ``comma``, else ``1,234.5``; 31/12/2024 with the day first or not."""

    comma: bool = False
    day_first: bool = False

    @classmethod
    def of_locale(cls, locale: str | None) -> Writing:
        """As it is usual where a browser says that it is, such as ``de-DE``."""
        tag = (locale or "en-us").lower().replace("_", "-")
        comma = _EXCEPTIONS.get(tag, tag.split("-")[0] not in _POINT)
        return cls(comma, tag not in _MONTH_FIRST)

    def text(self, value: Any, column: Column) -> str | None:
        """A value as it stands in a cell; an empty one has no text. What is text already stays."""
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float | Decimal):
            text = _number(value, column.type)
            return text.translate(str.maketrans(",.", ".,")) if self.comma else text
        return str(value)

    @property
    def number(self) -> str:
        """What a number looks like."""
        return "1.234,5" if self.comma else "1,234.5"

    @property
    def day(self) -> str:
        """What a date looks like that does not begin with its year."""
        if not self.day_first:
            return "12/31/2024"
        return "31.12.2024" if self.comma else "31/12/2024"


@dataclass(frozen=True)
class Misfit:
    """A text that is no value of its column."""

    column: Column
    text: str


@dataclass(frozen=True)
class Understood:
    """What somebody wrote, as values, and the texts that are none and stay in their cells."""

    edits: TableEdits
    misfits: tuple[Misfit, ...] = ()

    def require_all(self, table: str, writing: Writing) -> None:
        """Let through only what was understood in full.

        Raises:
            InvalidValue: some text is no value of its column.
        """
        if not self.misfits:
            return
        first, others = self.misfits[0], len(self.misfits) - 1
        more = f" ({others:,} more like that.)" if others else ""
        raise InvalidValue(
            f"“{first.text[:80]}” does not fit “{first.column.name}” of “{table}”, which "
            f"{takes_words(first.column.type)}"
            f"{_because(first, writing)}.{more}",
            column=first.column.name,
            table=table,
        )


def is_read(column: Column) -> bool:
    """Whether a cell of the column is text that has to be read."""
    return column.type.startswith(_READ) and not column.type.endswith("]")


def understand(
    view: BranchView, info: TableInfo, edits: TableEdits, before: Mapping[Key, Row], writing: Writing
) -> Understood:
    """The edits with values in place of texts; cells that are written in another way but mean the same are left out."""
    rows = [*edits.inserts, *edits.updates.values()]
    texts: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name, value in row.items():
            column = info.column(name)
            if column and isinstance(value, str) and is_read(column):
                texts[name].add(value)
    known = {
        name: _read(view, column, found, writing)
        for name, found in texts.items()
        if (column := info.column(name)) is not None
    }
    misfits: list[Misfit] = []

    def read(row: Row) -> Row:
        meant = {}
        for name, text in row.items():
            value = known[name].get(text) if name in known and isinstance(text, str) else text
            if value is None and isinstance(text, str) and text.strip() and name in known:
                column = info.column(name)
                assert column is not None
                misfits.append(Misfit(column, text))
                value = text
            meant[name] = value
        return meant

    rewritten = {key: read(row) for key, row in edits.updates.items()}
    deletes, inserts = list(edits.deletes), []
    for row in map(read, edits.inserts):
        key = tuple(row.get(name) for name in info.key)
        # A key that is typed anew in another way of writing is the same row, not one removed and one added.
        if key in deletes and set(before.get(key, ())) <= set(row):
            deletes.remove(key)
            rewritten[key] = row
        else:
            inserts.append(row)
    updates = {}
    for key, row in rewritten.items():
        stored = before.get(key, {})
        changed = {name: value for name, value in row.items() if name not in stored or stored[name] != value}
        if changed:
            updates[key] = changed
    return Understood(TableEdits(inserts, updates, deletes), tuple(misfits))


def read_one(view: BranchView, table: str, column: Column, text: str, writing: Writing) -> Any:
    """What a text that somebody wrote means in a column, by the same rules as a cell.

    Raises:
        InvalidValue: it is no value of the column.
    """
    value = _read(view, column, [text], writing)[text] if is_read(column) else text
    if value is None:
        Understood(TableEdits(), (Misfit(column, text),)).require_all(table, writing)
    return value


def _read(view: BranchView, column: Column, texts: Iterable[str], writing: Writing) -> dict[str, Any]:
    """What each text means in a column; None for those that mean nothing there."""
    listed = sorted(texts)
    meant = cells.value("cell", "VARCHAR", column.type, comma=writing.comma, day_first=writing.day_first)
    if column.type in _DIGITS:
        names = ", ".join(f"'{name}'" for name in _NAMED)
        meant = f"CASE WHEN lower(trim(cell)) IN ({names}) THEN CAST(cell AS {column.type}) ELSE {meant} END"
    sql = f"SELECT {meant} AS value FROM (SELECT unnest(CAST(? AS VARCHAR[])) AS cell)"
    found = view.query(sql, [listed])
    return {text: row["value"] for text, row in zip(listed, found, strict=True)}


def _number(value: float | Decimal, kind: str) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    digits = _DIGITS.get(kind, 12)
    if value and not 1e-6 <= abs(value) < _LONGEST:
        return repr(value)
    return f"{Decimal(f'{value:.{digits}g}'):,f}"


def _because(misfit: Misfit, writing: Writing) -> str:
    kind = misfit.column.type
    if kind in cells.WHOLE and "%" not in misfit.text and _is_fraction(misfit.text, writing):
        return ": it would lose its fraction"
    if kind == "BOOLEAN":
        return ". Write true or false"
    if kind == "TIME":
        return ". A time is written like 16:30"
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f". A date is written like {date(2024, 12, 31).isoformat()} or {writing.day}"
    return f". A number is written like {writing.number}"


def _is_fraction(text: str, writing: Writing) -> bool:
    plain = text.replace(",", ".") if writing.comma else text
    try:
        return not float(plain).is_integer()
    except (ValueError, OverflowError):
        return False
