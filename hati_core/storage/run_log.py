"""The log of agents' runs: kept with the repository, for whoever looks at what was done, why and at what price."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from hati_core.runs import (
    Direction,
    Proposal,
    ProposalStatus,
    Run,
    RunKind,
    RunLimits,
    RunStatus,
    Scenario,
    ScenarioStatus,
    Spent,
    Step,
    StepKind,
)
from hati_core.storage.registry_database import RegistryDatabase, put
from hati_core.storage.registry_rows import as_text
from hati_core.storage.tables import proposals, run_branches, runs, scenarios, steps


class RunLog:
    """The runs of one repository, newest first wherever there are several."""

    def __init__(self, database: RegistryDatabase) -> None:
        self._database = database
        # Steps of one run come from several threads of one process.
        self._numbering = threading.Lock()

    def put_run(self, run: Run) -> None:
        """Keep a run, or how far it has come."""
        self._put(runs, _run_row(run))

    def end_run(self, run: Run) -> bool:
        """Keep how a run ended, unless it is over already; returns whether it was not."""
        still = sa.and_(runs.c.id == run.id, runs.c.status == RunStatus.RUNNING.value)
        with self._database.writing() as connection:
            return connection.execute(sa.update(runs).where(still).values(**_run_row(run))).rowcount == 1

    def run(self, run_id: str) -> Run | None:
        """The run of that id, or None."""
        found = self._runs(sa.select(runs).where(runs.c.id == run_id))
        return found[0] if found else None

    def runs(
        self,
        limit: int,
        *,
        status: RunStatus | None = None,
        kind: RunKind | None = None,
        conversation: str | None = None,
    ) -> list[Run]:
        """The last runs."""
        query = sa.select(runs).order_by(runs.c.started_at.desc(), runs.c.id).limit(limit)
        wanted = {runs.c.status: status and status.value, runs.c.kind: kind and kind.value}
        for column, value in {**wanted, runs.c.conversation: conversation}.items():
            query = query if value is None else query.where(column == value)
        return self._runs(query)

    def put_scenario(self, scenario: Scenario) -> None:
        """Keep a scenario, or how far it has come."""
        body = {"body": _dump(scenario), "branch_id": scenario.branch_id}
        self._put(scenarios, {"run": scenario.run, "number": scenario.number, **body})

    def scenarios(self, run_id: str) -> list[Scenario]:
        """The scenarios of a run by number."""
        query = sa.select(scenarios.c.body).where(scenarios.c.run == run_id).order_by(scenarios.c.number)
        return [_scenario(body) for body in self._bodies(query)]

    def add_step(self, step: Step) -> Step:
        """Keep a step as the next one of its run; returns it with its number."""
        with self._numbering, self._database.writing() as connection:
            last = connection.scalar(sa.select(sa.func.max(steps.c.number)).where(steps.c.run == step.run))
            numbered = replace(step, number=(last or 0) + 1)
            row = {"run": step.run, "number": numbered.number, "body": _dump(numbered)}
            connection.execute(sa.insert(steps).values(**row))
        return numbered

    def put_step(self, step: Step) -> None:
        """Keep what came of a step."""
        self._put(steps, {"run": step.run, "number": step.number, "body": _dump(step)})

    def steps(self, run_id: str, after: int = 0) -> list[Step]:
        """The steps of a run behind a number, in order."""
        query = sa.select(steps.c.body).where(steps.c.run == run_id, steps.c.number > after).order_by(steps.c.number)
        return [_step(body) for body in self._bodies(query)]

    def own(self, run_id: str, branch_id: str) -> None:
        """Keep that a run made a branch."""
        self._put(run_branches, {"branch_id": branch_id, "run": run_id})

    def owner(self, branch_id: str) -> str | None:
        """The run that made a branch, or None where a person did."""
        with self._database.reading() as connection:
            query = sa.select(run_branches.c.run).where(run_branches.c.branch_id == branch_id)
            found: str | None = connection.scalar(query)
        return found

    def owners(self) -> dict[str, str]:
        """The runs that made branches, by id of the branch."""
        with self._database.reading() as connection:
            return {row.branch_id: row.run for row in connection.execute(sa.select(run_branches))}

    def put_proposal(self, proposal: Proposal) -> None:
        """Keep a proposal."""
        self._put(proposals, _proposal_row(proposal))

    def decide(self, proposal: Proposal) -> bool:
        """Keep what was decided, unless somebody decided already; returns whether nobody had."""
        still = sa.and_(proposals.c.id == proposal.id, proposals.c.status == ProposalStatus.OPEN.value)
        with self._database.writing() as connection:
            change = sa.update(proposals).where(still).values(**_proposal_row(proposal))
            return connection.execute(change).rowcount == 1

    def proposals(self, *, run: str | None = None, status: ProposalStatus | None = None) -> list[Proposal]:
        """What was proposed."""
        query = sa.select(proposals.c.body).order_by(proposals.c.made_at.desc(), proposals.c.id)
        for column, value in {proposals.c.run: run, proposals.c.status: status and status.value}.items():
            query = query if value is None else query.where(column == value)
        return [_proposal(body) for body in self._bodies(query)]

    def proposal(self, proposal_id: str) -> Proposal | None:
        """The proposal of that id, or None."""
        bodies = self._bodies(sa.select(proposals.c.body).where(proposals.c.id == proposal_id))
        return _proposal(bodies[0]) if bodies else None

    def _put(self, table: sa.Table, row: dict[str, Any]) -> None:
        with self._database.writing() as connection:
            put(connection, table, row, replace=True)

    def _runs(self, query: sa.Select[Any]) -> list[Run]:
        with self._database.reading() as connection:
            return [_run(row) for row in connection.execute(query).mappings()]

    def _bodies(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        with self._database.reading() as connection:
            return [json.loads(body) for body in connection.scalars(query)]


def _dump(value: Scenario | Step | Proposal) -> str:
    return json.dumps({one.name: _plain(getattr(value, one.name)) for one in fields(value)}, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return as_text(value)
    return dict(value) if isinstance(value, Mapping) else value


def _run_row(run: Run) -> dict[str, Any]:
    row = {one.name: _plain(getattr(run, one.name)) for one in fields(run)}
    return {**row, "limits": json.dumps(asdict(run.limits)), "spent": json.dumps(asdict(run.spent))}


def _run(row: sa.RowMapping) -> Run:
    return Run(
        **{
            **row,
            "kind": RunKind(row["kind"]),
            "status": RunStatus(row["status"]),
            "by_rule": bool(row["by_rule"]),
            "direction": Direction(row["direction"]) if row["direction"] else None,
            "limits": RunLimits(**json.loads(row["limits"])),
            "spent": Spent(**json.loads(row["spent"])),
            "started_at": datetime.fromisoformat(row["started_at"]),
            "ended_at": _moment(row["ended_at"]),
        }
    )


def _scenario(body: dict[str, Any]) -> Scenario:
    return Scenario(**{**body, "status": ScenarioStatus(body["status"]), "assumes": tuple(body["assumes"])})


def _step(body: dict[str, Any]) -> Step:
    return Step(**{**body, "kind": StepKind(body["kind"]), "at": datetime.fromisoformat(body["at"])})


def _proposal_row(proposal: Proposal) -> dict[str, Any]:
    row = {"id": proposal.id, "run": proposal.run, "status": proposal.status.value}
    return {**row, "made_at": as_text(proposal.made_at), "body": _dump(proposal)}


def _proposal(body: dict[str, Any]) -> Proposal:
    moments = {name: _moment(body[name]) for name in ("made_at", "decided_at")}
    return Proposal(**{**body, **moments, "status": ProposalStatus(body["status"])})


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
