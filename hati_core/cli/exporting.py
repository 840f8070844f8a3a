"""The command that writes tables and results of queries to files."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from hati_core.branch_view import BranchView
from hati_core.cli.files import OUTPUTS, placed, require_place, stream
from hati_core.cli.interrupting import interruptible
from hati_core.cli.options import opened, view
from hati_core.cli.parsing import Commands, add_parser
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import note, say, visible
from hati_core.cli.progress import progress
from hati_core.errors import ExportRefused
from hati_core.exports import Export, ExportFormat
from hati_core.names import MAIN
from hati_core.phrases import count, size
from hati_core.quote import identifier
from hati_core.repository import Repository

_FORMS = [form.value for form in ExportFormat]
_EXAMPLES = """  hati export portfolio
  hati export portfolio --to holdings.xlsx
  hati export portfolio -b aggressive-growth@3 --to before.parquet
  hati export --sql "SELECT ticker, shares FROM portfolio" --to shares.csv
  hati export portfolio --to - --format parquet
  hati export --all --format parquet --to tables.zip

The end of the file's name says the form, unless --format does. In CSV files text that a spreadsheet would compute gets
an apostrophe in front; --raw leaves it as it is."""


def add_to(commands: Commands) -> None:
    """Add ``export``."""
    about = "Write a table, what a query gives, or all tables of a branch to a file."
    parser = add_parser(commands, "export", about, _EXAMPLES)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("table", nargs="?", help="the table")
    what.add_argument("--sql", metavar="SELECT", help="what this query gives")
    what.add_argument("--all", action="store_true", help="every table of the branch, as a zip")
    parser.add_argument("--branch", "-b", default=MAIN, metavar="BRANCH[@VERSION]", help="main unless said")
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help="the file, or - for standard output; by default named after the table, here",
    )
    parser.add_argument("--format", choices=_FORMS, help="csv unless said")
    parser.add_argument("--raw", action="store_true", help="leave text that a spreadsheet would compute as it is")
    parser.add_argument("--force", action="store_true", help="put it in the place of a file that is there")
    parser.set_defaults(run=_export)


def _export(chosen: argparse.Namespace) -> None:
    form = _form(chosen)
    if chosen.json and str(chosen.to) in OUTPUTS:
        raise ExportRefused("Either rows or one JSON document go to standard output. Leave out --json.")
    with opened(chosen) as repo:
        where = view(repo, chosen.branch)
        with progress("Writing the file"), _made(chosen, repo, where, form) as made:
            target = chosen.to or Path(made.file_name)
            written = made.path.stat().st_size
            if str(target) in OUTPUTS:
                stream(made.path)
            else:
                require_place(target, may_replace=chosen.force)
                with placed(target) as beside:
                    shutil.copyfile(made.path, beside)
    if not _is_file(target):
        note(visible(f"{count(made.rows, 'row')} of {where.name}@{where.version}, {size(written)}."))
        return
    if chosen.json:
        found = {"file": str(target), "rows": made.rows, "bytes": written}
        say(dumped({**found, "branch": where.name, "version": where.version}))
        return
    say(visible(f"{count(made.rows, 'row')} of {where.name}@{where.version} in {target}, {size(written)}."))


def _form(chosen: argparse.Namespace) -> ExportFormat:
    if chosen.format:
        return ExportFormat(chosen.format)
    is_named = chosen.to and _is_file(chosen.to) and not chosen.all
    ending = chosen.to.suffix.lower().lstrip(".") if is_named else ExportFormat.CSV.value
    if ending not in _FORMS:
        known = ", ".join(f".{form}" for form in _FORMS)
        raise ExportRefused(f"“{chosen.to.name}” does not say in which form: end it in {known}, or use --format.")
    return ExportFormat(ending)


def _made(chosen: argparse.Namespace, repo: Repository, where: BranchView, form: ExportFormat) -> Export:
    safe = not chosen.raw
    if chosen.all:
        return repo.export_tables(where, form, safe=safe)
    name = "query" if chosen.sql else where.table(chosen.table).name
    sql = chosen.sql or f"FROM {identifier(name)}"
    return interruptible(lambda stop: repo.export(where, sql, form, name, safe=safe, stop=stop))


def _is_file(target: Path) -> bool:
    """Whether it is, or is going to be, a file; standard output, a pipe and a device are none."""
    return str(target) not in OUTPUTS and (target.is_file() or not target.exists())
