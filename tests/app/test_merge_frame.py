"""Merge: the two sides, the plan table by table, what strategies say, the way back, and what can go wrong."""

from __future__ import annotations

from typing import Any

import pytest

from hati_core import Repository
from hati_core.model import Strategy
from tests.app.screen import Screen, plainly
from tests.core.dying import Trap

LEFT = "! Conflicts left"
UNSETTLED = "Conflicts without a choice"


def _sides(screen: Screen) -> tuple[str, str]:
    found = {plainly(box.label): str(box.value) for box in screen.at.selectbox}
    assert (screen.at.query_params["source"], screen.at.query_params["into"]) == (found["Changes of"], found["go into"])
    return found["Changes of"], found["go into"]


def _sentences(screen: Screen) -> dict[str, str]:
    """What each strategy says it would do."""
    (radio,) = [radio for radio in screen.at.radio if radio.label == UNSETTLED]
    return dict(zip(map(plainly, radio.options), map(plainly, radio.proto.captions), strict=True))


def _left(screen: Screen) -> Any:
    """The card that counts the conflicts which nobody has chosen for."""
    (card,) = [metric for metric in screen.at.metric if plainly(metric.label) == LEFT]
    return card


def _undo_it(repository: Repository) -> None:
    """Merge bold into main, and undo that there."""
    repository.merge("bold", "branch_wins")
    repository.apply_merge(repository.plan_revert("main", repository.main.head))


def _shares(repository: Repository, branch: str) -> int:
    (row,) = repository.branch(branch).query("SELECT shares FROM portfolio WHERE ticker = 'AAPL'")
    return int(row["shares"])


@pytest.fixture
def wide(portfolio: Repository) -> Repository:
    """The branch bulk adds a table of 250 lots, and changes the portfolio and a new column of it."""
    bulk = portfolio.create_branch("bulk")
    with bulk.transaction(message="Buy in bulk") as tx:
        tx.execute("CREATE TABLE lots (id INTEGER PRIMARY KEY, note VARCHAR)")
        tx.execute("INSERT INTO lots SELECT i, 'lot ' || i FROM range(250) AS t(i)")
    bulk.execute("ALTER TABLE portfolio ADD COLUMN sector VARCHAR")
    bulk.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
    bulk.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    return portfolio


def test_the_other_way_round_is_one_press_away(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="aggressive-growth")
    assert _sides(screen) == ("aggressive-growth", "main")
    screen.press("Bring main into aggressive-growth instead")
    assert _sides(screen) == ("main", "aggressive-growth")
    assert "Nothing new on main for aggressive-growth" in screen.text


def test_naming_the_target_as_source_swaps_the_two(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="aggressive-growth").pick("Changes of", "main")
    assert _sides(screen) == ("main", "aggressive-growth")


def test_the_branch_that_comes_into_view_is_offered_to_main(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", source="main", into="aggressive-growth").choose_branch("conservative-hedge")
    assert _sides(screen) == ("conservative-hedge", "main")


def test_the_address_names_both_sides_whatever_is_in_view(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="aggressive-growth", source="conservative-hedge", into="aggressive-growth")
    assert _sides(screen) == ("conservative-hedge", "aggressive-growth")
    assert screen.metrics["Portfolio value"] == "$304,250"


def test_the_list_of_branches_offers_both_directions(branches: Repository, screen: Screen) -> None:
    screen.open("Branches")
    links = [(link.label, link.proto.query_string) for link in screen.at.get("page_link") if link.label != "Open"]
    assert ("Merge", "branch=aggressive-growth&source=aggressive-growth&into=main") in links
    assert ("Bring main in", "branch=aggressive-growth&source=main&into=aggressive-growth") in links


def test_an_address_that_names_a_discarded_branch_says_so_and_where_to_find_it(
    branches: Repository, screen: Screen
) -> None:
    branches.discard("aggressive-growth")
    screen.open("Merge", source="aggressive-growth", into="main")
    assert "There is no branch “aggressive-growth” to merge. It was discarded just now." in screen.text
    assert "Bring it back from the list of branches" in screen.text
    assert _sides(screen) == ("conservative-hedge", "main")


@pytest.mark.parametrize(
    ("strategy", "shares", "said"),
    [
        (Strategy.BRANCH_WINS, 200, "main was merged into bold; no row of bold had to change."),
        (Strategy.MAIN_WINS, 90, "main was merged into bold by ada, just now"),
    ],
)
def test_in_a_sync_each_strategy_is_for_the_branch_that_it_names(
    strategy: Strategy, shares: int, said: str, conflict: Repository, screen: Screen
) -> None:
    screen.open("Merge", source="main", into="bold")
    assert list(_sentences(screen)) == ["Choose one by one", "bold wins", "main wins", "Stop if anything conflicts"]
    screen.pick(UNSETTLED, strategy).press("Merge into bold")
    assert screen.problems == []
    assert said in screen.text
    assert "Nothing new on main for bold" in screen.text
    assert _shares(conflict, "bold") == shares
    assert _shares(conflict, "main") == 90


def test_each_strategy_says_what_it_does_to_these_conflicts(conflict: Repository, screen: Screen) -> None:
    assert _sentences(screen.open("Merge", branch="bold")) == {
        "Choose one by one": "Each conflict takes what is chosen for it above; 1 of 1 is open.",
        "bold wins": "1 open conflict takes what bold has; what main did to 1 row is lost. "
        "Portfolio value of main: $77,250, +$20,350 beside keeping what main has.",
        "main wins": "1 open conflict takes what main has; what bold did to 1 row is lost. "
        "Portfolio value of main: $56,900.",
        "Stop if anything conflicts": "There is 1 conflict, so nothing would be merged.",
    }


def test_a_strategy_that_breaks_a_rule_says_so_before_it_is_chosen(conflict: Repository, screen: Screen) -> None:
    conflict.main.execute("UPDATE portfolio SET current_price = 10 WHERE ticker = 'AAPL'", author="bob")
    conflict.set_check("portfolio", "no penny stocks", "shares < 150 OR current_price > 100")
    said = _sentences(screen.open("Merge", branch="bold"))
    assert said["bold wins"].endswith("It breaks 1 rule of the tables, which would stop the merge.")
    assert "breaks" not in said["main wins"]
    assert "Merge into main" not in screen.pick(UNSETTLED, Strategy.BRANCH_WINS).buttons
    assert "no penny stocks" in screen.text


def test_a_strategy_is_for_the_pair_that_it_was_chosen_for(conflict: Repository, screen: Screen) -> None:
    timid = conflict.create_branch("timid", "bold")
    timid.execute("UPDATE portfolio SET shares = 10 WHERE ticker = 'AAPL'")
    screen.open("Merge", source="bold", into="main").pick(UNSETTLED, Strategy.BRANCH_WINS)
    assert _left(screen).delta == "bold wins"
    screen.pick("Changes of", "timid")
    assert _left(screen).delta == ""


def test_conflicts_are_counted_in_one_way_whatever_the_strategy(conflict: Repository, screen: Screen) -> None:
    """AAPL is in conflict; GOOGL and MSFT are not, and MSFT breaks a rule once merged. A second table conflicts too."""
    conflict.set_check("portfolio", "not too much", "shares * current_price <= 60000")
    for branch, table, shares in ((conflict.branch("bold"), "b", 2), (conflict.main, "b", 3)):
        with branch.transaction() as tx:
            tx.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, v INTEGER)")
            tx.execute(f"INSERT INTO {table} VALUES (1, {shares})")
    conflict.branch("bold").execute("UPDATE portfolio SET shares = 120 WHERE ticker = 'MSFT'")
    conflict.main.execute("UPDATE portfolio SET current_price = 620 WHERE ticker = 'MSFT'", author="bob")
    screen.open("Merge", branch="bold").choose("v", "bold: 2")
    for strategy in (Strategy.MANUAL, Strategy.BRANCH_WINS, Strategy.MAIN_WINS):
        screen.pick(UNSETTLED, strategy)
        assert _left(screen).value == "1 of 2"
        assert "Conflicts · 1 of 2 settled · :orange[≠] 1 rule broken" in screen.text
        assert screen.metrics["≠ Rules broken"] == "1"
        assert screen.at.table[0].value.iloc[:, 5].tolist() == ["0 of 1 left", "1 of 1 left"]
        assert _sentences(screen)["Choose one by one"].endswith("1 of 2 is open.")
        assert "for 1 open conflict" in screen.text or "1 conflict is still open" in screen.text


def test_a_row_that_a_strategy_makes_break_a_rule_can_be_mended_there(conflict: Repository, screen: Screen) -> None:
    conflict.main.execute("UPDATE portfolio SET current_price = 10 WHERE ticker = 'AAPL'", author="bob")
    conflict.set_check("portfolio", "no penny stocks", "shares < 150 OR current_price > 100")
    screen.open("Merge", branch="bold").pick(UNSETTLED, Strategy.BRANCH_WINS)
    assert "Conflicts · 0 of 1 settled · :orange[≠] 1 rule broken" in screen.text
    assert screen.field("Value of shares") == "200"
    screen.type("Value of current_price", "101").press("Use these values").press("Merge into main")
    assert screen.problems == []
    assert _shares(conflict, "main") == 200


def test_open_conflicts_are_counted_as_the_target_has_them(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bold")
    open_still = "main after the merge, as chosen so far: 1 conflict is still open and counts as main has it"
    assert open_still in screen.text
    assert screen.metrics["Portfolio value"] == "$56,900"
    screen.pick(UNSETTLED, Strategy.BRANCH_WINS)
    assert open_still not in screen.text
    assert "main after the merge, with what bold has for 1 open conflict" in screen.text
    assert screen.figure("merge-waterfall") == "Portfolio value: AAPL +$20,350"


def test_what_does_not_change_the_value_has_no_waterfall(portfolio: Repository, screen: Screen) -> None:
    portfolio.create_branch("books").execute("UPDATE portfolio SET avg_cost = 1 WHERE ticker = 'AAPL'")
    screen.open("Merge", branch="books")
    assert screen.part("finish", "metric")[0].delta == "±0"
    assert "What changes the Portfolio value" not in screen.text


def test_each_table_has_its_line_in_the_plan(wide: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bulk")
    (plan,) = screen.at.table
    lines = {plainly(line.pop("Table")): line for line in plan.value.to_dict("records")}
    assert list(lines["lots"].values()) == [250, 0, 0, 0, "–", "table created"]
    assert list(lines["portfolio"].values()) == [0, 1, 1, 0, "–", "column sector added"]
    assert screen.metrics["+ Added rows"] == "250"


def test_the_rows_are_looked_at_by_table_and_kind_a_page_at_a_time(wide: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="bulk")
    assert screen.changes()["id"].tolist() == [str(number) for number in range(100)]
    (pages,) = screen.at.pagination
    pages.set_value(3)
    assert screen.run().changes()["id"].tolist() == [str(number) for number in range(200, 250)]
    assert "Rows 201 to 250 of 250" in screen.text
    screen.pick("Table", "portfolio")
    assert screen.changes()["ticker"].tolist() == ["AAPL", "MSFT"]
    assert screen.pick("Rows to show", "removed").changes()["ticker"].tolist() == ["MSFT"]
    assert not screen.at.pagination


def test_the_parts_of_the_page_keep_their_places_through_a_merge(branches: Repository, screen: Screen) -> None:
    before = len(screen.open("Merge", branch="aggressive-growth").at.main.children)
    screen.press("Merge into main")
    assert "Undo this merge" in screen.buttons
    assert len(screen.at.main.children) == before


def test_a_merge_by_somebody_else_can_be_undone_too(conflict: Repository, screen: Screen) -> None:
    conflict.merge("bold", "branch_wins", message="Be bold")
    conflict.main.execute("UPDATE portfolio SET current_price = 400 WHERE ticker = 'MSFT'", author="bob")
    screen.open("Merge")
    assert "bold was merged into main by ada, just now" in screen.text
    assert "Portfolio value of main: $56,900 → $77,250 · Be bold · version 3 · portfolio ~1" in screen.text
    with screen.dialog("Undo this merge"):
        assert "This takes bold out of main again. What came later on main stays" in screen.text
        assert screen.figure("undo-waterfall") == "Portfolio value: AAPL −$20,350"
        screen.press("Undo")
    assert "bold was taken out of main by ada, just now" in Screen().open("Merge").text
    assert conflict.main.query("SELECT current_price AS price FROM portfolio WHERE ticker = 'MSFT'") == [{"price": 400}]
    assert _shares(conflict, "main") == 90


def test_a_sync_that_would_take_the_branch_s_own_work_out_says_so_and_offers_the_better_way(
    conflict: Repository, screen: Screen
) -> None:
    _undo_it(conflict)
    screen.open("Merge", source="main", into="bold")
    assert "The merge of “bold” into “main” (version 3) was undone (version 4). Merging this takes" in screen.text
    assert "To keep it on bold, merge it again into main first." in screen.text
    assert "This takes work out of bold that was undone; see the top." in screen.text
    with screen.dialog("Merge it again"):
        screen.press("Merge again")
    assert (_shares(conflict, "main"), _shares(conflict, "bold")) == (200, 200)
    assert "was undone" not in screen.text


def test_what_was_undone_can_be_merged_again_after_it_was_put_away(conflict: Repository, screen: Screen) -> None:
    _undo_it(conflict)
    screen.open("Merge", source="bold", into="main")
    assert screen.buttons.count("Merge it again") == 1
    assert "What it had brought" not in screen.text
    screen.press("Done")
    assert "What it had brought counts as merged, so it is not part of this." in screen.text
    with screen.dialog("Merge it again"):
        screen.press("Merge again")
    assert _shares(conflict, "main") == 200


def test_new_work_beside_what_was_undone_says_what_is_left_out(conflict: Repository, screen: Screen) -> None:
    _undo_it(conflict)
    conflict.branch("bold").execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'MSFT'")
    screen.open("Merge", source="bold", into="main")
    assert "What it had brought counts as merged, so it is not part of this." in screen.text
    assert "This takes work out of" not in screen.text
    screen.press("Merge into main")
    assert _shares(conflict, "main") == 90


def test_undoing_names_the_rows_that_changed_again_and_stay(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="aggressive-growth").press("Merge into main")
    branches.main.execute("UPDATE portfolio SET shares = 210 WHERE ticker = 'AAPL'", author="bob")
    with screen.run().dialog("Undo this merge"):
        assert "1 row changed again since and stays as it is now: portfolio · AAPL." in screen.text
        screen.press("Undo")
    assert _shares(branches, "main") == 210
    assert branches.main.query("SELECT count(*) AS n FROM portfolio WHERE ticker = 'NVDA'") == [{"n": 0}]


def test_a_press_on_undo_does_not_act_on_what_was_committed_meanwhile(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="aggressive-growth").press("Merge into main")
    with screen.dialog("Undo this merge"):
        branches.main.execute("UPDATE portfolio SET shares = 210 WHERE ticker = 'AAPL'", author="bob")
        screen.press("Undo")
        assert "“main” has changed since you looked at this last." in screen.text
        assert branches.main.head == 3
        screen.press("Undo")
    assert branches.main.head == 4


def test_what_somebody_took_back_by_hand_is_not_undone_again(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", branch="aggressive-growth").press("Merge into main")
    branches.main.restore(1)
    with screen.run().dialog("Undo this merge"):
        assert "Nothing of it is left on main that could be taken back." in screen.text
        assert "Undo" not in screen.buttons


def test_a_merge_into_another_branch_is_shown_beside_that_branch_alone(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", source="aggressive-growth", into="conservative-hedge").press("Merge into conservative-hedge")
    assert "aggressive-growth was merged into conservative-hedge" in screen.text
    assert "was merged into" not in screen.pick("go into", "main").text


def test_rows_that_cannot_be_told_apart_lead_to_where_a_key_is_chosen(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute("CREATE TABLE odd (rowid INTEGER, v INTEGER)")
    portfolio.main.execute("INSERT INTO odd VALUES (1, 1), (1, 1)")
    portfolio.create_branch("trial").execute("UPDATE odd SET v = 2")
    portfolio.main.execute("DROP TABLE odd")
    screen.open("Merge", branch="trial")
    (problem,) = screen.problems
    assert "“odd” has no key" in problem
    (link,) = [link for link in screen.at.get("page_link") if link.label == "Choose the key of odd"]
    assert link.proto.query_string == "branch=trial&table=odd"


def test_what_a_merge_leaves_alone_is_named_where_there_is_nothing_else(portfolio: Repository, screen: Screen) -> None:
    portfolio.create_branch("views").execute("CREATE VIEW big AS SELECT * FROM portfolio WHERE shares > 60")
    screen.open("Merge", branch="views")
    assert "The view “big” is not merged" in screen.text
    assert "No row or column of views is new for main" in screen.text
    assert LEFT not in screen.metrics


def test_a_broken_rule_stops_the_merge_and_says_which(portfolio: Repository, screen: Screen) -> None:
    short = portfolio.create_branch("short")
    short.execute("UPDATE portfolio SET shares = 60 WHERE ticker = 'AAPL'")
    portfolio.main.execute("UPDATE portfolio SET avg_cost = 10 WHERE ticker = 'AAPL'")
    portfolio.set_check("portfolio", "worth it", "shares * avg_cost >= 1000")
    screen.open("Merge", branch="short")
    assert (screen.metrics[LEFT], screen.metrics["≠ Rules broken"]) == ("0", "1")
    assert "worth it" in screen.text
    assert "Merge into main" not in screen.buttons


def test_a_plan_that_the_database_lost_is_worked_out_again_and_choices_stay(
    conflict: Repository, screen: Screen
) -> None:
    screen.open("Merge", branch="bold").press("Rest from bold")
    trap = Trap(conflict, conflict.create_branch("trap"))
    with pytest.raises(Exception, match="started anew"):
        trap.step_in()
    assert screen.run().problems == []
    assert screen.metrics[LEFT] == "0 of 1"
    screen.press("Merge into main")
    assert _shares(conflict, "main") == 200
