"""The command that lets a program of somebody's work on branches, by the Model Context Protocol."""

from __future__ import annotations

import argparse
import getpass
import sys

from hati_core.cli.options import opened
from hati_core.cli.parsing import Commands, add_parser, author_of
from hati_core.cli.printing import note

_BRANCHES = 20
_ROWS = 100_000
_EXAMPLES = """  hati mcp
  hati --repo /some/folder mcp --author ada
  hati mcp --allow-merge

A client starts this by itself: give it the command “hati” with the arguments “--repo”, the absolute path of the
repository, and “mcp”. It explores on branches of its own and proposes; a person merges, on the page Agent of the
app."""


def add_to(commands: Commands) -> None:
    """Add ``mcp``."""
    about = "Serve the agent's tools to one client on standard input and output, under the same rules."
    parser = add_parser(commands, "mcp", about, _EXAMPLES)
    parser.add_argument("--allow-merge", action="store_true", help="let it merge what it has proposed, too")
    parser.add_argument("--branches", type=int, default=_BRANCHES, metavar="N", help=f"it may make; {_BRANCHES}")
    parser.add_argument("--rows", type=int, default=_ROWS, metavar="N", help=f"it may change; {_ROWS:,}")
    parser.set_defaults(run=_serve)


def _serve(chosen: argparse.Namespace) -> None:
    # The protocol's package takes a moment to load, which nobody has to wait for who reads the help.
    from hati_core.mcp.server import serve
    from hati_core.mcp.session import Terms

    if sys.stdin.isatty():
        note("This waits for a client that speaks MCP; “hati mcp --help” says how one is told of it. Ctrl+C ends it.")
    terms = Terms(author_of(chosen) or getpass.getuser(), chosen.allow_merge, chosen.branches, chosen.rows)
    with opened(chosen) as repo:
        serve(repo, terms)
