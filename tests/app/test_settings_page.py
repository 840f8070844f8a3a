"""Settings: keys and checks of tables, how strictly rows merge, where the data lies and tidying it up."""

from __future__ import annotations

import os

import pytest

from hati_core import Check, Repository
from hati_core.model import KeyOrigin
from pages.parts.session import repository
from tests.app.screen import Screen


def test_without_tables_it_says_so(empty: Repository, screen: Screen) -> None:
    assert "main has no tables." in screen.open("Settings", section="tables").text


def test_an_inferred_key_is_shown_as_such_and_changed(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute(
        "CREATE TABLE sectors AS SELECT 'chips' AS sector, 'AI' AS theme UNION ALL SELECT 'oil', 'x'"
    )
    screen.open("Settings", section="tables", table="sectors")
    (overview,) = screen.at.table
    assert dict(zip(overview.value["Table"], overview.value["How it is known"], strict=True)) == {
        "**portfolio**": "chosen",
        "**sectors**": "inferred: unique so far",
    }
    assert "Rows are told apart by sector, because its values are unique so far." in screen.text
    screen.pick("Columns that identify a row", ["sector", "theme"]).press("Set as key on every branch")
    assert portfolio.main.table("sectors").key == ("sector", "theme")
    assert portfolio.main.table("sectors").key_origin is KeyOrigin.DECLARED


def test_a_chosen_key_can_be_changed_and_one_that_repeats_is_refused(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute("UPDATE portfolio SET shares = 50")
    screen.open("Settings", section="tables")
    screen.pick("Columns that identify a row", ["shares"]).press("Set as key on every branch")
    (problem,) = screen.problems
    assert "more than one row has shares = 50" in problem
    screen.pick("Columns that identify a row", ["ticker", "shares"]).press("Set as key on every branch")
    assert portfolio.main.table("portfolio").key == ("ticker", "shares")


def test_a_check_is_set_and_dropped(portfolio: Repository, screen: Screen) -> None:
    screen.open("Settings", section="tables")
    screen.fill("Name of the check", "positive").fill("What has to hold in every row", "shares > 0")
    screen.press("Set on every branch")
    assert portfolio.checks("portfolio") == (Check("positive", "shares > 0"),)
    screen.press("Drop positive")
    assert portfolio.checks("portfolio") == ()


def test_the_strict_rule_is_switched_and_holds_for_the_merge_in_hand(branches: Repository, screen: Screen) -> None:
    branches.branch("aggressive-growth").execute("UPDATE portfolio SET avg_cost = 1 WHERE ticker = 'MSFT'")
    branches.main.execute("UPDATE portfolio SET shares = 80 WHERE ticker = 'MSFT'")
    assert "0 of" not in screen.open("Merge", source="aggressive-growth", into="main").metrics["! Conflicts left"]
    screen.open("Settings", section="merging")
    assert "both changes are taken" in screen.text
    screen.at.toggle[0].set_value(True)
    screen.run()
    assert branches.row_level_merge
    assert "somebody has to look at that row" in screen.text
    assert screen.open("Merge", source="aggressive-growth", into="main").metrics["! Conflicts left"] == "1 of 1"


@pytest.fixture
def quiet(branches: Repository, screen: Screen) -> Repository:
    """A repository whose tidying up by itself is over."""
    screen.open("Settings", section="storage")
    upkeep = repository().upkeep
    assert upkeep is not None
    upkeep.close()
    screen.run()
    return branches


def test_where_the_data_lies_and_what_was_tidied_up(quiet: Repository, screen: Screen) -> None:
    assert [code.value for code in screen.at.code] == [quiet.place]
    assert "Tidied up last: " in screen.text


def test_what_nobody_needs_is_shown_and_then_removed(quiet: Repository, screen: Screen) -> None:
    orphan = quiet.root / "data" / "left-over.parquet"
    orphan.write_bytes(b"x" * 1500)
    os.utime(orphan, (0, 0))
    screen.press("See what can go")
    assert "1 file can go, 1.5 kB" in screen.text
    assert orphan.exists()
    screen.press("Remove 1.5 kB")
    assert not orphan.exists()
    assert screen.press("See what can go").problems == []
    assert "0 files can go" in screen.text


def test_small_files_are_put_together(quiet: Repository, screen: Screen) -> None:
    for number in range(40):
        quiet.main.execute(f"INSERT INTO portfolio VALUES ('new {number}', 1, 1, 1)")
    screen.press("Put small files together now")
    assert screen.problems == []
    assert " became " in screen.text
    assert quiet.main.query("SELECT count(*) AS rows FROM portfolio") == [{"rows": 43}]
