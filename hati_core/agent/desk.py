"""The face of the agent: ask it, send it off, follow it, stop it, and decide on what it proposes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hati_core.agent import jobs
from hati_core.agent.control import Control, Ending
from hati_core.agent.deciding import Deciding
from hati_core.agent.goals import sounds_lower
from hati_core.agent.jobs import Outcome
from hati_core.agent.judging import metric_named, worth_now
from hati_core.agent.model_choice import BY_RULE, Access, ModelChoice, access, keep_choice, kept_choice
from hati_core.agent.models import Models, VendorModels
from hati_core.errors import HatiError, InvalidGoal, NoSuchRun, NotAllowed
from hati_core.model import Commit
from hati_core.names import MAIN
from hati_core.repository import Repository
from hati_core.runs import Direction, Proposal, Run, RunKind, RunLimits, RunStatus, Scenario, Step

_GOAL_LENGTH = 4_000
_MOST = RunLimits(scenarios=8, turns=100, seconds=6 * 3600, rows=1_000_000, tokens=20_000_000)


@dataclass(frozen=True)
class Progress:
    """How far a run has come. ``saying`` is what is being said right now, by scenario, before it is a step.

    There is nothing more to ask for once ``run.status.is_over``.
    """

    run: Run
    scenarios: tuple[Scenario, ...]
    steps: tuple[Step, ...]
    proposals: tuple[Proposal, ...]
    saying: Mapping[int | None, str]


@dataclass(frozen=True)
class ModelState:
    """Which model is asked, at which host; ``is_there`` says whether one can be, and ``note`` what there is to know.

    ``has_key`` says that the environment has a key, and ``is_wrong`` that its address of a server is none.
    """

    choice: ModelChoice
    server: str
    is_there: bool
    note: str
    has_key: bool = False
    is_wrong: bool = False


class AgentDesk(Deciding):
    """Everything that a person has to do with the agent of one repository.

    Making one finds runs that were interrupted. It holds nothing: runs belong to the process. ``models`` and ``access``
    take the place of what the settings and the environment say.
    """

    def __init__(self, repo: Repository, *, models: Models | None = None, access: Access | None = None) -> None:
        self._repo, self._models, self._access = repo, models, access
        jobs.mark_interrupted(repo)

    @property
    def model(self) -> ModelState:
        """Which model would be asked."""
        choice, found = kept_choice(self._repo), self._reach()
        if found.is_there:
            return ModelState(choice, found.server, True, f"{choice.name} at {found.server}", has_key=bool(found.key))
        why = (
            "OPENAI_BASE_URL is no address that begins with http:// or https://" if found.is_wrong else "No key is set"
        )
        note = f"{why}, so autopilot works by rule, with the built-in planner, and chat is not available."
        return ModelState(choice, found.server, False, note, has_key=bool(found.key), is_wrong=found.is_wrong)

    def choose_model(self, choice: ModelChoice) -> None:
        """Keep which model is asked, with the repository. Keys and servers are the environment's.

        Raises:
            InvalidGoal: it has no name, or a price is below 0.
        """
        keep_choice(self._repo, choice)

    def ask(
        self,
        text: str,
        branch: str = MAIN,
        *,
        author: str | None = None,
        conversation: str | None = None,
        hand_over: bool = False,
        limits: RunLimits | None = None,
    ) -> Run:
        """Begin to answer a question about the branch in view; a ``conversation`` goes on under the id of its runs.

        With ``hand_over`` the agent may write the branch.

        Raises:
            InvalidGoal: there is no text, or a limit makes no sense.
            NotAllowed: ``main`` cannot be handed over.
            BranchNotFound, BranchDiscarded: there is no such live branch.
        """
        found = self._repo.branch(branch)
        if hand_over and found.name == MAIN:
            raise NotAllowed("“main” cannot be handed over: changes come to it by merges alone.", branch=MAIN)
        run = self._run(RunKind.CHAT, text, author, found.name, limits or RunLimits(), by_rule=False)
        run = replace(run, conversation=conversation or uuid.uuid4().hex[:12])
        reach = self._reach()
        models = self._vendor() if self._models or reach.is_there else None
        handed = frozenset({found.id}) if hand_over else frozenset[str]()

        async def body(repo: Repository, run: Run, control: Control) -> Outcome:
            # Loads the vendor's packages, which nobody has to wait for who only reads about runs.
            from hati_core.agent.chat import answer

            return await answer(repo, run, control, models, reach, handed)

        return self._start(run, body)

    def explore(
        self,
        goal: str,
        metric: str | None = None,
        direction: Direction | None = None,
        *,
        branch: str = MAIN,
        author: str | None = None,
        limits: RunLimits | None = None,
        by_rule: bool = False,
    ) -> Run:
        """Begin to pursue a goal from a branch; without a key, or ``by_rule``, the built-in planner does.

        ``metric`` is the first one unless named; the ``direction`` is what the goal sounds like unless given.

        Raises:
            InvalidGoal: there is no goal or no such metric, or a limit makes no sense.
            BranchNotFound, BranchDiscarded: there is no such live branch.
        """
        reach, found = self._reach(), self._repo.branch(branch)
        by_rule = by_rule or (self._models is None and not reach.is_there)
        run = self._run(RunKind.AUTOPILOT, goal, author, found.name, limits or RunLimits(), by_rule=by_rule)
        measure = metric_named(self._repo, found.name, metric)
        way = direction or (Direction.LOWER if sounds_lower(goal, measure.name) else Direction.RAISE)
        run = replace(run, metric=measure.name, direction=way)

        async def body(repo: Repository, run: Run, control: Control) -> Outcome:
            from hati_core.agent.autopilot import Autopilot

            return await Autopilot(repo, run, control, reach).pursue(_rules(run) if by_rule else self._vendor())

        return self._start(run, body)

    def repeat(self, run_id: str, *, author: str | None = None) -> Run:
        """Pursue the goal of an autopilot's run once more, from its branch as it is now, within the same limits.

        Raises:
            NoSuchRun: there is no such run.
            InvalidGoal, BranchNotFound, BranchDiscarded: its metric or its branch is not there any more.
        """
        run = self.run(run_id)
        return self.explore(
            run.goal,
            run.metric,
            run.direction,
            branch=run.branch,
            author=author,
            limits=run.limits,
            by_rule=run.by_rule,
        )

    def stop(self, run_id: str) -> bool:
        """End a run that is at work in this process; nothing is written once this returns. False where it is not."""
        job = jobs.job_of(run_id)
        if job:
            job.control.end(Ending.STOPPED)
        return job is not None

    def wait(self, run_id: str, timeout: float | None = None) -> Run:
        """Wait for the end of a run that is at work in this process, for ``timeout`` seconds at most.

        Raises:
            NoSuchRun: there is no run of that id.
        """
        if job := jobs.job_of(run_id):
            job.wait(timeout)
        return self.run(run_id)

    def follow(self, run_id: str, after: int = 0) -> Progress:
        """How far a run has come, with its steps behind a number; the last steps may still get their answers.

        Raises:
            NoSuchRun: there is no run of that id.
        """
        log, job = self._log, jobs.job_of(run_id)
        saying = job.control.saying() if job else {}
        if job is None and not self.run(run_id).status.is_over:
            # It was at work in another process, which may be gone by now.
            jobs.mark_interrupted(self._repo)
        return Progress(
            self.run(run_id),
            tuple(self._as_they_are(log.scenarios(run_id))),
            tuple(log.steps(run_id, after)),
            tuple(self.proposals(None, run=run_id)),
            saying,
        )

    def _as_they_are(self, scenarios: Sequence[Scenario]) -> Iterator[Scenario]:
        """Scenarios with what those that nobody measured, as they are at work or were ended, are worth now."""
        for one in scenarios:
            with suppress(HatiError):
                if one.after is None:
                    one = worth_now(self._repo, one, self.run(one.run))
            yield one

    def run(self, run_id: str) -> Run:
        """The run of that id, with what it has spent so far.

        Raises:
            NoSuchRun: there is none.
        """
        found = self._log.run(run_id)
        if found is None:
            raise NoSuchRun("There is no such run. Choose one from the list of runs.")
        job = jobs.job_of(run_id)
        return found if found.status.is_over or job is None else replace(found, spent=job.control.spent)

    def runs(self, limit: int = 50, *, kind: RunKind | None = None, status: RunStatus | None = None) -> list[Run]:
        """The last runs, newest first."""
        return self._log.runs(limit, kind=kind, status=status)

    def conversation(self, conversation: str, limit: int = 50) -> list[Run]:
        """What was asked and answered in a conversation, oldest first."""
        return list(reversed(self._log.runs(limit, conversation=conversation)))

    def origin(self, commit: Commit) -> tuple[Run, Step | None] | None:
        """The run that made a commit, with the step; None where a person did, or nothing is known of it."""
        if commit.origin is None or (run := self._log.run(commit.origin.run)) is None:
            return None
        steps = self._log.steps(run.id, (commit.origin.step or 1) - 1) if commit.origin.step else []
        return run, (steps[0] if steps else None)

    def _reach(self) -> Access:
        return self._access or access()

    def _vendor(self) -> Models:
        return self._models or VendorModels(kept_choice(self._repo), self._reach())

    def _run(
        self, kind: RunKind, goal: str, author: str | None, branch: str, limits: RunLimits, *, by_rule: bool
    ) -> Run:
        if not goal.strip():
            raise InvalidGoal("Say what you want in a sentence, such as “raise the value with at most 10 % more cost”.")
        for name, value in vars(limits).items():
            if not 1 <= value <= getattr(_MOST, name):
                raise InvalidGoal(f"The limit of {name} has to be from 1 to {getattr(_MOST, name):,}; it is {value:,}.")
        model = BY_RULE if by_rule else kept_choice(self._repo).name
        return Run(
            uuid.uuid4().hex[:12],
            kind,
            goal.strip()[:_GOAL_LENGTH],
            author or self._repo.author,
            branch,
            model,
            by_rule,
            RunStatus.RUNNING,
            datetime.now(UTC),
            limits=limits,
        )

    def _start(self, run: Run, body: jobs.Body) -> Run:
        jobs.start(self._repo, run, Control(run.limits, kept_choice(self._repo)), body)
        return run


def _rules(run: Run) -> Models:
    from hati_core.agent.planner.rules import Rules

    return Rules(run.goal, run.branch, run.metric or "", run.direction or Direction.RAISE, run.limits)
