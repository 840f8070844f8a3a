"""What can be read out of a goal's words by rule: limits that can be checked, and what kind of change is wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_PERCENT = rf"{_NUMBER}\s*(?:%|percent|per cent)"
_AT_MOST = r"(?:at most|no more than|not more than|up to|a maximum of|max(?:imum)?|within|less than|under|below|only)"
_MONEY = r"(?:costs?|spend(?:ing)?|money|budget|capital|investment|outlay)"
_COST = (
    re.compile(
        rf"{_AT_MOST}\s+{_PERCENT}\s+(?:(?:more|extra|additional|higher|added)\s+)?(?:of\s+)?(?:the\s+)?{_MONEY}"
    ),
    re.compile(rf"{_MONEY}\s+(?:\w+\s+){{0,4}}?(?:by\s+)?{_AT_MOST}\s+{_PERCENT}"),
    re.compile(rf"(?:spend|invest|pay)\s+(?:\w+\s+)?(?:{_AT_MOST}\s+)?{_PERCENT}"),
)
_NO_COST = re.compile(rf"(?:no|without(?: any)?|zero)\s+(?:more|extra|additional|new|higher)?\s*{_MONEY}|same {_MONEY}")
_WEIGHT = (
    re.compile(
        rf"(?:position|holding|weight|name|stock|share)s?\s+(?:\w+\s+){{0,3}}?(?:above|over|{_AT_MOST})\s+{_PERCENT}"
    ),
    re.compile(rf"{_AT_MOST}\s+{_PERCENT}\s+(?:in|per|for|of)\s+(?:any|each|a|one|every)"),
)
_PRICE = (
    re.compile(rf"prices?\s+(?:\w+\s+){{0,4}}?(?:by\s+)?(?:more than|above|over|{_AT_MOST})\s+{_PERCENT}"),
    re.compile(rf"{_AT_MOST}\s+{_PERCENT}\s+(?:on\s+|more\s+|higher\s+)*prices?"),
)
_CURRENCY = r"(?:[^\W\d_]{0,2}[$¢£¥\u20a0-\u20c0]|(?-i:[A-Z]{3}))\s?"
"""A sign that may have letters before it, or a code such as CHF."""
_ADD = re.compile(
    rf"(?:add|buy)\s+{_NUMBER}\s+(?:shares?\s+of\s+|units?\s+of\s+)?([\w.\-]+)\s+(?:at|for|@)\s*"
    rf"(?:{_CURRENCY})?{_NUMBER}",
    re.I,
)
_HEDGE = re.compile(r"hedg|bond|protect|defensiv|safe|downside|treasur")
_SPREAD = re.compile(r"concentrat|diversif|spread|weight|balanc|equal|single[- ]name")
_LOWER = re.compile(r"lower|reduce|cut|minimi[sz]e|shrink|decrease|less\b|fewer|sell|trim")
_RAISE = re.compile(r"\b(?:raise|increase|grow|maximi[sz]e)")
_LOSS = re.compile(r"\bloss|\blos(?:e|es|ing)\b")


class Want(Enum):
    """What kind of change a goal asks for."""

    MORE = "more"
    LESS = "less"
    SPREAD = "spread"
    HEDGE = "hedge"


@dataclass(frozen=True)
class Purchase:
    """Something to add that the goal names: how many of what, at which price."""

    quantity: float
    label: str
    price: float


@dataclass(frozen=True)
class Bounds:
    """Limits that a goal names, in percent: how much more cost, how large a weight, how much a price may move."""

    cost: float | None = None
    weight: float | None = None
    price: float | None = None


def bounds(goal: str) -> Bounds:
    """The limits in a goal."""
    text = goal.casefold()
    cost = 0.0 if _NO_COST.search(text) else _first(_COST, text)
    return Bounds(cost, _first(_WEIGHT, text), _first(_PRICE, text))


def want(goal: str, *, is_lower: bool) -> Want:
    """What kind of change a goal asks for; ``is_lower`` says that the metric is to go down."""
    text = goal.casefold()
    if _HEDGE.search(text):
        return Want.HEDGE
    if _SPREAD.search(text):
        return Want.SPREAD
    return Want.LESS if is_lower else Want.MORE


def sounds_lower(goal: str, metric: str = "") -> bool:
    """Whether a goal sounds as if a metric is to go down.

    Fewer losses are more of whatever is measured; weights and concentration are meant to go down unless it says so.
    """
    text = goal.casefold()
    if _LOSS.search(text):
        return False
    is_spread = _SPREAD.search(metric.casefold()) and not _RAISE.search(text)
    return bool(_LOWER.search(text) or is_spread)


def purchase(goal: str) -> Purchase | None:
    """What a goal says is to be bought, such as “add 500 BND at 74”."""
    found = _ADD.search(goal)
    return Purchase(_number(found[1]), found[2], _number(found[3])) if found else None


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> float | None:
    found = (pattern.search(text) for pattern in patterns)
    return next((_number(match[1]) for match in found if match), None)


def _number(text: str) -> float:
    return float(text.replace(",", "."))
