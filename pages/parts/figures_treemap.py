"""Treemaps of several branches on one scale: the same amount has the same area on each. Values in, a figure out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from hati_core import Unit
from hati_core.scenarios.allocation import Allocation, Holding
from pages.parts.figures import dressed, short
from pages.parts.palette import Theme
from pages.parts.words import amount, brief, brief_difference, difference

_A_ROW = 3
_ROW_HEIGHT = 300
_HEAD = 34
_GAP = 0.02
_PAGE = 700
"""Pixels that the treemaps have beside each other, on a screen that is rather narrow."""
_LETTER, _LINE = 5.6, 13
"""Pixels of the smallest text that is still drawn."""
_STRETCH = 2.0
"""How much wider or taller than a square a tile may be."""
_FAINTEST, _STRONGEST = 0.15, 0.55


@dataclass(frozen=True)
class BranchAllocation:
    """One treemap: a branch and how it is spread."""

    branch: str
    allocation: Allocation


@dataclass(frozen=True)
class Box:
    """The place of one treemap, as fractions of the figure from its lower left corner."""

    left: float
    right: float
    bottom: float
    top: float


def boxes(totals: Sequence[float]) -> list[Box]:
    """Places of one shape whose areas are as the totals, in rows of up to three."""
    per_row = len(totals) if len(totals) <= _A_ROW else math.ceil(len(totals) / 2)
    rows = math.ceil(len(totals) / per_row) if totals else 0
    head = _HEAD / _ROW_HEIGHT
    width, height = (1 - _GAP * (per_row - 1)) / max(per_row, 1), 1 / max(rows, 1)
    largest = max(totals, default=0.0) or 1.0
    found = []
    for place, total in enumerate(totals):
        side = math.sqrt(max(total, 0.0) / largest)
        left, top = (place % per_row) * (width + _GAP), 1 - (place // per_row) * height - height * head
        found.append(Box(left, left + width * side, top - height * (1 - head) * side, top))
    return found


def treemaps(
    branches: Sequence[BranchAllocation], unit: Unit, theme: Theme, groups: Mapping[str, str] | None = None
) -> go.Figure:
    """A treemap a branch; its tiles are coloured by how far they are from the first branch's, or by their group."""
    parts = [part for item in branches for part in _parts(item.allocation)]
    most = max((abs(part.delta) for part in parts), default=0.0)
    figure = go.Figure()
    totals = [item.allocation.total for item in branches]
    rows = math.ceil(len(branches) / _A_ROW) or 1
    for item, place in zip(branches, boxes(totals), strict=True):
        shown = _parts(item.allocation)
        pixels = (place.right - place.left) * _PAGE * (place.top - place.bottom) * _ROW_HEIGHT * rows
        told = [_fitting(part, unit, pixels * part.amount / item.allocation.total) for part in shown]
        figure.add_treemap(
            ids=[str(at) for at in range(len(shown))],
            labels=[short(part.label) for part in shown],
            parents=[""] * len(shown),
            values=[part.amount for part in shown],
            text=told,
            customdata=[[_hover(part, item.allocation.total, unit)] for part in shown],
            texttemplate=["<b>%{label}</b>" + ("<br>%{text}" if text else "") for text in told],
            hovertemplate="%{label}: %{customdata[0]}<extra></extra>",
            marker={
                "colors": [
                    _group_colour(part, groups, theme) if groups else _colour(part, most, theme) for part in shown
                ],
                "line": {"color": theme.ground, "width": 1.5},
                # A margin would take from the areas, which are to be compared.
                "pad": {"t": 0, "l": 0, "r": 0, "b": 0},
            },
            textfont={"color": theme.text, "size": 13},
            tiling={"pad": 0},
            pathbar={"visible": False},
            domain={"x": [place.left, place.right], "y": [place.bottom, place.top]},
            root={"color": "rgba(0,0,0,0)"},
        )
        figure.add_annotation(
            text=f"<b>{short(item.branch)}</b>  {brief(item.allocation.total, unit)}",
            x=place.left,
            y=place.top,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            font={"color": theme.text, "size": 13},
        )
    dressed(figure, theme, height=_ROW_HEIGHT * rows, top=0)
    return figure.update_layout(uniformtext={"minsize": 10, "mode": "hide"}, margin={"l": 0, "r": 0, "b": 0})


def _parts(allocation: Allocation) -> list[Holding]:
    return [*allocation.shown, *([allocation.rest] if allocation.rest else [])]


def _told(part: Holding, unit: Unit) -> str:
    """The amount, and under it the change with a mark that needs no colour."""
    worth = brief(part.amount, unit)
    if not part.delta:
        return worth
    return f"{worth}<br>{'▲' if part.delta > 0 else '▼'} {brief_difference(part.before, part.amount, unit)}"


def _fitting(part: Holding, unit: Unit, pixels: float) -> str:
    """What a tile of that area has room for beside its name: a text that does not fit takes the name along."""
    side, told = math.sqrt(pixels / _STRETCH), _told(part, unit)
    for text in (told, told.split("<br>")[0]):
        lines = text.split("<br>")
        if side > max(map(len, lines)) * _LETTER and side > (len(lines) + 1) * _LINE:
            return text
    return ""


def _hover(part: Holding, total: float, unit: Unit) -> str:
    share = amount(part.amount / total, Unit.PERCENT) if total else ""
    change = difference(part.before, part.amount, unit) if part.delta else "no change"
    group = f"{short(part.group)}, " if part.group else ""
    return f"{group}{amount(part.amount, unit)}, {share} of the branch, {change}"


def _colour(part: Holding, most: float, theme: Theme) -> str:
    if not part.delta or not most:
        return theme.line
    strength = _FAINTEST + (_STRONGEST - _FAINTEST) * abs(part.delta) / most
    return blend(theme.added if part.delta > 0 else theme.removed, theme.line, strength)


def _group_colour(part: Holding, groups: Mapping[str, str], theme: Theme) -> str:
    colour = groups.get(part.group or "")
    return blend(colour, theme.ground, 0.5) if colour else theme.line


def blend(colour: str, ground: str, strength: float) -> str:
    """A colour on a ground: all ground at 0, all colour at 1; both are like ``#2563eb``."""
    pairs = ((int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(over * strength + under * (1 - strength)):02x}" for over, under in pairs)
