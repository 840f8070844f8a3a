"""Commands about branches: the list, and what is done to one."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hati_core.cli.changes import amount
from hati_core.cli.options import named, opened
from hati_core.cli.parsing import Commands, add_parser, common, span
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import pairs, say, table, visible
from hati_core.errors import BranchNotFound
from hati_core.measured import MetricValue
from hati_core.model import BranchInfo
from hati_core.phrases import count
from hati_core.repository import Repository

_EXAMPLES = """  hati branch
  hati branch --values
  hati branch --all --json
  hati branch create aggressive-growth --description "More of what grows"
  hati branch create what-if --from aggressive-growth@3 --ttl 14d
  hati branch show aggressive-growth
  hati branch rename what-if tech-first
  hati branch keep tech-first
  hati branch restore aggressive-growth"""


def add_to(commands: Commands) -> None:
    """Add ``branch`` and what can be done to one."""
    parser = add_parser(commands, "branch", "List branches, or create, show, rename, keep or restore one.", _EXAMPLES)
    _listing(parser, unsaid=False)
    parser.set_defaults(run=_list)
    doing = parser.add_subparsers(metavar="DOING", title="what to do", description="Without it branches are listed.")
    listing = doing.add_parser("list", help="list branches, as without it")
    _listing(listing, unsaid=argparse.SUPPRESS)
    making = doing.add_parser("create", help="make a branch; nothing is copied")
    making.add_argument("name", help="1 to 80 characters, such as aggressive-growth")
    making.add_argument(
        "--from", dest="parent", default="main", metavar="BRANCH[@VERSION]", help="where it begins; main unless said"
    )
    making.add_argument("--ttl", type=span, metavar="TIME", help="when it discards itself, such as 12h, 14d or 2w")
    making.add_argument("--description", default="", metavar="TEXT", help="what it is for")
    making.set_defaults(run=_create)
    showing = doing.add_parser("show", help="what is known of a branch, its tables and its metrics")
    showing.add_argument("name")
    showing.set_defaults(run=_show)
    renaming = doing.add_parser("rename", help="call a branch by another name")
    renaming.add_argument("name")
    renaming.add_argument("new")
    renaming.set_defaults(run=_rename)
    keeping = doing.add_parser("keep", help="keep a branch for good, or until --ttl is over")
    keeping.add_argument("name")
    keeping.add_argument("--ttl", type=span, metavar="TIME", help="when it discards itself, such as 12h, 14d or 2w")
    keeping.set_defaults(run=_keep)
    restoring = doing.add_parser("restore", help="bring back a branch that was discarded")
    restoring.add_argument("name")
    restoring.set_defaults(run=_restore)
    for one in (listing, making, showing, renaming, keeping, restoring):
        common(one)


def _listing(parser: argparse.ArgumentParser, unsaid: object) -> None:
    """Add what can be said of the list; ``unsaid`` is what holds where it is not."""
    parser.add_argument("--values", action="store_true", default=unsaid, help="with every metric's value")
    which = parser.add_mutually_exclusive_group()
    of_discarded, of_all = "those that were discarded and can be restored", "those that are live and those discarded"
    which.add_argument("--discarded", action="store_true", default=unsaid, help=of_discarded)
    which.add_argument("--all", action="store_true", default=unsaid, help=of_all)


def _list(chosen: argparse.Namespace) -> None:
    status = "all" if chosen.all else "discarded" if chosen.discarded else "active"
    with opened(chosen) as repo:
        infos = repo.branches(status)
        live = [info for info in infos if info.status.value == "active"]
        values = repo.measures.listed(live, repo.measures.metrics(repo.main)) if chosen.values else {}
    if chosen.json:
        say(dumped({"branches": [_document(info, values.get(info.name)) for info in infos]}))
    elif infos:
        names = {found.metric.name for listed in values.values() for found in listed}
        say(table([_row(info, values.get(info.name, ())) for info in infos], amounts=names))
    else:
        say("No branch was discarded.")


def _create(chosen: argparse.Namespace) -> None:
    with opened(chosen) as repo:
        start = named(repo, chosen.parent)
        made = repo.create_branch(chosen.name, start.name, start.version, chosen.description, chosen.ttl)
        info = _info(repo, made.name)
    at = f"version {info.base} of {info.parent}"
    _told(chosen, info, f"“{info.name}” begins with the tables of {at}, and is yours to change.")


def _show(chosen: argparse.Namespace) -> None:
    with opened(chosen) as repo:
        info = _info(repo, repo.branch(chosen.name).name)
        branch = repo.branch(info.name)
        view = branch.at(info.head)
        tables: list[dict[str, Any]] = [
            {
                "table": name,
                "columns": {column.name: column.type for column in found.columns},
                "key": found.key,
                "key_origin": found.key_origin,
                "checks": {check.name: check.expression for check in view.checks(name)},
            }
            for name, found in view.tables().items()
        ]
        values = repo.measures.values(view, repo.measures.metrics(view))
        changed = repo.changes(info.name)
        rows = changed.changed_rows
    if chosen.json:
        say(dumped({**_document(info, values), "changed_rows": rows, "tables": tables}))
        return
    facts = {
        "branch": info.name,
        "version": str(info.head),
        "from": _origin(info),
        "made": f"{_moment(info.created_at)} by {info.author}",
        "what for": info.description,
        "discards itself": _moment(info.expires_at) if info.expires_at else "",
        "changed": "" if info.is_main else count(rows, "row"),
        **{found.metric.name: amount(found) for found in values},
    }
    for line in pairs([(name, fact) for name, fact in facts.items() if fact]):
        say(line)
    for one in tables:
        say()
        key = f", key {', '.join(one['key'])}" if one["key"] else ""
        say(f"{visible(one['table'])}{visible(key)}")
        say(table([{"column": name, "type": kind} for name, kind in one["columns"].items()]))


def _rename(chosen: argparse.Namespace) -> None:
    with opened(chosen) as repo:
        before = repo.branch(chosen.name).name
        info = _info(repo, repo.rename_branch(before, chosen.new).name)
    _told(chosen, info, f"“{before}” is called “{info.name}” now.")


def _keep(chosen: argparse.Namespace) -> None:
    with opened(chosen) as repo:
        name = repo.branch(chosen.name).name
        repo.set_ttl(name, chosen.ttl)
        info = _info(repo, name)
    ends = f"discards itself at {_moment(info.expires_at)}" if info.expires_at else "stays until somebody discards it"
    _told(chosen, info, f"“{info.name}” {ends}.")


def _restore(chosen: argparse.Namespace) -> None:
    with opened(chosen) as repo:
        info = _info(repo, repo.undiscard(chosen.name).name)
    _told(chosen, info, f"“{info.name}” is back, as it was at version {info.head}.")


def _told(chosen: argparse.Namespace, info: BranchInfo, sentence: str) -> None:
    say(dumped(_document(info, None)) if chosen.json else visible(sentence))


def _info(repo: Repository, name: str) -> BranchInfo:
    found = next((info for info in repo.branches() if info.name == name), None)
    if found is None:
        raise BranchNotFound(
            f"“{name}” was discarded or renamed in this moment. Look at “hati branch --all”.", branch=name
        )
    return found


def _document(info: BranchInfo, values: Sequence[MetricValue] | None) -> Mapping[str, Any]:
    known = {
        "name": info.name,
        "status": info.status,
        "parent": info.parent,
        "forked_at": info.base,
        "version": info.head,
        "author": info.author,
        "created_at": info.created_at,
        "description": info.description,
        "expires_at": info.expires_at,
        "discarded_at": info.discarded_at,
    }
    return known if values is None else {**known, "values": {one.metric.name: one.value for one in values}}


def _row(info: BranchInfo, values: Sequence[MetricValue]) -> Mapping[str, Any]:
    row: dict[str, Any] = {
        "branch": info.name,
        "version": info.head,
        "from": _origin(info),
        "author": info.author,
        "made": _moment(info.created_at),
    }
    if info.status.value != "active":
        row["discarded"] = _moment(info.discarded_at) if info.discarded_at else "yes"
    if info.expires_at:
        row["until"] = _moment(info.expires_at)
    return {**row, **{one.metric.name: amount(one) for one in values}}


def _origin(info: BranchInfo) -> str:
    return "–" if info.parent is None else f"{info.parent}@{info.base}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
