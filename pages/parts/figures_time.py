"""Figures of what branches are worth through time, and of what they earn for their risk. Values in, a figure out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from hati_core import Unit
from hati_core.scenarios.performance import Point
from pages.parts.figures import dressed, short
from pages.parts.palette import Theme
from pages.parts.words import MINUS, amount

# Beside their colours, branches are told apart by their lines and marks.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_MARKS = ("circle", "square", "diamond", "triangle-up", "cross")
_START = 100.0
_NEAR = 0.06
_TICKS = 8
_SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class BranchRisk:
    """One point of the risk and return figure: fractions of 1."""

    branch: str
    volatility: float
    earned: float


def indexed(points: Sequence[Point]) -> tuple[Point, ...]:
    """The same values as what 100 at the beginning became."""
    first = points[0].value if points else 1.0
    return tuple(Point(point.day, _START * point.value / first) for point in points)


def value_lines(
    series: Mapping[str, Sequence[Point]], unit: Unit, colours: Mapping[str, str], theme: Theme
) -> go.Figure:
    """A line a branch, in the order given."""
    figure = go.Figure()
    for place, (branch, points) in enumerate(series.items()):
        figure.add_scatter(
            x=[point.day for point in points],
            y=[point.value for point in points],
            mode="lines" if len(points) > 1 else "markers",
            name=short(branch),
            line={"color": colours[branch], "width": 2, "dash": _DASHES[place % len(_DASHES)]},
            text=[amount(point.value, unit) for point in points],
            hovertemplate="%{text}",
        )
    figure.update_yaxes(gridcolor=theme.line, exponentformat="B")
    if unit.is_money:
        ticks = _ticks([point.value for points in series.values() for point in points])
        # Plotly would write the symbol in front of the sign.
        figure.update_yaxes(tickmode="array", tickvals=ticks, ticktext=[_tick(tick, unit) for tick in ticks])
    figure.update_xaxes(gridcolor=theme.line, showgrid=False)
    dressed(figure, theme, height=340)
    return figure.update_layout(
        hovermode="x unified",
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"color": theme.text}},
        margin={"t": 36},
    )


def _ticks(values: Sequence[float]) -> list[float]:
    """Round amounts from the lowest value to the highest, some four to nine of them."""
    known = [value for value in values if math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    rough = (high - low or abs(high) or 1.0) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [at * step for at in range(first, last + 1)]


def _tick(value: float, unit: Unit) -> str:
    """A round amount with no more digits than it has: ``€1.5M``, ``−CHF 250k``, ``$0``."""
    size, name = next(((size, name) for size, name in _SIZES if abs(value) >= size), (1.0, ""))
    return f"{MINUS if value < 0 else ''}{unit.prefix}{abs(value) / size:,.6g}{name}"


def risk_and_return(points: Sequence[BranchRisk], earned: str, colours: Mapping[str, str], theme: Theme) -> go.Figure:
    """A mark a branch: how much its value swings to the right, what it earned upwards; ``earned`` says what that is."""
    figure = go.Figure()
    across, up = _around([point.volatility for point in points]), _around([point.earned for point in points])
    named: list[BranchRisk] = []
    for place, point in enumerate(points):
        # The first of several branches in one place has the names of all of them, above and below by turns.
        near = [other for other in points if _is_near(point, other, across, up)]
        is_first = not any(other in near for other in named)
        named += [point] if is_first else []
        figure.add_scatter(
            x=[point.volatility],
            y=[point.earned],
            mode="markers+text",
            marker={"color": colours[point.branch], "size": 13, "symbol": _MARKS[place % len(_MARKS)]},
            text=[", ".join(short(other.branch) for other in near) if is_first else ""],
            textposition="top center" if len(named) % 2 else "bottom center",
            textfont={"color": theme.text, "size": 12},
            cliponaxis=False,
            customdata=[[short(point.branch)]],
            hovertemplate=f"%{{customdata[0]}}: {earned.lower()} %{{y:.1%}}, volatility %{{x:.1%}}<extra></extra>",
        )
    dressed(figure, theme, height=340, right=24, top=24)
    for axis, title, extent in ((figure.layout.xaxis, "Volatility a year", across), (figure.layout.yaxis, earned, up)):
        axis.update(title={"text": title, "font": {"size": 13}}, tickformat=".1~%", gridcolor=theme.line, range=extent)
    return figure


def _is_near(one: BranchRisk, other: BranchRisk, across: Sequence[float], up: Sequence[float]) -> bool:
    """Whether the names of two points would write over each other."""
    return abs(one.volatility - other.volatility) < _NEAR * (across[1] - across[0]) and abs(
        one.earned - other.earned
    ) < _NEAR * (up[1] - up[0])


def _around(values: Sequence[float]) -> list[float]:
    """An axis with room for the names around the outermost points."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    room = max((high - low) * 0.35, abs(high) * 0.1, 0.01)
    return [low - room, high + room]
