"""Who made what somebody looks at, by what the commits know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hati_core import Commit
from pages.parts.shell import Page
from pages.parts.words import ago, plain

_NAMED = 3


def maker_words(commit: Commit) -> str:
    """Who made a commit, and when, as Markdown: ``bob, 3 min ago``."""
    return f"{plain(commit.author or 'unknown')}, {ago(commit.at)}"


def last_maker(page: Page, branch: str, version: int | None) -> str:
    """As :func:`maker_words` for a version of a branch; nothing where there is none."""
    commit = page.repository.branch(branch).commit(version) if version is not None else None
    return maker_words(commit) if commit else ""


def cell_makers(page: Page, branch: str, versions: Mapping[str, int | None]) -> str:
    """As :func:`last_maker` for the cells of a row; column by column where they were made in several versions."""
    columns: dict[int | None, list[str]] = {}
    for column, version in versions.items():
        columns.setdefault(version, []).append(column)
    told = ((plain(", ".join(made)), last_maker(page, branch, version)) for version, made in columns.items())
    return "; ".join(f"{made} by {maker}" if len(columns) > 1 else maker for made, maker in told if maker)


def who(names: Sequence[str]) -> str:
    """Authors as a sentence begins, not escaped: ``bob``, ``bob and cyd``; ``Somebody`` where none is known."""
    if not names:
        return "Somebody"
    more = len(names) - _NAMED
    told = [*names[:_NAMED], *([f"{more:,} more"] if more > 0 else [])]
    return " and ".join(part for part in (", ".join(told[:-1]), told[-1]) if part)
