"""Who made what somebody looks at, by what the commits know."""

from __future__ import annotations

from collections.abc import Sequence

from pages.parts.shell import Page
from pages.parts.words import ago, plain

_NAMED = 3


def last_maker(page: Page, branch: str, version: int | None) -> str:
    """Who made a version of a branch, and when, as Markdown: ``bob, 3 min ago``; nothing where there is none."""
    commit = page.repository.branch(branch).commit(version) if version is not None else None
    return f"{plain(commit.author or 'unknown')}, {ago(commit.at)}" if commit else ""


def who(names: Sequence[str]) -> str:
    """Authors as a sentence begins, not escaped: ``bob``, ``bob and cyd``; ``Somebody`` where none is known."""
    if not names:
        return "Somebody"
    more = len(names) - _NAMED
    told = [*names[:_NAMED], *([f"{more:,} more"] if more > 0 else [])]
    return " and ".join(part for part in (", ".join(told[:-1]), told[-1]) if part)
