"""The command that takes a file into a table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from hati_core.branch import Branch
from hati_core.cli.exits import Exit
from hati_core.cli.files import INPUTS
from hati_core.cli.options import opened
from hati_core.cli.parsing import Commands, add_parser, rows_limit
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import counts, note, say, visible
from hati_core.cli.progress import progress
from hati_core.importing.reading import ENCODINGS
from hati_core.imports import Dates, FilePreview, ImportMode, ImportOrder, ImportPlan, Numbers, Reading, taken_by_name
from hati_core.names import MAIN
from hati_core.phrases import count

_REJECTS_SHOWN = 20
_STREAM_NAME = "standard input.csv"
_NUMBERS = {numbers.value: numbers for numbers in Numbers}
_DATES = {"day-first": Dates.DAY_FIRST, "month-first": Dates.MONTH_FIRST}
_EXAMPLES = """  hati import holdings.csv
  hati import holdings.csv --table portfolio --key ticker
  hati import more.csv --table portfolio --mode append -b aggressive-growth
  hati import today.csv --table portfolio --mode upsert --dry-run
  echo "ticker,shares" | hati import - --table watched
  hati import today.csv --table portfolio --mode replace --only-good -m "Prices of today"

Without --key a new table gets the columns as its key that are unique in the file, an identifier by its name first. The
key holds from then on: no two rows can have the same. Say it by --key where later files would repeat it.

Rows that do not fit are listed on standard error, with their line and why. Unless --only-good is given, nothing is
written then."""


def add_to(commands: Commands) -> None:
    """Add ``import``."""
    parser = add_parser(commands, "import", "Take a CSV, Excel or Parquet file into a table, as one commit.", _EXAMPLES)
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a CSV, Excel or Parquet file, or - for CSV from standard input"
    )
    parser.add_argument("--table", metavar="NAME", help="the table; by default named after the file")
    modes = [mode.value for mode in ImportMode]
    parser.add_argument("--mode", choices=modes, default="new", help="what the rows do; they become a new table")
    parser.add_argument(
        "--key",
        metavar="COLUMNS",
        help="what tells rows of a new table apart, separated by commas; else what looks like it, which is told",
    )
    parser.add_argument("--branch", "-b", default=MAIN, metavar="BRANCH", help="main unless said")
    parser.add_argument("--only-good", action="store_true", help="leave out rows that do not fit, and take the others")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
    parser.add_argument("--message", "-m", metavar="TEXT", help="what the commit is called")
    parser.add_argument(
        "--limit", type=rows_limit, default=_REJECTS_SHOWN, metavar="ROWS", help="rejected rows to list"
    )
    how = parser.add_argument_group("how the file is written, where that is not found out rightly")
    how.add_argument("--encoding", choices=ENCODINGS)
    how.add_argument("--delimiter", metavar="SIGN", help="what separates values; \\t for a tab")
    how.add_argument("--no-header", action="store_true", help="the first line holds values")
    how.add_argument("--skip", type=rows_limit, metavar="LINES", help="lines above the names of the columns")
    how.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook")
    how.add_argument("--numbers", choices=list(_NUMBERS), help="what a number looks like")
    how.add_argument("--dates", choices=list(_DATES), help="what comes first in a date such as 3/4/2026")
    parser.set_defaults(run=_import, parser=parser)


def _import(chosen: argparse.Namespace) -> Exit:
    is_stream = str(chosen.file) in INPUTS
    if is_stream and not chosen.table:
        chosen.parser.error("say by --table what becomes of standard input")
    name = _STREAM_NAME if is_stream else chosen.file.name
    file = visible(name)
    content = nullcontext(sys.stdin.buffer) if is_stream else chosen.file.open("rb")
    with content as read, opened(chosen) as repo:
        branch = repo.branch(chosen.branch)
        importer = repo.importer(name, read)
        try:
            with progress(f"Reading {file}"):
                preview = importer.preview(_reading(chosen))
                order = _order(chosen, branch, preview)
                plan = importer.plan(branch, order)
            for text in preview.notes_with({}, order.mode):
                note(visible(text))
            _tell_rejected(plan, chosen.limit)
            is_stuck = bool(plan.rejected and not chosen.only_good)
            is_done = not is_stuck and not chosen.dry_run
            if is_done:
                with progress(f"Importing {file}"):
                    plan = importer.run(
                        branch,
                        order,
                        only_good=chosen.only_good,
                        expected_version=plan.version,
                        message=chosen.message,
                    )
        finally:
            importer.close()
        key = order.key if order.mode is ImportMode.NEW else branch.table(order.table).key
        if chosen.json:
            say(dumped(_document(branch, plan, chosen.limit, key, is_done=is_done)))
        else:
            of_key = _key_sentence(key, is_guessed=not chosen.key) if order.mode is ImportMode.NEW else ""
            say(visible(_sentence(branch, plan, is_stuck=is_stuck, is_done=is_done) + of_key))
    return Exit.CONFLICTS if is_stuck else Exit.DONE


def _reading(chosen: argparse.Namespace) -> Reading:
    return Reading(
        encoding=chosen.encoding,
        delimiter=chosen.delimiter.replace("\\t", "\t") if chosen.delimiter else None,
        has_header=False if chosen.no_header else None,
        skip=chosen.skip,
        sheet=chosen.sheet,
        numbers=_NUMBERS.get(chosen.numbers),
        dates=_DATES.get(chosen.dates),
    )


def _order(chosen: argparse.Namespace, branch: Branch, preview: FilePreview) -> ImportOrder:
    """What is asked for; columns of the file go to those of their names."""
    table, mode = chosen.table or preview.table, ImportMode(chosen.mode)
    key = [name.strip() for name in chosen.key.split(",")] if chosen.key else None
    order = preview.order(table, key)
    if mode is ImportMode.NEW:
        return order
    by_name = taken_by_name(preview.columns, branch.table(table))
    # A column that the table does not have stands as it is, to be named in the refusal.
    columns = tuple(replace(column, name=by_name.get(column.source, column.source)) for column in order.columns)
    return replace(order, mode=mode, columns=columns, key=())


def _tell_rejected(plan: ImportPlan, limit: int) -> None:
    for row in plan.rejects[:limit]:
        note(visible(f"{plan.place} {row.line}: {row.reason}: {', '.join(row.values)}"))
    if plan.rejected > limit:
        note(f"{count(plan.rejected, 'row does', 'rows do')} not fit in all; --limit lists more.")


def _document(branch: Branch, plan: ImportPlan, limit: int, key: Sequence[str], *, is_done: bool) -> Mapping[str, Any]:
    counted = {name: getattr(plan, name) for name in ("rows", "added", "changed", "removed", "unchanged", "rejected")}
    rejects = [{"line": row.line, "reason": row.reason, "values": row.values} for row in plan.rejects[:limit]]
    return {
        "branch": branch.name,
        "version": branch.head,
        "table": plan.order.table,
        "mode": plan.order.mode,
        "key": key,
        "done": is_done,
        **counted,
        "rejects": rejects,
    }


def _sentence(branch: Branch, plan: ImportPlan, *, is_stuck: bool, is_done: bool) -> str:
    table = f"{plan.order.table} on {branch.name}"
    if is_stuck:
        return (
            f"{plan.rejected:,} of {count(plan.rows, 'row')} do not fit {table}. Nothing was written. Mend the file, "
            "or add --only-good to leave them out."
        )
    left = f", {count(plan.rejected, 'row')} left out" if plan.rejected else ""
    made = f"{counts(plan.added, plan.removed, plan.changed) or '±0'}, {plan.unchanged:,} unchanged{left}"
    does = f"{branch.name} is at version {branch.head}" if is_done else "Nothing was written"
    return f"{table}: {made}. {does}."


def _key_sentence(key: Sequence[str], *, is_guessed: bool) -> str:
    """By what rows of the new table are told apart from now on, and that somebody else may know better."""
    if not key:
        return " It has no key; --key says which columns tell rows apart."
    return f" Its key is {', '.join(key)}{', found in the file; --key says another' if is_guessed else ''}."
