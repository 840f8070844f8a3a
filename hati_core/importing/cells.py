"""Text in a cell as a value: what a person may have written for a number, a date or a truth value.

Everything here is SQL text over one column of texts, so that a million rows are converted by the database.
"""

from __future__ import annotations

import re
from datetime import datetime

from hati_core.quote import literal

WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_SPACES = "\u00a0\u202f"
_MONEY = "$€£¥"
_DAY_FIRST = ("%d/%m/%y", "%d/%m/%Y", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%d-%b-%y", "%d-%b-%Y")
_MONTH_FIRST = ("%m/%d/%y", "%m/%d/%Y", "%m-%d-%Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%y", "%d-%b-%Y")
_DOTTED = ("%d.%m.%y", "%d.%m.%Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p")
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


def number_pattern(*, comma: bool) -> str:
    """What a number may look like: with a sign or in brackets, with thousands, a currency, a percent sign."""
    thousands, point = (f"[. '’{_SPACES}]", ",") if comma else (f"[, '’{_SPACES}]", r"\.")
    digits = rf"(\d{{1,3}}({thousands}\d{{3}})+|\d+)"
    number = rf"({digits}({point}\d*)?|{point}\d+)([eE][+-]?\d+)?"
    space = rf"[\s{_SPACES}]*"
    return rf"{space}[-+(]?{space}[{_MONEY}]?{space}[-+]?{number}{space}[%{_MONEY}]?{space}\)?{space}"


def number_text(cell: str, *, comma: bool) -> str:
    """A number as the database reads it, or NULL; of a percentage, the number before the sign."""
    keep = (
        f"regexp_replace({cell}, '[^0-9,eE-]', '', 'g')" if comma else f"regexp_replace({cell}, '[^0-9.eE-]', '', 'g')"
    )
    digits = f"replace({keep}, ',', '.')" if comma else keep
    pattern = literal(number_pattern(comma=comma))
    negative = f"CASE WHEN contains({cell}, '(') THEN '-' ELSE '' END"
    return f"CASE WHEN regexp_full_match({cell}, {pattern}) THEN {negative} || {digits} END"


def moment(cell: str, *, day_first: bool) -> str:
    """A date or a date with a time as TIMESTAMP, or NULL."""
    written = (*_DAY_FIRST, *_DOTTED) if day_first else _MONTH_FIRST
    formats = ", ".join(literal(day + clock) for day in written for clock in _CLOCKS)
    return f"coalesce(TRY_CAST({cell} AS TIMESTAMP), try_strptime(trim({cell}), [{formats}]))"


def truth(cell: str) -> str:
    """A truth value as BOOLEAN, or NULL."""
    yes, no = (", ".join(literal(word) for word in words) for words in (_TRUE, _FALSE))
    return f"CASE WHEN lower(trim({cell})) IN ({yes}) THEN true WHEN lower(trim({cell})) IN ({no}) THEN false END"


def value(cell: str, source: str, target: str, *, comma: bool, day_first: bool) -> str:
    """A cell of type ``source`` as one of type ``target``; NULL where it is empty or does not fit."""
    if source != "VARCHAR":
        whole = target in WHOLE and source.startswith(_FRACTIONS)
        fits = f"CASE WHEN trunc({cell}) = {cell} THEN {cell} END" if whole else cell
        return cell if source == target else f"TRY_CAST({fits} AS {target})"
    if target == "VARCHAR":
        return cell
    if target in WHOLE:
        text = number_text(cell, comma=comma)
        fits = f"CASE WHEN regexp_full_match({text}, '-?[0-9]+([.]0*)?') THEN regexp_replace({text}, '[.]0*$', '') END"
        return f"CASE WHEN NOT contains({cell}, '%') THEN TRY_CAST({fits} AS {target}) END"
    if target.startswith(_FRACTIONS):
        text = number_text(cell, comma=comma)
        percent = f"TRY_CAST(TRY_CAST({text} AS DOUBLE) / 100 AS {target})"
        return f"CASE WHEN contains({cell}, '%') THEN {percent} ELSE TRY_CAST({text} AS {target}) END"
    if target == "BOOLEAN":
        return truth(cell)
    if target == "DATE":
        at = moment(cell, day_first=day_first)
        return f"CASE WHEN {at} = date_trunc('day', {at}) THEN CAST({at} AS DATE) END"
    if target.startswith("TIMESTAMP"):
        return f"coalesce(TRY_CAST({cell} AS {target}), TRY_CAST({moment(cell, day_first=day_first)} AS {target}))"
    return f"TRY_CAST({cell} AS {target})"


def looks_like_value(cell: str) -> bool:
    """Whether a text is a number, a date or a truth value rather than a name."""
    text = cell.strip()
    if any(re.fullmatch(number_pattern(comma=comma), text) for comma in (False, True)):
        return True
    if text.lower() in ("true", "false"):
        return True
    return any(_is_date(text, form) for form in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y")) or bool(
        re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*", text)
    )


def _is_date(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True
