"""Tools that write: to branches of the agent's own, or that were handed over to it, and never to ``main``.

Each commit is signed for the agent and carries the run and the step that it comes from.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict

from hati_core.agent import answers
from hati_core.agent.answers import Answer
from hati_core.agent.reading import BranchName
from hati_core.agent.workspace import KEPT_FOR, STATEMENT_SECONDS, Workspace
from hati_core.branch import Branch
from hati_core.errors import BadCall, NotAllowed
from hati_core.model import Commit, Key, Row, TableEdits, TableInfo
from hati_core.names import MAIN
from hati_core.runs import Proposal, ProposalStatus
from hati_core.scenarios.actions import told_action

_MESSAGE_LENGTH = 200


class RowUpdate(TypedDict):
    """A row to change, named by its key, and the cells to set."""

    key: dict[str, Any]
    set: dict[str, Any]


def create_branch(
    work: Workspace,
    name: Annotated[str, "A short name that says what the scenario is, such as tech-plus-20."],
    parent: Annotated[str, "The branch to fork."] = MAIN,
    description: Annotated[str, "What is tried there, in a sentence."] = "",
) -> Answer:
    """Make a branch of your own to work on. Nothing is copied, and its parent stays as it is."""
    if work.only is not None or work.forks.left < 1:
        raise NotAllowed(
            "No more branches may be made in this run. Work on those that there are, or discard one of yours."
        )
    with work.stop.lasting():
        branch = work.repo.create_branch(name, parent, description=description, ttl=KEPT_FOR, author=work.author)
        work.log.own(work.run, branch.id)
    work.forks.take(1)
    return {"branch": branch.name, "version": branch.head, "parent": parent, "you_may_write": True}


def execute_sql(
    work: Workspace,
    branch: BranchName,
    sql: Annotated[str, "One statement that writes, in DuckDB's SQL."],
    message: Annotated[str, "What it does, for the history."] = "",
) -> Answer:
    """Change one branch of yours by one SQL statement (INSERT, UPDATE, DELETE, CREATE TABLE, …): one commit."""
    target = work.writable(branch)
    rows = target.execute(
        sql,
        message=message[:_MESSAGE_LENGTH] or None,
        author=work.author,
        timeout=STATEMENT_SECONDS,
        mandate=work.mandate,
    )
    return _written(work, target, rows)


def act(work: Workspace, branch: BranchName, action: str, parameters: Mapping[str, Any]) -> Answer:
    """Carry out a scenario action on a branch of yours: one commit."""
    target = work.writable(branch)
    commit = target.act(told_action(action, parameters), author=work.author, mandate=work.mandate)
    return _written(work, target, _rows(commit), commit)


def edit_rows(
    work: Workspace,
    branch: BranchName,
    table: Annotated[str, "The table."],
    inserts: Annotated[list[dict[str, Any]], "New rows: objects of cells by column."] = (),  # type: ignore[assignment]
    updates: Annotated[
        list[RowUpdate], 'Changed rows: objects such as {"key": {"ticker": "AAPL"}, "set": {"shares": 120}}.'
    ] = (),  # type: ignore[assignment]
    deletes: Annotated[list[dict[str, Any]], "Keys of rows to delete: objects of cells by key column."] = (),  # type: ignore[assignment]
) -> Answer:
    """Add, change and delete rows of one table by key, on a branch of yours: one commit."""
    target = work.writable(branch)
    info = target.table(table)
    edits = TableEdits(list(inserts), _updates(info, updates), [_key(info, key) for key in deletes])
    if not edits:
        raise BadCall("Give at least one row to insert, update or delete.", branch=target.name, table=info.name)
    commit = target.edit(info.name, edits, author=work.author, mandate=work.mandate)
    return _written(work, target, _rows(commit), commit)


def discard_branch(work: Workspace, branch: BranchName) -> Answer:
    """Discard a branch that you made. A person can bring it back for some days."""
    target = work.writable(branch)
    if target.id in work.handed:
        raise NotAllowed(f"“{target.name}” is a person's. Only they discard it.", branch=target.name)
    with work.stop.lasting():
        work.repo.discard(target.name)
    return {"branch": target.name, "discarded": True}


def propose_merge(
    work: Workspace,
    branch: BranchName,
    reason: Annotated[str, "Why it should be merged: what it does and what it is worth, in two or three sentences."],
    into: Annotated[str, "The branch that it should be merged into."] = MAIN,
) -> Answer:
    """Propose to a person that a branch be merged. Nothing is merged until they approve of the preview."""
    if not reason.strip():
        raise BadCall(
            "“propose_merge” needs “reason”: what the branch does and what it is worth, for a person to read."
        )
    waiting = _waiting(work, branch, into)
    proposal = waiting or make_proposal(work, branch, into, reason)
    return {
        "branch": proposal.source,
        "version": proposal.source_version,
        "into": proposal.target,
        "into_version": proposal.target_version,
        "proposal": proposal.id,
        "status": f"{'It was proposed already, and waits. ' if waiting else ''}A person has to approve it. Until then "
        "nothing is merged; list_proposals tells what became of it.",
    }


def _waiting(work: Workspace, branch: str, into: str) -> Proposal | None:
    """The proposal of the same merge, of both branches as they are now, that nobody has decided on yet."""
    source, target = work.repo.branch(branch), work.repo.branch(into)
    ends = (source.id, source.head, target.id, target.head)
    for one in work.log.proposals(status=ProposalStatus.OPEN):
        is_same = (one.source_id, one.source_version, one.target_id, one.target_version) == ends
        if is_same and one.run in work.family | {work.run}:
            return one
    return None


def make_proposal(work: Workspace, branch: str, into: str, reason: str, *, scenario: int | None = None) -> Proposal:
    """Keep a proposal of the merge of two branches as they are now.

    Raises:
        BadCall: the branch is the one that it would be merged into, or there is nothing to merge.
        BranchNotFound, BranchDiscarded: there is no such live branch.
    """
    plan = work.repo.plan_merge(branch, into)
    if not plan.tables:
        raise BadCall(f"“{plan.source}” changes nothing in “{plan.target}”, so there is nothing to merge.")
    proposal = Proposal(
        uuid.uuid4().hex[:12],
        work.run,
        plan.theirs.branch_id,
        plan.source,
        plan.source_version,
        plan.ours.branch_id,
        plan.target,
        plan.target_version,
        reason,
        ProposalStatus.OPEN,
        datetime.now(UTC),
        scenario=scenario,
    )
    with work.stop.lasting():
        work.log.put_proposal(proposal)
    return proposal


def _written(work: Workspace, branch: Branch, rows: int, commit: Commit | None = None) -> Answer:
    work.allowance.take(rows)
    last = commit or branch.log(1)[0]
    return {
        "branch": branch.name,
        "version": last.version,
        "count": rows,
        "changed": answers.shortened(last.summary),
        "message": answers.shortened(last.message),
    }


def _rows(commit: Commit) -> int:
    return sum(touch.inserted + touch.updated + touch.deleted for touch in commit.touched)


def _updates(info: TableInfo, updates: Sequence[Mapping[str, Any]]) -> dict[Key, Row]:
    found: dict[Key, Row] = {}
    for one in updates:
        if not isinstance(one.get("key"), Mapping) or not isinstance(one.get("set"), Mapping):
            raise BadCall('An update is {"key": {…}, "set": {…}}.', table=info.name)
        found[_key(info, one["key"])] = dict(one["set"])
    return found


def _key(info: TableInfo, cells: Mapping[str, Any]) -> Key:
    if not info.key or set(cells) != set(info.key):
        known = ", ".join(info.key) or "nothing, so its rows are changed by SQL"
        raise BadCall(f"Rows of “{info.name}” are told apart by: {known}.", table=info.name)
    return tuple(cells[column] for column in info.key)
