"""Merge: the plan, settling conflicts, the preview, doing it and undoing it."""

from __future__ import annotations

from typing import Any

import pytest

from hati_core import Repository
from hati_core.model import Strategy
from tests.app.screen import Screen, plainly

LEFT = "! Conflicts left"


def _apple(repository: Repository) -> dict[str, Any]:
    return repository.main.query("SELECT shares, avg_cost FROM portfolio WHERE ticker = 'AAPL'")[0]


def _can_merge(screen: Screen) -> bool:
    (button,) = [button for button in screen.at.button if button.label.startswith("Merge into")]
    return not button.disabled


def test_without_tables_the_overview_is_the_way(empty: Repository, screen: Screen) -> None:
    screen.open("Merge")
    assert "There is nothing to merge yet" in screen.text
    assert "Begin on the overview" in screen.text
    assert screen.metrics == {}


def test_main_alone_needs_a_branch(portfolio: Repository, screen: Screen) -> None:
    screen.open("Merge")
    assert "There is nothing to merge yet" in screen.text
    assert "Make a branch" in screen.text
    assert not [button for button in screen.buttons if button.startswith("Merge into")]


def test_a_clean_merge_shows_what_it_does_before_it_does_it(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="aggressive-growth")
    counters = {"+ Added rows": "1", "~ Changed rows": "1", "− Removed rows": "0", "Merged by cell": "0", LEFT: "0"}
    assert {label: screen.metrics[label] for label in counters} == counters
    assert screen.metrics["Portfolio value"] == "$267,250"
    assert plainly(screen.part("finish", "metric")[0].delta) == "+$208,500"
    assert screen.changes()["ticker"].tolist() == ["AAPL", "NVDA"]
    assert _can_merge(screen)
    assert not screen.at.radio
    assert branches.main.head == 1


def test_a_merge_is_one_commit_and_can_be_undone(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="aggressive-growth").fill("Message", "Go for growth").press("Merge into main")
    assert screen.problems == []
    assert "aggressive-growth was merged into main by ada, just now" in screen.text
    assert "Portfolio value of main: $58,750 → $267,250 · Go for growth · version 2 · portfolio +1 ~1" in screen.text
    assert "Nothing new on aggressive-growth for main" in screen.text
    (commit,) = branches.main.log(1)
    assert (commit.version, commit.author, commit.message) == (2, "ada", "Go for growth")

    with screen.dialog("Undo this merge"):
        assert screen.changes()["shares"].tolist() == ["200 → 100", "200"]
        screen.press("Undo")
    assert "The merge was undone on main." in screen.text
    assert "Undo this merge" not in screen.buttons
    worth = "SELECT sum(shares * current_price) AS worth FROM portfolio"
    assert branches.main.query(worth) == [{"worth": 58750.0}]
    assert "aggressive-growth was taken out of main by ada, just now" in screen.text

    with screen.dialog("Merge it again"):
        screen.press("Merge again")
    assert "The merge was made again on main." in screen.text
    assert branches.main.query(worth) == [{"worth": 267250.0}]


def test_a_table_that_the_merge_drops_is_named_and_not_measured(branches: Repository, screen: Screen) -> None:
    branches.create_branch("trial").execute("DROP TABLE portfolio")
    screen.open("Merge", branch="trial")
    assert "portfolio: table dropped" in screen.text
    assert screen.metrics["− Removed rows"] == "3"
    assert screen.metrics["Portfolio value"] == "–"


def test_what_was_merged_is_put_away_by_done(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="aggressive-growth").press("Merge into main").press("Done")
    assert "Undo this merge" not in screen.buttons
    assert branches.main.head == 2


def test_the_merge_that_was_made_can_still_be_undone_when_its_branch_is_gone(
    branches: Repository, screen: Screen
) -> None:
    screen.open("Merge", branch="aggressive-growth").press("Merge into main")
    for name in ("aggressive-growth", "conservative-hedge"):
        branches.discard(name)
    with screen.open("Branches").open("Merge").dialog("Undo this merge"):
        screen.press("Undo")
    assert screen.problems == []
    assert branches.main.query("SELECT count(*) AS n FROM portfolio") == [{"n": 3}]


def test_nothing_to_merge_says_so_and_where_to_go(portfolio: Repository, screen: Screen) -> None:
    portfolio.create_branch("trial")
    screen.open("Merge", branch="trial")
    assert "Nothing new on trial for main" in screen.text
    assert "Change rows on trial" in screen.text
    assert LEFT not in screen.metrics


def test_one_branch_can_go_into_another(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", source="aggressive-growth", into="conservative-hedge")
    assert [box.value for box in screen.at.selectbox][:2] == ["aggressive-growth", "conservative-hedge"]
    assert screen.metrics["Portfolio value"] == "$304,250"
    screen.press("Merge into conservative-hedge")
    assert branches.main.head == 1
    assert branches.branch("conservative-hedge").query("SELECT count(*) AS n FROM portfolio") == [{"n": 5}]


def test_an_unknown_source_in_the_address_is_not_an_error(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", source="moonshot", into="nowhere")
    assert screen.problems == []
    assert screen.at.query_params["into"] == "main"


def test_an_open_conflict_is_shown_with_both_values_and_blocks_the_merge(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bold")
    assert screen.metrics[LEFT] == "1 of 1"
    assert "portfolio · AAPL" in screen.text
    # The changes were made once for all tests, and some come more than a minute later.
    assert "main: bob, just now · bold: ada, just now" in screen.text
    assert "Merged by itself: avg_cost 150 → 155 (bold)" in screen.text
    assert "1 conflict to settle before merging." in screen.text
    assert not _can_merge(screen)
    assert "ours" not in screen.text
    assert "theirs" not in screen.text


@pytest.mark.parametrize(
    ("button", "shares", "worth"), [("Rest from bold", 200, "$77,250"), ("Rest from main", 90, "$56,900")]
)
def test_what_is_left_can_be_taken_from_one_branch(
    button: str, shares: int, worth: str, conflict: Repository, screen: Screen
) -> None:
    screen.open("Merge", branch="bold").press(button)
    assert screen.metrics[LEFT] == "0 of 1"
    assert screen.metrics["Portfolio value"] == worth
    assert "to settle before merging" not in screen.text
    screen.press("Merge into main")
    assert screen.problems == []
    assert _apple(conflict) == {"shares": shares, "avg_cost": 155.0}


def test_choices_can_be_taken_back(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bold").press("Rest from bold").press("Clear all choices")
    assert screen.metrics[LEFT] == "1 of 1"
    assert not _can_merge(screen)


def test_a_choice_for_a_cell_settles_it(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bold").choose("shares", "as it was: 100")
    assert screen.metrics[LEFT] == "0 of 1"
    screen.press("Merge into main")
    assert _apple(conflict) == {"shares": 100, "avg_cost": 155.0}


def test_a_typed_value_is_checked_and_then_settles_the_cell(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bold").choose("shares", "another value")
    screen.at.text_input[0].set_value("lots")
    screen.press("Use it")
    (problem,) = screen.problems
    assert "“lots” does not fit “shares” of “portfolio”" in problem
    assert screen.metrics[LEFT] == "1 of 1"
    screen.at.text_input[0].set_value("120")
    screen.press("Use it").press("Merge into main")
    assert _apple(conflict) == {"shares": 120, "avg_cost": 155.0}


@pytest.mark.parametrize(
    ("strategy", "merges", "shares"),
    [
        (Strategy.MANUAL, False, 90),
        (Strategy.BRANCH_WINS, True, 200),
        (Strategy.MAIN_WINS, True, 90),
        (Strategy.ABORT, False, 90),
    ],
)
def test_each_strategy_does_what_it_says(
    strategy: Strategy, merges: bool, shares: int, conflict: Repository, screen: Screen
) -> None:
    screen.open("Merge", branch="bold").pick("Conflicts without a choice", strategy)
    assert _can_merge(screen) is merges
    if merges:
        screen.press("Merge into main")
    assert _apple(conflict) == {"shares": shares, "avg_cost": 155.0 if merges else 150.0}
    assert conflict.main.head == (3 if merges else 2)


def test_a_strategy_does_not_undo_a_choice_that_was_made(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bold").press("Rest from bold")
    screen.pick("Conflicts without a choice", Strategy.MAIN_WINS).press("Merge into main")
    assert _apple(conflict)["shares"] == 200


def test_choices_outlast_a_look_at_another_page(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bold").press("Rest from bold")
    screen.open("Data").open("Merge")
    assert screen.metrics[LEFT] == "0 of 1"


def test_main_moving_meanwhile_is_told_and_the_choice_kept(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bold").press("Rest from bold")
    conflict.main.execute("UPDATE portfolio SET current_price = 400 WHERE ticker = 'MSFT'", author="eve")
    screen.press("Merge into main")
    assert "“main” has changed meanwhile. The merge was worked out anew; look at it again." in screen.text
    assert screen.metrics[LEFT] == "0 of 1"
    assert conflict.main.head == 3
    screen.press("Merge into main")
    assert _apple(conflict)["shares"] == 200


def test_a_choice_that_no_longer_fits_must_be_made_again(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bold").press("Rest from bold")
    conflict.main.execute("UPDATE portfolio SET shares = 91 WHERE ticker = 'AAPL'", author="eve")
    screen.run()
    lost = "1 choice no longer fits, because the values have changed: portfolio · AAPL · shares. The others are kept."
    assert lost in screen.text
    assert lost not in screen.press("Understood").text
    assert screen.metrics[LEFT] == "1 of 1"
    assert not _can_merge(screen)


def test_a_row_that_one_side_deleted_is_settled_as_a_whole(portfolio: Repository, screen: Screen) -> None:
    trim = portfolio.create_branch("trim")
    trim.execute("DELETE FROM portfolio WHERE ticker = 'AAPL'")
    portfolio.main.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author="bob")
    screen.open("Merge", branch="trim")
    assert screen.metrics[LEFT] == "1 of 1"
    screen.choose("The row", "trim: − delete the row").press("Merge into main")
    assert screen.problems == []
    assert portfolio.main.query("SELECT ticker FROM portfolio ORDER BY ticker") == [
        {"ticker": "GOOGL"},
        {"ticker": "MSFT"},
    ]


def test_a_press_for_a_branch_that_was_discarded_meanwhile_merges_no_other_branch(
    branches: Repository, screen: Screen
) -> None:
    screen.open("Merge", branch="aggressive-growth")
    branches.discard("aggressive-growth")
    screen.press("Merge into main")
    assert branches.main.head == 1
    assert "There is no branch “aggressive-growth” any more." in screen.text


def test_a_column_that_one_side_dropped_is_settled_as_a_whole(branches: Repository, screen: Screen) -> None:
    branches.main.execute("UPDATE portfolio SET avg_cost = 1 WHERE ticker = 'AAPL'")
    branches.branch("aggressive-growth").execute("ALTER TABLE portfolio DROP COLUMN avg_cost")
    screen.open("Merge", branch="aggressive-growth")
    assert "portfolio · avg_cost" in screen.text
    assert not _can_merge(screen)
    screen.choose("The column", "aggressive-growth: − drop the column")
    assert screen.metrics[LEFT] == "0 of 1"
    assert "column avg_cost dropped" in screen.text
    screen.press("Merge into main")
    assert "avg_cost" not in branches.main.table("portfolio").column_names


def test_a_renamed_column_is_told_before_the_merge(branches: Repository, screen: Screen) -> None:
    branches.branch("aggressive-growth").execute("ALTER TABLE portfolio RENAME COLUMN avg_cost TO paid")
    screen.open("Merge", branch="aggressive-growth")
    assert "column avg_cost renamed to paid" in screen.text
    screen.press("Merge into main")
    assert "paid" in branches.main.table("portfolio").column_names
