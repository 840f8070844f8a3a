"""Measuring branches: metric values, what they are made of, and what makes two branches differ."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from hati_core.branch import BranchView
from hati_core.errors import HatiError, InvalidMetric, StorageUnavailable, TableNotFound
from hati_core.merge.lineage import Lineage, Point
from hati_core.merge.plan import MergePlan
from hati_core.merge.rows import fetch
from hati_core.merge.schema import TableAction
from hati_core.model import BranchInfo
from hati_core.quote import identifier
from hati_core.recent import Recent
from hati_core.scenarios.metrics import Breakdown, Metric, ready_made, row_counts
from hati_core.sql import gate
from hati_core.sql.steady import is_steady
from hati_core.storage.registry_rows import Measurement
from hati_core.store import Store

_NO_PARTS = "SELECT NULL::VARCHAR AS label, 0 AS amount WHERE false"
_CACHED_VALUES = 20_000


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
    """The metrics of a repository.

    Values are kept by branch and version, in the registry too. A version never changes, so what a query makes of its
    rows does not either, unless it asks for the time or for chance.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: Recent[Measurement, float] = Recent(_CACHED_VALUES)
        self._branches = Lineage((), ())

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

    def values(self, branch: BranchView, metrics: Sequence[Metric]) -> list[MetricValue]:
        """Each metric on one branch; one that fails says so and leaves the others alone."""
        head = self._store.head(branch.id) if branch.version is None else branch.version
        return self._values_at([(branch, head)], metrics)[0]

    def listed(self, branches: Sequence[BranchInfo], metrics: Sequence[Metric]) -> dict[str, list[MetricValue]]:
        """Each metric on each of several branches as they stand, by name of the branch."""
        views = [(BranchView(self._store, info.id, info.name, None), info.head) for info in branches]
        found = self._values_at(views, metrics)
        return {info.name: values for info, values in zip(branches, found, strict=True)}

    def _values_at(
        self, branches: Sequence[tuple[BranchView, int]], metrics: Sequence[Metric]
    ) -> list[list[MetricValue]]:
        """Each metric on each of several branches; ``None`` of a view's version is the head that stands beside it."""
        origins = [self._origin(branch.id, head) for branch, head in branches]
        wanted = [[Measurement.of(metric.sql, *origin) for metric in metrics] for origin in origins]
        known = self._known({measurement for row in wanted for measurement in row})
        fresh: dict[Measurement, float] = {}
        found = []
        for (branch, head), row in zip(branches, wanted, strict=True):
            values = [
                _measured(branch, metric) if measurement not in known else MetricValue(metric, known[measurement])
                for metric, measurement in zip(metrics, row, strict=True)
            ]
            missing = [measurement not in known for measurement in row]
            if any(missing):
                fresh |= self._to_keep(branch, head, list(zip(row, values, strict=True)))
            found.append(values)
        if fresh:
            self._keep(fresh)
        return found

    def _known(self, wanted: Collection[Measurement]) -> dict[Measurement, float]:
        """Values in memory, and those in the registry, which other processes have put there too."""
        known = {measurement: value for measurement in wanted if (value := self._kept.get(measurement)) is not None}
        points = {(absent.branch_id, absent.version) for absent in wanted if absent not in known}
        if points:
            for measurement, value in self._store.registry.measured(points).items():
                known[measurement] = self._kept.put(measurement, value)
        return known

    def _to_keep(
        self, branch: BranchView, head: int, values: Sequence[tuple[Measurement, MetricValue]]
    ) -> dict[Measurement, float]:
        """What holds for a version for good; a commit in the middle leaves it open which version was measured."""
        if branch.version is None and self._store.head(branch.id) != head:
            return {}
        tables = {name.casefold() for name in self._store.tables(branch.id, head)}
        return {
            measurement: found.value
            for measurement, found in values
            if found.value is not None and _holds_for_good(found.metric.sql, tables)
        }

    def _keep(self, values: Mapping[Measurement, float]) -> None:
        for measurement, value in values.items():
            self._kept.put(measurement, value)
        # Without the registry's memory the next process measures again, and nothing is lost.
        with suppress(StorageUnavailable):
            self._store.registry.keep_measured(values)

    def _origin(self, branch_id: str, version: int) -> tuple[str, int]:
        """The branch that made a version: a fork is worth what its parent was there."""
        if branch_id not in self._branches:
            self._branches = Lineage(self._store.registry.all_branches(), ())
        point = self._branches.normal(Point(branch_id, version))
        return point.branch_id, point.version

    def merged_values(self, plan: MergePlan, metrics: list[Metric]) -> list[MetricValue]:
        """Each metric on the target of a plan as the merge would leave it; nothing is written."""
        dropped = {name.casefold() for name, table in plan.tables.items() if table.action is TableAction.DROP}
        # Together they read the merged tables once; where one fails, each has to be asked by itself.
        with suppress(HatiError, TypeError):
            queries = [_merged_sql(metric, dropped) for metric in metrics]
            cells = ", ".join(f"({sql}) AS value_{number}" for number, sql in enumerate(queries))
            (row,) = plan.query(f"SELECT {cells}")
            return [MetricValue(metric, float(row[f"value_{at}"])) for at, metric in enumerate(metrics)]
        return [_merged_value(plan, metric, dropped) for metric in metrics]

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
            version = self._store.head(branch.id) if branch.version is None else branch.version
            table = self._store.table(branch.id, version, breakdown.table)
            gate.check(_parts(breakdown))
            catalog = self._store.catalog(branch.id)
            sides.append(_parts(breakdown, catalog.at(table.name, version)))
        self._store.engine.attach(after.id)
        return self._largest_changes(before.id, sides[0], sides[1], limit)

    def merged_changes(self, plan: MergePlan, breakdown: Breakdown, limit: int = 12) -> list[PartChange]:
        """The parts of its target that a plan changes most, as :meth:`changes`; only rows that it writes are read.

        Raises:
            HatiError: the breakdown does not run on the merged table.
        """
        table = plan.tables.get(breakdown.table)
        if table is None or not (table.inserts or table.updates or table.deletes):
            return []
        gate.check(_parts(breakdown))
        sides = []
        for row, absent in (("ours", TableAction.CREATE), ("result", TableAction.DROP)):
            rows = f"(SELECT unnest({row}) FROM ({table.final}) WHERE {row} IS NOT NULL)"
            sides.append(_NO_PARTS if table.action is absent else _parts(breakdown, rows))
        return self._largest_changes(plan.ours.branch_id, sides[0], sides[1], limit)

    def _largest_changes(self, branch_id: str, before: str, after: str, limit: int) -> list[PartChange]:
        joined = (
            "SELECT coalesce(b.label, a.label) AS label, coalesce(b.amount, 0)::DOUBLE AS before, "
            f"coalesce(a.amount, 0)::DOUBLE AS after FROM ({before}) AS b FULL JOIN ({after}) AS a USING (label)"
        )
        rows = fetch(
            self._store.engine,
            branch_id,
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


def _holds_for_good(query: str, tables: Collection[str]) -> bool:
    """Whether a query reads tables alone, and neither clock nor chance; a view may hide either."""
    return is_steady(query) and {name.casefold() for name in gate.check(query).reads} <= set(tables)


def _measured(branch: BranchView, metric: Metric) -> MetricValue:
    try:
        return MetricValue(metric, _number(metric, branch.query(metric.sql, limit=2)))
    except HatiError as error:
        return MetricValue(metric, None, error.message)


def _merged_sql(metric: Metric, dropped: Collection[str]) -> str:
    """The query of a metric, if the tables that it reads are there after a merge that drops some."""
    statement = gate.check(metric.sql)
    if gone := [name for name in statement.reads if name.casefold() in dropped]:
        raise TableNotFound(f"The merge drops the table “{gone[0]}”.", table=gone[0])
    return statement.sql


def _merged_value(plan: MergePlan, metric: Metric, dropped: Collection[str]) -> MetricValue:
    try:
        return MetricValue(metric, _number(metric, plan.query(_merged_sql(metric, dropped))))
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
