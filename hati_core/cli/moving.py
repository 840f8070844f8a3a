"""The command that takes a repository from a folder to a server."""

from __future__ import annotations

import argparse

from hati_core.cli.parsing import Commands, add_parser
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import say, visible
from hati_core.cli.progress import progress
from hati_core.errors import RepositoryError
from hati_core.storage.folder import Folder
from hati_core.storage.places import place_of


def add_to(commands: Commands) -> None:
    """Add ``move``."""
    parser = add_parser(
        commands,
        "move",
        "Copy a repository from a folder to a PostgreSQL server: branches, history, keys, merges and metrics.",
        '  hati move .hati "postgresql://ada@db.example.org/hati?data=s3://bucket/prefix"',
    )
    parser.add_argument("source", help="the repository's folder, such as .hati; it stays as it is")
    parser.add_argument("target", help="postgresql://user@host/database?data=s3://bucket/prefix; nothing may be there")
    parser.set_defaults(run=_move)


def _move(chosen: argparse.Namespace) -> None:
    source, target = place_of(chosen.source), place_of(chosen.target)
    if not isinstance(source, Folder) or isinstance(target, Folder):
        raise RepositoryError("A repository moves from a folder to a server: give the folder first, then the url.")
    # The server's driver is not needed, nor has to be installed, where nothing moves.
    from hati_core.storage.move import move
    from hati_core.storage.server import Server

    assert isinstance(target, Server)
    with progress("Copying the repository"):
        moved = move(source, target)
    if chosen.json:
        say(dumped({**vars(moved), "from": source.name, "to": target.name}))
        return
    say(
        visible(
            f"Copied {moved.branches:,} branches with {moved.rows:,} rows, in {moved.files:,} files of "
            f"{moved.bytes:,} bytes, from {source.name} to {target.name}, and counted them again there."
        )
    )
    say(visible(f"{source.name} is as it was. Set HATI_HOME to the new address to go on there."))
