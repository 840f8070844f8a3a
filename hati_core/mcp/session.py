"""One client at work: a run in the log, as an agent of our own has it, and its calls one after the other."""

from __future__ import annotations

import unicodedata
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hati_core.agent.answers import Answer
from hati_core.agent.jobs import at_work
from hati_core.agent.toolkit import EVERY_TOOL, LANDING, Tool, call
from hati_core.agent.workspace import Allowance, Workspace
from hati_core.names import MAIN
from hati_core.repository import Repository
from hati_core.runs import Run, RunKind, RunLimits, RunStatus, StepKind
from hati_core.storage.limits import Stop

UNNAMED = "an MCP client"
_NAME_LENGTH = 60
_FAMILY = 500
"""Earlier sessions of the same person whose branches may be written."""


@dataclass(frozen=True)
class Terms:
    """What whoever starts the server lets its client do.

    ``branches`` that it may make and ``rows`` that it may change are for all of the session.
    """

    author: str
    may_merge: bool = False
    branches: int = 20
    rows: int = 100_000


class Session:
    """A client's session. It becomes a run in the log with the first call, so that nobody has to read of idle ones."""

    def __init__(self, repo: Repository, terms: Terms) -> None:
        self.terms = terms
        self._repo = repo
        self._held = ExitStack()
        self._run: Run | None = None
        self._work: Workspace | None = None
        self._stop = Stop()

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools of an agent; what merges is among them where that was allowed."""
        return (*EVERY_TOOL, *LANDING) if self.terms.may_merge else EVERY_TOOL

    def call(self, tool: Tool, arguments: str, client: str, stop: Stop) -> Answer:
        """Carry out one call of a client, given its arguments as JSON; ``stop`` is for other threads.

        Raises:
            StorageUnavailable: the call cannot be kept.
        """
        work, self._stop = self._work or self._begin(client), stop
        return call(replace(work, stop=stop), tool, arguments)

    def interrupt(self) -> None:
        """Cut off the call that is under way, but for a commit that has begun; for other threads."""
        self._stop()

    def close(self) -> None:
        """Keep that the session is over, and what came of it; one that was never begun leaves nothing."""
        with self._held:
            if self._run:
                log = self._repo._store.registry.runs
                log.end_run(
                    replace(
                        self._run,
                        status=RunStatus.DONE,
                        outcome=self._outcome(self._run),
                        ended_at=datetime.now(UTC),
                    )
                )

    def _begin(self, client: str) -> Workspace:
        terms, log = self.terms, self._repo._store.registry.runs
        limits = RunLimits(scenarios=terms.branches, rows=terms.rows)
        named = shown_name(client)
        run = Run(
            uuid.uuid4().hex[:12],
            RunKind.CLIENT,
            f"Session of {named}",
            terms.author,
            MAIN,
            named,
            False,
            RunStatus.RUNNING,
            datetime.now(UTC),
            limits=limits,
        )
        earlier = log.runs(_FAMILY, kind=RunKind.CLIENT)
        self._held.enter_context(at_work(self._repo, run.id))
        log.put_run(run)
        self._run, self._work = (
            run,
            Workspace(
                self._repo,
                run.id,
                f"agent for {terms.author}",
                Stop(),
                limits,
                Allowance(terms.rows),
                family=frozenset(one.id for one in earlier if one.author == terms.author),
                forks=Allowance(terms.branches),
            ),
        )
        return self._work

    def _outcome(self, run: Run) -> str:
        log = self._repo._store.registry.runs
        calls = sum(step.kind is StepKind.TOOL for step in log.steps(run.id))
        made = sum(owner == run.id for owner in log.owners().values())
        proposed = len(log.proposals(run=run.id))
        parts = ((calls, "call", "calls"), (made, "branch made", "branches made"), (proposed, "proposal", "proposals"))
        return "The session is over: " + ", ".join(f"{n:,} {one if n == 1 else many}" for n, one, many in parts) + "."


def shown_name(client: str) -> str:
    """What a client calls itself, fit to be shown: it may say anything."""
    tidy = "".join(" " if unicodedata.category(sign).startswith(("C", "Z")) else sign for sign in client)
    return " ".join(tidy.split())[:_NAME_LENGTH] or UNNAMED
