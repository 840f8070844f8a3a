"""How the conflicts that nobody chose for are settled, and what that would do to these very conflicts."""

from __future__ import annotations

import streamlit as st

from hati_core import ConflictKind, MergePlan, Side, Strategy
from hati_core.merging import winner
from pages.parts.outlook import outlook
from pages.parts.shell import Page
from pages.parts.words import amount, count, difference, plain

_LABEL = "Conflicts without a choice"


def chosen_strategy(plan: MergePlan) -> Strategy:
    """The strategy in force; without conflicts there is nothing to choose."""
    chosen = st.session_state.get(_key(plan)) if plan.conflicts else None
    return chosen or Strategy.MANUAL


def default_side(plan: MergePlan) -> Side | None:
    """The side that settles what is open, by the strategy in force."""
    return winner(chosen_strategy(plan), plan.source)


def strategies(page: Page, plan: MergePlan) -> None:
    """The four of them, each with what it comes to before it is applied."""
    stake = at_stake(plan)
    options = {
        Strategy.MANUAL: ("Choose one by one", _one_by_one(plan)),
        Strategy.BRANCH_WINS: _wins(page, plan, Strategy.BRANCH_WINS, stake),
        Strategy.MAIN_WINS: _wins(page, plan, Strategy.MAIN_WINS, stake),
        Strategy.ABORT: ("Stop if anything conflicts", _stops(plan)),
    }
    st.radio(
        _LABEL,
        list(options),
        format_func=lambda strategy: plain(options[strategy][0]),
        captions=[plain(caption) for _, caption in options.values()],
        key=_key(plan),
        help="Whatever you choose here, choices made above stay, and what does not conflict merges cell by cell.",
    )


def _key(plan: MergePlan) -> str:
    """A strategy is for these two branches, and not for the next pair that is looked at."""
    return f"merge-strategy-{plan.theirs.branch_id}-{plan.ours.branch_id}"


def _one_by_one(plan: MergePlan) -> str:
    left = len(plan.open_conflicts)
    if not left:
        return f"Every one of {count(len(plan.conflicts), 'conflict')} has a choice."
    are = "is" if left == 1 else "are"
    return f"Each conflict takes what is chosen for it above; {left:,} of {len(plan.conflicts):,} {are} open."


def _stops(plan: MergePlan) -> str:
    total = len(plan.conflicts)
    return f"There {'is' if total == 1 else 'are'} {count(total, 'conflict')}, so nothing would be merged."


def _wins(page: Page, plan: MergePlan, strategy: Strategy, stake: str) -> tuple[str, str]:
    """The name of one branch, and what becomes of the open conflicts when it wins."""
    side = winner(strategy, plan.source)
    name, other = (plan.target, plan.source) if side is Side.OURS else (plan.source, plan.target)
    label = f"{name} wins"
    left = len(plan.open_conflicts)
    if not left:
        return label, f"Nothing is open that {name} could win."
    takes = "takes" if left == 1 else "take"
    words = f"{count(left, 'open conflict')} {takes} what {name} has; what {other} did to {stake} is lost."
    return label, " ".join(part for part in (words, _effect(page, plan, side), _broken(page, plan, side)) if part)


def at_stake(plan: MergePlan) -> str:
    """The open conflicts, as rows and as columns or tables."""
    kinds = plan.open_conflicts.facets().kinds
    schema = kinds[ConflictKind.SCHEMA]
    rows = kinds.total() - schema
    return " and ".join(
        part
        for part in (rows and count(rows, "row"), schema and count(schema, "column or table", "columns or tables"))
        if part
    )


def _effect(page: Page, plan: MergePlan, side: Side | None) -> str:
    """What it makes of the first metric, beside keeping what the target has."""
    found, kept = outlook(page, plan, side), outlook(page, plan, Side.OURS)
    if found.gain is None or kept.gain is None or found.before[0].value is None:
        return ""
    metric = found.metrics[0]
    before = found.before[0].value
    worth = amount(before + found.gain, metric.unit)
    if side is Side.OURS:
        return f"{metric.name} of {plan.target}: {worth}."
    beside = difference(before + kept.gain, before + found.gain, metric.unit)
    return f"{metric.name} of {plan.target}: {worth}, {beside} beside keeping what {plan.target} has."


def _broken(page: Page, plan: MergePlan, side: Side | None) -> str:
    rules = len(outlook(page, plan, side).plan.violations)
    return f"It breaks {count(rules, 'rule')} of the tables, which would stop the merge." if rules else ""
