"""Scenario actions as values: what they take, the SQL and the sentences that they give, and what they refuse."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hati_core.errors import InvalidAction
from hati_core.model import Column, KeyOrigin, TableInfo
from hati_core.scenarios.actions import ACTIONS, make_action, schema
from hati_core.scenarios.conditions import Condition, Operator
from hati_core.scenarios.roles import Role, guessed
from hati_core.sql import gate


def table(name: str, key: tuple[str, ...], **columns: str) -> TableInfo:
    origin = KeyOrigin.DECLARED if key else KeyOrigin.LINEAGE
    return TableInfo(name, "uuid", tuple(Column(column, kind) for column, kind in columns.items()), key, origin)


PORTFOLIO = table(
    "portfolio", ("ticker",), ticker="VARCHAR", sector="VARCHAR", shares="INTEGER", avg_cost="DOUBLE", price="DOUBLE"
)
PLANS = table("plans", (), product="VARCHAR", tier="VARCHAR", price="DECIMAL(10,2)", quantity="BIGINT", since="DATE")


def made(name: str, **arguments: Any) -> tuple[str, str]:
    """The sentence and the one statement of an action on the table that it names."""
    action = make_action(name, arguments)
    there = {"portfolio": PORTFOLIO, "plans": PLANS}[arguments["table"]]
    (statement,) = action.statements(there)
    gate.check(statement)
    return action.sentence(there), statement


def where(column: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"column": column, "operator": operator, "value": value}


def test_prices_are_shocked_by_an_exact_factor() -> None:
    assert made("shock_prices", table="portfolio", percent=-12.5, where=where("SECTOR", "is", "Tech")) == (
        "Lower price by 12.5 % where SECTOR is Tech",
        'UPDATE "portfolio" SET "price" = CAST("price" * 0.875 AS DOUBLE) '
        """WHERE ("sector" = CAST('Tech' AS VARCHAR)) AND ("price" IS NOT NULL)""",
    )


def test_prices_of_products_are_raised_by_tier() -> None:
    sentence, statement = made(
        "shock_prices", table="plans", percent="10 %", where=where("tier", "is one of", ["pro", "team"])
    )
    assert sentence == "Raise price by 10 % where tier is one of pro, team"
    assert 'SET "price" = CAST("price" * 1.1 AS DECIMAL(10,2))' in statement


def test_quantities_that_are_whole_stay_whole_and_others_do_not() -> None:
    assert "CAST(trunc(round(" in made("scale_positions", table="portfolio", factor=1.15)[1]
    assert "trunc" not in made("scale_positions", table="portfolio", factor=1.15, quantity="avg_cost")[1]


def test_what_a_person_types_is_quoted() -> None:
    nasty = "x'; DROP TABLE portfolio --"
    _, statement = made(
        "set_value", table="portfolio", column="sector", value=nasty, where=where("ticker", "is", nasty)
    )
    assert gate.check(statement).writes == {"portfolio"}
    hostile = table('a"b', (), **{'c"d': "INTEGER"})
    (statement,) = make_action("set_value", {"table": 'a"b', "column": 'c"d', "value": 1}).statements(hostile)
    assert gate.check(statement).writes == {'a"b'}


@pytest.mark.parametrize("operator", list(Operator))
def test_every_comparison_is_sql_that_the_gate_lets_through(operator: Operator) -> None:
    condition = Condition("sector", operator, "Tech")
    gate.check(f"SELECT * FROM portfolio WHERE {condition.sql(PORTFOLIO)}")
    assert operator.value.split()[0] in condition.sentence


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("shock_prices", {"percent": 0}, "0 % leaves every price"),
        ("shock_prices", {"percent": -101}, "more than 100 %"),
        ("shock_prices", {"percent": "much"}, "“much” is not a number"),
        ("shock_prices", {"percent": float("nan")}, "is not a number"),
        ("shock_prices", {"percent": True}, "is not a number"),
        ("shock_prices", {"percent": "1e99"}, "more than 30 digits"),
        ("shock_prices", {"price": "sector"}, "“sector” of “portfolio” is VARCHAR, and a price is a number"),
        ("shock_prices", {"price": "cost"}, "has no column “cost”. Its columns are: ticker, sector"),
        ("shock_prices", {"where": {"column": "sector", "operator": "like"}}, "no comparison “like”"),
        ("shock_prices", {"where": {"column": "sector", "operator": "is"}}, "“is” takes a value"),
        ("shock_prices", {"where": {"column": "shares", "operator": "is", "value": "ten"}}, "“ten” is not a number"),
        ("shock_prices", {"where": {"column": "shares", "operator": "is", "value": 1.5}}, "1.5 is none"),
        ("shock_prices", {"where": "sector"}, "a column, an operator and a value"),
        ("shock_prices", {"colour": "red"}, "no parameter “colour”"),
        ("scale_positions", {"factor": -1}, "below 0"),
        ("scale_positions", {"factor": 1}, "leaves every quantity as it is"),
        ("trim_positions", {"amount": 0}, "more than 0 and at most 100 %"),
        ("trim_positions", {"amount": 101}, "more than 0 and at most 100 %"),
        ("trim_positions", {"how": "to a value", "amount": -1}, "to 0 or more"),
        ("trim_positions", {"how": "to a value"}, "Say what each row is trimmed to"),
        ("trim_positions", {"how": "sideways"}, "one of: by percent, to a quantity, to a value"),
        ("add_position", {"values": {}}, "Values: give at least one"),
        ("add_position", {"values": {"ticker": None}}, "no values"),
        ("add_position", {"values": {"shares": 1}}, "“ticker” of the new row cannot be empty"),
        ("add_position", {}, "needs “values”"),
        ("rebalance", {"by": "sector", "weights": {"Tech": 60, "Energy": 50}}, "come to 110 %"),
        ("rebalance", {"by": "sector", "weights": {"Tech": -1}}, "The weight of Tech is below 0"),
        ("rebalance", {"by": "sector", "weights": {"Tech": "half"}}, "Give the weight of Tech as a number"),
        ("set_value", {"column": "ticker", "value": "X"}, "identifies the rows"),
        ("set_value", {"column": "shares", "value": 1.5}, "holds whole numbers"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(name: str, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidAction) as refused:
        make_action(name, {"table": "portfolio", **arguments}).statements(PORTFOLIO)
    assert says in refused.value.message


def test_an_action_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidAction, match=r"no action “sell”\. Those are: shock_prices"):
        make_action("sell", {})


def test_a_table_without_prices_asks_for_the_column() -> None:
    notes = table("notes", (), text="VARCHAR", n="INTEGER")
    with pytest.raises(InvalidAction, match=r"No column of “notes” looks like a price\. Choose one of: text, n"):
        make_action("shock_prices", {"table": "notes"}).statements(notes)
    assert make_action("shock_prices", {"table": "notes", "price": "n"}).sentence(notes) == "Lower n by 10 %"


def test_columns_are_guessed_by_what_they_are_for() -> None:
    assert [guessed(PORTFOLIO, role) for role in Role] == ["shares", "price", "avg_cost", "sector"]
    assert [guessed(PLANS, role) for role in Role] == ["quantity", "price", None, "tier"]


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_can_be_described_to_a_model(action: Any) -> None:
    told = schema(action)
    assert told["required"][0] == "table"
    assert told["properties"].keys() == {parameter.name for parameter in action.parameters()}
    assert all(one["description"] for one in told["properties"].values())
    assert action.description()


def test_numbers_are_taken_exactly() -> None:
    assert make_action("shock_prices", {"table": "t", "percent": "−0.1"}).percent == Decimal("-0.1")  # type: ignore[attr-defined]
