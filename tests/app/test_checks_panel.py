"""Data: setting and dropping the checks of a table, and what happens to rows that break them."""

from __future__ import annotations

import pytest

from hati_core import Check, Repository, Strategy
from tests.app.screen import Screen


def set_check(screen: Screen, name: str, expression: str) -> Screen:
    screen.fill("Name of the check", name).fill("What has to hold in every row", expression)
    return screen.press("Set on every branch")


def test_a_check_is_set_listed_held_and_dropped(portfolio: Repository, screen: Screen) -> None:
    set_check(screen.open("Data"), "positive", "shares > 0")
    assert screen.problems == []
    assert "Every row has to pass positive: shares > 0. Checks hold on every branch." in screen.text
    assert portfolio.checks("portfolio") == (Check("positive", "shares > 0"),)
    screen.edit_grid({0: {"shares": -5}}).press("Save to main")
    (problem,) = screen.problems
    assert problem.startswith("Some rows break a rule. The check “positive” of “portfolio” on “main” does not hold")
    assert "ticker = “AAPL”, shares = −5" in problem
    assert "AAPL: shares 100 → −5" in screen.unsaved()
    screen.press("Drop positive").press("Save to main")
    assert screen.problems == []
    assert portfolio.checks("portfolio") == ()
    assert portfolio.main.query("SELECT shares FROM portfolio WHERE ticker = 'AAPL'") == [{"shares": -5}]


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("shares > 60", "Some rows break a rule. The check “rule” of “portfolio” on “main” does not hold"),
        ("shares >", "This check cannot be set. “shares >” cannot be read as an expression."),
        ("", "This check cannot be set."),
        ("(*b* [x](y)", "This check cannot be set. “(*b* [x](y)” cannot be read as an expression."),
        ("shares > (SELECT 1)", "This check cannot be set. A check cannot have a query inside of it"),
        ("getenv('HOME') = ticker", "The statement is not allowed here."),
    ],
)
def test_a_check_that_cannot_be_set_is_explained(
    portfolio: Repository, screen: Screen, expression: str, sentence: str
) -> None:
    (problem,) = set_check(screen.open("Data"), "rule", expression).problems
    assert problem.startswith(sentence)
    assert portfolio.checks("portfolio") == ()


def test_alter_table_in_the_console_sets_a_check(portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").run_sql("ALTER TABLE portfolio ADD CONSTRAINT positive CHECK (shares > 0)")
    screen.press("Run on main")
    assert screen.problems == []
    assert "Done, without a change to any row, on main." in screen.text
    assert "Every row has to pass positive: shares > 0." in screen.text


def test_a_merge_that_would_break_a_check_is_held_back_with_the_row(conflict: Repository, screen: Screen) -> None:
    conflict.main.execute("UPDATE portfolio SET current_price = 3 WHERE ticker = 'MSFT'")
    conflict.branch("bold").execute("UPDATE portfolio SET shares = 400 WHERE ticker = 'MSFT'")
    conflict.set_check("portfolio", "worth", "ticker <> 'MSFT' OR shares * current_price > 1200 OR shares < 100")
    screen.open("Merge", branch="bold")
    assert "The check “worth” of “portfolio” on “main” does not hold" not in screen.text
    screen.pick("Conflicts without a choice", Strategy.BRANCH_WINS)
    assert "does not hold" in screen.text
    assert "ticker = “MSFT”, shares = 400" in screen.text
    assert "Merge into main" not in screen.buttons
