"""What measuring gives: values of metrics, the parts that they are made of, and how parts differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from hati_core.cell_text import told
from hati_core.errors import HatiError, InvalidMetric, QueryTimeout
from hati_core.merge.rows import fetch
from hati_core.model import Commit, Row
from hati_core.quote import identifier
from hati_core.scenarios.metrics import Breakdown, Metric
from hati_core.storage.engine import Engine


@dataclass(frozen=True)
class MetricValue:
    """The value of a metric on one branch, or the sentence why there is none."""

    metric: Metric
    value: float | None
    problem: str | None = None


class MetricOrigin(Enum):
    """Where a metric comes from."""

    READY_MADE = "ready-made"
    OWN = "own"
    REPLACED = "replaced"
    """Somebody's own, in the place of a ready-made one of its name."""


@dataclass(frozen=True)
class ListedMetric:
    """A metric of a repository; one that is removed is ready-made, is measured nowhere, and can be restored."""

    metric: Metric
    origin: MetricOrigin
    is_removed: bool = False


@dataclass(frozen=True)
class MeasuredVersion:
    """The value of a metric at one version of a branch, and the commit that made the version."""

    commit: Commit
    found: MetricValue


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


def parts_sql(breakdown: Breakdown, source: str | None = None) -> str:
    """The query of the parts of a metric, by label, in its table or in another relation."""
    label, table = label_sql(breakdown), source or identifier(breakdown.table)
    return f"SELECT {label} AS label, coalesce(sum({breakdown.amount}), 0) AS amount FROM {table} GROUP BY label"


def label_sql(breakdown: Breakdown) -> str:
    """The expression that names the part that a row belongs to."""
    return f"concat_ws(' · ', {', '.join(identifier(name) for name in breakdown.labels)})"


def largest_changes(engine: Engine, branch_id: str, before: str, after: str, limit: int) -> list[PartChange]:
    """The parts in which two queries of parts differ most, largest difference first, then “other” for the rest."""
    joined = (
        "SELECT coalesce(b.label, a.label) AS label, coalesce(b.amount, 0)::DOUBLE AS before, "
        f"coalesce(a.amount, 0)::DOUBLE AS after FROM ({before}) AS b FULL JOIN ({after}) AS a USING (label)"
    )
    rows = fetch(
        engine,
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
    return shown if is_nothing(rest.delta, rows[0]["all_after"]) else [*shown, rest]


def number_of(metric: Metric, rows: list[dict[str, object]]) -> float:
    """The one number that a metric gives.

    Raises:
        InvalidMetric: it gives none, or several.
    """
    if len(rows) != 1 or len(rows[0]) != 1:
        raise InvalidMetric(f"“{metric.name}” must give one number: one row with one column.")
    (value,) = rows[0].values()
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise InvalidMetric(f"“{metric.name}” gives {told(value)}, which is not a number.") from error


def measured_together(
    metrics: Sequence[Metric], query: Callable[[str], list[Row]], text: Callable[[Metric], str]
) -> list[MetricValue]:
    """Each metric by one query of all, in order; where that fails, each by itself, and one that fails says so.

    ``text`` gives the query of a metric, and may refuse it.

    Raises:
        QueryTimeout: ``query`` ran over its limits.
    """
    try:
        cells = ", ".join(f"({text(metric)}) AS value_{at}" for at, metric in enumerate(metrics))
        (row,) = query(f"SELECT {cells}") if metrics else ({},)
        return [MetricValue(metric, float(row[f"value_{at}"])) for at, metric in enumerate(metrics)]
    except QueryTimeout:
        raise
    except (HatiError, TypeError, ValueError):
        return [_measured_alone(metric, query, text) for metric in metrics]


def _measured_alone(metric: Metric, query: Callable[[str], list[Row]], text: Callable[[Metric], str]) -> MetricValue:
    try:
        return MetricValue(metric, number_of(metric, query(text(metric))))
    except QueryTimeout:
        raise
    except HatiError as error:
        return MetricValue(metric, None, error.message)


def is_nothing(rest: float, total: float) -> bool:
    """Whether what is left over is only rounding."""
    return abs(rest) <= 1e-9 * max(1.0, abs(float(total)))
