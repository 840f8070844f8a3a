"""The command that undoes a commit or a merge, keeping what came later."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hati_core.cli.changes import PlannedTable, table_document, tables_lines, violation_documents, violation_lines
from hati_core.cli.exits import Exit
from hati_core.cli.history import commit_document
from hati_core.cli.options import Named, named, opened
from hati_core.cli.outcomes import Outcome
from hati_core.cli.parsing import Commands, add_parser, rows_limit
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import say, visible
from hati_core.cli.progress import progress
from hati_core.errors import BranchNotFound
from hati_core.landing import landings
from hati_core.merge.plan import MergePlan
from hati_core.model import Commit, Side
from hati_core.names import MAIN, folded
from hati_core.phrases import count
from hati_core.repository import Repository
from hati_core.storage.commit_filter import CommitFilter

_SHOWN = 10
_LANDINGS = 500
_LATER = {"keep": Side.OURS, "undo": Side.THEIRS}
_EXAMPLES = """  hati revert 7
  hati revert 7 --yes
  hati revert aggressive-growth@4 --yes
  hati revert aggressive-growth --yes

A number is a commit of main, or of --branch; a branch is its last merge into that. Without --yes nothing is written:
what it would change is shown."""


@dataclass(frozen=True)
class _Undoing:
    """What undoing one commit would do, and the commit that did it."""

    version: int
    plan: MergePlan
    later: str
    outcome: Outcome
    commit: Commit | None = None

    @property
    def tables(self) -> list[PlannedTable]:
        return [PlannedTable(table) for table in self.plan.tables.values() if table]


def add_to(commands: Commands) -> None:
    """Add ``revert``."""
    about = "Undo a commit, or the last merge of a branch, as one more commit; what came later stays."
    parser = add_parser(commands, "revert", about, _EXAMPLES)
    parser.add_argument("what", metavar="COMMIT|MERGE", help="VERSION, BRANCH@VERSION, or the branch that was merged")
    parser.add_argument("--branch", "-b", default=MAIN, metavar="BRANCH", help="where it is undone; main unless said")
    parser.add_argument("--yes", "-y", action="store_true", help="do it")
    parser.add_argument(
        "--later",
        choices=list(_LATER),
        default="keep",
        help="what becomes of rows that changed again since: they stay as they are now, or go back too",
    )
    parser.add_argument("--message", "-m", metavar="TEXT", help="what the commit is called")
    parser.add_argument("--limit", type=rows_limit, default=_SHOWN, metavar="ROWS", help="rows to show of a table")
    parser.set_defaults(run=_revert)


def _revert(chosen: argparse.Namespace) -> Exit:
    with opened(chosen) as repo:
        target = _target(repo, chosen.what, repo.branch(chosen.branch).name)
        version = target.version or 0
        with progress("Working out what would change"):
            plan = repo.plan_revert(target.name, version).with_default(_LATER[chosen.later])
            outcome = Outcome() if plan.violations else Outcome.of(repo, plan)
        found = _Undoing(version, plan, chosen.later, outcome)
        if chosen.yes and found.tables and not plan.violations:
            with progress("Undoing"):
                found = _Undoing(version, plan, chosen.later, outcome, repo.apply_merge(plan, chosen.message))
        if chosen.json:
            say(dumped(_document(found, chosen.limit)))
        else:
            for line in _lines(found, chosen.limit):
                say(line)
    return Exit.CONFLICTS if plan.violations else Exit.DONE


def _document(found: _Undoing, limit: int) -> Mapping[str, Any]:
    plan = found.plan
    return {
        "branch": plan.target,
        "version": plan.target_version,
        "undoes": found.version,
        "done": found.commit is not None,
        "commit": commit_document(found.commit) if found.commit else None,
        "tables": {table.table: table_document(table, limit) for table in found.tables},
        "changed_since": len(plan.conflicts),
        "violations": violation_documents(plan.violations),
        "metrics": found.outcome.document(),
    }


def _lines(found: _Undoing, limit: int) -> Iterator[str]:
    plan, what = found.plan, f"version {found.version} of {found.plan.target}"
    if plan.violations:
        yield visible(f"Undoing {what} would break a rule. Nothing was written.")
        yield from violation_lines(plan.violations)
        return
    if not found.tables:
        yield visible(f"Nothing of {what} is left that could be taken back.")
    elif found.commit:
        yield visible(f"Undid {what}, which is at version {found.commit.version} now.")
    else:
        yield visible(f"Undoing {what} would write this. Nothing was written; add --yes to do it.")
    yield from found.outcome.lines()
    yield from tables_lines(found.tables, limit)
    if plan.conflicts:
        does = "left as they are now" if found.later == "keep" else "going back as well"
        yield ""
        yield f"! {count(len(plan.conflicts), 'row')} changed again since, {does} (--later {found.later}):"
        for conflict in islice(plan.conflicts, limit):
            yield "    " + visible(" · ".join(map(str, (conflict.table, *conflict.key))))


def _target(repo: Repository, text: str, branch: str) -> Named:
    """The commit that is meant.

    Raises:
        BranchNotFound: there is no such commit, and no merge of a branch of that name.
    """
    if text.isdigit():
        return Named(branch, int(text))
    merge = _merge_of(repo, text, branch)
    if merge:
        return Named(branch, merge.version)
    found = named(repo, text)
    if found.version is None:
        raise BranchNotFound(
            f"“{found.name}” was not merged into “{branch}”, so there is no merge to undo. The commits of “{branch}” "
            f"are listed by: hati log '{branch}'",
            branch=branch,
        )
    return found


def _merge_of(repo: Repository, source: str, target: str) -> Commit | None:
    """The commit that made the last merge of a branch, or made or undid it again, as it stands now."""
    commits = repo.branch(target).log(_LANDINGS, wanted=CommitFilter(landings=True))
    for landed in landings(commits):
        if landed.merge.merged_from is not None and folded(landed.merge.merged_from) == folded(source):
            return landed.last
    return None
