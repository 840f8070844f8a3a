"""The commands that make a repository and open it to other programs."""

from __future__ import annotations

import argparse
import os
import shlex

from hati_core.cli.exits import Exit
from hati_core.cli.parsing import Commands, add_parser, author_of, port
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import say, visible

DEFAULT_PLACE = ".hati"
_MAKING = """  hati init
  hati init /some/folder
  hati init "postgresql://ada@db.example.org/hati?data=s3://bucket/prefix\""""
_SERVING = """  hati serve
  hati serve --port 6000
  HATI_PASSWORD=… hati serve --host 0.0.0.0"""


def add_to(commands: Commands) -> None:
    """Add ``init`` and ``serve``."""
    about = "Make a repository, in .hati or where --repo or HATI_HOME says. One that is there already stays as it is."
    making = add_parser(commands, "init", about, _MAKING)
    _add_place(making)
    making.set_defaults(run=_init)
    about = (
        "Serve a repository to every program that speaks to PostgreSQL: psql, drivers, tools for charts, and the "
        "client hatidata-agent. Ctrl+C ends it."
    )
    serving = add_parser(commands, "serve", about, _SERVING)
    _add_place(serving)
    serving.add_argument("--port", type=port, default=5439, help="5439, unless given")
    serving.add_argument("--host", default="localhost", help="this machine alone, unless given; others need a password")
    serving.add_argument(
        "--password-file", metavar="FILE", help="a file that holds the password; else HATI_PASSWORD does"
    )
    serving.set_defaults(run=_serve)


def _add_place(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "place", nargs="?", metavar="PLACE", help="a folder, or postgresql://…?data=…; by default what --repo says"
    )


def _init(chosen: argparse.Namespace) -> Exit:
    from hati_core.repository import Repository
    from hati_core.storage.folder import Folder
    from hati_core.storage.places import place_of

    wanted = _place(chosen)
    there = place_of(wanted)
    was_made = isinstance(there, Folder) and there.is_made
    with Repository.open(wanted, author_of(chosen)) as repository:
        place = repository.place
    if chosen.json:
        say(dumped({"repository": place, "made": not was_made}))
        return Exit.DONE
    done = "There is a repository already, which stays as it is" if was_made else "Hati initialized successfully"
    say(visible(f"{done}. The repository is in {place}."))
    is_said = chosen.place is not None or chosen.repo is not None
    # An address may have a password in it, which is not to be shown.
    where = shlex.quote(wanted) if isinstance(there, Folder) else "PLACE"
    say(visible(f"Serve it on localhost:5439 with: hati serve{f' {where}' if is_said else ''}"))
    return Exit.DONE


def _serve(chosen: argparse.Namespace) -> Exit:
    # What serving takes is loaded where something is served.
    from hati_core.cli.options import require_made
    from hati_core.serve.auth import password_from, require_password
    from hati_core.serve.server import serve

    password = password_from(os.environ, chosen.password_file)
    require_password(chosen.host, password)
    require_made(_place(chosen))
    serve(_place(chosen), chosen.host, chosen.port, password, lambda text: print(text, flush=True))
    return Exit.DONE


def _place(chosen: argparse.Namespace) -> str:
    return str(chosen.place or chosen.repo or place_from_environment())


def place_from_environment() -> str:
    """Where the repository is unless a command says another place: what ``HATI_HOME`` names, else ``.hati``."""
    return os.environ.get("HATI_HOME", DEFAULT_PLACE)
