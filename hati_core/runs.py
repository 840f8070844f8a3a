"""What is kept of agents' runs: goals, limits, scenarios, steps and what it proposed. All values are frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any


class RunKind(Enum):
    """What somebody asked for."""

    CHAT = "chat"
    AUTOPILOT = "autopilot"
    CLIENT = "client"
    """Nothing of us: a program of theirs works with the tools, through MCP."""


class RunStatus(Enum):
    """How far a run has come, or how it ended."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    LIMITED = "limited"
    """A limit was reached; what had been found by then stays."""
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The program that it ran in ended."""

    @property
    def is_over(self) -> bool:
        """Whether nothing will come any more."""
        return self is not RunStatus.RUNNING


class ScenarioStatus(Enum):
    """How far one idea of a run has come."""

    EXPLORING = "exploring"
    MEASURED = "measured"
    UNFIT = "unfit"
    """It may not be proposed: it changes nothing, breaks a limit of the goal, or makes things worse."""
    FAILED = "failed"
    STOPPED = "stopped"


class StepKind(Enum):
    """What happened in a step."""

    TOOL = "tool"
    TEXT = "text"
    NOTE = "note"


class Direction(Enum):
    """Which way a metric is to go."""

    RAISE = "raise"
    LOWER = "lower"


class ProposalStatus(Enum):
    """What became of a proposal."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    MERGED = "merged"
    """Somebody merged the branch themselves, without deciding on the proposal."""


@dataclass(frozen=True)
class RunLimits:
    """How far a run may go. ``turns`` and ``rows`` changed are for each scenario, the others for the whole run.

    A turn is one answer of the model with the tools that it calls.
    """

    scenarios: int = 3
    turns: int = 24
    seconds: int = 600
    rows: int = 10_000
    tokens: int = 400_000


@dataclass(frozen=True)
class Spent:
    """What a run took: answers of the model, tokens in and out, and dollars by the prices in the settings.

    ``cost`` is None where no prices are known.
    """

    turns: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None

    @property
    def tokens(self) -> int:
        """Tokens in both directions."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class Run:
    """One run of an agent; times are UTC.

    ``goal`` is what somebody wrote, ``outcome`` the answer, or the sentence that says how it ended. ``branch`` was in
    view, ``model`` is the model's name, and ``by_rule`` says that it was the built-in planner, which is no model. Of a
    client it is the client's own name, since nobody knows its model.
    ``problem`` is a stable word for what went wrong.
    """

    id: str
    kind: RunKind
    goal: str
    author: str
    branch: str
    model: str
    by_rule: bool
    status: RunStatus
    started_at: datetime
    conversation: str | None = None
    metric: str | None = None
    direction: Direction | None = None
    limits: RunLimits = RunLimits()
    outcome: str = ""
    problem: str | None = None
    ended_at: datetime | None = None
    spent: Spent = Spent()

    @property
    def seconds(self) -> float | None:
        """How long it took, once it is over."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True)
class Scenario:
    """One idea of a run, in a branch of its own.

    ``before`` and ``after`` are the metric on the branch that it was forked from and at its ``version``, ``rows`` those
    that it changed. ``assumes`` names columns that it changed although they are facts and no decisions, such as the
    prices of a market. ``rank`` counts from 1; those that may not be proposed have none. ``cut_short`` says that a
    limit ended it, so that it counts with what it had done by then.
    """

    run: str
    number: int
    title: str
    idea: str
    branch_id: str
    branch: str
    status: ScenarioStatus
    before: float | None = None
    after: float | None = None
    version: int | None = None
    rows: int = 0
    rank: int | None = None
    reason: str = ""
    assumes: tuple[str, ...] = ()
    cut_short: bool = False

    @property
    def delta(self) -> float | None:
        """How far the metric moved."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class Step:
    """One step of a run: a tool that was called, something that was said, or what the program has to tell.

    ``name`` is the tool's. ``version`` is the commit that it made on ``branch``; ``answer`` is None while it runs.
    ``at`` is in UTC, ``ms`` how long it took.
    """

    run: str
    number: int
    kind: StepKind
    at: datetime
    scenario: int | None = None
    name: str = ""
    branch: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] | None = None
    text: str = ""
    version: int | None = None
    rows: int = 0
    ms: int = 0
    failed: bool = False

    @property
    def sql(self) -> str | None:
        """The statement that it ran, where it was given one."""
        found = self.arguments.get("sql")
        return found if isinstance(found, str) else None


@dataclass(frozen=True)
class Proposal:
    """A merge that a run asks for, between two branches as they were at versions; times are UTC.

    ``words`` are what was said when it was decided, ``commit`` the version of the target that the merge made.
    ``decided_by`` is None where nobody knows who merged it.
    """

    id: str
    run: str
    source_id: str
    source: str
    source_version: int
    target_id: str
    target: str
    target_version: int
    reason: str
    status: ProposalStatus
    made_at: datetime
    scenario: int | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    words: str = ""
    commit: int | None = None
