"""What is read out of a goal's words by rule."""

from __future__ import annotations

import pytest

from hati_core.agent.goals import Bounds, Purchase, Want, bounds, purchase, sounds_lower, want


@pytest.mark.parametrize(
    ("goal", "found"),
    [
        ("Raise the value with at most 10 % more cost", Bounds(cost=10)),
        ("raise portfolio value with at most 10% more cost", Bounds(cost=10)),
        ("Grow it, spending no more than 5% of the cost", Bounds(cost=5)),
        ("Raise the value, and let costs grow by at most 2.5 percent", Bounds(cost=2.5)),
        ("Raise the value at no extra cost", Bounds(cost=0)),
        ("Raise the value without spending", Bounds(cost=0)),
        ("No position above 15 %", Bounds(weight=15)),
        ("Hold at most 8% in any stock", Bounds(weight=8)),
        ("Raise revenue, no price up by more than 3 %", Bounds(price=3)),
        ("Raise prices by at most 4 %", Bounds(price=4)),
        ("Raise the value", Bounds()),
    ],
)
def test_limits_are_read(goal: str, found: Bounds) -> None:
    assert bounds(goal) == found


@pytest.mark.parametrize(
    ("goal", "found"),
    [
        ("Add 500 BND at 74", Purchase(500, "BND", 74)),
        ("buy 20 shares of BRK.B for $412.50", Purchase(20, "BRK.B", 412.5)),
        ("Buy 3 SAP at €180.50", Purchase(3, "SAP", 180.5)),
        ("Buy 3 NESN for CHF 90", Purchase(3, "NESN", 90)),
        ("Buy 3 VALE3 at R$ 60", Purchase(3, "VALE3", 60)),
        ("Buy 3 NESN for max 10 % more cost", None),
        ("Add some bonds", None),
    ],
)
def test_what_is_to_be_bought_is_read(goal: str, found: Purchase | None) -> None:
    assert purchase(goal) == found


@pytest.mark.parametrize(
    ("goal", "is_lower", "found"),
    [
        ("Raise the value", False, Want.MORE),
        ("Lower the cost", True, Want.LESS),
        ("Lower concentration", True, Want.SPREAD),
        ("Hedge with bonds", False, Want.HEDGE),
    ],
)
def test_the_kind_of_change_is_read(goal: str, is_lower: bool, found: Want) -> None:
    assert want(goal, is_lower=is_lower) is found


def test_the_direction_is_what_a_goal_sounds_like() -> None:
    assert sounds_lower("Reduce the cost")
    assert not sounds_lower("Raise the value")
    assert not sounds_lower("Sell what loses money")
    assert sounds_lower("No position above 6 %", "Largest weight")
    assert not sounds_lower("Raise the weight of bonds", "Largest weight")
    assert not sounds_lower("No position above 6 %", "Portfolio value")
