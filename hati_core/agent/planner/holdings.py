"""Ideas for tables of what is held: how many of each is decided; prices, and what was paid, are facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hati_core.agent.goals import Bounds, Purchase, Want
from hati_core.agent.planner.ideas import Attempt, RuleIdea, one_of, percent
from hati_core.agent.planner.survey import Position, Survey

_BUDGET = 10.0
"""Percent of more cost where the goal names no limit."""
_SAFE = ("bond", "treasur", "fixed income", "gilt", "cash", "money market", "gold")
_SAFE_NAMES = ("BND", "AGG", "TLT", "IEF", "SHY", "LQD", "GOVT", "BIL", "SGOV", "BNDX", "TIP", "GLD")
_STEADY = ("utilit", "staple", "health", "low vol", "usmv")
_INSIDE = 0.99
"""How close to a limit on weights is gone: whole units are rounded, which moves all other weights a little."""
_SHARES = (20.0, 30.0, 40.0)
_PROCEEDS = "What is sold leaves the table: no row holds the money."
_STILL = "The average cost stays as it is, so bought units are reckoned at the old cost."


def holdings_ideas(found: Survey, wanted: Want, limits: Bounds, buy: Purchase | None) -> list[RuleIdea]:
    """Ideas for a goal, the most fitting first."""
    if not found.positions or not found.value:
        return _bought(found, buy)
    bought = _bought(found, buy)
    match wanted:
        case Want.HEDGE:
            return [*bought, *_safer(found), *_steadier(found), *_spread(found, limits)]
        case Want.SPREAD:
            return [*bought, *_spread(found, limits)]
        case Want.LESS:
            return _sold(found)
        case Want.MORE:
            gains = _reads_cost(found)
            return [*bought, *(_losers_sold(found) if gains else _more(found, limits))]


def _bought(found: Survey, buy: Purchase | None) -> list[RuleIdea]:
    """What the goal itself names."""
    at = found.levers
    if buy is None or not at.quantity or not at.price:
        return []
    cells: dict[str, Any] = {at.label: buy.label, at.quantity: buy.quantity, at.price: buy.price}
    if at.cost:
        cells[at.cost] = buy.price
    text = f"Add {buy.quantity:g} {buy.label} at {buy.price:g}, as the goal says."
    return [RuleIdea(f"add {buy.label}", text, (Attempt("add_position", _on(found, values=cells)),))]


def _more(found: Survey, limits: Bounds) -> list[RuleIdea]:
    """Spend the budget in different places. Each unit is reckoned at today's price, or at its old cost where higher."""
    share = _BUDGET if limits.cost is None else limits.cost
    budget = found.cost * share / 100
    if budget <= 0:
        return []
    how = f"for at most {percent(share)} more cost"
    ideas = [
        RuleIdea(
            f"all plus {share:g}%", f"Buy more of every position, {how}.", _scaled(found, budget / found.outlay), _STILL
        )
    ]
    for group in found.groups[:2]:
        text = f"Put the whole budget into {group.name}, {how}."
        where = one_of(found.levers.group or "", [group.name])
        ideas.append(RuleIdea(f"more {group.name}", text, _scaled(found, budget / group.outlay, where), _STILL))
    for title, text, chosen in _places(found):
        outlay = sum(one.quantity * _unit(one) for one in chosen)
        where = one_of(found.levers.label, [one.label for one in chosen])
        if outlay > 0:
            ideas.append(RuleIdea(title, f"{text}, {how}.", _scaled(found, budget / outlay, where), _STILL))
    first = ideas[0]
    return [*ideas[1:3], first, *ideas[3:]] if len(found.groups) > 1 else [first, *ideas[1:]]


def _places(found: Survey) -> list[tuple[str, str, Sequence[Position]]]:
    at = found.positions
    places: list[tuple[str, str, Sequence[Position]]] = [
        (f"more {at[0].label}", f"Put the whole budget into the largest position, {at[0].label}", at[:1])
    ]
    gained = [one for one in at if one.cost and one.price > one.cost]
    if gained:
        best = max(gained, key=lambda one: one.price / (one.cost or one.price))
        text = f"Put the whole budget into the position that has gained most, {best.label}"
        places.append((f"winner {best.label}", text, [best]))
    small = at[len(at) // 2 :] if found.rows <= len(at) else at[-5:]
    if len(at) > 1:
        places.append(("smaller positions", "Put the whole budget into the smaller positions", small))
    return places


def _sold(found: Survey) -> list[RuleIdea]:
    at = found.positions
    largest = one_of(found.levers.label, [at[0].label])
    return [
        *_losers_sold(found),
        RuleIdea(
            f"halve {at[0].label}",
            f"Sell half of the largest position, {at[0].label}.",
            (Attempt("trim_positions", _on(found, where=largest, how="by percent", amount=50)),),
            _PROCEEDS,
        ),
        RuleIdea(
            "trim all 10%",
            "Sell a tenth of every position.",
            (Attempt("trim_positions", _on(found, how="by percent", amount=10)),),
            _PROCEEDS,
        ),
        *(
            RuleIdea(
                f"less {group.name}",
                f"Sell a quarter of {group.name}.",
                (
                    Attempt(
                        "trim_positions",
                        _on(found, where=one_of(found.levers.group or "", [group.name]), how="by percent", amount=25),
                    ),
                ),
                _PROCEEDS,
            )
            for group in found.groups[:1]
        ),
    ]


def _losers_sold(found: Survey) -> list[RuleIdea]:
    losers = [one.label for one in found.positions if one.cost and one.price < one.cost]
    if not losers:
        return []
    where = one_of(found.levers.label, losers)
    named = ", ".join(map(str, losers[:4])) + (" and others" if len(losers) > 4 else "")
    return [
        RuleIdea(
            f"{title} losers",
            f"Sell {what} what is worth less than it cost: {named}.",
            (Attempt("trim_positions", _on(found, where=where, how="by percent", amount=amount)),),
            _PROCEEDS,
        )
        for title, what, amount in (("sell", "all of", 100), ("halve", "half of", 50))
    ]


def _spread(found: Survey, limits: Bounds) -> list[RuleIdea]:
    """Move value from what is large to the rest; the whole keeps its value."""
    at, ideas = found.levers, []
    caps = sorted(
        {
            _INSIDE * (limits.weight or 0) or max(100 / max(found.rows, 1) * 1.5, 5.0),
            *(() if limits.weight else (15.0, 25.0)),
        }
    )
    capped = [_capped(found, cap) for cap in caps]
    text = "Sell what exceeds a largest weight, and buy the other positions for it in their proportions."
    ideas.append(RuleIdea("cap the largest", text, tuple(attempt for attempt in capped if attempt)))
    if 2 <= len(found.labels) <= 100:
        even = dict.fromkeys(map(str, found.labels), _share(len(found.labels)))
        text = f"Give each of {len(found.labels)} positions the same weight."
        ideas.append(RuleIdea("equal weights", text, (Attempt("rebalance", _on(found, by=at.label, weights=even)),)))
    if at.group and 2 <= len(found.groups) < 20:
        even = {str(group.name): _share(len(found.groups)) for group in found.groups}
        text = f"Give each {at.group} the same weight; inside, positions keep their proportions."
        parameters = _on(found, by=at.group, weights=even)
        ideas.append(RuleIdea(f"equal {at.group}", text, (Attempt("rebalance", parameters),)))
    largest = found.positions[0]
    where = one_of(at.label, [largest.label])
    half = Attempt("trim_positions", _on(found, where=where, how="by percent", amount=50))
    ideas.append(
        RuleIdea(f"halve {largest.label}", f"Sell half of the largest position, {largest.label}.", (half,), _PROCEEDS)
    )
    return ideas


def _capped(found: Survey, cap: float) -> Attempt | None:
    """Largest positions at a weight; taking from one raises the others, so that more may have to be held down."""
    weights = {one.label: one.value / found.value * 100 for one in found.positions}
    held: dict[str, float] = {}
    for _ in found.positions:
        rest = 100 - sum(weights[label] for label in held)
        factor = (100 - cap * len(held)) / rest if rest > 0 else 0
        over = [label for label in weights if label not in held and weights[label] * factor > cap]
        if not over:
            break
        held |= dict.fromkeys(over, cap)
    if not held or cap * len(held) >= 100 or len(held) >= found.rows:
        return None
    weights_named = {str(label): round(cap, 4) for label in held}
    return Attempt("rebalance", _on(found, by=found.levers.label, weights=weights_named))


def _safer(found: Survey) -> list[RuleIdea]:
    """Move value into what looks like bonds, where something does."""
    at, ideas = found.levers, []
    groups = [one.name for one in found.groups if _looks(one.name, _SAFE)]
    if at.group and groups:
        weights = [{str(groups[0]): share} for share in _SHARES]
        ideas.append(_moved_into(found, at.group, str(groups[0]), weights))
    names = [label for label in found.labels if str(label).upper() in _SAFE_NAMES or _looks(label, _SAFE)]
    if names:
        weights = [dict.fromkeys(map(str, names), round(share / len(names), 4)) for share in _SHARES]
        ideas.append(_moved_into(found, at.label, ", ".join(map(str, names[:3])), weights))
    return ideas


def _steadier(found: Survey) -> list[RuleIdea]:
    """Move value into groups that are known to swing less."""
    groups = [one for one in found.groups if _looks(one.name, _STEADY)][:2]
    return [
        _moved_into(
            found,
            found.levers.group or "",
            str(group.name),
            [{str(group.name): min(90.0, round(group.value / found.value * 100 + more, 2))} for more in (10, 20)],
        )
        for group in groups
    ]


def _moved_into(found: Survey, by: str, name: str, weights: list[dict[str, float]]) -> RuleIdea:
    text = f"Sell some of everything else, and buy {name} for it; the whole keeps its value."
    caveat = "That it swings less is taken from its name; the planner measures no risk."
    return RuleIdea(
        f"into {name}", text, tuple(Attempt("rebalance", _on(found, by=by, weights=one)) for one in weights), caveat
    )


def _scaled(found: Survey, more: float, where: dict[str, Any] | None = None) -> tuple[Attempt, ...]:
    """All of the budget, then three quarters and half of it, in case a rule of the table stands in the way."""
    parameters = _on(found) | ({"where": where} if where else {})
    return tuple(
        Attempt("scale_positions", parameters | {"factor": round(1 + more * part - 5e-7, 6)})
        for part in (1.0, 0.75, 0.5)
    )


def _on(found: Survey, **parameters: Any) -> dict[str, Any]:
    return {"table": found.levers.table.name, **parameters}


def _unit(one: Position) -> float:
    return max(one.price, one.cost or 0.0)


def _share(count: int) -> float:
    return int(1_000_000 / count) / 10_000


def _looks(name: object, words: Sequence[str]) -> bool:
    return any(word in str(name).casefold() for word in words)


def _reads_cost(found: Survey) -> bool:
    cost = found.levers.cost
    return bool(cost and cost.casefold() in found.metric_sql.casefold())
