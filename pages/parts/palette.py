"""One palette: a branch keeps its colour on every page, and so do the kinds of change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from hati_core import BranchInfo, ChangeKind
from hati_core.model import BranchStatus

MAIN = "#64748b"
BRANCHES = ("#2563eb", "#f97316", "#059669", "#9333ea", "#e11d48", "#0891b2", "#a16207")
GROUPS = (*BRANCHES, "#65a30d", "#db2777", "#4f46e5", "#0d9488", "#78716c")
SIGNS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "−", ChangeKind.CHANGED: "~"}


@dataclass(frozen=True)
class Theme:
    """The colours of a figure that depend on light and dark."""

    ground: str
    text: str
    quiet: str
    line: str
    added: str
    removed: str


LIGHT = Theme(ground="#ffffff", text="#0f172a", quiet="#64748b", line="#dfe5ee", added="#059669", removed="#dc2626")
DARK = Theme(ground="#0b1120", text="#e5ecf6", quiet="#94a3b8", line="#26334d", added="#34d399", removed="#f87171")


def dot(colour: str) -> str:
    """A dot in that colour, as Markdown."""
    return f':color[●]{{foreground="{colour}"}}'


def branch_colours(infos: Sequence[BranchInfo]) -> dict[str, str]:
    """By name, the colour of each branch; ``infos`` are all branches, oldest first, discarded ones included."""
    others = list(zip((info for info in infos if not info.is_main), cycle(BRANCHES), strict=False))
    # Of several branches of one name, only one is live, and the colour is for that one.
    live_last = sorted(others, key=lambda pair: pair[0].status is BranchStatus.ACTIVE)
    return {info.name: MAIN for info in infos if info.is_main} | {info.name: colour for info, colour in live_last}
