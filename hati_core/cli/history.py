"""The command that tells the history of a branch."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from hati_core.cli.options import opened, view
from hati_core.cli.parsing import Commands, add_parser, rows_limit
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import say, visible
from hati_core.model import Commit
from hati_core.names import MAIN
from hati_core.storage.commit_filter import CommitFilter

COMMITS_SHOWN = 20
_EXAMPLES = """  hati log
  hati log aggressive-growth --limit 5
  hati log main --table portfolio --by ada
  hati log main@3 --json"""


def add_to(commands: Commands) -> None:
    """Add ``log``."""
    parser = add_parser(commands, "log", "The commits of a branch, newest first.", _EXAMPLES)
    parser.add_argument("branch", metavar="BRANCH[@VERSION]", nargs="?", default=MAIN, help="main unless said")
    parser.add_argument("--table", metavar="NAME", help="those that touched this table")
    parser.add_argument("--by", metavar="AUTHOR", help="those of one author")
    parser.add_argument("--text", default="", metavar="TEXT", help="those with this in their message")
    parser.add_argument("--limit", type=rows_limit, default=COMMITS_SHOWN, metavar="N", help="how many")
    parser.set_defaults(run=_log)


def _log(chosen: argparse.Namespace) -> None:
    with opened(chosen) as repo:
        found = view(repo, chosen.branch)
        wanted = CommitFilter(author=chosen.by, table=chosen.table, text=chosen.text)
        commits = found.log(chosen.limit, wanted=wanted)
        total = found.commit_count(wanted)
    if chosen.json:
        say(dumped({"branch": found.name, "count": total, "commits": [commit_document(commit) for commit in commits]}))
        return
    wheres = [visible(f"{commit.branch}@{commit.version}") for commit in commits]
    width = max(map(len, wheres), default=0)
    for where, commit in zip(wheres, commits, strict=True):
        say(f"{where:<{width}}  {commit_line(commit)}")
    if len(commits) < total:
        say(f"and {total - len(commits):,} earlier; --limit shows more")
    if not total:
        say("No commit is like that.")


def commit_line(commit: Commit) -> str:
    """A commit in one line: when, who, what was said, and which rows it touched."""
    marks = [f"merges {commit.merged_from}"] if commit.merged_from else []
    marks += [f"undoes {commit.reverts}"] if commit.reverts is not None else []
    marks += [f"restores {commit.restores}"] if commit.restores is not None else []
    marks += [f"run {commit.origin.run}"] if commit.origin else []
    about = " · ".join(part for part in (commit.message or "(no message)", commit.summary, *marks) if part)
    when = f"{commit.at.astimezone(UTC):%Y-%m-%d %H:%M}"
    return visible(f"{when}  {commit.author or 'unknown':<10}  {about}")


def commit_document(commit: Commit) -> Mapping[str, Any]:
    """A commit with everything that is known of it."""
    return {
        "branch": commit.branch,
        "version": commit.version,
        "author": commit.author,
        "message": commit.message,
        "at": commit.at,
        "touched": [vars(touch) for touch in commit.touched],
        "merged_from": commit.merged_from,
        "reverts": commit.reverts,
        "restores": commit.restores,
        "run": commit.origin.run if commit.origin else None,
    }
