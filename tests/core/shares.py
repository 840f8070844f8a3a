"""What many tests look at."""

from __future__ import annotations

from hati_core import BranchView


def shares(branch: BranchView) -> dict[str, int | None]:
    """The shares of each position."""
    return {row["ticker"]: row["shares"] for row in branch.query("SELECT ticker, shares FROM portfolio ORDER BY ALL")}
