"""The commands that put away: branches that nobody wants, and what nobody needs."""

from __future__ import annotations

import argparse
from datetime import timedelta

from hati_core.cli.options import opened
from hati_core.cli.parsing import Commands, add_parser, span
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import say, visible
from hati_core.cli.progress import progress
from hati_core.lifetimes import no_discarding_main
from hati_core.names import MAIN
from hati_core.phrases import count, size

_GRACE = timedelta(days=7)


def add_to(commands: Commands) -> None:
    """Add ``discard`` and ``gc``."""
    discarding = add_parser(
        commands,
        "discard",
        "Put branches away. Each can be brought back by “hati branch restore” until it is collected.",
        "  hati discard what-if\n  hati discard one two three",
    )
    discarding.add_argument("names", nargs="+", metavar="BRANCH")
    discarding.set_defaults(run=_discard)
    collecting = add_parser(
        commands,
        "gc",
        "Discard what has expired, collect what was discarded long ago, and remove files that no branch needs.",
        "  hati gc --dry-run\n  hati gc\n  hati gc --grace 2d --json",
    )
    collecting.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    collecting.add_argument(
        "--grace", type=span, default=_GRACE, metavar="TIME", help="what is younger stays; 7d unless said"
    )
    collecting.set_defaults(run=_collect)


def _discard(chosen: argparse.Namespace) -> None:
    with opened(chosen) as repo:
        # Every name is looked at before any branch goes; main cannot.
        names = [repo.branch(text).name for text in dict.fromkeys(chosen.names)]
        if MAIN in names:
            raise no_discarding_main()
        for name in names:
            repo.discard(name)
    if chosen.json:
        say(dumped({"discarded": names}))
        return
    for name in names:
        say(visible(f"“{name}” was discarded. Bring it back by: hati branch restore '{name}'"))


def _collect(chosen: argparse.Namespace) -> None:
    with opened(chosen) as repo, progress("Looking for what nobody needs"):
        found = repo.gc(chosen.grace, dry_run=chosen.dry_run)
    if chosen.json:
        say(dumped(vars(found)))
        return
    does = "Would remove" if found.dry_run else "Removed"
    say(
        f"{does} {count(len(found.branches), 'branch', 'branches')} and {count(found.files, 'file')} of "
        f"{size(found.bytes)}. {count(found.kept_files, 'file')} of {size(found.kept_bytes)} stay."
    )
    for name in found.branches:
        say(visible(f"  {name}"))
