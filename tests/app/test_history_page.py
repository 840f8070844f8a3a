"""History: commits, one of them, the way back, tables as they were, two versions, who changed a cell."""

from __future__ import annotations

from typing import Any

import pytest

from hati_core import Repository
from pages.parts.lately import Spot, clicked
from tests.app.screen import Screen, plainly


@pytest.fixture
def busy(branches: Repository) -> Repository:
    """``main`` with an edit by bob (version 2), a merge (3), an undo of the edit (4) and a second table (5)."""
    branches.main.execute("UPDATE portfolio SET shares = 60 WHERE ticker = 'GOOGL'", author="bob", message="Buy Google")
    branches.apply_merge(branches.plan_merge("aggressive-growth"))
    branches.apply_merge(branches.plan_revert("main", 2), author="cyd")
    branches.main.execute("CREATE TABLE notes AS SELECT 1 AS id, 'first' AS text", message="Take notes")
    return branches


def _commits(screen: Screen) -> list[str]:
    return [plainly(line.value).split("  \n")[0] for line in screen.part("commits", "markdown")]


def _opened(screen: Screen) -> str:
    return "\n".join(plainly(piece.value) for piece in screen.part("commit", "markdown"))


def test_without_tables_the_overview_is_the_way(empty: Repository, screen: Screen) -> None:
    screen.open("History")
    assert "Nothing has happened yet" in screen.text
    assert "Begin on the overview" in screen.text


def test_one_commit_is_listed_with_what_it_changed(portfolio: Repository, screen: Screen) -> None:
    screen.open("History")
    first, made = _commits(screen)
    assert "Import tutorial.csv into portfolio" in first
    assert "portfolio imported +3" in first
    assert "Create the repository" in made
    assert "2 commits" in screen.text


def test_merges_undos_and_restores_are_marked(busy: Repository, screen: Screen) -> None:
    busy.main.restore(1)
    found = _commits(screen.open("History"))
    assert "back to version 1" in found[0]
    assert "undid version 2" in found[2]
    assert "merged aggressive-growth" in found[3]
    assert "portfolio +1 ~1" in found[3]


def test_commits_before_the_fork_are_the_parents(busy: Repository, screen: Screen) -> None:
    busy.create_branch("nested", "aggressive-growth")
    busy.discard("aggressive-growth")
    text = screen.open("History", branch="nested").text
    assert text.index("Before the fork: commits of aggressive-growth") < text.index("Bet on chips")
    assert text.index("Bet on chips") < text.index("Before the fork: commits of main")
    screen.press("open-2")
    assert "version 2 of aggressive-growth, before nested was forked" in _opened(screen)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ({"by": "bob"}, ["Buy Google"]),
        ({"touched": "notes"}, ["Take notes"]),
        ({"text": "GOOGLE"}, ["Buy Google"]),
        ({"by": "cyd", "touched": "portfolio", "text": "undo"}, ["Undo version 2 of main"]),
    ],
)
def test_the_filter_stands_in_the_address(
    address: dict[str, str], found: list[str], busy: Repository, screen: Screen
) -> None:
    shown = _commits(screen.open("History", branch="main", **address))
    assert len(shown) == len(found)
    assert all(message in line for message, line in zip(found, shown, strict=True))


def test_a_filter_that_finds_nothing_can_be_taken_away(busy: Repository, screen: Screen) -> None:
    screen.open("History").fill("Message contains", "moonshot")
    assert "No commit of main is like that." in screen.text
    screen.press("Show all commits")
    assert len(_commits(screen)) == 6


def test_a_filter_that_another_branch_does_not_have_is_let_go(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", by="cyd", touched="notes")
    screen.choose_branch("conservative-hedge")
    assert screen.branch == "conservative-hedge"
    assert any("'BND'" in line for line in _commits(screen))
    screen.open("History", branch="main", by="nobody")
    assert screen.problems == []


def test_a_long_history_comes_in_pages(portfolio: Repository, screen: Screen) -> None:
    for shares in range(30):
        portfolio.main.execute(f"UPDATE portfolio SET shares = {shares} WHERE ticker = 'AAPL'", message=f"No. {shares}")
    screen.open("History")
    assert "1 to 25 of 32 commits" in screen.text
    assert "No. 29" in _commits(screen)[0]
    (pages,) = screen.at.get("pagination")
    assert pages.proto.num_pages == 2


def test_the_page_of_the_commits_stands_in_the_address(portfolio: Repository, screen: Screen) -> None:
    for shares in range(30):
        portfolio.main.execute(f"UPDATE portfolio SET shares = {shares} WHERE ticker = 'AAPL'", message=f"No. {shares}")
    screen.open("History", page="2")
    assert "26 to 32 of 32 commits" in screen.text
    assert "No. 4" in _commits(screen)[0]
    screen.press("open-3").press("All commits")
    assert "26 to 32 of 32 commits" in screen.text
    screen.fill("Message contains", "No.")
    assert "1 to 25 of 30 commits" in screen.text
    assert "page" not in screen.at.query_params
    assert "26 to 30 of 30 commits" in screen.open("Data").open("History", page="99").text
    assert "1 to 25 of 30 commits" in screen.open("Data").open("History", page="many").text


def test_a_commit_shows_its_rows_and_what_they_were_worth(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", version="3")
    assert "merged aggressive-growth" in _opened(screen)
    assert "ada" in _opened(screen)
    assert screen.metrics["Portfolio value"] == "$269,000"
    assert screen.changes().to_dict("records") == [
        {"": "~ changed", "ticker": "AAPL", "shares": "100 → 200", "avg_cost": "150", "current_price": "185"},
        {"": "+ added", "ticker": "NVDA", "shares": "200", "avg_cost": "800", "current_price": "950"},
    ]
    screen.press("Older")
    assert screen.at.query_params["version"] == "2"
    assert "Buy Google" in _opened(screen)
    screen.press("All commits")
    assert len(_commits(screen)) == 6


@pytest.mark.parametrize("version", ["99", "-1", "x", "1.5", "²"])
def test_a_version_that_is_not_there_is_said_and_the_list_shown(version: str, busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", version=version)
    assert f"There is no version {version} of main; it has versions 0 to 5." in screen.text
    assert len(_commits(screen)) == 6


def test_another_branch_in_view_closes_the_commit(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", version="2")
    screen.choose_branch("aggressive-growth")
    assert "Bet on chips" in _commits(screen)[0]


def test_the_first_version_has_nothing_to_undo(portfolio: Repository, screen: Screen) -> None:
    screen.open("History", version="0")
    assert "it had no tables yet" in screen.text
    assert "Undo this commit" not in screen.buttons
    assert "Branch from here" in screen.buttons


def test_a_commit_is_undone_after_a_look_and_the_undo_too(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", version="3")
    with screen.dialog("Undo this commit"):
        assert "takes back what version 3 changed on main" in screen.text
        assert screen.changes()["ticker"].tolist() == ["AAPL", "NVDA"]
        screen.press("Undo on main")
    assert [row["shares"] for row in busy.main.query("SELECT shares FROM portfolio ORDER BY ticker")] == [100, 50, 75]
    assert busy.main.log(1)[0].reverts == 3
    assert "undid version 3" in _opened(screen.run())
    with screen.dialog("Undo this commit"):
        screen.press("Undo on main")
    assert busy.main.query("SELECT shares FROM portfolio WHERE ticker = 'AAPL'") == [{"shares": 200}]


def test_nothing_that_is_left_to_undo_is_said(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", version="2")
    with screen.dialog("Undo this commit"):
        assert "Nothing of version 2 is left on main that could be taken back." in screen.text
        assert "Undo on main" not in screen.buttons


def test_a_version_is_restored_after_a_look(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", version="1")
    with screen.dialog("Restore this version"):
        assert "notes: table dropped" in screen.text
        assert "Portfolio value" in screen.metrics
        screen.press("Restore main")
    assert list(busy.main.tables()) == ["portfolio"]
    assert busy.main.log(1)[0].restores == 1
    assert busy.main.log(1)[0].author == "ada"


@pytest.fixture
def changed_again(portfolio: Repository) -> Repository:
    """AAPL's and MSFT's shares set by version 2, and AAPL's again by version 3."""
    portfolio.main.execute("UPDATE portfolio SET shares = 10 WHERE ticker <> 'GOOGL'")
    portfolio.main.execute("UPDATE portfolio SET shares = 20 WHERE ticker = 'AAPL'", author="bob")
    return portfolio


def _shares(repository: Repository) -> dict[str, int]:
    return {row["ticker"]: row["shares"] for row in repository.main.query("SELECT ticker, shares FROM portfolio")}


@pytest.mark.parametrize(
    ("way", "shares"),
    [("Keep what came later", 20), ("Put back what was there before", 100)],
)
def test_rows_changed_since_go_the_way_that_is_chosen(
    way: str, shares: int, changed_again: Repository, screen: Screen
) -> None:
    screen.open("History", version="2")
    with screen.dialog("Undo this commit"):
        assert "1 row was changed again after version 2." in screen.text
        screen.choose("What becomes of them", way)
        screen.press("Undo on main")
    assert _shares(changed_again) == {"AAPL": shares, "GOOGL": 50, "MSFT": 75}


def test_rows_changed_since_can_be_decided_one_by_one(changed_again: Repository, screen: Screen) -> None:
    screen.open("History", version="2")
    with screen.dialog("Undo this commit"):
        screen.choose("What becomes of them", "Row by row")
        assert "1 choice to make first." in screen.text
        assert "last changed by bob, just now" in screen.text
        assert "Undo on main" not in screen.buttons
        screen.choose("AAPL · shares", "put back: 100")
        screen.press("Undo on main")
    assert _shares(changed_again) == {"AAPL": 100, "GOOGL": 50, "MSFT": 75}


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("lots", "“lots” does not fit “shares” of “portfolio”, which takes a whole number (BIGINT)."),
        ("", "Type a value for “shares”, or NULL to leave it empty."),
        ("99", "few"),
    ],
)
def test_a_typed_value_for_a_row_changed_since_has_to_fit(
    typed: str, problem: str, changed_again: Repository, screen: Screen
) -> None:
    changed_again.set_check("portfolio", "few", "shares < 90")
    screen.open("History", version="2")
    with screen.dialog("Undo this commit"):
        screen.choose("What becomes of them", "Row by row")
        screen.choose("AAPL · shares", "another value")
        assert "Until you use a value, shares stays open." in screen.text
        screen.type("Value of AAPL · shares", typed).press("Use it")
        assert len(screen.problems) == 1
        assert problem in screen.problems[0]
        assert "1 choice to make first." in screen.text
        assert "Undo on main" not in screen.buttons
        screen.type("Value of AAPL · shares", "15").press("Use it")
        assert screen.problems == []
        assert screen.changes()["shares"].tolist() == ["20 → 15", "10 → 75"]
        screen.press("Undo on main")
    assert _shares(changed_again) == {"AAPL": 15, "GOOGL": 50, "MSFT": 75}


def test_cells_of_a_row_changed_since_are_decided_each_by_itself(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute("UPDATE portfolio SET shares = 10, avg_cost = 1 WHERE ticker = 'AAPL'")
    portfolio.main.execute("UPDATE portfolio SET shares = 20, avg_cost = 2 WHERE ticker = 'AAPL'")
    screen.open("History", version="2")
    with screen.dialog("Undo this commit"):
        screen.choose("What becomes of them", "Row by row")
        screen.choose("AAPL · shares", "put back: 100")
        assert "1 choice to make first." in screen.text
        screen.choose("AAPL · avg_cost", "keep: 2")
        screen.press("Undo on main")
    assert portfolio.main.query("SELECT shares, avg_cost FROM portfolio WHERE ticker = 'AAPL'") == [
        {"shares": 100, "avg_cost": 2.0}
    ]


def test_a_row_that_was_deleted_since_is_decided_as_a_whole(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute("UPDATE portfolio SET shares = 10 WHERE ticker <> 'GOOGL'")
    portfolio.main.execute("DELETE FROM portfolio WHERE ticker = 'AAPL'")
    screen.open("History", version="2")
    with screen.dialog("Undo this commit"):
        screen.choose("What becomes of them", "Row by row")
        (row,) = [radio for radio in screen.at.radio if plainly(radio.label) == "AAPL · the row"]
        assert [plainly(option) for option in row.options] == ["keep: no such row", "put back: shares 100"]
        screen.choose("AAPL · the row", "put back: shares 100").press("Undo on main")
    assert _shares(portfolio) == {"AAPL": 100, "GOOGL": 50, "MSFT": 75}


def test_where_all_that_is_kept_came_later_nothing_changes(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute("UPDATE portfolio SET shares = 10 WHERE ticker = 'AAPL'")
    portfolio.main.execute("UPDATE portfolio SET shares = 20 WHERE ticker = 'AAPL'")
    screen.open("History", version="2")
    with screen.dialog("Undo this commit"):
        assert "With this choice nothing changes on main." in screen.text
        assert "Undo on main" not in screen.buttons


def test_a_restore_that_breaks_a_rule_set_since_is_refused(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute("UPDATE portfolio SET shares = 10")
    portfolio.set_check("portfolio", "few", "shares < 80")
    screen.open("History", version="1")
    with screen.dialog("Restore this version"):
        assert any("few" in problem for problem in screen.problems)
        assert "Restore main" not in screen.buttons


def test_a_branch_begins_at_an_old_version(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", version="1")
    with screen.dialog("Branch from here"):
        screen.type("Name", "what-if").press("Create branch")
    assert list(busy.branch("what-if").tables()) == ["portfolio"]
    assert screen.run().branch == "what-if"


def test_a_commit_is_compared_with_now(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", version="2").press("Compare with now")
    assert "main version 2 → main version 5" in screen.text
    assert "notes +1 · table created" in screen.text.replace(":gray-badge[", "").replace("]", "")


def test_two_versions_of_two_branches_stand_in_the_address(busy: Repository, screen: Screen) -> None:
    screen.open(
        "History",
        view="versions",
        **{"from": "main", "from-version": "1", "to": "aggressive-growth", "to-version": "2"},
    )
    assert "main version 1 → aggressive-growth version 2" in screen.text
    assert screen.metrics["Portfolio value"] == "$267,250"
    assert screen.changes()["ticker"].tolist() == ["AAPL", "NVDA"]
    screen.press("Swap")
    assert "aggressive-growth version 2 → main version 1" in screen.text
    assert screen.changes()[""].tolist() == ["~ changed", "− removed"]


def test_a_version_beyond_the_newest_becomes_the_newest(busy: Repository, screen: Screen) -> None:
    screen.open("History", view="versions", **{"from-version": "99", "to-version": "x"})
    assert "main has no version 99; this is the newest." in screen.text
    assert "Every row is the same in both." in screen.text


def test_a_table_is_shown_as_it_was(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", view="table", at="2", table="portfolio")
    assert screen.table()["shares"].tolist() == ["100", "60", "75"]
    assert "3 rows, as they were" in screen.text
    assert "Buy Google · bob" in screen.text


def test_a_version_without_tables_says_so(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", view="table", at="0")
    assert "main had no tables at version 0." in screen.text


def _select_row(screen: Screen, position: int) -> None:
    key = screen.at.dataframe[0].key
    selected: dict[str, Any] = {"selection": {"rows": [position], "columns": [], "cells": []}}
    screen.at.session_state[key] = selected
    screen.run()


def test_each_cell_of_a_row_names_who_changed_it_last(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", view="cells", table="portfolio")
    assert "Select a row" in screen.text
    _select_row(screen, 0)
    (table,) = screen.at.table
    shares = table.value.set_index("Column").loc["**shares**"]
    assert (shares["Value"], shares["Before"]) == ("200", "100")
    assert plainly(shares["By"]) == "ada, just now"
    assert "merged as main version 3" in plainly(shares["In"])
    screen.press("blamed-3")
    assert "merged aggressive-growth" in _opened(screen)


def _blamed(screen: Screen) -> str:
    return "\n".join(plainly(piece.value) for piece in screen.part("blame", "markdown"))


def test_the_row_that_was_asked_about_stands_in_the_address(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", view="cells", table="portfolio", row="NVDA")
    assert "NVDA on main" in _blamed(screen)
    _select_row(screen, 0)
    assert "AAPL on main" in _blamed(screen)
    assert screen.at.query_params["row"] in ("AAPL", ["AAPL"])
    screen.fill("Find a row", "msft")
    assert "AAPL on main" in _blamed(screen)
    assert screen.at.query_params["find"] in ("msft", ["msft"])
    screen.choose_branch("conservative-hedge")
    assert "AAPL on conservative-hedge" in _blamed(screen)
    screen.choose_branch("main").pick("Table", "notes")
    assert _blamed(screen) == ""
    assert "row" not in screen.at.query_params


def test_the_row_stays_while_something_else_is_looked_at(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", view="cells", table="portfolio", row="NVDA")
    _select_row(screen, 0)
    screen.pick("What to look at", "commits").pick("What to look at", "cells")
    assert "AAPL on main" in _blamed(screen)


@pytest.mark.parametrize("row", ["TSLA", "*bold*", '["AAPL","MSFT"]'])
def test_a_row_that_is_not_there_is_said(row: str, busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", view="cells", table="portfolio", row=row)
    assert screen.problems == []
    assert f"portfolio has no row {row} on main." in screen.text
    assert len(screen.table()) == 4


def test_a_row_is_found_by_a_value(busy: Repository, screen: Screen) -> None:
    screen.open("History", branch="main", view="cells", table="portfolio").fill("Find a row", "nvd")
    assert screen.table()["ticker"].tolist() == ["NVDA"]
    screen.fill("Find a row", "nothing like that")
    assert "No row has that in any of its cells." in screen.text


def test_a_table_without_a_key_is_followed_by_its_rows(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute("CREATE TABLE log (a DOUBLE)")
    portfolio.main.execute("INSERT INTO log VALUES (1), (1)")
    portfolio.main.execute("UPDATE log SET a = 2 WHERE rowid = 1", author="bob")
    screen.open("History", view="cells", table="log")
    _select_row(screen, 1)
    assert screen.at.table[0].value["By"].map(plainly).tolist() == ["bob, just now"]
    colleague = Screen().open("History", view="cells", table="log", row="1")
    assert colleague.at.table[0].value["By"].map(plainly).tolist() == ["bob, just now"]


@pytest.mark.parametrize(
    ("points", "spot"),
    [
        ([{"customdata": ["main", 3]}], Spot("main", 3)),
        ([{"x": 1}, {"customdata": ["main", 3]}], Spot("main", 3)),
        ([{"customdata": None}], None),
        ([], None),
    ],
)
def test_a_click_in_the_graph_is_a_commit_or_none(points: list[dict[str, Any]], spot: Spot | None) -> None:
    assert clicked({"selection": {"points": points}}) == spot
