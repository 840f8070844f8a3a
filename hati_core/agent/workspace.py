"""Where an agent works: what it may read and write, in whose name, and how much is left."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

from hati_core.branch import Branch
from hati_core.errors import NotAllowed
from hati_core.mandate import Mandate
from hati_core.model import BranchInfo, Origin
from hati_core.repository import Repository
from hati_core.runs import RunLimits
from hati_core.storage.limits import Stop
from hati_core.storage.run_log import RunLog

STATEMENT_SECONDS = 20.0
KEPT_FOR = timedelta(days=7)
"""How long a branch that an agent made lives, unless somebody merges or keeps it."""


class Allowance:
    """How many more rows may change, shared by everything that works on one scenario."""

    def __init__(self, rows: int) -> None:
        self._guard = threading.Lock()
        self.left = rows

    def take(self, rows: int) -> None:
        """Rows have changed."""
        with self._guard:
            self.left = max(0, self.left - rows)


@dataclass(frozen=True)
class Workspace:
    """What tools work on for one run, or for one scenario of it.

    ``family`` are the runs whose branches it may write, its own among them, ``handed`` the ids of a person's branches
    that were handed over to it, ``only`` the one branch that a scenario is about. ``step`` is under way; ``forks`` is
    how many branches it may still make.
    """

    repo: Repository
    run: str
    author: str
    stop: Stop
    limits: RunLimits
    allowance: Allowance
    family: frozenset[str] = frozenset()
    handed: frozenset[str] = frozenset()
    only: str | None = None
    scenario: int | None = None
    step: int | None = None
    forks: Allowance = field(default_factory=lambda: Allowance(0))

    @property
    def log(self) -> RunLog:
        """Where runs are kept."""
        return self.repo._store.registry.runs

    @property
    def mandate(self) -> Mandate:
        """What the next commit may do."""
        return Mandate(Origin(self.run, self.step), self.stop, self.allowance.left)

    def info(self, name: str) -> BranchInfo:
        """What is known of a live branch.

        Raises:
            BranchNotFound, BranchDiscarded: there is no such live branch.
        """
        branch = self.repo.branch(name)
        return next(info for info in self.repo.branches() if info.id == branch.id)

    def writable(self, name: str) -> Branch:
        """The branch of that name, if the agent may write it.

        Raises:
            NotAllowed: it is ``main``, or somebody else's.
            BranchNotFound, BranchDiscarded: there is no such live branch.
        """
        branch = self.repo.branch(name)
        if self.info(name).is_main:
            raise NotAllowed(
                "No tool writes to “main”. Make a branch, work there, and propose a merge.", branch=branch.name
            )
        if self.only is not None and branch.id != self.only:
            mine = next((info.name for info in self.repo.branches("all") if info.id == self.only), "")
            raise NotAllowed(f"This scenario is about “{mine}” alone. Write there.", branch=branch.name)
        if branch.id not in self.handed and self.log.owner(branch.id) not in self.family | {self.run}:
            raise NotAllowed(
                f"“{branch.name}” is somebody else's, and was not handed over. Make a branch from it and work there.",
                branch=branch.name,
            )
        return branch
