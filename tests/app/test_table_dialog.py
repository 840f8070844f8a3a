"""The dialog that makes and changes tables: what would change is seen first, and it is one commit."""

from __future__ import annotations

import pytest

from hati_core import Repository
from tests.app.screen import Screen

DO = "Do it on trial"


def _choose(screen: Screen, action: str) -> Screen:
    (pills,) = [control for control in screen.at.get("button_group") if control.label == "What to do"]
    pills.set_value([action] if isinstance(pills.value, list) else action)
    return screen.run()


@pytest.fixture
def on_trial(portfolio: Repository, screen: Screen) -> Screen:
    """The page Data on a branch of the tutorial portfolio."""
    portfolio.create_branch("trial")
    return screen.open("Data", branch="trial")


def test_dropping_a_table_shows_what_goes_and_leaves_main_alone(portfolio: Repository, on_trial: Screen) -> None:
    with on_trial.dialog("Change tables"):
        _choose(on_trial, "Drop the table")
        assert "− 3 rows removed" in on_trial.text or "table dropped" in on_trial.text
        assert portfolio.branch("trial").head == 1
        on_trial.press(DO)
    assert portfolio.branch("trial").tables() == {}
    assert "portfolio" in portfolio.main.tables()


def test_a_column_is_added_with_a_value_in_every_row(portfolio: Repository, on_trial: Screen) -> None:
    with on_trial.dialog("Change tables"):
        _choose(on_trial, "Add a column").fill("Name of the column", "sector").fill(
            "Value in every row (optional)", "Tech"
        )
        on_trial.fill("Message", "Sectors").press(DO)
    trial = portfolio.branch("trial")
    assert trial.query("SELECT DISTINCT sector FROM portfolio") == [{"sector": "Tech"}]
    assert (trial.head, trial.log(1)[0].message) == (2, "Sectors")


def test_a_copy_has_the_rows_and_the_key_and_comes_into_view(portfolio: Repository, on_trial: Screen) -> None:
    with on_trial.dialog("Change tables"):
        on_trial.pick("How", "As a copy").fill("Table name", "what if").press(DO)
    copy = portfolio.branch("trial").table("what if")
    assert copy.key == ("ticker",)
    assert portfolio.branch("trial").head == 2
    assert on_trial.problems == []


def test_what_the_lake_cannot_do_is_explained(portfolio: Repository, on_trial: Screen) -> None:
    with on_trial.dialog("Change tables"):
        _choose(on_trial, "Drop a column").pick("Column to change", "ticker")
        assert "“ticker” is part of the key of “portfolio” on every branch" in on_trial.problems[0]
        assert DO not in on_trial.buttons
        _choose(on_trial, "Widen a column")
        assert "which cannot be widened in place" in on_trial.text
        _choose(on_trial, "Rename the table").fill("New name", "portfolio two").press(DO)
    assert set(portfolio.branch("trial").tables()) == {"portfolio two"}
