"""How an uploaded file is read: what was found out about it, and a person's say in it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from hati_core.importing.reading import DELIMITERS, ENCODINGS
from hati_core.imports import TEXT, WORKBOOKS, Dates, Importer, Numbers, Reading

_FOUND = "Let the file decide"
_HEADER = {_FOUND: None, "Column names": True, "Data": False}
_DELIMITERS = dict(zip(DELIMITERS, ("Comma ,", "Semicolon ;", "Tab", "Bar |"), strict=True))
_ENCODINGS = dict(zip(ENCODINGS, ("UTF-8", "Windows-1252 (Excel)", "UTF-16", "ISO 8859-1", "Mac Roman"), strict=True))


def how_it_is_read(importer: Importer, name: str, place: str) -> Reading:
    """What a person chose of how to read the file; the rest is left to the file."""
    suffix = Path(name).suffix.lower().lstrip(".")
    if suffix not in (*TEXT, *WORKBOOKS):
        return Reading()
    sheets = importer.sheets
    sheet = st.selectbox("Sheet", sheets, key=f"upload-sheet-{place}") if len(sheets) > 1 else None
    first_line = st.segmented_control(
        "First line", list(_HEADER), default=_FOUND, required=True, key=f"upload-header-{place}"
    )
    has_header = _HEADER[first_line or _FOUND]
    with st.expander("How values are written", icon=":material/tune:"):
        left, right = st.columns(2)
        numbers = left.selectbox(
            "Numbers",
            list(Numbers),
            index=None,
            format_func=_numbers,
            placeholder=_FOUND,
            key=f"upload-numbers-{place}",
        )
        dates = right.selectbox(
            "Dates", list(Dates), index=None, format_func=_dates, placeholder=_FOUND, key=f"upload-dates-{place}"
        )
        skip = left.number_input(
            "Lines above the table",
            min_value=0,
            value=None,
            step=1,
            placeholder=_FOUND,
            key=f"upload-skip-{place}",
        )
        if suffix in WORKBOOKS:
            return Reading(None, None, has_header, skip, sheet, numbers, dates)
        encoding = right.selectbox(
            "Encoding",
            list(ENCODINGS),
            index=None,
            format_func=lambda code: _ENCODINGS[code],
            placeholder=_FOUND,
            key=f"upload-encoding-{place}",
        )
        delimiter = left.selectbox(
            "Between values",
            list(DELIMITERS),
            index=None,
            format_func=lambda sign: _DELIMITERS[sign],
            placeholder=_FOUND,
            key=f"upload-delimiter-{place}",
        )
    return Reading(encoding, delimiter, has_header, skip, None, numbers, dates)


def _numbers(style: Numbers) -> str:
    return style.value


def _dates(order: Dates) -> str:
    return f"{order.value[0].upper()}{order.value[1:]}"
