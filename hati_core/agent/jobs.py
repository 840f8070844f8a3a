"""Runs at work: each in a thread with an event loop of its own, known to the whole process, whoever looks.

A run holds a lock of its own in the repository while it works, which goes when its process does. So whoever opens the
repository later can tell a run that is at work elsewhere from one that was interrupted.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from hati_core.agent.control import Control, Ending
from hati_core.agent.loading import load
from hati_core.errors import BranchBusy, HatiError
from hati_core.repository import Repository
from hati_core.runs import Run, RunStatus, ScenarioStatus

_INTERRUPTED = "The program ended while this was at work. What was written by then stays on its branches."
_MANY = 1_000


@dataclass(frozen=True)
class Outcome:
    """How a run ended, and what it has to say."""

    status: RunStatus
    text: str
    problem: str | None = None


Body = Callable[[Repository, Run, Control], Coroutine[Any, Any, Outcome]]


class Job:
    """One run at work."""

    def __init__(self, repo: Repository, run: Run, control: Control, body: Body) -> None:
        self.run, self.control = run, control
        self._repo, self._body = repo, body
        self._begun = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name=f"hati run {run.id}", daemon=True)

    def begin(self) -> None:
        """Begin; returns once the run is kept.

        Raises:
            StorageUnavailable: it cannot be kept.
        """
        self._thread.start()
        self._begun.wait()
        if self._failure:
            raise self._failure

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end, for ``timeout`` seconds at most; returns whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _main(self) -> None:
        try:
            with self._repo:
                try:
                    self._work()
                finally:
                    _jobs.pop(self.run.id, None)
        except BaseException as error:
            self._failure = error
        finally:
            self._begun.set()

    def _work(self) -> None:
        log = self._repo._store.registry.runs
        with at_work(self._repo, self.run.id):
            log.put_run(self.run)
            self._begun.set()
            outcome = self._outcome()
            log.end_run(
                replace(
                    self.run,
                    status=outcome.status,
                    outcome=outcome.text,
                    problem=outcome.problem,
                    ended_at=datetime.now(UTC),
                    spent=self.control.spent,
                )
            )

    def _outcome(self) -> Outcome:
        try:
            load()
            with self._in_time():
                return asyncio.run(self._body(self._repo, self.run, self.control))
        except HatiError as error:
            return Outcome(RunStatus.FAILED, error.message, error.kind)
        except Exception as error:
            return Outcome(RunStatus.FAILED, f"It failed inside: {error}", "unexpected")

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """End the run when its time is up; the time that packages take to load is not counted."""
        timer = threading.Timer(self.run.limits.seconds, self.control.end, [Ending.SECONDS])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


_jobs: dict[str, Job] = {}


def start(repo: Repository, run: Run, control: Control, body: Body) -> Job:
    """Begin a run that goes on whatever becomes of the caller, with a handle on the repository of its own.

    Raises:
        StorageUnavailable: it cannot be kept.
    """
    job = _jobs[run.id] = Job(repo.again(), run, control, body)
    job.begin()
    return job


def job_of(run_id: str) -> Job | None:
    """The run of that id, if it is at work in this process."""
    return _jobs.get(run_id)


@contextmanager
def at_work(repo: Repository, run_id: str) -> Iterator[None]:
    """Hold what tells everybody, in other processes too, that a run is at work."""
    place = repo._store.engine.place
    with place.lock(_lock(run_id), run_id):
        yield
    place.forget_lock(_lock(run_id))


def mark_interrupted(repo: Repository) -> list[str]:
    """Find runs whose process is gone and keep that they were interrupted; returns their ids."""
    log, place = repo._store.registry.runs, repo._store.engine.place
    found = []
    for run in log.runs(_MANY, status=RunStatus.RUNNING):
        with suppress(BranchBusy), place.lock(_lock(run.id), run.id, timeout=0):
            end = replace(run, status=RunStatus.INTERRUPTED, outcome=_INTERRUPTED, problem="interrupted")
            if log.end_run(replace(end, ended_at=datetime.now(UTC))):
                found.append(run.id)
            for scenario in log.scenarios(run.id):
                if scenario.status is ScenarioStatus.EXPLORING:
                    log.put_scenario(replace(scenario, status=ScenarioStatus.STOPPED, reason=_INTERRUPTED))
    for run_id in found:
        place.forget_lock(_lock(run_id))
    return found


def _lock(run_id: str) -> str:
    return f"run-{run_id}"
