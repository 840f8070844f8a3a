"""The commands that bring branches together: ``merge``, and ``sync``, which is the same the other way round."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from hati_core.cli import conflict_files, resolutions
from hati_core.cli.exits import Exit
from hati_core.cli.merge_report import Report, document, lines
from hati_core.cli.options import opened
from hati_core.cli.outcomes import Outcome
from hati_core.cli.parsing import Commands, add_parser, rows_limit
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import note, say, visible
from hati_core.cli.progress import progress
from hati_core.cli.questions import Makers, questions
from hati_core.merge.plan import MergePlan
from hati_core.merging import winner
from hati_core.model import Strategy
from hati_core.names import MAIN
from hati_core.phrases import count
from hati_core.repository import Repository

_SHOWN = 10
_EXAMPLES = """  hati merge aggressive-growth --dry-run
  hati merge aggressive-growth --conflicts-to conflicts.csv
  hati merge aggressive-growth --resolutions conflicts.csv --message "Growth, as agreed"
  hati merge aggressive-growth --strategy branch_wins
  hati merge what-if --into aggressive-growth --json

Without a strategy every conflict needs a choice; those that were made on the page Merge of the app count. Where choices
are missing, nothing is written, and --conflicts-to FILE has what is to be decided. Fill in its column “choice” with the
name of a branch, “base”, or “value” and the value beside it (NULL for an empty cell), and hand the file back by
--resolutions. It holds for the versions that it was written from.

Where a merge was undone on one side, merging takes what it had brought out of the other side too. That is shown first,
and done with --yes."""
_SYNC_EXAMPLES = """  hati sync aggressive-growth --dry-run
  hati sync aggressive-growth
  hati sync aggressive-growth --strategy main_wins

Where main undid the merge of the branch, its work would be taken out of the branch as well. That is shown first, and
done with --yes."""


def add_to(commands: Commands) -> None:
    """Add ``merge`` and ``sync``."""
    about = "Merge a branch into main, or into another one: list its conflicts, settle them, write."
    merging = add_parser(commands, "merge", about, _EXAMPLES)
    merging.add_argument("source", metavar="SOURCE", help="the branch to merge")
    merging.add_argument("--into", default=MAIN, metavar="TARGET", help="where it goes; main unless said")
    syncing = add_parser(commands, "sync", "Take what is new on main into a branch.", _SYNC_EXAMPLES)
    syncing.add_argument("into", metavar="BRANCH")
    syncing.set_defaults(source=MAIN)
    for parser in (merging, syncing):
        parser.add_argument(
            "--strategy", choices=[one.value for one in Strategy], help="who wins where both changed the same"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be written, and write nothing")
        parser.add_argument("--conflicts-to", type=Path, metavar="FILE", help="write there what is to be decided")
        parser.add_argument("--force", action="store_true", help="put it in the place of a file that is there")
        parser.add_argument("--resolutions", type=Path, metavar="FILE", help="take the choices from there")
        parser.add_argument(
            "--yes", "-y", action="store_true", help="do it, also where it takes undone work out of a branch"
        )
        parser.add_argument("--message", "-m", metavar="TEXT", help="what the commit is called")
        parser.add_argument("--limit", type=rows_limit, default=_SHOWN, metavar="N", help="rows and conflicts to show")
        parser.set_defaults(run=_merge)


def _merge(chosen: argparse.Namespace) -> Exit:
    with opened(chosen) as repo:
        with progress("Working out the merge"):
            report = _planned(chosen, repo, repo.plan_merge(chosen.source, chosen.into))
        if chosen.conflicts_to and (report.is_stuck or report.has_moved):
            asked = list(questions(report.plan))
            conflict_files.write(chosen.conflicts_to, report.plan, asked, report.makers, may_replace=chosen.force)
            note(visible(f"{count(len(asked), 'question')} written to {chosen.conflicts_to}."))
        if not (report.is_stuck or report.has_moved):
            report = replace(report, outcome=Outcome.of(repo, report.plan))
            if not chosen.dry_run and (chosen.yes or not report.takes_out):
                with progress("Merging"):
                    commit = repo.apply_merge(report.plan, chosen.message)
                report = replace(report, is_merged=True, commit=commit)
        if chosen.json:
            say(dumped(document(report, chosen.limit)))
        else:
            for line in lines(report, chosen.limit):
                say(line)
    if report.has_moved:
        return Exit.MOVED
    is_asking = report.takes_out and not (report.is_merged or chosen.dry_run)
    return Exit.CONFLICTS if report.is_stuck or is_asking else Exit.DONE


def _planned(chosen: argparse.Namespace, repo: Repository, plan: MergePlan) -> Report:
    """The plan with what the file or the strategy says, or else with what was chosen on the page Merge."""
    strategy, moved = Strategy(chosen.strategy or Strategy.MANUAL), False
    if chosen.resolutions:
        filled = resolutions.read(chosen.resolutions)
        plan = resolutions.answered(filled, plan, only_fitting=chosen.conflicts_to is not None)
        moved = resolutions.has_moved(filled, plan)
    elif chosen.strategy is None:
        plan = repo.choices(plan.source, plan.target).taken_in(plan)
        if plan.resolutions:
            note(f"Taken in: {count(len(plan.resolutions), 'choice')} made on the page Merge.")
    plan = plan.with_default(winner(strategy, plan.source))
    return Report(
        plan, Makers(repo, plan), is_refused=strategy is Strategy.ABORT and bool(plan.conflicts), has_moved=moved
    )
