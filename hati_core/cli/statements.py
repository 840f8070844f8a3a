"""The command that runs SQL on a branch."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from hati_core.branch import Branch
from hati_core.branch_view import BranchView
from hati_core.cli.exits import Exit
from hati_core.cli.files import stream
from hati_core.cli.history import commit_document
from hati_core.cli.interrupting import interruptible
from hati_core.cli.options import named, opened, view
from hati_core.cli.parsing import Commands, add_parser, rows_limit
from hati_core.cli.plain_json import dumped
from hati_core.cli.previewing import preview_document, preview_lines
from hati_core.cli.printing import note, say, visible
from hati_core.cli.progress import progress
from hati_core.cli.results import show
from hati_core.errors import StatementRefused
from hati_core.exports import Export, ExportFormat
from hati_core.names import MAIN
from hati_core.phrases import count
from hati_core.repository import Repository
from hati_core.sql import gate
from hati_core.sql.functions import parse_call
from hati_core.sql.gate import StatementKind
from hati_core.storage.limits import Stop

_ROWS_SHOWN = 100
_PREVIEWED = 20
_EXAMPLES = """  hati sql "SELECT ticker, shares * current_price AS value FROM portfolio ORDER BY value DESC"
  hati sql -b aggressive-growth "SELECT * FROM portfolio" --format csv
  hati sql -b main@3 "SELECT count(*) AS positions FROM portfolio" --json
  hati sql -b aggressive-growth "UPDATE portfolio SET shares = 0 WHERE ticker = 'MSFT'" --preview
  hati sql -b aggressive-growth -m "Sell Microsoft" "DELETE FROM portfolio WHERE ticker = 'MSFT'"
  hati sql -b aggressive-growth -f changes.sql
  echo "SELECT 1 AS one" | hati sql
  hati sql "SELECT branch_create('what-else')"

Several statements that write are one commit: all of them, or none."""


def add_to(commands: Commands) -> None:
    """Add ``sql``."""
    about = "Run SQL on a branch: show what a SELECT gives, or write as one commit."
    parser = add_parser(commands, "sql", about, _EXAMPLES)
    parser.add_argument("statement", nargs="?", help="the statements; else from --file, or from standard input")
    parser.add_argument("--branch", "-b", default=MAIN, metavar="BRANCH[@VERSION]", help="main unless said")
    parser.add_argument("--file", "-f", type=Path, metavar="FILE", help="a file with the statements")
    parser.add_argument("--format", choices=["table", "csv", "json"], help="how rows are written; a table unless said")
    parser.add_argument("--limit", type=rows_limit, metavar="ROWS", help=f"rows to show; of a table {_ROWS_SHOWN}")
    parser.add_argument("--message", "-m", metavar="TEXT", help="what the commit is called")
    parser.add_argument("--preview", action="store_true", help="say what statements would change, and write nothing")
    parser.set_defaults(run=_sql, parser=parser)


def _sql(chosen: argparse.Namespace) -> Exit:
    text, form = _text(chosen), "json" if chosen.json else chosen.format or "table"
    with opened(chosen) as repo:
        if parse_call(text):
            show([repo.sql(text)], form)
            return Exit.DONE
        statements = gate.split(text)
        pieces = [one.sql for one in statements]
        if all(one.kind is StatementKind.QUERY for one in statements):
            _read(chosen, repo, pieces, form)
            return Exit.DONE
        if any(one.kind is StatementKind.QUERY for one in statements):
            raise StatementRefused("Some of these statements read and some write. Run those that read by themselves.")
        if form == "csv":
            raise StatementRefused("These statements write, and give no rows for a CSV file.")
        branch = _written(repo, chosen.branch)
        if not chosen.preview:
            _write(branch, pieces, chosen.message, form)
            return Exit.DONE
        with progress("Working out what would change"):
            found = interruptible(lambda stop: branch.preview(pieces, stop=stop))
        limit = _PREVIEWED if chosen.limit is None else chosen.limit
        for line in [dumped(preview_document(found, limit))] if form == "json" else preview_lines(found, limit):
            say(line)
        return Exit.CONFLICTS if found.violations else Exit.DONE


def _text(chosen: argparse.Namespace) -> str:
    if chosen.statement is not None and chosen.file is not None:
        chosen.parser.error("give the statements or --file, not both")
    if chosen.file is not None:
        return str(chosen.file.read_text(encoding="utf-8-sig"))
    if chosen.statement is not None:
        return str(chosen.statement)
    if sys.stdin.isatty():
        chosen.parser.error("give a statement, or --file, or write statements to standard input")
    return sys.stdin.read()


def _read(chosen: argparse.Namespace, repo: Repository, pieces: Sequence[str], form: str) -> None:
    where = view(repo, chosen.branch)
    if form == "csv" and not any(piece.split(maxsplit=1)[0].upper() == "EXPLAIN" for piece in pieces):
        _read_csv(chosen, repo, where, pieces)
        return
    limit = _ROWS_SHOWN if chosen.limit is None and form == "table" else chosen.limit
    with progress("Running"):
        # One more than is shown tells whether that is all.
        more = None if limit is None else limit + 1
        results = interruptible(lambda stop: [where.query(one, limit=more, stop=stop) for one in pieces])
    show([rows if limit is None else rows[:limit] for rows in results], form)
    if limit is not None and any(len(rows) > limit for rows in results):
        note(f"These are the first {count(limit, 'row')}; --limit shows more.")


def _read_csv(chosen: argparse.Namespace, repo: Repository, where: BranchView, pieces: Sequence[str]) -> None:
    """Write what queries give as the export does, which is how every value reads that CSV has no form for."""
    limit = chosen.limit
    for at, piece in enumerate(pieces):
        if at:
            say()
        # On lines of its own, since a comment may end it.
        sql = piece if limit is None else f"FROM (\n{piece}\n) LIMIT {limit}"
        with progress("Running"):
            made = interruptible(partial(_exported, repo, where, sql))
        with made:
            stream(made.path)
        if limit is not None and made.rows == limit:
            note(f"These are the first {count(limit, 'row')} at most; --limit shows more.")


def _exported(repo: Repository, where: BranchView, sql: str, stop: Stop) -> Export:
    return repo.export(where, sql, ExportFormat.CSV, "rows", safe=False, stop=stop)


def _written(repo: Repository, text: str) -> Branch:
    """The branch to write, which is at its head and no older version."""
    found = named(repo, text)
    if found.version is not None:
        raise StatementRefused(
            f"Version {found.version} of “{found.name}” stays as it is. Write to the branch itself, or begin a new one "
            f"there: hati branch create NAME --from '{found.name}@{found.version}'",
        )
    return repo.branch(found.name)


def _write(branch: Branch, pieces: Sequence[str], message: str | None, form: str) -> None:
    def write(stop: Stop) -> int:
        with branch.transaction(message, stop=stop) as tx:
            return sum(tx.execute(piece) for piece in pieces)

    before = branch.head
    with progress("Writing"):
        affected = interruptible(write)
    commit = branch.log(1)[0]
    is_new = commit.version > before
    if form == "json":
        say(dumped({"rows": affected, "commit": commit_document(commit) if is_new else None}))
    elif is_new:
        told = f"{branch.name} is at version {commit.version}: {commit.summary or commit.message}"
        say(visible(f"{count(affected, 'row')} affected. {told}"))
    else:
        say(visible(f"Nothing changed. {branch.name} is still at version {before}."))
