"""The metrics of a repository: setting, renaming, removing, ordering and restoring them, and their currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hati_core.branch_view import BranchView
from hati_core.errors import InvalidMetric
from hati_core.measured import ListedMetric, MetricOrigin
from hati_core.measures import Measures
from hati_core.names import MAIN
from hati_core.scenarios.metrics import Breakdown, Metric
from hati_core.scenarios.units import Unit, valid_symbol
from hati_core.store import Store


class Measuring:
    """What a repository measures its branches by."""

    _store: Store
    measures: Measures

    def metrics(self, branch: str = MAIN) -> list[ListedMetric]:
        """Every metric in its order, ready-made for the tables of a branch or set, those that were removed too.

        Values are another matter: ``repo.measures.values(branch, [metric])`` gives one, or why there is none.

        Raises:
            BranchNotFound, BranchDiscarded: there is no such live branch.
        """
        return self.measures.catalogue(self._viewed(branch))

    @property
    def currency(self) -> str:
        """The symbol that amounts of money are shown with, ``$`` unless somebody set another one."""
        return self.measures.currency

    def set_currency(self, symbol: str) -> str:
        """Show amounts of money with another symbol, everywhere and to everybody; returns it as it is kept.

        It changes how amounts read: no number is converted.

        Raises:
            InvalidCurrency: it is empty, longer than 5 characters, or could be taken for a part of the number.
        """
        symbol = valid_symbol(symbol)
        self._store.registry.metrics.set_currency(symbol)
        return symbol

    def set_metric(
        self, name: str, sql: str, *, unit: Unit = Unit.NUMBER, breakdown: Breakdown | None = None, branch: str = MAIN
    ) -> Metric:
        """Add a metric, or replace the one of that name; ``sql`` is one query that gives one number.

        Raises:
            InvalidMetric: it does not run on ``branch``, or does not give one number.
        """
        metric = Metric(name.strip(), sql, unit.in_currency(self.currency), breakdown)
        self.measures.add(metric, self._viewed(branch))
        return metric

    def remove_metric(self, name: str, *, branch: str = MAIN) -> None:
        """Measure by a metric no longer: one that was set is forgotten, a ready-made one can be restored.

        Where it had taken the place of a ready-made one, that one is back.

        Raises:
            InvalidMetric: there is no such metric.
        """
        if self._listed(name, branch).origin is MetricOrigin.READY_MADE:
            self._store.registry.metrics.remove(name, wanted=False)
        else:
            self._store.registry.metrics.drop(name)

    def restore_metric(self, name: str, *, branch: str = MAIN) -> None:
        """Measure by a ready-made metric again that was removed, or that one of its name took the place of.

        Raises:
            InvalidMetric: no ready-made metric of that name is away.
        """
        found = self._listed(name, branch)
        if found.origin is MetricOrigin.OWN or not (found.is_removed or found.origin is MetricOrigin.REPLACED):
            raise InvalidMetric(f"“{name}” is no ready-made metric that is away. There is nothing to restore.")
        self._store.registry.metrics.drop(name)
        self._store.registry.metrics.remove(name, wanted=True)

    def rename_metric(self, name: str, new: str, *, branch: str = MAIN) -> Metric:
        """Let a metric go by another name, in the same place; a ready-made one becomes one that was set.

        Raises:
            InvalidMetric: there is no such metric, or the new name is empty or taken.
        """
        found, new = self._listed(name, branch), new.strip()
        taken = {other.metric.name for other in self.metrics(branch)}
        if not new or (new in taken and new != name):
            raise InvalidMetric(
                f"There is a metric called “{new}” already. Choose another name." if new else "Give the metric a name."
            )
        kept, metric = self._store.registry.metrics, replace(found.metric, name=new)
        if new != name:
            order = [new if other.metric.name == name else other.metric.name for other in self.metrics(branch)]
            if found.origin is MetricOrigin.READY_MADE:
                kept.set(new, metric.definition())
            else:
                kept.rename(name, metric.definition())
            if found.origin is not MetricOrigin.OWN:
                kept.remove(name, wanted=False)
            kept.set_order(order)
        return metric

    def order_metrics(self, names: Sequence[str], *, branch: str = MAIN) -> None:
        """Put metrics first, in this order; the others follow as they stood. The first is the headline everywhere.

        Raises:
            InvalidMetric: there is no such metric, or one is named twice.
        """
        for name in names:
            self._listed(name, branch)
        if len(set(names)) != len(names):
            raise InvalidMetric("A metric is named twice. Name each once.")
        rest = [found.metric.name for found in self.metrics(branch) if found.metric.name not in names]
        self._store.registry.metrics.set_order([*names, *rest])

    def _listed(self, name: str, branch: str) -> ListedMetric:
        listed = self.metrics(branch)
        found = next((one for one in listed if one.metric.name == name), None)
        if found is None:
            names = ", ".join(f"“{one.metric.name}”" for one in listed) or "none yet"
            raise InvalidMetric(f"There is no metric “{name}”. The metrics are: {names}.")
        return found

    def _viewed(self, branch: str) -> BranchView:
        row = self._store.row(branch)
        return BranchView(self._store, row.id, row.name, None)
