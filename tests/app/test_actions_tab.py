"""Scenario actions on the page Data: parameters, the preview, applying, and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from hati_core import Branch, Repository
from pages.parts import actions
from tests.app.screen import Screen


@pytest.fixture
def trial(portfolio: Repository) -> Branch:
    """A branch of the tutorial portfolio."""
    return portfolio.create_branch("trial")


def opened(screen: Screen, action: str | None = None, **address: str) -> Screen:
    """The tab of actions, with one of them chosen."""
    screen.open("Data", **{"branch": "trial", **address})
    screen.at.session_state["data-tab"] = "Actions"
    screen.run()
    if action:
        (pills,) = [group for group in screen.at.button_group if group.label == "Action"]
        pills.set_value(action)
        screen.run()
    return screen


def number(screen: Screen, label: str, value: float) -> None:
    (field,) = [field for field in screen.at.number_input if field.label == label]
    field.set_value(value)
    screen.run()


def changed(screen: Screen) -> list[dict[str, Any]]:
    return screen.changes().to_dict("records")  # type: ignore[return-value]


def test_what_an_action_would_do_is_shown_before_it_is_done(trial: Branch, screen: Screen) -> None:
    opened(screen)
    number(screen, "Change in %", -20)
    assert "Lower current_price by 20 % on trial would change" in screen.text
    assert "~ 3 rows changed" in screen.text
    assert screen.metrics == {"Portfolio value": "$47,000", "Unrealised P&L": "$2,750"}
    assert "Not changed: Positions, Largest weight, Concentration (HHI), Cost" in screen.text
    assert [row["current_price"] for row in changed(screen)] == ["185 → 148", "175 → 140", "420 → 336"]
    assert trial.head == 1


def test_applying_is_one_commit_that_can_be_undone(trial: Branch, portfolio: Repository, screen: Screen) -> None:
    number(opened(screen, "scale_positions"), "Factor", 3)
    screen.fill("Message", "Triple it").press("Apply to trial")
    assert screen.problems == []
    assert "Applied as version 2 of trial. Portfolio value: $58,750 → $176,250." in screen.text
    (commit,) = trial.log(1)
    assert (commit.version, commit.author, commit.message) == (2, "ada", "Triple it")
    with screen.dialog("Undo this"):
        assert "This takes back what version 2 changed on trial." in screen.text
        screen.press("Undo on trial")
    assert trial.query("SELECT sum(shares) AS n FROM portfolio") == [{"n": 225}]
    assert trial.log(1)[0].message == "Undo version 2 of trial"
    assert "Undo this" not in screen.buttons
    assert portfolio.main.head == 1


def test_some_rows_are_chosen_by_their_values(trial: Branch, screen: Screen) -> None:
    opened(screen).pick("Rows", "Some rows")
    assert "Say what “ticker” is compared with" in screen.text
    assert "Apply to trial" not in screen.buttons
    (values,) = screen.at.multiselect
    assert values.options == ["AAPL", "GOOGL", "MSFT"]
    screen.pick("Values", ["MSFT"])
    assert "Lower current_price by 10 % where ticker is MSFT" in screen.text
    assert len(changed(screen)) == 1


def test_a_row_with_a_key_that_is_there_cannot_be_added(trial: Branch, screen: Screen) -> None:
    opened(screen, "add_position")
    assert "The new row has no values. Fill in at least one." in screen.text
    screen.fill("ticker", "AAPL")
    (problem,) = screen.problems
    assert problem.startswith("This would be refused. “portfolio” on “trial” has a row with ticker = “AAPL” already")
    assert "Apply to trial" not in screen.buttons
    screen.fill("ticker", "NVDA").fill("shares", "many")
    assert "“many” is not a number. Give “shares” as a number" in screen.text
    screen.fill("shares", "20").fill("current_price", "100").press("Apply to trial")
    assert trial.query("SELECT shares FROM portfolio WHERE ticker = 'NVDA'") == [{"shares": 20}]


def test_weights_are_typed_beside_what_they_are_now(trial: Branch, screen: Screen) -> None:
    opened(screen, "rebalance").pick("Weights by", "ticker")
    editor = screen.at.data_editor[-1]
    assert editor.value["part"].tolist() == ["MSFT", "AAPL", "GOOGL"]
    assert editor.value["now"].round(1).tolist() == [53.6, 31.5, 14.9]
    screen.at.session_state[editor.key] = {"edited_rows": {1: {"target": 50}}, "added_rows": [], "deleted_rows": []}
    screen.run()
    assert "The other 50 % is shared among the other rows" in screen.text
    assert "Rebalance portfolio by ticker: AAPL 50 %" in screen.text
    assert "is left over: shares holds whole numbers." in screen.text
    screen.press("Apply to trial")
    assert trial.query("SELECT shares FROM portfolio WHERE ticker = 'AAPL'") == [{"shares": 158}]


def test_rows_without_a_group_are_listed_and_share_what_is_left(trial: Branch, screen: Screen) -> None:
    trial.execute("ALTER TABLE portfolio ADD COLUMN desk VARCHAR")
    trial.execute("UPDATE portfolio SET desk = 'tech' WHERE ticker = 'AAPL'")
    opened(screen, "rebalance").pick("Weights by", "desk")
    editor = screen.at.data_editor[-1]
    assert editor.value["part"].tolist() == ["(empty)", "tech"]
    assert editor.value["now"].sum() == pytest.approx(100)
    screen.at.session_state[editor.key] = {"edited_rows": {0: {"target": 50}}, "added_rows": [], "deleted_rows": []}
    assert "Rows without a desk have no weight of their own" in screen.run().text
    assert "Apply to trial" not in screen.buttons


def test_nothing_is_set_before_a_value_is_given_and_emptying_is_a_choice(trial: Branch, screen: Screen) -> None:
    opened(screen, "set_value")
    assert "Type the value to write, or choose to empty the cells." in screen.text
    assert "Apply to trial" not in screen.buttons
    (field,) = [
        field for field in screen.at.text_input if str(field.key).startswith("action-") and field.label == "Value"
    ]
    field.set_value("7")
    screen.run()
    assert "Set shares to 7 on trial would change" in screen.text
    screen.pick("Write", "nothing: empty the cells")
    assert "Empty shares on trial would change" in screen.text
    screen.press("Apply to trial")
    assert trial.query("SELECT count(shares) AS n FROM portfolio") == [{"n": 0}]
    assert "Type the value to write, or choose to empty the cells." in screen.text


def test_a_number_that_was_taken_away_is_not_made_up(trial: Branch, screen: Screen) -> None:
    opened(screen, "scale_positions")
    (field,) = [field for field in screen.at.number_input if field.label == "Factor"]
    field.set_value(None)
    assert "Fill in the number, to see what would change." in screen.run().text
    assert "Apply to trial" not in screen.buttons


def test_what_was_applied_is_not_offered_once_more_until_somebody_asks(trial: Branch, screen: Screen) -> None:
    number(opened(screen), "Change in %", -20)
    screen.press("Apply to trial")
    assert "Undo this" in screen.buttons
    assert "Apply to trial" not in screen.buttons
    number(screen, "Change in %", -30)
    assert "Apply to trial" in screen.buttons
    number(screen, "Change in %", -10)
    assert "Apply to trial" not in screen.buttons
    assert "Apply to trial" in screen.press("Done").buttons


def test_a_row_that_was_added_is_not_proposed_again(trial: Branch, screen: Screen) -> None:
    opened(screen, "add_position").fill("ticker", "NVDA").fill("shares", "20").press("Apply to trial")
    assert screen.problems == []
    assert screen.field("ticker") == ""
    assert "Fill in at least one." in screen.text


def test_each_way_of_trimming_has_a_number_of_its_own(trial: Branch, screen: Screen) -> None:
    number(opened(screen, "trim_positions"), "Sell of each row, in %", 40)
    screen.pick("Trim", "to a value")
    assert "Fill in the number, to see what would change." in screen.text
    assert "Apply to trial" not in screen.buttons
    number(screen, "Keep at most, value per row", 10_000)
    assert "Trim shares to a value of at most 10,000 a row on trial would change" in screen.text
    screen.pick("Trim", "by percent")
    assert "Trim shares by 40 %" in screen.text
    screen.pick("Trim", "to a value")
    assert "at most 10,000 a row" in screen.text


def test_a_table_of_prices_takes_actions_too(trial: Branch, screen: Screen) -> None:
    trial.execute("CREATE TABLE plans (product VARCHAR, tier VARCHAR, price DECIMAL(10,2), quantity INTEGER)")
    trial.execute("INSERT INTO plans VALUES ('Hati', 'free', 0, 900), ('Hati', 'team', 49.5, 40)")
    opened(screen, table="plans").pick("Rows", "Some rows").pick("Values", ["team"])
    number(screen, "Change in %", 10)
    assert [row["price"] for row in changed(screen)] == ["49.50 → 54.45"]


def test_a_table_without_numbers_says_what_is_missing(trial: Branch, screen: Screen) -> None:
    trial.execute("CREATE TABLE notes AS SELECT 'a' AS text FROM range(2)")
    opened(screen, table="notes")
    assert "No column of “notes” looks like a price. Choose one of: text." in screen.text
    assert screen.problems == []


def test_a_large_table_is_worked_out_when_asked(trial: Branch, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "LIVE_ROWS", 2)
    opened(screen)
    assert "portfolio has 3 rows: working out what would change may take a while." in screen.text
    assert "Apply to trial" not in screen.buttons
    screen.press("Show what would change")
    assert "~ 3 rows changed" in screen.text
    assert "Apply to trial" in screen.buttons


def test_a_press_does_not_apply_to_rows_that_moved_under_it(trial: Branch, screen: Screen) -> None:
    opened(screen)
    trial.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'", author="bob")
    screen.press("Apply to trial")
    assert trial.log(1)[0].author == "bob"


def test_on_main_the_page_warns(portfolio: Repository, screen: Screen) -> None:
    opened(screen, branch="main")
    assert "You are on main: what you save here, everybody sees." in screen.text
    assert "Apply to main" in screen.buttons
