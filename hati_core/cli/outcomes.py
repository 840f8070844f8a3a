"""What a merge, or undoing one, is worth: each metric of the target before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hati_core.cli.changes import metric_documents, metric_lines
from hati_core.measured import MetricValue
from hati_core.merge.plan import MergePlan
from hati_core.repository import Repository


@dataclass(frozen=True)
class Outcome:
    """Each metric of a branch before and after, in the same order."""

    before: Sequence[MetricValue] = ()
    after: Sequence[MetricValue] = ()

    @classmethod
    def of(cls, repo: Repository, plan: MergePlan) -> Outcome:
        """What a plan comes to that leaves nothing open."""
        target = repo.branch(plan.target).at(plan.target_version)
        metrics = repo.measures.metrics(target)
        return cls(repo.measures.values(target, metrics), repo.measures.merged_values(plan, metrics))

    def lines(self) -> Iterator[str]:
        """Each metric that changes."""
        return metric_lines(self.before, self.after)

    def document(self) -> Mapping[str, Any]:
        """Each metric."""
        return metric_documents(self.before, self.after)
