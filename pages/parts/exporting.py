"""Taking a table or a figure along: CSV that Excel opens as it is, HTML that needs no network, PNG from the figure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.parts.figures import CONFIG
from pages.parts.words import plain

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def camera(name: str) -> dict[str, Any]:
    """The configuration of a figure that the browser itself saves as a PNG of twice its size."""
    return CONFIG | {
        "displayModeBar": "hover",
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": file_name(name), "scale": 2},
    }


def file_name(*parts: str) -> str:
    """Names of branches and tables as the name of a file, without an ending."""
    return re.sub(r"[^\w.-]+", "-", " ".join(parts)).strip("-.")[:100] or "hati"


def csv_of(frame: pd.DataFrame) -> bytes:
    """A table as CSV with a byte order mark, without which Excel takes it for another encoding.

    Text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    safe = frame.map(_number).map(_text).rename(columns=_text)
    return bytes(safe.to_csv(index=False).encode("utf-8-sig"))


def _number(value: Any) -> Any:
    """Without the noise that a calculation leaves in the last places: 341969.09, not 341969.08999999997."""
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    short = float(f"{value:.12g}")
    return short if math.isclose(value, short, rel_tol=1e-14) else value


def _text(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    with suppress(ValueError):
        float(value)
        return value
    return f"'{value}"


def html_of(figure: go.Figure, name: str) -> bytes:
    """A figure as a page of its own, with all that draws it inside."""
    return bytes(figure.to_html(include_plotlyjs=True, full_html=True, config=camera(name)).encode())


def card_head(title: str, *buttons: Callable[[], None]) -> None:
    """The title of a card, which is Markdown, and what can be taken along from it."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(title, width="content")
        with st.container(horizontal=True, width="content", gap="xsmall"):
            for button in buttons:
                button()


def csv_button(what: str, name: str, frame: Callable[[], pd.DataFrame]) -> Callable[[], None]:
    """A button that saves a table; the table is made when it is pressed."""
    return _button("CSV", f"Save {what} as a CSV file", f"{name}.csv", "text/csv", lambda: csv_of(frame()))


def html_button(what: str, name: str, figure: go.Figure) -> Callable[[], None]:
    """A button that saves a figure as a page of its own."""
    tip = f"Save {what} as an HTML file. For a PNG, point at the figure and press the camera."
    return _button("HTML", tip, f"{name}.html", "text/html", lambda: html_of(figure, name))


def _button(label: str, tip: str, file: str, mime: str, content: Callable[[], bytes]) -> Callable[[], None]:
    def draw() -> None:
        st.download_button(
            label,
            content,
            file,
            mime,
            help=plain(tip),
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            key=f"save-{file}",
        )

    return draw
