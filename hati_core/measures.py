"""Measuring branches: metric values, what they are made of, and what makes two branches differ."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate, chain

from hati_core.branch_view import BranchView
from hati_core.errors import HatiError, InvalidMetric, StorageUnavailable, TableNotFound
from hati_core.measured import (
    ListedMetric,
    MeasuredVersion,
    MetricOrigin,
    MetricValue,
    Part,
    PartChange,
    is_nothing,
    largest_changes,
    number_of,
    parts_sql,
)
from hati_core.merge.lineage import Lineage, Point
from hati_core.merge.plan import MergePlan
from hati_core.merged_measures import merged_changes, merged_values
from hati_core.model import BranchInfo, Commit, TableInfo
from hati_core.recent import Recent
from hati_core.scenarios.metrics import Breakdown, Metric, ready_made, row_counts
from hati_core.scenarios.units import DEFAULT_SYMBOL
from hati_core.sql import gate
from hati_core.sql.steady import is_steady
from hati_core.storage.registry_rows import Measurement
from hati_core.store import Store

__all__ = ["ListedMetric", "MeasuredVersion", "Measures", "MetricOrigin", "MetricValue", "Part", "PartChange"]

_CACHED_VALUES = 20_000
_TRIED_SECONDS = 10


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
        """The ready-made ones, and those that were set behind those of their table, unless somebody ordered them.

        Tables stand in the order in which they were made, and what belongs to none of them is last.

        One that was set takes the place of a ready-made one of its name, and those that were removed are left out.
        Where there are none, rows are counted.
        """
        listed = [found.metric for found in self.catalogue(branch) if not found.is_removed]
        return listed or row_counts(branch.tables().values())

    @property
    def currency(self) -> str:
        """The symbol of the currency that amounts of money are in; it changes how they read, never what they are."""
        return self._store.registry.metrics.currency() or DEFAULT_SYMBOL

    def catalogue(self, branch: BranchView) -> list[ListedMetric]:
        """As :meth:`metrics`, with where each comes from, and with the ready-made ones that were removed."""
        kept, currency = self._store.registry.metrics, self.currency
        own = {metric.name: metric for metric in map(Metric.from_definition, kept.all())}
        removed, order = set(kept.removed()), {name: at for at, name in enumerate(kept.order())}
        found, tables = [], branch.tables()
        for metric in ready_made(tables.values()):
            if metric.name in own:
                found.append(ListedMetric(own.pop(metric.name), MetricOrigin.REPLACED))
            else:
                found.append(ListedMetric(metric, MetricOrigin.READY_MADE, metric.name in removed))
        found = _by_age_of_table(found, [ListedMetric(metric, MetricOrigin.OWN) for metric in own.values()], tables)
        found = [replace(one, metric=one.metric.in_currency(currency)) for one in found]
        return sorted(found, key=lambda one: order.get(one.metric.name, len(order)))

    def add(self, metric: Metric, branch: BranchView) -> None:
        """Keep a metric that runs on ``branch``.

        Raises:
            InvalidMetric: it has no name, does not run, or does not give one number.
        """
        if not metric.name:
            raise InvalidMetric("Give the metric a name.")
        try:
            statement = gate.check(metric.sql)
            if part := gate.named_of_main(statement):
                table = part.partition(".")[2]
                raise InvalidMetric(
                    f"“{metric.name}” is measured on every branch, where {part} is that branch's own table and not "
                    f"“main”'s. Write {table} alone."
                )
            number_of(metric, branch.query(statement, limit=2))
            if metric.breakdown:
                branch.query(parts_sql(metric.breakdown), limit=1)
        except InvalidMetric:
            raise
        except HatiError as error:
            raise InvalidMetric(f"“{metric.name}” does not run on “{branch.name}”: {error.message}") from error
        self._store.registry.metrics.set(metric.name, metric.definition())

    def tried(self, metric: Metric, branch: BranchView) -> MetricValue:
        """What a metric that is being written gives on a branch, or why it gives nothing; it is not kept."""
        return _measured(branch, metric, _TRIED_SECONDS)

    def values(self, branch: BranchView, metrics: Sequence[Metric]) -> list[MetricValue]:
        """Each metric on one branch; one that fails says so and leaves the others alone."""
        head = self._store.head(branch.id) if branch.version is None else branch.version
        return self._values_at([(branch, head)], metrics)[0]

    def listed(self, branches: Sequence[BranchInfo], metrics: Sequence[Metric]) -> dict[str, list[MetricValue]]:
        """Each metric on each of several branches as they stand, by name of the branch."""
        views = [(BranchView(self._store, info.id, info.name, None), info.head) for info in branches]
        found = self._values_at(views, metrics)
        return {info.name: values for info, values in zip(branches, found, strict=True)}

    def history(
        self, branch: BranchView, metric: Metric, limit: int = 50, *, measure: int = 50
    ) -> list[MeasuredVersion]:
        """The value of a metric at the newest ``limit`` versions of a branch, newest first.

        Only versions that touched a table which the metric reads are measured, each once for good, and at most
        ``measure`` of them now, the newest first; the others say that they are not measured yet.
        """
        head = self._store.head(branch.id) if branch.version is None else branch.version
        commits = self._store.catalog(branch.id).commits(limit, until=head)
        sources = _sources(metric, commits, self._table_names(branch.id, head))
        wanted = {
            version: Measurement.of(metric.sql, *self._origin(branch.id, version)) for version in sources.values()
        }
        known = self._known(set(wanted.values()))
        missing = sorted((v for v, measurement in wanted.items() if measurement not in known), reverse=True)
        # A statement that does not bind costs much on a server: where there is no table at all it is not even tried.
        bare = {version for version in missing if not self._table_names(branch.id, version)}
        missing = [version for version in missing if version not in bare]
        views = [(BranchView(self._store, branch.id, branch.name, version), version) for version in missing[:measure]]
        found = {version: MetricValue(metric, None, "There was no table yet.") for version in bare}
        found |= {version: MetricValue(metric, None, "Not measured yet.") for version in missing[measure:]}
        found |= {v: MetricValue(metric, known[m]) for v, m in wanted.items() if m in known}
        found |= {view[1]: values[0] for view, values in zip(views, self._values_at(views, [metric]), strict=True)}
        return [MeasuredVersion(commit, found[sources[commit.version]]) for commit in commits]

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
        tables = self._table_names(branch.id, head)
        return {
            measurement: found.value
            for measurement, found in values
            if found.value is not None and _holds_for_good(found.metric.sql, tables)
        }

    def _table_names(self, branch_id: str, version: int) -> set[str]:
        return {name.casefold() for name in self._store.tables(branch_id, version)}

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
        target = BranchView(self._store, plan.ours.branch_id, plan.target, plan.target_version)
        return merged_values(self._store.engine, plan, self.values(target, metrics))

    def parts(self, branch: BranchView, breakdown: Breakdown, limit: int = 12) -> list[Part]:
        """The largest parts of a metric on one branch, then “other” for the rest."""
        rows = branch.query(
            f"SELECT label, amount, sum(amount) OVER () AS total FROM ({parts_sql(breakdown)}) "
            f"ORDER BY abs(amount) DESC, label LIMIT {int(limit)}"
        )
        shown = [Part(row["label"], float(row["amount"])) for row in rows]
        rest = float(rows[0]["total"]) - math.fsum(part.amount for part in shown) if rows else 0.0
        return shown if is_nothing(rest, rows[0]["total"] if rows else 0) else [*shown, Part("other", rest)]

    def changes(self, before: BranchView, after: BranchView, breakdown: Breakdown, limit: int = 12) -> list[PartChange]:
        """The parts in which two branches differ most, largest difference first, then “other” for the rest.

        Raises:
            HatiError: the breakdown does not run on one of the branches.
        """
        sides = []
        for branch in (before, after):
            version = self._store.head(branch.id) if branch.version is None else branch.version
            table = self._store.table(branch.id, version, breakdown.table)
            gate.check(parts_sql(breakdown))
            catalog = self._store.catalog(branch.id)
            sides.append(parts_sql(breakdown, catalog.at(table.name, version)))
        self._store.engine.attach(after.id)
        return largest_changes(self._store.engine, before.id, sides[0], sides[1], limit)

    def merged_changes(self, plan: MergePlan, breakdown: Breakdown, limit: int = 12) -> list[PartChange]:
        """The parts of its target that a plan changes most, as :meth:`changes`; only rows that it writes are read.

        Raises:
            HatiError: the breakdown does not run on the merged table.
        """
        return merged_changes(self._store.engine, plan, breakdown, limit)


def _by_age_of_table(
    ready: Sequence[ListedMetric], own: Sequence[ListedMetric], tables: Mapping[str, TableInfo]
) -> list[ListedMetric]:
    """What was set keeps its order, and stays ahead of what is ready-made for tables that came later."""
    numbers = {name.casefold(): table.number for name, table in tables.items()}

    def ages(listed: Sequence[ListedMetric], otherwise: float) -> Iterator[float]:
        parts = (one.metric.breakdown for one in listed)
        return accumulate((numbers.get(p.table.casefold(), otherwise) if p else otherwise for p in parts), max)

    placed = zip(chain(ages(ready, 0), ages(own, math.inf)), chain(ready, own), strict=True)
    return [one for _, one in sorted(placed, key=lambda place: place[0])]


def _sources(metric: Metric, commits: Sequence[Commit], tables: Collection[str]) -> dict[int, int]:
    """For each of these versions, newest first, the one at which the metric got the value that it has there."""
    try:
        reads = {name.casefold() for name in gate.check(metric.sql).reads}
        traced = is_steady(metric.sql) and reads <= set(tables)
    except HatiError:
        traced, reads = False, set()
    sources: dict[int, int] = {}
    for commit in reversed(commits):
        touched = {touch.table.casefold() for touch in commit.touched}
        before = sources.get(commit.version - 1)
        stays = traced and before is not None and touched and not touched & reads
        sources[commit.version] = before if stays and before is not None else commit.version
    return sources


def _holds_for_good(query: str, tables: Collection[str]) -> bool:
    """Whether a query reads tables alone, and neither clock nor chance; a view may hide either."""
    return is_steady(query) and {name.casefold() for name in gate.check(query).reads} <= set(tables)


def _measured(branch: BranchView, metric: Metric, timeout: float | None = None) -> MetricValue:
    try:
        # What was kept before “main.” was refused in metrics goes on to mean each branch's own table.
        return MetricValue(metric, number_of(metric, branch.query(gate.check(metric.sql), limit=2, timeout=timeout)))
    except TableNotFound as error:
        return MetricValue(metric, None, f"{error.message.rstrip('.')} on this branch.")
    except HatiError as error:
        return MetricValue(metric, None, error.message)
