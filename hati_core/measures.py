"""Measuring branches: metric values, what they are made of, and what makes two branches differ."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from hati_core.branch import BranchView
from hati_core.errors import HatiError, InvalidMetric, TableNotFound
from hati_core.merge.plan import MergePlan
from hati_core.merge.rows import fetch
from hati_core.merge.schema import TableAction
from hati_core.quote import identifier
from hati_core.recent import Recent
from hati_core.scenarios.metrics import Breakdown, Metric, ready_made, row_counts
from hati_core.sql import gate
from hati_core.store import Store

_CACHED_VALUES = 10_000


@dataclass(frozen=True)
class MetricValue:
    """The value of a metric on one branch, or the sentence why there is none."""

    metric: Metric
    value: float | None
    problem: str | None = None


@dataclass(frozen=True)
class Part:
    """One part of what a metric is the sum of."""

    label: str
    amount: float


@dataclass(frozen=True)
class PartChange:
    """One part on two branches."""

    label: str
    before: float
    after: float

    @property
    def delta(self) -> float:
        return self.after - self.before


class Measures:
    """The metrics of a repository. Values are kept by branch and version, which never change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._values: Recent[tuple[str, int, str], MetricValue] = Recent(_CACHED_VALUES)

    def metrics(self, branch: BranchView) -> list[Metric]:
        """The ready-made ones for the branch's tables, then those that were set, in their order.

        One that was set takes the place of a ready-made one of its name. Where there are none, rows are counted.
        """
        own = {metric.name: metric for metric in map(Metric.from_definition, self._store.registry.metrics())}
        tables = list(branch.tables().values())
        ready = [own.pop(metric.name, metric) for metric in ready_made(tables)]
        return [*ready, *own.values()] or row_counts(tables)

    def add(self, metric: Metric, branch: BranchView) -> None:
        """Keep a metric that runs on ``branch``.

        Raises:
            InvalidMetric: it has no name, does not run, or does not give one number.
        """
        if not metric.name:
            raise InvalidMetric("Give the metric a name.")
        try:
            _number(metric, branch.query(metric.sql, limit=2))
            if metric.breakdown:
                branch.query(_parts(metric.breakdown), limit=1)
        except InvalidMetric:
            raise
        except HatiError as error:
            raise InvalidMetric(f"“{metric.name}” does not run on “{branch.name}”: {error.message}") from error
        self._store.registry.set_metric(metric.name, metric.definition())

    def values(self, branch: BranchView, metrics: list[Metric]) -> list[MetricValue]:
        """Each metric on one branch; one that fails says so and leaves the others alone."""
        version = self._version(branch)
        known = [self._values.get((branch.id, version, metric.sql)) for metric in metrics]
        found = [value or _measured(branch, metric) for value, metric in zip(known, metrics, strict=True)]
        # A commit in the middle leaves it open which version was measured.
        if None in known and self._version(branch) == version:
            for value in (value for value in found if value.problem is None):
                self._values.put((branch.id, version, value.metric.sql), value)
        return [replace(value, metric=metric) for value, metric in zip(found, metrics, strict=True)]

    def _version(self, branch: BranchView) -> int:
        return self._store.head(branch.id) if branch.version is None else branch.version

    def merged_values(self, plan: MergePlan, metrics: list[Metric]) -> list[MetricValue]:
        """Each metric on the target of a plan as the merge would leave it; nothing is written."""
        found = []
        dropped = {name.casefold() for name, table in plan.tables.items() if table.action is TableAction.DROP}
        for metric in metrics:
            try:
                statement = gate.check(metric.sql)
                if gone := [name for name in statement.reads if name.casefold() in dropped]:
                    raise TableNotFound(f"The merge drops the table “{gone[0]}”.", table=gone[0])
                found.append(MetricValue(metric, _number(metric, plan.query(statement.sql))))
            except HatiError as error:
                found.append(MetricValue(metric, None, error.message))
        return found

    def parts(self, branch: BranchView, breakdown: Breakdown, limit: int = 12) -> list[Part]:
        """The largest parts of a metric on one branch, then “other” for the rest."""
        rows = branch.query(
            f"SELECT label, amount, sum(amount) OVER () AS total FROM ({_parts(breakdown)}) "
            f"ORDER BY abs(amount) DESC, label LIMIT {int(limit)}"
        )
        shown = [Part(row["label"], float(row["amount"])) for row in rows]
        rest = float(rows[0]["total"]) - math.fsum(part.amount for part in shown) if rows else 0.0
        return shown if _is_nothing(rest, rows[0]["total"] if rows else 0) else [*shown, Part("other", rest)]

    def changes(self, before: BranchView, after: BranchView, breakdown: Breakdown, limit: int = 12) -> list[PartChange]:
        """The parts in which two branches differ most, largest difference first, then “other” for the rest.

        Raises:
            HatiError: the breakdown does not run on one of the branches.
        """
        sides = []
        for branch in (before, after):
            table = self._store.table(branch.id, self._store.head(branch.id), breakdown.table)
            gate.check(_parts(breakdown))
            catalog = self._store.catalog(branch.id)
            sides.append(_parts(breakdown, f"{identifier(catalog.alias)}.main.{identifier(table.name)}"))
        joined = (
            "SELECT coalesce(b.label, a.label) AS label, coalesce(b.amount, 0)::DOUBLE AS before, "
            f"coalesce(a.amount, 0)::DOUBLE AS after FROM ({sides[0]}) AS b FULL JOIN ({sides[1]}) AS a USING (label)"
        )
        self._store.engine.attach(after.id)
        rows = fetch(
            self._store.engine,
            before.id,
            f"SELECT *, sum(before) OVER () AS all_before, sum(after) OVER () AS all_after FROM ({joined}) "
            f"WHERE before IS DISTINCT FROM after ORDER BY abs(after - before) DESC, label LIMIT {int(limit)}",
        )
        shown = [PartChange(row["label"], row["before"], row["after"]) for row in rows]
        if not rows:
            return shown
        rest = PartChange(
            "other",
            rows[0]["all_before"] - math.fsum(part.before for part in shown),
            rows[0]["all_after"] - math.fsum(part.after for part in shown),
        )
        return shown if _is_nothing(rest.delta, rows[0]["all_after"]) else [*shown, rest]


def _measured(branch: BranchView, metric: Metric) -> MetricValue:
    try:
        return MetricValue(metric, _number(metric, branch.query(metric.sql, limit=2)))
    except HatiError as error:
        return MetricValue(metric, None, error.message)


def _parts(breakdown: Breakdown, source: str | None = None) -> str:
    label = f"concat_ws(' · ', {', '.join(identifier(name) for name in breakdown.labels)})"
    table = source or identifier(breakdown.table)
    return f"SELECT {label} AS label, coalesce(sum({breakdown.amount}), 0) AS amount FROM {table} GROUP BY label"


def _number(metric: Metric, rows: list[dict[str, object]]) -> float:
    if len(rows) != 1 or len(rows[0]) != 1:
        raise InvalidMetric(f"“{metric.name}” must give one number: one row with one column.")
    (value,) = rows[0].values()
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise InvalidMetric(f"“{metric.name}” gives {value!r}, which is not a number.") from error


def _is_nothing(rest: float, total: float) -> bool:
    """Whether what is left over is only rounding."""
    return abs(rest) <= 1e-9 * max(1.0, abs(float(total)))
