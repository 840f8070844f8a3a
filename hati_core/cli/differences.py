"""The command that says how two branches, or two versions, differ."""

from __future__ import annotations

import argparse

from hati_core.cli.changes import ROWS_SHOWN, table_document, table_lines
from hati_core.cli.options import Named, named, opened
from hati_core.cli.parsing import Commands, add_parser, rows_limit
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import say, visible
from hati_core.cli.progress import progress
from hati_core.errors import TableNotFound
from hati_core.merge.diff import Diff, TableDiff
from hati_core.names import MAIN

_EXAMPLES = """  hati diff aggressive-growth
  hati diff aggressive-growth what-if --table portfolio --limit 100
  hati diff main@3 main@1
  hati diff main --versions 1 3
  hati diff aggressive-growth --json

+ added, − removed, ~ changed, ! the table itself"""


def add_to(commands: Commands) -> None:
    """Add ``diff``."""
    parser = add_parser(
        commands,
        "diff",
        "How a branch differs from another, main unless said: rows by table, and cells before and after.",
        _EXAMPLES,
    )
    parser.add_argument("branch", metavar="BRANCH[@VERSION]", help="the branch to look at")
    parser.add_argument(
        "against", metavar="AGAINST[@VERSION]", nargs="?", help="what it is compared with; main unless said"
    )
    parser.add_argument("--table", metavar="NAME", help="this table alone")
    parser.add_argument("--limit", type=rows_limit, default=ROWS_SHOWN, metavar="ROWS", help="rows to show of a table")
    parser.add_argument("--versions", type=int, nargs=2, metavar=("FROM", "TO"), help="two versions of the one branch")
    parser.set_defaults(run=_diff, parser=parser)


def _diff(chosen: argparse.Namespace) -> None:
    if chosen.versions and chosen.against:
        chosen.parser.error("--versions are of one branch: name no other")
    with opened(chosen) as repo:
        after = named(repo, chosen.branch)
        before = named(repo, chosen.against or MAIN)
        if chosen.versions:
            first, last = chosen.versions
            before, after = Named(after.name, first), Named(after.name, last)
        with progress("Comparing"):
            found = repo.diff(after.name, before.name, source_version=after.version, target_version=before.version)
        tables = _wanted(found, chosen.table)
        if chosen.json:
            say(
                dumped(
                    {
                        "branch": found.source,
                        "version": found.source_version,
                        "against": found.target,
                        "against_version": found.target_version,
                        "tables": {one.table: table_document(one, chosen.limit) for one in tables},
                    }
                )
            )
            return
        said = f"{found.source}@{found.source_version} compared with {found.target}@{found.target_version}"
        if not tables:
            say(visible(f"{said}: no difference."))
            return
        say(visible(said))
        for one in tables:
            say()
            for line in table_lines(one, chosen.limit):
                say(line)


def _wanted(found: Diff, table: str | None) -> list[TableDiff]:
    """The tables that differ, or the one that was named.

    Raises:
        TableNotFound: neither branch has it.
    """
    if table is None:
        return [one for one in found.tables.values() if one]
    wanted = [one for one in found.tables.values() if one.table.casefold() == table.casefold()]
    if not wanted:
        raise TableNotFound(
            f"There is no table “{table}” on either side. The tables are: {', '.join(found.tables) or 'none yet'}.",
            table=table,
        )
    return [one for one in wanted if one]
