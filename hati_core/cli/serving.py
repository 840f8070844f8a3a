"""The commands that make a repository and open it to other programs."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from hati_core.repository import Repository

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DEFAULT_PLACE = ".hati"


def add_to(commands: Commands) -> None:
    """Add ``init``."""
    making = commands.add_parser("init", help="make a repository, in .hati or where HATI_HOME says")
    making.add_argument("place", nargs="?", help="a folder, or postgresql://…?data=…; by default what HATI_HOME names")
    making.set_defaults(run=_init)


def _init(chosen: argparse.Namespace) -> None:
    with Repository.open(chosen.place or place_from_environment()) as repository:
        print(f"Hati initialized successfully. The repository is in {repository.place}.")


def place_from_environment() -> str:
    """Where the repository is unless a command says another place: what ``HATI_HOME`` names, else ``.hati``."""
    return os.environ.get("HATI_HOME", DEFAULT_PLACE)
