"""Figures as pure functions: values in, a Plotly figure out."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from hati_core import Unit
from hati_core.measures import PartChange
from hati_core.scenarios.units import NARROW_SPACE
from pages.parts.palette import Theme
from pages.parts.words import amount, brief, brief_difference

CONFIG: dict[str, Any] = {"displayModeBar": False, "displaylogo": False}
_FONT = "Source Sans, Source Sans Pro, sans-serif"
_BAR = 44
_TEXT = 84
_LETTER = 8
"""Pixels of a character of an amount."""
_SMALL = 0.3
_LONGEST_NAME = 26
_FEW = 9


@dataclass(frozen=True)
class BranchValue:
    """One bar: a branch and what it is worth."""

    branch: str
    value: float


def value_bars(values: Sequence[BranchValue], unit: Unit, colours: Mapping[str, str], theme: Theme) -> go.Figure:
    """A horizontal bar a branch, in the order given from top to bottom, its value at the end."""
    told = [amount(item.value, unit) for item in values]
    figure = go.Figure(
        go.Bar(
            x=[item.value for item in values],
            y=list(range(len(values))),
            orientation="h",
            marker={"color": [colours[item.branch] for item in values], "cornerradius": 4},
            text=told,
            textposition="outside",
            textfont={"color": theme.text, "size": 13},
            cliponaxis=False,
            customdata=[[_unmarked(item.branch)] for item in values],
            hovertemplate="%{customdata[0]}: %{text}<extra></extra>",
        )
    )
    lanes(figure, [item.branch for item in values])
    figure.update_yaxes(ticktext=[_in_two_lines(item.branch) for item in values])
    figure.update_xaxes(visible=False, range=_room([item.value for item in values], 0.02))
    return dressed(
        figure, theme, height=_BAR * len(values) + 24, right=max([_TEXT, *(_LETTER * len(text) for text in told)])
    )


def waterfall(
    before: BranchValue,
    after: BranchValue,
    changes: Sequence[PartChange],
    unit: Unit,
    colours: Mapping[str, str],
    theme: Theme,
) -> go.Figure:
    """What makes up the difference: from one branch's value, part by part, to the other's."""
    first, last = (
        _Bar(short(value.branch), 0.0, value.value, colours[value.branch], brief(value.value, unit))
        for value in (before, after)
    )
    bars, level = [first], before.value
    for change in changes:
        colour = theme.added if change.delta >= 0 else theme.removed
        told = brief_difference(change.before, change.after, unit)
        bars.append(_Bar(short(change.label), level, change.delta, colour, told))
        level += change.delta
    bars.append(last)
    figure = _standing(bars, theme)
    levels = [bar.begin + bar.height for bar in bars]
    floor = _floor(levels)
    top = max(levels)
    extent = _room(levels, 0.12) if floor is None else [floor, top + 0.12 * (top - floor)]
    figure.update_yaxes(visible=False, range=extent)
    if floor is not None:
        figure.add_annotation(
            text=f"bars begin at {amount(floor, unit)}",
            xref="paper",
            yref="paper",
            x=0,
            y=1,
            showarrow=False,
            font={"color": theme.quiet, "size": 12},
            xanchor="left",
            yanchor="bottom",
        )
    dressed(figure, theme, height=300, top=22)
    if len(bars) > _FEW:
        # An amount too small to be read is left to the pointer.
        figure.update_layout(uniformtext={"minsize": 9, "mode": "hide"})
    # Few bars as wide as the page would shout.
    return figure.update_layout(bargap=max(0.35, 1 - len(bars) / _FEW))


@dataclass(frozen=True)
class _Bar:
    """One bar of a waterfall, from where it begins; ``told`` stands at its end."""

    name: str
    begin: float
    height: float
    colour: str
    told: str


def _standing(bars: Sequence[_Bar], theme: Theme) -> go.Figure:
    figure = go.Figure(
        go.Bar(
            x=list(range(len(bars))),
            base=[bar.begin for bar in bars],
            y=[bar.height for bar in bars],
            marker={"color": [bar.colour for bar in bars], "cornerradius": 3},
            # A symbol of letters stands above its number, since beside it neighbours would write over each other.
            text=[bar.told.replace(NARROW_SPACE, "<br>") for bar in bars],
            textposition="outside",
            textfont={"color": theme.text, "size": 12},
            # Where there are few bars their amounts are read beside each other; among many they shrink to fit.
            constraintext="none" if len(bars) <= _FEW else "both",
            cliponaxis=False,
            customdata=[[bar.name, bar.told] for bar in bars],
            hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
        )
    )
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(bars))),
        ticktext=[_wrapped(bar.name) for bar in bars],
        ticklabeloverflow="allow",
        showgrid=False,
    )
    return figure


def lanes(figure: go.Figure, names: Sequence[str]) -> None:
    """A named lane a line, from top to bottom."""
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))),
        ticktext=[short(name) for name in names],
        showgrid=False,
        ticklabelstandoff=8,
        range=[len(names) - 0.5, -0.5],
    )


def _floor(levels: Sequence[float]) -> float | None:
    """Where to cut the bars off, so that small differences between large values can be seen; None for nought."""
    low, high = min(levels), max(levels)
    if low <= 0 or high - low > high * _SMALL:
        return None
    step = 10.0 ** math.floor(math.log10((high - low) or high))
    return max(0.0, math.floor((low - (high - low) * 0.6) / step) * step) or None


def _room(values: Sequence[float], share: float) -> list[float]:
    """An axis that begins at nought and leaves room for the text at the end of the longest bar."""
    low, high = min([0.0, *values]), max([0.0, *values])
    span = (high - low) or 1.0
    return [low - (share * span if low < 0 else 0), high + share * span]


def short(name: str) -> str:
    """A name that fits an axis, with nothing in it that Plotly would take for markup."""
    return _unmarked(name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…")


def _unmarked(name: str) -> str:
    """A name in which Plotly finds no markup; it draws these three as what they stand for."""
    return escape(name, quote=False)


def _in_two_lines(name: str) -> str:
    """A name beside a bar, where there is room for two lines."""
    first, *rest = textwrap.wrap(name, _LONGEST_NAME) or [""]
    second = [rest[0] if len(rest) == 1 else f"{rest[0][: _LONGEST_NAME - 1]}…"] if rest else []
    return "<br>".join(_unmarked(line) for line in (first, *second))


def _wrapped(name: str) -> str:
    """A name on several lines, so that many fit beside each other."""
    return re.sub(r"(\S{4,}?-|\S{4,} )(?=\S)", r"\1<br>", name)


def dressed(figure: go.Figure, theme: Theme, height: int, *, right: int = 8, top: int = 8) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": right, "t": top, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": _FONT, "size": 13, "color": theme.quiet},
        showlegend=False,
        bargap=0.35,
        hoverlabel={"font": {"family": _FONT}},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": theme.quiet, "activecolor": theme.text},
    )
    figure.update_xaxes(automargin=True, fixedrange=True, zeroline=False, linecolor=theme.line)
    figure.update_yaxes(automargin=True, fixedrange=True, zeroline=False)
    return figure
