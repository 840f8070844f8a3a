"""Ideas for price lists, where the price is one's own, and for tables of which nothing is known."""

from __future__ import annotations

from typing import Any

from hati_core.agent.goals import Bounds, Want
from hati_core.agent.planner.ideas import Attempt, RuleIdea, one_of, percent
from hati_core.agent.planner.survey import Survey

_STEP = 5.0
"""Percent that a price moves by where the goal names no limit."""
_NO_DEMAND = "How many are sold is kept as it is: the table does not say what a price does to demand."
_NOT_KNOWN = "The planner does not know whether this is somebody's to decide; take it as what the metric hangs on."


def price_ideas(found: Survey, wanted: Want, limits: Bounds) -> list[RuleIdea]:
    """Move prices, of all rows or of some."""
    most = _STEP if limits.price is None else limits.price
    sign = -1 if wanted is Want.LESS else 1
    verb = "Lower" if sign < 0 else "Raise"
    if most <= 0:
        return []

    def moved(title: str, rows: str, where: dict[str, Any] | None) -> RuleIdea:
        attempts = tuple(
            Attempt("shock_prices", _parameters(found, percent=sign * most * part, where=where)) for part in (1.0, 0.5)
        )
        return RuleIdea(title, f"{verb} {rows} by up to {percent(most)}.", attempts, _NO_DEMAND)

    at, ideas = found.levers, [moved("all prices", "all prices", None)]
    if at.group:
        for group in found.groups[:3]:
            ideas.append(moved(f"prices of {group.name}", f"prices of {group.name}", one_of(at.group, [group.name])))
    if found.positions:
        top = found.positions[0].label
        ideas.append(moved(f"price of {top}", f"the price of {top}, which brings in most", one_of(at.label, [top])))
        thin = [one for one in found.positions if one.cost and one.price > 0]
        if thin:
            lean = min(thin, key=lambda one: (one.price - (one.cost or 0)) / one.price).label
            rows = f"the price of {lean}, which has the smallest margin"
            ideas.append(moved(f"margin of {lean}", rows, one_of(at.label, [lean])))
    return ideas


def other_ideas(found: Survey) -> list[RuleIdea]:
    """Move each number that the metric reads, a little up or down, whichever serves."""
    return [
        RuleIdea(
            f"move {column}",
            f"Move {column} of every row by a tenth, up or down, whichever serves the goal.",
            tuple(
                Attempt("scale_positions", _parameters(found, factor=factor, quantity=column)) for factor in (1.1, 0.9)
            ),
            _NOT_KNOWN,
        )
        for column in found.numbers
    ]


def _parameters(found: Survey, **parameters: Any) -> dict[str, Any]:
    given = {name: value for name, value in parameters.items() if value is not None}
    return {"table": found.levers.table.name, **given}
