"""Settings: the metrics, what each gives on the branch in view, adding and changing one."""

from __future__ import annotations

import pytest

from hati_core import Repository, Unit
from tests.app.screen import Screen


def _names(repository: Repository, branch: str = "main") -> list[str]:
    return [metric.name for metric in repository.measures.metrics(repository.branch(branch))]


def _card(screen: Screen, name: str) -> str:
    return "\n".join(str(piece.value) for piece in screen.part(f"metric-{name}", "markdown", "caption"))


def test_without_tables_there_is_nothing_to_measure(empty: Repository, screen: Screen) -> None:
    screen.open("Settings")
    assert "main has nothing to measure yet" in screen.text
    assert "Begin on the overview" in screen.text


def test_each_metric_shows_its_value_on_the_branch_in_view(branches: Repository, screen: Screen) -> None:
    screen.open("Settings", branch="aggressive-growth")
    assert "ready-made" in _card(screen, "Portfolio value")
    assert "267,250" in _card(screen, "Portfolio value")
    assert "by ticker" in _card(screen, "Portfolio value")


def test_one_that_fails_on_this_branch_says_so_there(branches: Repository, screen: Screen) -> None:
    branches.main.execute("CREATE TABLE dividends AS SELECT 5 AS cash")
    branches.set_metric("Dividends", "SELECT sum(cash) FROM dividends")
    assert "**5**" in _card(screen.open("Settings", branch="main"), "Dividends")
    screen.choose_branch("aggressive-growth")
    assert "On aggressive\\-growth" in _card(screen, "Dividends")
    assert "dividends" in _card(screen, "Dividends")
    assert screen.problems == []


def test_a_sum_is_added_after_its_value_was_seen(branches: Repository, screen: Screen) -> None:
    screen.open("Settings", branch="main")
    with screen.dialog("Add a metric"):
        assert "Save for every branch" not in screen.buttons
        screen.fill("Name", "Stop loss").fill("What each row adds", "shares * avg_cost * 2")
        assert screen.metrics["On main now"] == "$88,500"
        screen.press("Save for every branch")
    (metric,) = [m for m in branches.measures.metrics(branches.main) if m.name == "Stop loss"]
    assert metric.unit == Unit.MONEY
    assert metric.breakdown is not None
    assert metric.breakdown.labels == ("ticker",)
    assert "88,500" in _card(screen.run(), "Stop loss")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT shares FROM portfolio", "must give one number"),
        ("SELECT nothing FROM portfolio", "There is no column “nothing”"),
        ("SELECT ticker FROM portfolio LIMIT 1", "is not a number"),
        ("DELETE FROM portfolio", "This writes"),
        ("SELECT (*b*", "syntax error"),
    ],
)
def test_a_query_that_cannot_be_measured_says_why_and_is_not_saved(
    query: str, sentence: str, portfolio: Repository, screen: Screen
) -> None:
    screen.open("Settings")
    with screen.dialog("Add a metric"):
        screen.pick("Computed as", "query").fill("Name", "Odd").fill("Query", query)
        assert sentence in screen.text
        assert "Save for every branch" not in screen.buttons
    assert "Odd" not in _names(portfolio)
    assert portfolio.main.query("SELECT count(*) AS rows FROM portfolio") == [{"rows": 3}]


def test_a_metric_is_changed_under_its_name_and_place(portfolio: Repository, screen: Screen) -> None:
    before = _names(portfolio)
    screen.open("Settings")
    with screen.dialog("change-Positions"):
        screen.fill("Query", "SELECT sum(shares) FROM portfolio").press("Save for every branch")
    assert _names(portfolio) == before
    assert "**225**" in _card(screen.run(), "Positions")
    assert "instead of the ready-made one" in _card(screen, "Positions")


def test_a_metric_is_renamed_in_its_place_and_not_to_a_name_that_is_taken(
    portfolio: Repository, screen: Screen
) -> None:
    before = _names(portfolio)
    screen.open("Settings")
    with screen.dialog("change-Positions"):
        screen.fill("Name", "Portfolio value").press("Save for every branch")
        assert "There is a metric called “Portfolio value” already." in screen.problems[0]
        screen.fill("Name", "Holdings").press("Save for every branch")
    assert _names(portfolio) == ["Holdings" if name == "Positions" else name for name in before]


def test_adding_takes_no_other_metrics_place(portfolio: Repository, screen: Screen) -> None:
    before = portfolio.measures.metrics(portfolio.main)
    screen.open("Settings")
    with screen.dialog("Add a metric"):
        screen.fill("Name", "Positions").fill("What each row adds", "shares").press("Save for every branch")
        assert "already" in screen.problems[0]
    assert portfolio.measures.metrics(portfolio.main) == before


def test_the_first_metric_is_the_one_that_branches_are_compared_by(portfolio: Repository, screen: Screen) -> None:
    second = _names(portfolio)[1]
    screen.open("Settings").press(f"Move up-{second}")
    assert _names(portfolio)[0] == second
    screen.press(f"Move down-{second}")
    assert _names(portfolio)[1] == second
    assert screen.problems == []


def test_a_ready_made_metric_is_removed_and_brought_back(portfolio: Repository, screen: Screen) -> None:
    screen.open("Settings").press("Remove Positions")
    assert "Positions" not in _names(portfolio)
    assert "Removed ready-made metrics (1)" in screen.text
    screen.press("Bring back")
    assert "Positions" in _names(portfolio)
    assert "Removed ready-made metrics" not in screen.text


def test_a_changed_one_goes_back_to_the_ready_made_one(portfolio: Repository, screen: Screen) -> None:
    before = portfolio.measures.metrics(portfolio.main)
    portfolio.set_metric("Positions", "SELECT 7")
    screen.open("Settings")
    assert "instead of the ready-made one" in _card(screen, "Positions")
    screen.press("Back to the ready-made one")
    assert portfolio.measures.metrics(portfolio.main) == before


def test_one_of_ones_own_is_forgotten(portfolio: Repository, screen: Screen) -> None:
    portfolio.set_metric("Seven", "SELECT 7")
    screen.open("Settings").press("Remove Seven")
    assert "Seven" not in _names(portfolio)
    assert "Removed ready-made metrics" not in screen.text


def test_what_somebody_else_removed_meanwhile_is_said(portfolio: Repository, screen: Screen) -> None:
    portfolio.set_metric("Seven", "SELECT 7")
    screen.open("Settings")
    portfolio.remove_metric("Seven")
    screen.press("Remove Seven")
    assert "There is no metric “Seven”." in screen.problems[0]
