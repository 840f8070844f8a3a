"""Overview: the first run, what the branch in view is worth, and what happened lately."""

from __future__ import annotations

import re

import pytest

from hati_core import Repository
from tests.app.screen import Screen, plainly


def test_a_first_run_offers_three_ways_to_begin(empty: Repository, screen: Screen) -> None:
    screen.open("Overview")
    assert {"Start the tutorial", "Load the sample", "Choose a file"} <= set(screen.buttons)
    assert "Three positions worth $58,750." in screen.text
    assert screen.metrics == {}
    assert "New branch" not in screen.buttons


def test_the_tutorial_portfolio_is_loaded_as_one_commit(empty: Repository, screen: Screen) -> None:
    screen.open("Overview").press("Start the tutorial")
    assert "The tutorial portfolio is on main. Now make a branch." in screen.text
    assert screen.metrics["Portfolio value"] == "$58,750"
    assert screen.metrics["Positions"] == "3"
    assert "Next: make a branch and try something" in screen.text
    assert "Start the tutorial" not in screen.text
    (commit,) = empty.main.log()[:1]
    assert (commit.version, commit.author) == (1, "ada")


def test_the_sample_brings_holdings_and_their_prices(empty: Repository, screen: Screen) -> None:
    screen.open("Overview").press("Load the sample")
    assert screen.metrics["Positions"] == "33"
    assert set(empty.main.tables()) == {"portfolio", "prices"}
    assert screen.problems == []


def test_main_alone_is_compared_with_nothing(portfolio: Repository, screen: Screen) -> None:
    screen.open("Overview")
    assert screen.metrics == {
        "Portfolio value": "$58,750",
        "Unrealised P&L": "$14,500",
        "Positions": "3",
        "Largest weight": "53.6 %",
        "Concentration (HHI)": "4,088",
        "Cost": "$44,250",
    }
    assert not [metric.delta for metric in screen.at.metric if metric.delta]
    assert screen.table().to_dict("records") == [{"branch": "main", "Portfolio value": "$58,750", "Δ": ""}]
    assert "Next: make a branch and try something" in screen.text


def test_a_branch_shows_its_value_and_its_distance_from_main(branches: Repository, screen: Screen) -> None:
    screen.open("Overview", branch="aggressive-growth")
    assert screen.metrics["Portfolio value"] == "$267,250"
    assert [plainly(metric.delta) for metric in screen.at.metric] == [
        "+$208,500",
        "+$33,500",
        "+1",
        "+17.5 pts",
        "+1,308",
        "+$175,000",
    ]
    assert "Next: compare aggressive-growth with main" in screen.text
    assert "make a branch and try something" not in screen.text


def test_every_branch_stands_side_by_side(branches: Repository, screen: Screen) -> None:
    screen.open("Overview")
    assert screen.figure("value bars") == (
        "Portfolio value by branch: main $58,750; aggressive-growth $267,250; conservative-hedge $95,750"
    )
    assert screen.table()["Δ"].tolist() == ["", "+$208,500", "+$37,000"]


def test_what_happened_lately_is_told_newest_first_and_once(branches: Repository, screen: Screen) -> None:
    screen.open("Overview")
    told = [
        "conservative-hedge · INSERT",
        "aggressive-growth · Bet on chips",
        "main · Import tutorial.csv into portfolio",
    ]
    assert sorted(told, key=screen.text.index) == told
    assert [screen.text.count(commit) for commit in told] == [1, 1, 1]


def _trends(screen: Screen) -> dict[str, list[float]]:
    return {metric.label: list(metric.proto.chart_data) for metric in screen.at.metric}


def test_the_cards_show_how_the_branch_got_there(branches: Repository, screen: Screen) -> None:
    assert not any(_trends(screen.open("Overview")).values())
    trends = _trends(screen.choose_branch("aggressive-growth"))
    assert trends["Portfolio value"] == [58_750.0, 267_250.0]
    assert trends["Positions"] == [3.0, 4.0]


@pytest.mark.parametrize("name", ["main", "aggressive-growth"])
def test_a_metric_that_does_not_run_on_a_branch_says_so_and_leaves_the_others(
    name: str, branches: Repository, screen: Screen
) -> None:
    branches.branch("aggressive-growth").execute("ALTER TABLE portfolio RENAME COLUMN avg_cost TO paid")
    screen.open("Overview", branch=name)
    worth = {"main": "$58,750", "aggressive-growth": "$267,250"}[name]
    assert screen.metrics["Portfolio value"] == worth
    assert screen.metrics["Unrealised P&L"] == ("$14,500" if name == "main" else "–")
    assert screen.problems == []


def test_a_table_that_only_a_branch_has_is_measured_there(empty: Repository, screen: Screen) -> None:
    branch = empty.create_branch("pricing")
    branch.execute("CREATE TABLE prices (product VARCHAR PRIMARY KEY, price DOUBLE, quantity INTEGER)")
    branch.execute("INSERT INTO prices VALUES ('desk', 200.0, 3)")
    screen.open("Overview", branch="pricing")
    assert screen.metrics["Revenue"] == "$600"
    assert screen.problems == []


def test_a_price_list_is_branched_and_compared_by_revenue_without_a_word_of_portfolios(
    empty: Repository, screen: Screen
) -> None:
    empty.main.execute(
        "CREATE TABLE pricing (product VARCHAR, tier VARCHAR, price DOUBLE, quantity INTEGER, "
        "PRIMARY KEY (product, tier))"
    )
    empty.main.execute("INSERT INTO pricing VALUES ('desk', 'Basic', 100, 10), ('desk', 'Pro', 200, 5)")
    for name, factor in (("raise", 1.5), ("discount", 0.5)):
        empty.create_branch(name).execute(f"UPDATE pricing SET price = price * {factor} WHERE tier = 'Pro'")
    assert screen.open("Overview", branch="raise").metrics["Revenue"] == "$2,500"
    for page in ("Overview", "Branches", "Data", "Compare", "Merge", "History", "Settings"):
        screen.open(page, branch="raise")
        assert screen.problems == []
        assert not re.search("portfolio|position|holding|ticker|shares", screen.text, re.IGNORECASE), page
    screen.open("Compare", **{"with": "main|raise|discount"})
    assert screen.matrix().loc["Revenue"].tolist() == [
        "$2,000",
        "$2,500\n▲ +$500 · +25.0 %",
        "$1,500\n▼ −$500 · −25.0 %",
    ]


def test_what_is_spent_is_not_praised_for_growing(branches: Repository, screen: Screen) -> None:
    screen.open("Overview", branch="aggressive-growth")
    colours = {card.label: card.proto.color for card in screen.at.metric}
    assert colours["Cost"] == colours["Positions"] != colours["Portfolio value"]
