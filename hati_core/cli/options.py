"""What commands are about: the repository, and branches as somebody wrote them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hati_core.branch_view import BranchView
from hati_core.cli.parsing import author_of
from hati_core.cli.serving import place_from_environment
from hati_core.errors import BranchNotFound, RepositoryError
from hati_core.repository import Repository
from hati_core.storage.folder import Folder
from hati_core.storage.places import place_of

_VERSIONED = re.compile(r"(?P<name>.+)@(?P<version>\d+)")


@contextmanager
def opened(chosen: argparse.Namespace) -> Iterator[Repository]:
    """The repository that the command is about.

    Raises:
        RepositoryError: there is none in the folder; a command by mistake is not to make one.
    """
    place = chosen.repo or place_from_environment()
    require_made(place)
    with Repository.open(place, author=author_of(chosen)) as repo:
        yield repo


def require_made(place: str) -> None:
    """Check that there is a repository, where that is known before it is opened.

    Raises:
        RepositoryError: there is none in the folder.
    """
    there = place_of(place)
    if isinstance(there, Folder) and not there.is_made:
        raise RepositoryError(
            f"There is no repository in {there.name}. Make one by “hati init”, or say by --repo or HATI_HOME where."
        )


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
