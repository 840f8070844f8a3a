"""What a scenario is worth: measured on its branch, held to the goal's limits, and ranked, each with a reason.

The figures are the engine's own, whatever a model says of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hati_core.agent.goals import Bounds
from hati_core.agent.levers import Levers, Nature, levers
from hati_core.branch_view import BranchView
from hati_core.errors import BadCall, HatiError, InvalidGoal
from hati_core.merge.diff import Diff, TableDiff
from hati_core.model import ChangeKind
from hati_core.phrases import amount
from hati_core.quote import identifier
from hati_core.repository import Repository
from hati_core.runs import Direction, Run, Scenario, ScenarioStatus
from hati_core.scenarios.metrics import Metric
from hati_core.sql import gate

_PAGE = 1_000
_SLACK = 1e-9
_POINTS = 0.05
"""Percentage points that a limit may be missed by, because of rounding."""


@dataclass(frozen=True)
class Yardstick:
    """What scenarios of a run are held to: a metric, which way it is to go, and the goal's limits."""

    metric: Metric
    direction: Direction
    bounds: Bounds

    def gain(self, scenario: Scenario) -> float:
        """How far the metric moved the wanted way."""
        moved = scenario.delta or 0.0
        return moved if self.direction is Direction.RAISE else -moved


def metric_named(repo: Repository, branch: str, name: str | None) -> Metric:
    """The metric of that name without regard to case, or the first one.

    Raises:
        InvalidGoal: there is none, or there are no tables.
    """
    known = repo.measures.metrics(repo.branch(branch))
    found = [metric for metric in known if name is None or metric.name.casefold() == name.casefold()]
    if not found:
        there = ", ".join(f"“{metric.name}”" for metric in known) or "none, because there are no tables"
        raise InvalidGoal(f"There is no metric {f'“{name}”' if name else 'yet'}. Those are: {there}.", branch=branch)
    return found[0]


def value_of(repo: Repository, view: BranchView, metric: Metric) -> float:
    """The metric on a branch.

    Raises:
        BadCall: it cannot be measured there.
    """
    (found,) = repo.measures.values(view, [metric])
    if found.value is None:
        raise BadCall(f"“{metric.name}” cannot be measured on “{view.name}”: {found.problem}", branch=view.name)
    return found.value


def worth_now(repo: Repository, scenario: Scenario, run: Run) -> Scenario:
    """A scenario that was not judged with the metric on its branch at this moment.

    Raises:
        InvalidGoal, BadCall: the metric is gone, or cannot be measured there.
        BranchNotFound, BranchDiscarded: its branch is gone.
    """
    branch = repo.branch(scenario.branch)
    if branch.id != scenario.branch_id:
        return scenario
    return replace(scenario, after=value_of(repo, branch.at(branch.head), metric_named(repo, run.branch, run.metric)))


def measured(repo: Repository, scenario: Scenario, fork: BranchView, by: Yardstick, words: str) -> Scenario:
    """A scenario with what came of it; ``words`` are what its model had to say.

    Raises:
        BranchDiscarded: somebody discarded its branch.
    """
    branch = repo.branch(scenario.branch)
    head = branch.at(branch.head)
    diff = repo.changes(branch.name)
    rows = sum(table.added + table.removed + table.changed for table in diff.tables.values())
    found = replace(
        scenario,
        version=head.version,
        rows=rows,
        before=value_of(repo, fork, by.metric),
        after=value_of(repo, head, by.metric),
        assumes=_assumed(head, diff),
    )
    against = _objection(found, fork, head, by)
    status = ScenarioStatus.UNFIT if against else ScenarioStatus.MEASURED
    return replace(found, status=status, reason=" ".join(filter(None, [_moved(found, by), against, words])))


def ranked(scenarios: Sequence[Scenario], by: Yardstick) -> list[Scenario]:
    """The same scenarios; those that may be proposed are ranked, first those that change no facts."""
    fit = [scenario for scenario in scenarios if scenario.status is ScenarioStatus.MEASURED]
    order = sorted(fit, key=lambda one: (bool(one.assumes), -by.gain(one), one.rows, one.number))
    ranks = {scenario.number: rank for rank, scenario in enumerate(order, 1)}
    return [replace(scenario, rank=ranks.get(scenario.number)) for scenario in scenarios]


def figures(scenario: Scenario, by: Yardstick) -> str:
    """How far a scenario moved the metric, such as ``Portfolio value: $58,750 → $64,200 (+9.3 %)``."""
    before, after, unit = scenario.before or 0.0, scenario.after or 0.0, by.metric.unit
    share = f"{abs(after - before) / abs(before) * 100:.1f} %" if before else ""
    told = f" ({'−' if after < before else '+'}{share})" if share and not unit.is_percent else ""
    return f"{by.metric.name}: {amount(before, unit)} → {amount(after, unit)}{told}"


def _moved(scenario: Scenario, by: Yardstick) -> str:
    rows = f"{scenario.rows:,} row{'' if scenario.rows == 1 else 's'} changed"
    assumed = (
        f" It assumes other values of {', '.join(scenario.assumes)}, which nobody decides." if scenario.assumes else ""
    )
    return f"{figures(scenario, by)}, {rows}.{assumed}"


def _objection(scenario: Scenario, fork: BranchView, head: BranchView, by: Yardstick) -> str | None:
    """Why a scenario may not be proposed, if there is a reason."""
    if not scenario.rows and scenario.delta == 0:
        return "It changes nothing."
    if by.gain(scenario) <= _SLACK * max(1.0, abs(scenario.before or 0.0)):
        return f"It does not {by.direction.value} {by.metric.name}."
    for table in _tables(by.metric, head):
        if broken := _broken(table, fork, head, by.bounds):
            return broken
    return None


def _broken(table: Levers, fork: BranchView, head: BranchView, bounds: Bounds) -> str | None:
    if bounds.cost is not None and table.nature is Nature.HOLDINGS and table.cost_sql:
        before, after = (_number(view, f"sum({table.cost_sql})", table) for view in (fork, head))
        more = (after - before) / before * 100 if before else 0.0
        if more > bounds.cost + _POINTS:
            return f"The cost grows by {more:.1f} %, and the goal allows {bounds.cost:g} %."
    if bounds.weight is not None and table.value_sql:
        weight = _number(head, f"max({table.value_sql}) * 100.0 / nullif(sum({table.value_sql}), 0)", table)
        if weight > bounds.weight + _POINTS:
            return f"The largest weight is {weight:.1f} %, and the goal allows {bounds.weight:g} %."
    if bounds.price is not None and table.nature is Nature.PRICE_LIST and table.price and table.table.key:
        rise = _largest_rise(table, fork, head)
        if rise > bounds.price + _POINTS:
            return f"A price moves by {rise:.1f} %, and the goal allows {bounds.price:g} %."
    return None


def _largest_rise(table: Levers, fork: BranchView, head: BranchView) -> float:
    """By how many percent the price moves most, of rows that are on both sides."""
    price, columns = identifier(table.price or ""), [*table.table.key, table.price or ""]
    names = ", ".join(identifier(name) for name in columns)
    sides = [
        {tuple(row[name] for name in table.table.key): row[table.price or ""] for row in view.query(sql)}
        for view, sql in (
            (one, f"SELECT {names} FROM {identifier(table.table.name)} WHERE {price} > 0") for one in (fork, head)
        )
    ]
    before, after = sides
    return max(
        (abs(float(after[key]) / float(was) - 1) * 100 for key, was in before.items() if key in after), default=0.0
    )


def _number(view: BranchView, sql: str, table: Levers) -> float:
    (row,) = view.query(f"SELECT coalesce({sql}, 0)::DOUBLE AS number FROM {identifier(table.table.name)}")
    return float(row["number"])


def _tables(metric: Metric, view: BranchView) -> list[Levers]:
    names = {name.casefold() for name in gate.check(metric.sql).reads}
    return [levers(table) for name, table in view.tables().items() if name.casefold() in names]


def _assumed(head: BranchView, diff: Diff) -> tuple[str, ...]:
    """Columns that were changed although they are facts."""
    found: set[str] = set()
    for name, table in diff.tables.items():
        try:
            facts = levers(head.table(name)).facts
        except HatiError:
            continue
        if facts and table.changed:
            found |= facts & _changed_columns(table)
    return tuple(sorted(found))


def _changed_columns(table: TableDiff) -> set[str]:
    found: set[str] = set()
    for offset in range(0, table.changed, _PAGE):
        for change in table.rows(ChangeKind.CHANGED, offset, _PAGE):
            found |= set(change.columns)
    return found
