"""What the plan in hand comes to, by how open conflicts are settled; worked out once and kept until it is another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from hati_core import BranchView, MergePlan, Metric, Repository, Side
from hati_core.errors import QueryError
from hati_core.measures import MetricValue, PartChange
from pages.parts.shell import Page
from pages.parts.values import shared_metrics

_PARTS = 6


@dataclass(frozen=True)
class Outlook:
    """A plan with everything settled that is going to be, and each metric of its target before and after."""

    repository: Repository
    plan: MergePlan
    metrics: tuple[Metric, ...]

    @cached_property
    def before(self) -> list[MetricValue]:
        """The target as the plan saw it."""
        branch = self.repository.branch(self.plan.target)
        seen: BranchView = branch if branch.head == self.plan.target_version else branch.at(self.plan.target_version)
        return self.repository.measures.values(seen, self.metrics)

    @cached_property
    def after(self) -> list[MetricValue]:
        """The target as the merge would leave it."""
        return self.repository.measures.merged_values(self.plan, list(self.metrics))

    @cached_property
    def changes(self) -> list[PartChange] | None:
        """What the first metric's change is made of; None where it cannot be told."""
        breakdown = self.metrics[0].breakdown if self.metrics else None
        if breakdown is None:
            return None
        try:
            return self.repository.measures.merged_changes(self.plan, breakdown, _PARTS)
        except QueryError:
            # The merge takes a column away that the metric reads; the card of the metric says so.
            return None

    @cached_property
    def gain(self) -> float | None:
        """By how much the first metric changes; None where it cannot be measured."""
        if not self.metrics:
            return None
        # The other metrics may have to read the merged table whole.
        (first,) = self.repository.measures.merged_values(self.plan, [self.metrics[0]])
        before = self.before[0].value
        return None if before is None or first.value is None else first.value - before


@dataclass
class Outlooks:
    """What a plan comes to as it stands, and with either side for what is open."""

    plan: MergePlan
    metrics: tuple[Metric, ...]
    found: dict[Side | None, Outlook]


def outlook(page: Page, plan: MergePlan, default: Side | None = None, *, kept: str = "merge") -> Outlook:
    """What a plan comes to when what is open takes a side; ``kept`` tells plans in hand at one time apart."""
    place, metrics = f"outlook of {kept}", tuple(shared_metrics(page, plan.target, plan.source))
    held: Outlooks | None = st.session_state.get(place)
    if held is None or held.plan is not plan or held.metrics != metrics:
        held = Outlooks(plan, metrics, {})
        st.session_state[place] = held
    if default not in held.found:
        held.found[default] = Outlook(page.repository, plan.with_default(default), metrics)
    return held.found[default]
