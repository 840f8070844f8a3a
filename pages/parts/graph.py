"""The branch graph as a pure function: a lane a branch, a dot a commit, a line where it forked and where it merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from hati_core import BranchInfo, Commit
from pages.parts.figures import dressed, short
from pages.parts.figures import lanes as named_lanes
from pages.parts.palette import Theme

_LANE = 40
_AHEAD = 0.45


@dataclass(frozen=True)
class _Spot:
    x: float
    y: int


def branch_graph(
    infos: Sequence[BranchInfo], commits: Sequence[Commit], colours: Mapping[str, str], theme: Theme
) -> go.Figure:
    """``infos`` become lanes from top to bottom; ``commits`` stand in the order of time, oldest on the left."""
    lanes = {info.name: position for position, info in enumerate(infos)}
    ordered = [commit for commit in sorted(commits, key=lambda commit: commit.at) if commit.branch in lanes]
    spots = {(c.branch, c.version): _Spot(x, lanes[c.branch]) for x, c in enumerate(ordered)}
    figure = go.Figure()
    for info in infos:
        own = [spots[c.branch, c.version] for c in ordered if c.branch == info.name]
        start = _fork(_origin(info, infos), lanes, spots, own)
        away = [_Spot(start.x + _AHEAD, lanes[info.name])] if start else []
        _line(figure, [*([start] if start else []), *away, *own], colours[info.name], "solid")
        if away and not own:
            _ring(figure, away[0], colours[info.name], theme)
    for commit in ordered:
        source = _merged_state(commit, ordered, spots)
        if source:
            _line(figure, [source, spots[commit.branch, commit.version]], colours[str(commit.merged_from)], "dot")
    _dots(figure, ordered, spots, colours, theme)
    figure.update_xaxes(visible=False, range=[-0.6, max(len(ordered) - 0.4, 1)])
    named_lanes(figure, [info.name for info in infos])
    return dressed(figure, theme, height=_LANE * len(infos) + 24)


def _origin(info: BranchInfo, infos: Sequence[BranchInfo]) -> BranchInfo:
    """A branch beside the one that made the version which it begins at: versions up to a fork are the parent's."""
    by_name = {one.name: one for one in infos}
    parent = by_name.get(info.parent or "")
    while parent and parent.parent is not None and parent.base is not None and (info.base or 0) <= parent.base:
        info = replace(info, parent=parent.parent)
        parent = by_name.get(parent.parent)
    return info


def _fork(
    info: BranchInfo, lanes: Mapping[str, int], spots: Mapping[tuple[str, int], _Spot], own: Sequence[_Spot]
) -> _Spot | None:
    """Where a branch leaves its parent's lane: at the last commit of the parent that it has."""
    if info.parent is None or info.parent not in lanes:
        return None
    known = [spot for (branch, version), spot in spots.items() if branch == info.parent and version <= (info.base or 0)]
    if known:
        return max(known, key=lambda spot: spot.x)
    return _Spot(min((spot.x for spot in own), default=0) - _AHEAD, lanes[info.parent])


def _merged_state(commit: Commit, ordered: Sequence[Commit], spots: Mapping[tuple[str, int], _Spot]) -> _Spot | None:
    """The last commit of the merged branch before the merge."""
    earlier = [c for c in ordered if c.branch == commit.merged_from and c.at <= commit.at]
    return spots[earlier[-1].branch, earlier[-1].version] if earlier else None


def _line(figure: go.Figure, path: Sequence[_Spot], colour: str, dash: str) -> None:
    figure.add_scatter(
        x=[spot.x for spot in path],
        y=[spot.y for spot in path],
        mode="lines",
        line={"color": colour, "width": 3 if dash == "solid" else 2, "dash": dash},
        hoverinfo="skip",
    )


def _ring(figure: go.Figure, spot: _Spot, colour: str, theme: Theme) -> None:
    """The tip of a branch that has no commit of its own yet."""
    figure.add_scatter(
        x=[spot.x],
        y=[spot.y],
        mode="markers",
        marker={"size": 10, "color": theme.ground, "line": {"width": 2, "color": colour}},
        hovertemplate="no commit yet<extra></extra>",
    )


def _dots(
    figure: go.Figure,
    ordered: Sequence[Commit],
    spots: Mapping[tuple[str, int], _Spot],
    colours: Mapping[str, str],
    theme: Theme,
) -> None:
    places = [spots[commit.branch, commit.version] for commit in ordered]
    figure.add_scatter(
        x=[spot.x for spot in places],
        y=[spot.y for spot in places],
        mode="markers",
        marker={
            "size": 11,
            "color": [colours[commit.branch] for commit in ordered],
            "symbol": ["diamond" if commit.merged_from else "circle" for commit in ordered],
            "line": {"width": 2, "color": theme.ground},
        },
        customdata=[[commit.branch, commit.version] for commit in ordered],
        text=[f"{short(c.branch)} {c.version}: {short(c.message)} · {short(c.author)}" for c in ordered],
        hovertemplate="%{text}<extra></extra>",
    )
