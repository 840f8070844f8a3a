"""How long branches live and under which name: discarding, bringing back, letting go by itself, renaming."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hati_core.branch import Branch
from hati_core.errors import BranchError, BranchNotFound
from hati_core.model import BranchStatus
from hati_core.names import MAIN, valid_branch_name
from hati_core.runs import ProposalStatus
from hati_core.store import Store


class Lifetimes:
    """When the branches of a repository go, and what they are called until then."""

    _store: Store

    def discard(self, name: str) -> None:
        """Put a branch away; :meth:`undiscard` brings it back until it is collected.

        Raises:
            BranchError: ``main`` cannot be discarded.
            BranchNotFound, BranchDiscarded: there is no such live branch.
        """
        row = self._store.row(name if name.strip().casefold() == MAIN else valid_branch_name(name))
        if row.parent_id is None:
            raise no_discarding_main()
        with self._store.writing(row.id, row.name):
            self._store.registry.set_status(row.id, BranchStatus.DISCARDED)

    def undiscard(self, name: str, *, branch_id: str | None = None) -> Branch:
        """Bring back the branch of that name that was discarded last, or the one of ``branch_id``.

        Where its time had run out it stays until somebody gives it a new one.

        Raises:
            BranchNotFound: no discarded branch has that name.
            BranchExists: a live branch took the name meanwhile.
        """
        found = self._store.registry.branch(branch_id) if branch_id else None
        row = found or self._store.registry.named(name, BranchStatus.DISCARDED)
        if row is None or row.status is not BranchStatus.DISCARDED:
            raise BranchNotFound(f"No discarded branch is called “{name}”. It may have been collected.", branch=name)
        self._store.registry.set_status(row.id, BranchStatus.ACTIVE)
        if row.expires_at and row.expires_at <= datetime.now(UTC):
            self._store.registry.set_expiry(row.id, None)
        return Branch(self._store, row.id, row.name)

    def rename_branch(self, name: str, new: str) -> Branch:
        """Call a branch by another name; messages of commits keep the name that they were written with.

        Raises:
            InvalidBranchName: the new name cannot be used, or it is ``main``, which keeps its name.
            BranchExists: another live branch has the new name.
            BranchNotFound, BranchDiscarded: there is no such live branch.
        """
        row, tidy = self._store.row(name), valid_branch_name(new)
        if row.parent_id is None:
            valid_branch_name(row.name)
        with self._store.writing(row.id, row.name):
            self._store.registry.rename(row.id, tidy)
            self._store.call(row.id, tidy)
            self._rename_in_proposals(row.id, tidy)
        return Branch(self._store, row.id, tidy)

    def _rename_in_proposals(self, branch_id: str, name: str) -> None:
        """Let what waits for a decision go by the new name."""
        runs = self._store.registry.runs
        for one in runs.proposals(status=ProposalStatus.OPEN):
            source = name if one.source_id == branch_id else one.source
            target = name if one.target_id == branch_id else one.target
            if (source, target) != (one.source, one.target):
                runs.put_proposal(replace(one, source=source, target=target))

    def set_ttl(self, name: str, ttl: timedelta | None) -> datetime | None:
        """Have a branch discard itself ``ttl`` from now, or with None keep it; returns when it goes, in UTC.

        Raises:
            BranchNotFound, BranchDiscarded: there is no such live branch.
            BranchError: it is ``main``, or the time is not one to come.
        """
        row = self._store.row(name)
        if row.parent_id is None:
            raise BranchError(f"“{row.name}” stays for good: all other branches come from it.", branch=row.name)
        ends = expiry(ttl)
        self._store.registry.set_expiry(row.id, ends)
        return ends


def no_discarding_main() -> BranchError:
    """The error for whoever would discard the branch that all others come from."""
    return BranchError(f"“{MAIN}” cannot be discarded: all other branches come from it.", branch=MAIN)


def expiry(ttl: timedelta | None) -> datetime | None:
    """The moment that lies ``ttl`` from now, in UTC.

    Raises:
        BranchError: it is not one to come, or further away than a calendar goes.
    """
    if ttl is None:
        return None
    try:
        ends = datetime.now(UTC) + ttl
    except OverflowError as error:
        raise BranchError("No calendar goes that far. Give a shorter time, or none to keep the branch.") from error
    if ttl <= timedelta():
        raise BranchError("A branch can be given a time that is still to come, or none to keep it.")
    return ends
