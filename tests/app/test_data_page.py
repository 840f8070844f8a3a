"""Data: the rows of one table on the branch in view, what is unsaved, and saving it as one commit."""

from __future__ import annotations

from typing import Any

import pytest

from hati_core import Branch, Repository
from hati_core.browsing import Operator
from hati_core.written import Writing
from tests.app.screen import Screen


@pytest.fixture
def trial(portfolio: Repository) -> Branch:
    """A branch of the tutorial portfolio."""
    return portfolio.create_branch("trial")


def _shares(branch: Branch) -> dict[str, Any]:
    return {row["ticker"]: row["shares"] for row in branch.query("SELECT ticker, shares FROM portfolio")}


def test_without_tables_the_way_to_some_is_shown(empty: Repository, screen: Screen) -> None:
    screen.open("Data")
    assert "This branch has no tables yet" in screen.text
    assert "Begin on the overview" in screen.text
    assert not screen.at.data_editor
    assert "Run" not in screen.buttons


def test_on_main_the_rows_are_there_with_a_warning(portfolio: Repository, screen: Screen) -> None:
    screen.open("Data")
    assert screen.table()["ticker"].tolist() == ["AAPL", "GOOGL", "MSFT"]
    assert "You are on main: what you save here, everybody sees." in screen.text
    assert "Rows are told apart by ticker. The key holds on every branch." in screen.text
    assert screen.unsaved() == ""


def test_on_a_branch_there_is_no_warning_and_comparing_is_next(branches: Repository, screen: Screen) -> None:
    screen.open("Data", branch="aggressive-growth")
    assert screen.table()["ticker"].tolist() == ["AAPL", "GOOGL", "MSFT", "NVDA"]
    assert "Next: see what aggressive-growth is worth beside main" in screen.text
    assert "everybody sees" not in screen.text


def test_the_table_in_the_address_is_shown_and_an_unknown_one_is_not(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute("CREATE TABLE cash (account VARCHAR PRIMARY KEY, amount DOUBLE)")
    screen.open("Data", table="portfolio")
    assert screen.table().columns.tolist() == ["ticker", "shares", "avg_cost", "current_price"]
    assert screen.pick("Table", "cash").table().columns.tolist() == ["account", "amount"]
    assert "The table has no rows yet." in screen.text
    screen.open("Overview")
    assert screen.open("Data", table="moonshots").problems == []


def test_an_edit_is_unsaved_until_it_is_saved_as_one_commit(
    trial: Branch, portfolio: Repository, screen: Screen
) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}})
    assert "Not saved yet on trial: 1 row changed" in screen.unsaved()
    assert "AAPL: shares 100 → 200" in screen.unsaved()
    assert _shares(trial)["AAPL"] == 100

    screen.fill("Message", "Double Apple").press("Save to trial")
    assert screen.problems == []
    assert "Saved as version 2 of trial. Portfolio value: $58,750 → $77,250." in screen.text
    assert screen.unsaved() == ""
    assert _shares(trial)["AAPL"] == 200
    (commit,) = trial.log(1)
    assert (commit.version, commit.author, commit.message) == (2, "ada", "Double Apple")
    assert _shares(portfolio.main)["AAPL"] == 100


def test_rows_added_and_deleted_and_changed_are_one_commit(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid(
        {0: {"avg_cost": 155.5}},
        added=[{"ticker": "BND", "shares": 500, "avg_cost": 72.0, "current_price": 74.0}, {}],
        deleted=[2],
    )
    assert "1 row changed, 1 row added, 1 row removed" in screen.unsaved()
    screen.press("Save to trial")
    assert screen.problems == []
    assert _shares(trial) == {"AAPL": 100, "GOOGL": 50, "BND": 500}
    assert trial.head == 2
    assert trial.log(1)[0].summary == "portfolio +1 ~1 −1"


def test_another_key_is_another_row(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({2: {"ticker": "META"}})
    assert "1 row added, 1 row removed" in screen.unsaved()
    screen.press("Save to trial")
    assert _shares(trial) == {"AAPL": 100, "GOOGL": 50, "META": 75}


def test_a_message_is_made_up_where_none_is_typed(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}}).press("Save to trial")
    assert trial.log(1)[0].message == "AAPL: shares = 200"


def test_starting_over_forgets_what_is_unsaved(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}}).fill("Message", "Oops").press("Start over")
    assert screen.unsaved() == ""
    assert trial.head == 1
    screen.edit_grid({1: {"shares": 60}})
    assert screen.at.text_input(key="message-" + trial.id + "-portfolio").value == ""


def test_edits_of_one_branch_are_not_shown_on_another(trial: Branch, portfolio: Repository, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}}).choose_branch("main")
    assert screen.unsaved() == ""
    assert _shares(portfolio.main)["AAPL"] == 100


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"shares": "many"}, "“many” does not fit “shares” of “portfolio”"),
        (
            {"shares": 1.5},
            "“1.5” does not fit “shares” of “portfolio”, which takes a whole number (BIGINT): it would lose",
        ),
        ({"ticker": None}, "“ticker” of “portfolio” cannot be empty"),
    ],
)
def test_a_value_that_does_not_fit_is_explained_and_stays_in_the_grid(
    cells: dict[str, Any], sentence: str, trial: Branch, screen: Screen
) -> None:
    screen.open("Data", branch="trial").edit_grid({0: cells}).press("Save to trial")
    (problem,) = screen.problems
    assert sentence in problem
    assert "Not saved yet on trial" in screen.unsaved()
    assert trial.head == 1


def test_a_key_that_is_there_already_is_explained_and_nothing_is_written(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid(added=[{"ticker": "AAPL", "shares": 1}]).press("Save to trial")
    (problem,) = screen.problems
    assert "AAPL" in problem
    assert "1 row added" in screen.unsaved()
    assert trial.head == 1


def test_a_row_that_somebody_else_changed_is_asked_about_and_nothing_is_lost(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}}).fill("Message", "Double Apple")
    trial.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author="bob")
    screen.run()
    assert "bob changed rows on trial that you are changing: AAPL: shares 100 → 90." in screen.unsaved()
    assert "AAPL: shares 100 → 200" in screen.unsaved()
    assert "Save to trial" not in screen.buttons
    assert _shares(trial)["AAPL"] == 90
    screen.press("Overwrite on trial")
    assert _shares(trial)["AAPL"] == 200
    assert [commit.author for commit in trial.log(2)] == ["ada", "bob"]


def test_a_save_that_was_pressed_before_the_question_was_seen_writes_nothing(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}})
    trial.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author="bob")
    screen.press("Save to trial")
    assert _shares(trial)["AAPL"] == 90
    assert "AAPL: shares 100 → 200" in screen.unsaved()
    assert "Overwrite on trial" in screen.buttons


def test_rows_that_somebody_else_changed_elsewhere_are_kept(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}})
    trial.execute("UPDATE portfolio SET shares = 60 WHERE ticker = 'GOOGL'", author="bob")
    trial.execute("INSERT INTO portfolio VALUES ('AA', 1, 1.0, 1.0)", author="bob")
    screen.run().press("Save to trial")
    assert screen.problems == []
    assert _shares(trial) == {"AA": 1, "AAPL": 200, "GOOGL": 60, "MSFT": 75}


def test_a_row_that_somebody_else_removed_is_asked_about(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}})
    trial.execute("DELETE FROM portfolio WHERE ticker = 'AAPL'", author="bob")
    trial.execute("UPDATE portfolio SET shares = 70 WHERE ticker = 'MSFT'", author="cyd")
    screen.run()
    assert "bob changed rows on trial that you are changing: AAPL was removed." in screen.unsaved()
    screen.press("Overwrite on trial")
    (problem,) = screen.problems
    assert problem.startswith("A row is not there any more. ")
    assert "AAPL: shares 100 → 200" in screen.unsaved()


def test_new_rows_are_shown_where_nothing_is_unsaved(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial")
    trial.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author="bob")
    assert screen.run().table()["shares"].tolist() == ["90", "50", "75"]


def test_the_first_edit_after_a_colleague_saved_another_row_is_kept_and_saved_without_a_question(
    trial: Branch, screen: Screen
) -> None:
    screen.open("Data", branch="trial")
    trial.execute("UPDATE portfolio SET shares = 60 WHERE ticker = 'GOOGL'", author="bob")
    screen.edit_grid({0: {"shares": "200"}})
    assert "AAPL: shares 100 → 200" in screen.unsaved()
    screen.press("Save to trial")
    assert screen.problems == []
    assert _shares(trial) == {"AAPL": 200, "GOOGL": 60, "MSFT": 75}


def test_the_first_edit_after_a_colleague_saved_the_same_row_is_kept_and_asked_about(
    trial: Branch, screen: Screen
) -> None:
    screen.open("Data", branch="trial")
    trial.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author="bob")
    screen.edit_grid({0: {"shares": "200"}})
    assert "AAPL: shares 100 → 200" in screen.unsaved()
    assert "AAPL: shares 100 → 90" in screen.unsaved()
    assert "Overwrite on trial" in screen.buttons


def test_a_column_that_is_added_meanwhile_is_no_conflict(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": "200"}})
    trial.execute("ALTER TABLE portfolio ADD COLUMN note VARCHAR DEFAULT 'x'", author="ada")
    screen.run()
    assert "that you are changing" not in screen.unsaved()
    screen.press("Save to trial")
    assert screen.problems == []
    assert _shares(trial)["AAPL"] == 200
    assert "note" in screen.table().columns


def test_a_column_that_is_dropped_while_it_is_edited_is_named(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"avg_cost": "155"}})
    trial.execute("ALTER TABLE portfolio DROP COLUMN avg_cost", author="bob")
    screen.run()
    assert "portfolio has no column avg_cost any more: it was dropped or got another name" in screen.unsaved()
    assert "that you are changing" not in screen.unsaved()
    screen.press("Start over")
    assert screen.unsaved() == ""
    assert "avg_cost" not in screen.table().columns


@pytest.mark.parametrize("cells", [{"current_price": "185.0"}, {"shares": "100"}, {"ticker": "AAPL"}])
def test_a_cell_that_is_typed_as_it_is_leaves_nothing_to_save(
    cells: dict[str, Any], trial: Branch, screen: Screen
) -> None:
    screen.open("Data", branch="trial").edit_grid({0: cells})
    assert screen.unsaved() == ""
    assert "Save to trial" not in screen.buttons
    trial.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author="bob")
    assert screen.run().table()["shares"].tolist() == ["90", "50", "75"]


def test_a_press_that_came_too_late_says_so_with_the_way_to_what_is_new_and_the_next_one_saves(
    trial: Branch, screen: Screen
) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": "200"}})
    trial.execute("UPDATE portfolio SET shares = 60 WHERE ticker = 'GOOGL'", author="bob", message="More search")
    screen.press("Save to trial")
    assert "“trial” has changed since you opened “portfolio”. Nothing was written" in screen.problems[0]
    assert "version 2 by bob, “More search”" in screen.text
    assert trial.head == 2
    screen.fill("Message", "Mine")
    assert len(screen.problems) == 1
    screen.press("Save to trial")
    assert screen.problems == []
    assert _shares(trial) == {"AAPL": 200, "GOOGL": 60, "MSFT": 75}


def test_a_branch_that_was_discarded_before_saving_is_named_and_main_is_untouched(
    trial: Branch, portfolio: Repository, screen: Screen
) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}})
    portfolio.discard("trial")
    screen.press("Save to trial")
    assert "There is no branch “trial” any more. You are looking at main." in screen.text
    assert _shares(portfolio.main)["AAPL"] == 100
    assert screen.problems == []


def test_rows_that_nothing_tells_apart_can_be_read_and_a_key_chosen(empty: Repository, screen: Screen) -> None:
    empty.main.execute("CREATE TABLE trades (ticker VARCHAR, shares INTEGER)")
    empty.main.execute("INSERT INTO trades VALUES ('AAPL', 1), ('AAPL', 1), ('MSFT', 2)")
    screen.open("Data")
    assert "No column tells the rows apart, so they cannot be edited one by one." in screen.text
    assert not screen.at.data_editor
    screen.pick("Columns that identify a row", ["ticker"]).press("Set as key on every branch")
    (problem,) = screen.problems
    assert problem.startswith("These columns are not a key. ")
    empty.main.execute("DELETE FROM trades WHERE ticker = 'AAPL'")
    screen.run().pick("Columns that identify a row", ["ticker"]).press("Set as key on every branch")
    assert "ticker is the key of trades on every branch." in screen.text
    assert screen.at.data_editor


def test_edits_on_one_page_of_rows_outlast_a_look_at_another(trial: Branch, screen: Screen) -> None:
    trial.execute("INSERT INTO portfolio SELECT 'X' || lpad(i::VARCHAR, 4, '0'), 1, 1.0, 1.0 FROM range(600) t(i)")
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}})
    screen.at.pagination[0].set_value(2)
    screen.run()
    assert len(screen.table()) == 103
    screen.at.pagination[0].set_value(1)
    screen.run()
    assert "AAPL: shares 100 → 200" in screen.unsaved()


def test_edits_outlast_a_look_at_another_page_of_the_app(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}})
    screen.open("Compare").open("Data")
    assert "AAPL: shares 100 → 200" in screen.unsaved()


def test_a_row_that_was_typed_before_the_page_was_left_can_be_changed_and_taken_out(
    trial: Branch, screen: Screen
) -> None:
    added = [{"ticker": "BND", "shares": "1"}, {"ticker": "OOPS"}]
    screen.open("Data", branch="trial").edit_grid(added=added)
    screen.open("Compare").open("Data")
    assert screen.table()["ticker"].tolist() == ["AAPL", "GOOGL", "MSFT", "BND", "OOPS"]
    screen.edit_grid({3: {"shares": "500"}}, deleted=[4])
    assert "Not saved yet on trial: 1 row added" in screen.unsaved()
    screen.press("Save to trial")
    assert _shares(trial) == {"AAPL": 100, "BND": 500, "GOOGL": 50, "MSFT": 75}


def test_rows_are_found_filtered_and_sorted_and_the_address_says_how(trial: Branch, screen: Screen) -> None:
    trial.execute("INSERT INTO portfolio VALUES ('MSTR', 1, 1.0, 1.0)")
    screen.open("Data", branch="trial", find="ms", where='[["shares",">","1"]]', sort="-shares")
    assert screen.table()["ticker"].tolist() == ["MSFT"]
    assert "1 row · with “ms” · shares > 1 · by shares, largest first" in screen.text
    screen.press("Show all")
    assert screen.table()["ticker"].tolist() == ["AAPL", "GOOGL", "MSFT", "MSTR"]
    assert "find" not in screen.at.query_params
    screen.pick("Column", "shares").pick("Is", Operator.LESS).fill("Value", "60").press("Add filter")
    assert screen.table()["ticker"].tolist() == ["GOOGL", "MSTR"]
    assert screen.at.query_params["where"] in ('[["shares","<","60"]]', ['[["shares","<","60"]]'])


def test_an_edit_of_a_filtered_row_lands_on_that_row_and_is_shown_without_the_filter(
    trial: Branch, screen: Screen
) -> None:
    screen.open("Data", branch="trial", find="msft").edit_grid({0: {"shares": 80}})
    assert "MSFT: shares 75 → 80" in screen.unsaved()
    screen.press("Show all")
    assert screen.table()["shares"].tolist() == ["100", "50", "80"]
    screen.edit_grid({0: {"shares": 200}}).press("Save to trial")
    assert _shares(trial) == {"AAPL": 200, "GOOGL": 50, "MSFT": 80}


def test_a_filter_that_does_not_fit_is_explained_and_loses_nothing(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": 200}})
    screen.pick("Column", "shares").pick("Is", Operator.LESS).fill("Value", "many").press("Add filter")
    (problem,) = screen.problems
    assert problem.startswith("A value does not fit its column. “many” does not fit “shares” of “portfolio”")
    assert len(screen.table()) == 3
    assert "AAPL: shares 100 → 200" in screen.unsaved()


def test_a_filter_takes_numbers_as_the_grid_writes_them(trial: Branch, screen: Screen) -> None:
    trial.execute("UPDATE portfolio SET current_price = 1600 WHERE ticker = 'MSFT'")
    screen.open("Data", branch="trial")
    screen.pick("Column", "current_price").pick("Is", Operator.GREATER).fill("Value", "1,500").press("Add filter")
    assert screen.problems == []
    assert screen.table()["ticker"].tolist() == ["MSFT"]
    assert "1 row · current_price > 1,500" in screen.text
    assert '[["current_price",">","1500.0"]]' in screen.at.query_params["where"]


def test_a_filter_in_an_address_that_does_not_fit_is_named_and_the_rows_are_shown(
    trial: Branch, screen: Screen
) -> None:
    screen.open("Data", branch="trial", where='[["shares",">","many"],["shares","<","60"]]')
    (problem,) = screen.problems
    assert "“many” does not fit “shares”" in problem
    assert screen.table()["ticker"].tolist() == ["GOOGL"]


def test_a_number_written_in_another_way_can_be_read_in_that_way(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"current_price": "1.234,5"}})
    assert "current_price “1.234,5”: not what the column takes." in screen.unsaved()
    screen.pick("Numbers and dates are written", Writing(comma=True, day_first=True))
    assert "AAPL: current_price 185 → 1,234.50" in screen.unsaved()
    screen.press("Save to trial")
    assert screen.problems == []
    assert trial.query("SELECT current_price FROM portfolio WHERE ticker = 'AAPL'") == [{"current_price": 1234.5}]


def test_another_way_of_writing_keeps_what_was_understood_and_reads_only_the_rest(
    trial: Branch, screen: Screen
) -> None:
    screen.open("Data", branch="trial").edit_grid(
        {0: {"current_price": "1.250"}, 1: {"current_price": "12.50"}, 2: {"current_price": "1.234,5"}},
        added=[{"ticker": "BND", "shares": "1,500", "current_price": "7.5"}],
    )
    screen.pick("Numbers and dates are written", Writing(comma=True))
    assert screen.table()["current_price"].tolist()[:3] == ["1,25", "12,5", "1.234,5"]
    assert "AAPL: current_price 185 → 1.25" in screen.unsaved()
    assert "GOOGL: current_price 175 → 12.5" in screen.unsaved()
    assert "MSFT: current_price 420 → 1,234.50" in screen.unsaved()
    assert "not what the column takes" not in screen.unsaved()
    screen.press("Save to trial")
    assert screen.problems == []
    prices = trial.query("SELECT ticker, shares, current_price FROM portfolio ORDER BY ticker")
    assert [tuple(row.values()) for row in prices] == [
        ("AAPL", 100, 1.25),
        ("BND", 1500, 7.5),
        ("GOOGL", 50, 12.5),
        ("MSFT", 75, 1234.5),
    ]


def test_what_is_unsaved_is_said_and_saved_above_the_grid_too(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial")
    assert "3 rows" in screen.text
    assert "Save" not in screen.buttons
    screen.edit_grid({0: {"shares": "200"}})
    assert "Not saved yet: 1 row changed" in screen.bar()
    screen.fill("Message", "Double Apple").press("Save")
    assert trial.log(1)[0].message == "Double Apple"
    assert _shares(trial)["AAPL"] == 200
    assert "Not saved yet" not in screen.bar()


def test_above_the_grid_nothing_is_saved_over_a_question_that_stands_below(trial: Branch, screen: Screen) -> None:
    screen.open("Data", branch="trial").edit_grid({0: {"shares": "200"}})
    trial.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author="bob")
    screen.press("Save")
    assert "1 row changed · decide below" in screen.bar()
    assert "Save" not in screen.buttons
    assert "“trial” has changed since you opened “portfolio”" in screen.problems[0]
    assert _shares(trial)["AAPL"] == 90


def test_a_branch_without_tables_offers_to_create_one(empty: Repository, screen: Screen) -> None:
    screen.open("Data").press("Create a table")
    assert "On main only" in screen.text
    assert "Table name" in [field.label for field in screen.at.text_input]
