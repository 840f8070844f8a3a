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
    """Add ``init`` and ``serve``."""
    making = commands.add_parser("init", help="make a repository, in .hati or where HATI_HOME says")
    _add_place(making)
    making.set_defaults(run=_init)
    serving = commands.add_parser("serve", help="serve a repository to every program that speaks to PostgreSQL")
    _add_place(serving)
    serving.add_argument("--port", type=int, default=5439, help="5439, unless given")
    serving.add_argument("--host", default="localhost", help="this machine alone, unless given; others need a password")
    serving.add_argument("--password-file", help="a file that holds the password; else HATI_PASSWORD does")
    serving.set_defaults(run=_serve)


def _add_place(command: argparse.ArgumentParser) -> None:
    command.add_argument("place", nargs="?", help="a folder, or postgresql://…?data=…; by default what HATI_HOME names")


def _init(chosen: argparse.Namespace) -> None:
    with Repository.open(chosen.place or place_from_environment()) as repository:
        print(f"Hati initialized successfully. The repository is in {repository.place}.")
        print("Serve it on localhost:5439 with: hati serve")


def _serve(chosen: argparse.Namespace) -> None:
    # What serving takes is loaded where something is served.
    from hati_core.serve.auth import password_from
    from hati_core.serve.server import serve

    password = password_from(os.environ, chosen.password_file)
    place = chosen.place or place_from_environment()
    serve(place, chosen.host, chosen.port, password, lambda text: print(text, flush=True))


def place_from_environment() -> str:
    """Where the repository is unless a command says another place: what ``HATI_HOME`` names, else ``.hati``."""
    return os.environ.get("HATI_HOME", DEFAULT_PLACE)
