"""Compare: branches side by side, what makes up the difference, and the rows behind it."""

from __future__ import annotations

import pytest

from hati_core import Repository
from tests.app.screen import Screen


def test_without_tables_the_overview_is_the_way(empty: Repository, screen: Screen) -> None:
    screen.open("Compare")
    assert "There is nothing to compare yet" in screen.text
    assert "Begin on the overview" in screen.text
    assert not screen.at.multiselect


def test_main_alone_needs_a_branch(portfolio: Repository, screen: Screen) -> None:
    screen.open("Compare")
    assert "Compare needs main and at least one branch." in screen.text
    assert "Make a branch" in screen.text
    assert not screen.at.dataframe


def test_the_branch_in_view_is_compared_with_main(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", branch="aggressive-growth")
    assert screen.at.query_params["with"] == "main|aggressive-growth"
    values = screen.table()
    assert values["Portfolio value"].tolist() == ["$58,750", "$267,250"]
    assert values["Δ"].tolist() == ["", "+$208,500"]
    assert values["Positions"].tolist() == ["3", "4"]
    assert "main → aggressive-growth: +$208,500" in screen.text
    assert screen.figure("waterfall") == "main to aggressive-growth: NVDA +$190,000; AAPL +$18,500"
    assert "Next: merge aggressive-growth into main" in screen.text
    assert "conservative-hedge" not in screen.text


def test_the_rows_behind_the_difference_show_before_and_after(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", branch="aggressive-growth")
    assert screen.changes().to_dict("records") == [
        {"": "~ changed", "ticker": "AAPL", "shares": "100 → 200", "avg_cost": "150", "current_price": "185"},
        {"": "+ added", "ticker": "NVDA", "shares": "200", "avg_cost": "800", "current_price": "950"},
    ]
    added = screen.pick("Rows to show", "added").changes()
    assert added["ticker"].tolist() == ["NVDA"]


def test_the_branches_in_the_address_are_compared_in_their_order(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", **{"with": "conservative-hedge|aggressive-growth"})
    assert screen.table()["branch"].tolist() == ["conservative-hedge", "aggressive-growth"]
    assert screen.table()["Δ"].tolist() == ["", "+$171,500"]
    assert "conservative-hedge → aggressive-growth: +$171,500" in screen.text
    assert screen.figure("waterfall").startswith(
        "conservative-hedge to aggressive-growth: NVDA +$190,000; BND −$37,000"
    )


def test_five_branches_stand_side_by_side_and_one_is_looked_at_closer(branches: Repository, screen: Screen) -> None:
    branches.create_branch("same-as-main")
    branches.create_branch("fifth", "aggressive-growth")
    names = ["main", "aggressive-growth", "conservative-hedge", "same-as-main", "fifth"]
    screen.open("Compare", **{"with": "|".join(names)})
    assert screen.table()["branch"].tolist() == names
    assert screen.figure("value bars").count(";") == 4
    assert "main → aggressive-growth: +$208,500" in screen.text
    screen.pick("Look closer at", "same-as-main")
    assert "main → same-as-main: ±0" in screen.text
    assert "No position is worth more or less." in screen.text
    assert "Every row is the same on both." in screen.text
    assert "Next: merge same-as-main into main" in screen.text


def test_more_branches_than_five_in_the_address_are_cut(branches: Repository, screen: Screen) -> None:
    for number in range(5):
        branches.create_branch(f"idea-{number}")
    screen.open("Compare", **{"with": "|".join(["main", *(f"idea-{number}" for number in range(5))])})
    assert len(screen.table()) == 5
    assert screen.problems == []


@pytest.mark.parametrize("asked", ["main", "main|moonshot", "|", ""])
def test_less_than_two_branches_in_the_address_are_not_an_error(
    asked: str, branches: Repository, screen: Screen
) -> None:
    screen.open("Compare", **{"with": asked})
    assert screen.problems == []
    assert "Choose at least two branches." in screen.text or len(screen.table()) >= 2


def test_a_branch_twice_in_the_address_is_compared_once(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", **{"with": "main|main|conservative-hedge"})
    assert screen.problems == []
    assert screen.table()["branch"].tolist() == ["main", "conservative-hedge"]


def test_taking_branches_away_asks_for_two(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", branch="aggressive-growth").pick("Branches", ["main"])
    assert "Choose at least two branches." in screen.text
    assert not screen.at.dataframe
    assert screen.pick("Branches", ["main", "conservative-hedge"]).table()["Δ"].tolist() == ["", "+$37,000"]


def test_the_branches_chosen_last_are_there_on_coming_back(branches: Repository, screen: Screen) -> None:
    screen.open("Compare").pick("Branches", ["conservative-hedge", "main"])
    screen.open("Overview").open("Compare")
    assert screen.table()["branch"].tolist() == ["conservative-hedge", "main"]


def test_a_compared_branch_that_was_discarded_meanwhile_is_left_out(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", **{"with": "main|aggressive-growth|conservative-hedge"})
    branches.discard("aggressive-growth")
    screen.run()
    assert screen.problems == []
    assert screen.table()["branch"].tolist() == ["main", "conservative-hedge"]


def test_rows_that_cannot_be_told_apart_leave_the_values(branches: Repository, screen: Screen) -> None:
    for name in ("main", "aggressive-growth"):
        branches.branch(name).execute("CREATE TABLE notes (text VARCHAR)")
        branches.branch(name).execute("INSERT INTO notes VALUES ('a'), ('a')")
    screen.open("Compare", branch="aggressive-growth")
    assert screen.table()["Portfolio value"].tolist() == ["$58,750", "$267,250"]
    assert "Row by row" in screen.text


def test_a_table_that_one_branch_dropped_is_shown_as_removed(branches: Repository, screen: Screen) -> None:
    branches.branch("aggressive-growth").execute("DROP TABLE portfolio")
    screen.open("Compare", branch="aggressive-growth")
    assert screen.table()["Portfolio value"].tolist() == ["$58,750", "–"]
    assert "−3" in screen.text
