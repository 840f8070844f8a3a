"""What commands have in common: where the repository is, who signs, and how values are written."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from hati_core.branch_view import BranchView
from hati_core.cli.serving import place_from_environment
from hati_core.errors import BranchNotFound, RepositoryError
from hati_core.repository import Repository
from hati_core.storage.folder import Folder
from hati_core.storage.places import place_of

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_VERSIONED = re.compile(r"(?P<name>.+)@(?P<version>\d+)")


def add_parser(commands: Commands, name: str, description: str, examples: str) -> argparse.ArgumentParser:
    """A command with its description and examples, and the options that all have."""
    parser = commands.add_parser(
        name,
        description=description,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    common(parser)
    return parser


def common(parser: argparse.ArgumentParser) -> None:
    """Add the options that all commands have; what was said before the command counts unless said again."""
    unsaid = argparse.SUPPRESS
    parser.add_argument("--repo", metavar="PLACE", default=unsaid, help="the repository: a folder, or postgresql://…")
    parser.add_argument("--author", metavar="NAME", default=unsaid, help="who signs what is written")
    parser.add_argument("--json", action="store_true", default=unsaid, help="answer with one JSON document")


def author_of(chosen: argparse.Namespace) -> str | None:
    """Who signs: as said, else as ``HATI_AUTHOR`` says, else None for the user of this system."""
    return chosen.author or os.environ.get("HATI_AUTHOR") or None


@contextmanager
def opened(chosen: argparse.Namespace) -> Iterator[Repository]:
    """The repository that the command is about.

    Raises:
        RepositoryError: there is none in the folder; a command by mistake is not to make one.
    """
    place = chosen.repo or place_from_environment()
    there = place_of(place)
    if isinstance(there, Folder) and not there.is_made:
        raise RepositoryError(
            f"There is no repository in {there.name}. Make one by “hati init”, or say by --repo or HATI_HOME where."
        )
    with Repository.open(place, author=author_of(chosen)) as repo:
        yield repo


@dataclass(frozen=True)
class Named:
    """A branch as somebody wrote it, and the version where one was written."""

    name: str
    version: int | None = None


def named(repo: Repository, text: str) -> Named:
    """A branch written as ``name`` or ``name@version``; a branch whose name looks like that is meant itself.

    Raises:
        BranchNotFound, BranchDiscarded: there is no such live branch.
    """
    match = _VERSIONED.fullmatch(text)
    try:
        return Named(repo.branch(text).name)
    except BranchNotFound:
        if match is None:
            raise
    return Named(repo.branch(match["name"]).name, int(match["version"]))


def view(repo: Repository, text: str) -> BranchView:
    """The branch that somebody wrote, at the version that they wrote or at its head.

    Raises:
        BranchNotFound, BranchDiscarded: there is no such live branch, or no such version.
    """
    found = named(repo, text)
    branch = repo.branch(found.name)
    return branch.at(branch.head if found.version is None else found.version)


def span(text: str) -> timedelta:
    """A time such as ``45m``, ``12h``, ``14d`` or ``2w``; for ``type=`` of an option."""
    match = re.fullmatch(r"(\d+)([mhdw])", text.strip().lower())
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write a number and m, h, d or w, such as 14d")
    try:
        return int(match[1]) * _UNITS[match[2]]
    except OverflowError:
        raise argparse.ArgumentTypeError(f"{text!r} is longer than any calendar") from None


def rows_limit(text: str) -> int:
    """How many rows to show; for ``type=`` of an option."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)
