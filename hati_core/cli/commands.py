"""What the command line can do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from hati_core.cli import serving
from hati_core.errors import HatiError, RepositoryError
from hati_core.storage.folder import Folder
from hati_core.storage.places import place_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns what the shell is told: 0, or 1 with a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="hati", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    moving = commands.add_parser("move", help="copy a repository from a folder to a PostgreSQL server")
    moving.add_argument("source", help="the repository's folder, such as .hati; it stays as it is")
    moving.add_argument("target", help="postgresql://user@host/database?data=s3://bucket/prefix; nothing may be there")
    moving.set_defaults(run=_move)
    serving.add_to(commands)
    chosen = parser.parse_args(arguments)
    try:
        chosen.run(chosen)
    except HatiError as error:
        print(f"{error.title}. {error.message}", file=sys.stderr)
        return 1
    return 0


def _move(chosen: argparse.Namespace) -> None:
    source, target = place_of(chosen.source), place_of(chosen.target)
    if not isinstance(source, Folder) or isinstance(target, Folder):
        raise RepositoryError("A repository moves from a folder to a server: give the folder first, then the url.")
    # The server's driver is not needed, nor has to be installed, where nothing moves.
    from hati_core.storage.move import move
    from hati_core.storage.server import Server

    assert isinstance(target, Server)
    moved = move(source, target)
    print(
        f"Copied {moved.branches:,} branches with {moved.rows:,} rows, in {moved.files:,} files of {moved.bytes:,} "
        f"bytes, from {source.name} to {target.name}, and counted them again there.\n"
        f"{source.name} is as it was. Set HATI_HOME to the new address to go on there."
    )
