"""The resolver: the list of what has to be settled, the card of one row, and choices for many at once."""

from __future__ import annotations

from typing import Any

import pytest

from hati_core import ConflictKind, Repository, Side
from tests.app.screen import Screen, plainly
from tests.clashing import clash_with_main

SETTLED = "Conflicts · {} of {} settled"
BROKEN = "No conflicts · :orange[≠] 1 rule broken"
MENDED = "No conflicts · :green[✓] 1 row mended"


@pytest.fixture
def clash(portfolio: Repository) -> Repository:
    """Fifteen conflicts between bold and main, of every kind that rows can have."""
    clash_with_main(portfolio)
    return portfolio


@pytest.fixture
def broken(portfolio: Repository) -> Repository:
    """Both branches keep a check of MSFT by themselves, and together they break it."""
    portfolio.set_check("portfolio", "not too much", "shares * current_price <= 60000")
    portfolio.create_branch("bold").execute("UPDATE portfolio SET shares = 120 WHERE ticker = 'MSFT'")
    portfolio.main.execute("UPDATE portfolio SET current_price = 620 WHERE ticker = 'MSFT'", author="bob")
    return portfolio


def _rows(screen: Screen) -> list[str]:
    """The rows of the list, without their numbers."""
    (rows,) = [radio for radio in screen.at.radio if radio.label == "Row in hand"]
    return [plainly(option).replace(":green[✓]", "✓").replace(":orange[!]", "!") for option in rows.options]


def _captions(screen: Screen) -> list[str]:
    (rows,) = [radio for radio in screen.at.radio if radio.label == "Row in hand"]
    return [plainly(caption) for caption in rows.proto.captions]


def _take(screen: Screen, row: str) -> Screen:
    (rows,) = [radio for radio in screen.at.radio if radio.label == "Row in hand"]
    (option,) = [option for option in rows.options if plainly(option).endswith(f"· {row}")]
    rows.set_value(option)
    return screen.run()


def _card(screen: Screen) -> str:
    return "\n".join(plainly(item.value) for item in screen.part("conflict-card", "markdown", "caption", "warning"))


def _address(screen: Screen) -> str:
    named = screen.at.query_params["conflict"]
    return named if isinstance(named, str) else named[0]


def _shares(repository: Repository, ticker: str) -> Any:
    found = repository.main.query("SELECT shares FROM portfolio WHERE ticker = $t", {"t": ticker})
    return found[0]["shares"] if found else None


def test_the_list_says_of_each_row_what_is_the_matter(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main")
    assert SETTLED.format(0, 15) in screen.text
    assert _rows(screen)[:4] == ["! 1 · AAPL", "! 2 · GOOGL", "! 3 · NVDA", "! 4 · X00"]
    assert _captions(screen)[:4] == [
        "~ both edited · shares, current_price",
        "~ edited / − deleted · shares",
        "+ both added · shares",
        "~ both edited · shares",
    ]
    assert len(_rows(screen)) == 10
    assert "portfolio · AAPL" in _card(screen)


def test_a_row_stays_in_hand_and_is_settled_when_all_its_cells_are(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main").choose("shares", "bold: 200")
    assert "portfolio · AAPL" in _card(screen)
    assert SETTLED.format(0, 15) in screen.text
    assert _captions(screen)[0] == "~ both edited · shares, current_price · so far shares 200 (bold)"
    assert "Some of it chosen by ada, just now" in _card(screen)
    screen.choose("current_price", "main: 188")
    assert "portfolio · AAPL" in _card(screen)
    assert SETTLED.format(1, 15) in screen.text
    assert _rows(screen)[0] == "✓ 1 · AAPL"
    assert _captions(screen)[0] == "shares 200 (bold), current_price 188 (main)"
    assert ":green[✓] chosen by ada, just now" in _card(screen)
    screen.press("Next open")
    assert "portfolio · GOOGL" in _card(screen)


def test_two_cells_of_a_row_that_different_people_changed_name_each_of_them(
    portfolio: Repository, screen: Screen
) -> None:
    bold = portfolio.create_branch("bold")
    for branch, number, people in ((bold, 200, ("ada", "cyd")), (portfolio.main, 90, ("bob", "dan"))):
        for column, author in zip(("shares", "avg_cost"), people, strict=True):
            branch.execute(f"UPDATE portfolio SET {column} = {number} WHERE ticker = 'AAPL'", author=author)
    text = screen.open("Merge", source="bold").text
    assert "main: shares by bob, just now; avg_cost by dan, just now" in text
    assert "bold: shares by ada, just now; avg_cost by cyd, just now" in text


def test_next_and_previous_go_through_the_list_and_turn_its_pages(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main")
    assert "Previous" not in screen.buttons
    screen.press("Next").press("Next").press("Previous")
    assert "portfolio · GOOGL" in _card(screen)
    _take(screen, "X06").press("Next")
    assert "portfolio · X07" in _card(screen)
    assert _rows(screen)[0] == "! 11 · X07"
    for _ in range(4):
        screen.press("Next")
    assert "15 of 15" in _card(screen)
    assert "Next" not in screen.buttons
    screen.press("Next open")
    assert "portfolio · AAPL" in _card(screen)


def test_the_address_names_the_row_in_hand(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main")
    _take(screen, "NVDA")
    again = Screen().open("Merge", source="bold", into="main", conflict=_address(screen))
    assert "portfolio · NVDA" in _card(again)
    elsewhere = Screen().open("Merge", source="bold", into="main", conflict="nothing")
    assert "portfolio · AAPL" in _card(elsewhere)


def test_filters_show_what_they_say_and_bring_their_first_row_in_hand(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main")
    assert "Table" not in [box.label for box in screen.at.selectbox]
    screen.pick("Kind", (ConflictKind.INSERT_INSERT,))
    assert _rows(screen) == ["! 1 · NVDA"]
    assert "portfolio · NVDA" in _card(screen)
    screen.pick("Kind", ()).pick("Column", ("current_price",))
    assert _rows(screen) == ["! 1 · AAPL"]
    screen.pick("Column", ()).fill("Key or value contains", "x0")
    assert (len(_rows(screen)), _rows(screen)[0]) == (10, "! 1 · X00")
    screen.fill("Key or value contains", "nobody")
    assert "Nothing meets this filter." in screen.text
    assert "portfolio · X00" in _card(screen)


def test_a_row_that_was_settled_leaves_the_open_ones_and_stays_in_hand(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main").pick("Show conflicts", "Open")
    _take(screen, "GOOGL").choose("The row", "bold: − delete the row")
    assert _rows(screen)[:2] == ["! 1 · AAPL", "! 2 · NVDA"]
    assert "portfolio · GOOGL" in _card(screen)
    assert "not in this list" in _card(screen)
    screen.press("Next")
    assert "portfolio · NVDA" in _card(screen)
    screen.pick("Show conflicts", "Settled")
    assert _rows(screen) == ["✓ 1 · GOOGL"]
    assert _captions(screen) == ["bold: − delete the row"]


def test_one_branch_is_taken_for_what_a_filter_shows(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main").fill("Key or value contains", "x0").press("Take bold for these 10")
    assert SETTLED.format(10, 15) in screen.text
    assert "10 of 10 conflicts settled in this filter" in screen.text
    assert "Take bold for these" not in screen.buttons
    screen.fill("Key or value contains", "").press("Rest from main").press("Merge into main")
    assert screen.problems == []
    assert [_shares(clash, ticker) for ticker in ("X00", "X11", "AAPL", "GOOGL")] == [200, 90, 90, 55]


def test_choices_are_taken_back_and_made_again(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main")
    assert not {"Undo choice", "Redo choice", "Clear all choices"} & set(screen.buttons)
    screen.choose("shares", "main: 90").press("Rest from bold").press("Undo choice")
    assert SETTLED.format(0, 15) in screen.text
    assert screen.press("Redo choice").part("conflict-card", "radio")[0].value is Side.OURS
    assert SETTLED.format(15, 15) in screen.text
    screen.press("Clear all choices")
    assert SETTLED.format(0, 15) in screen.text
    assert "Redo choice" not in screen.buttons
    screen.press("Undo choice")
    assert SETTLED.format(15, 15) in screen.text


def test_a_settled_row_is_opened_again_by_itself(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main").press("Rest from bold").press("Open again")
    assert SETTLED.format(14, 15) in screen.text
    assert "Open again" not in screen.buttons
    assert _rows(screen)[:2] == ["! 1 · AAPL", "✓ 2 · GOOGL"]
    assert SETTLED.format(15, 15) in screen.press("Undo choice").text


def test_a_value_that_breaks_a_check_is_refused_in_its_words(conflict: Repository, screen: Screen) -> None:
    conflict.set_check("portfolio", "some shares", "shares > 0")
    screen.open("Merge", source="bold", into="main").choose("shares", "another value")
    screen.type("Value of shares", "-5").press("Use it")
    (problem,) = screen.problems
    assert (
        "The check “some shares” of “portfolio” on “main” after the merge does not hold: shares > 0 is false" in problem
    )
    assert SETTLED.format(0, 1) in screen.text
    assert screen.field("Value of shares") == "-5"
    screen.type("Value of shares", "1,200").press("Use it")
    assert (screen.problems, SETTLED.format(1, 1) in screen.text) == ([], True)
    screen.press("Merge into main")
    assert _shares(conflict, "AAPL") == 1200


def test_an_empty_value_has_to_be_said(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main").choose("shares", "another value").press("Use it")
    assert "Type a value for “shares”, or NULL to leave it empty." in screen.problems[0]
    screen.type("Value of shares", "null").press("Use it").press("Merge into main")
    assert _shares(conflict, "AAPL") is None


def test_asking_for_another_value_is_no_choice_until_it_is_typed(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main").choose("shares", "bold: 200")
    screen.choose("shares", "another value")
    assert SETTLED.format(1, 1) in screen.text
    assert "Until you use a value, shares 200 (bold) stays." in _card(screen)
    assert len(conflict.choices("bold").chosen().steps) == 1
    screen.type("Value of shares", "−5").press("Use it")
    assert "Until you use a value" not in _card(screen)
    screen.press("Undo choice")
    assert SETTLED.format(1, 1) in screen.text
    assert SETTLED.format(0, 1) in screen.press("Undo choice").text


def test_another_value_of_an_open_cell_leaves_it_open(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main").choose("shares", "another value")
    assert "Until you use a value, shares stays open." in _card(screen)
    assert "Undo choice" not in screen.buttons


def test_sides_that_are_passed_over_by_the_arrow_keys_are_one_step(conflict: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main")
    for option in ("main: 90", "bold: 200", "as it was: 100"):
        screen.choose("shares", option)
    screen.press("Undo choice")
    assert SETTLED.format(0, 1) in screen.text
    assert "Undo choice" not in screen.buttons


def test_a_row_that_breaks_a_rule_is_listed_and_mended_by_a_value(broken: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main")
    assert BROKEN in screen.text
    assert _captions(screen) == ["≠ breaks check “not too much”"]
    assert "is false where ticker = “MSFT”, shares = 120, current_price = 620." in _card(screen)
    screen.press("Use these values")
    assert "Change a value so that the rule holds." in screen.problems[0]
    screen.type("Value of shares", "100").press("Use these values")
    assert "shares = 100, current_price = 620. Choose another value." in screen.problems[0]
    screen.type("Value of shares", "80").press("Use these values")
    assert screen.problems == []
    assert MENDED in screen.text
    assert _captions(screen) == ["shares 80 (typed)"]
    assert "≠ broke a rule and was mended" in _card(screen)
    screen.press("Merge into main")
    assert _shares(broken, "MSFT") == 80


def test_a_row_that_breaks_a_rule_is_mended_by_a_side(broken: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main").choose("shares is 120 in the merged row", "main: 75")
    assert MENDED in screen.text
    screen.press("Undo choice")
    assert BROKEN in screen.text
    screen.choose("current_price is 620 in the merged row", "as it was: 420").press("Merge into main")
    assert _shares(broken, "MSFT") == 120


def test_a_new_row_that_breaks_a_rule_can_be_left_out(portfolio: Repository, screen: Screen) -> None:
    bold = portfolio.create_branch("bold")
    bold.execute("INSERT INTO portfolio VALUES ('NVDA', NULL, 800, 950)")
    portfolio.main.execute("ALTER TABLE portfolio ALTER COLUMN shares SET NOT NULL")
    screen.open("Merge", source="bold", into="main")
    assert _captions(screen) == ["≠ breaks NOT NULL shares"]
    screen.press("Leave the row out, as on main")
    assert MENDED in screen.text
    assert _captions(screen) == ["main: leave the row out"]


def test_a_conflict_settled_against_a_check_has_to_be_looked_at_and_says_why(
    portfolio: Repository, screen: Screen
) -> None:
    """Each branch keeps the check with its own price; with bold's shares, main's price does not."""
    portfolio.set_check("portfolio", "worth", "shares * current_price < 31600")
    bold = portfolio.create_branch("bold")
    bold.execute("UPDATE portfolio SET shares = 165 WHERE ticker = 'AAPL'")
    with portfolio.main.transaction(author="bob") as tx:
        tx.execute("UPDATE portfolio SET shares = 90, current_price = 200 WHERE ticker = 'AAPL'")
    screen.open("Merge", source="bold", into="main").choose("shares", "bold: 165")
    assert "Conflicts · 1 of 1 settled · :orange[≠] 1 rule broken" in screen.text
    assert _rows(screen) == ["! 1 · AAPL"]
    assert "The check “worth” of “portfolio” on “main” after the merge does not hold" in _card(screen)
    screen.type("Value of current_price", "190").press("Use these values")
    assert (screen.problems, _rows(screen)) == ([], ["✓ 1 · AAPL"])
    assert "rule broken" not in screen.text


def test_a_rule_that_no_choice_can_mend_says_where_to_go(portfolio: Repository, screen: Screen) -> None:
    bold = portfolio.create_branch("bold")
    bold.execute("ALTER TABLE portfolio DROP COLUMN avg_cost")
    portfolio.set_check("portfolio", "paid", "avg_cost > 0")
    screen.open("Merge", source="bold", into="main")
    assert "The merge would drop or rename “avg_cost” of “portfolio” on “main”" in screen.text
    assert "Open portfolio on bold" in screen.text
    assert not screen.at.radio


def test_the_whole_row_shows_a_deleted_one_as_deleted(clash: Repository, screen: Screen) -> None:
    _take(screen.open("Merge", source="bold", into="main"), "GOOGL")
    (table,) = screen.at.table
    assert table.value["bold"].tolist() == ["− deleted"] * 4
    assert table.value["main"].tolist() == ["GOOGL", "55", "120", "175"]
    _take(screen, "NVDA")
    assert screen.at.table[0].value["as it was"].tolist() == ["no such row"] * 4


def test_a_choice_of_a_colleague_is_taken_in_and_signed(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main")
    choices, plan = clash.choices("bold", "main"), clash.plan_merge("bold")
    choices.choose(plan, {plan.conflicts[0].id: Side.THEIRS}, "cyd")
    screen.run()
    assert SETTLED.format(1, 15) in screen.text
    assert "New: portfolio · AAPL from bold (cyd, just now)." in screen.text
    assert ":green[✓] chosen by cyd, just now" in _card(screen)
    assert "New: portfolio" not in screen.run().text
    (undo,) = [button for button in screen.at.button if button.label == "Undo choice"]
    assert plainly(undo.help).startswith("Takes back portfolio · AAPL from bold (cyd, just now).")
    assert screen.press("Undo choice").part("conflict-card", "radio")[0].value is None
    assert "Taken back: portfolio · AAPL from bold (cyd, just now)." in screen.text
    assert "Made again: portfolio · AAPL from bold (cyd, just now)." in screen.press("Redo choice").text


def test_choices_of_a_colleague_for_many_rows_are_told_in_a_few_words(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main")
    choices, plan = clash.choices("bold", "main"), clash.plan_merge("bold")
    plan = choices.choose_rest(plan, Side.THEIRS, author="cyd")
    plan = choices.choose(plan, {plan.conflicts[3].id: {"shares": -7}}, "cyd")
    choices.choose(plan, {plan.conflicts[4].id: None}, "cyd")
    told = screen.press("Next").text
    assert "New: 15 rows from bold (cyd, just now)." in told
    assert "New: shares −7 (typed) for portfolio · X00 (cyd, just now)." in told
    assert "New: portfolio · X01 open again (cyd, just now)." in told
    choices.clear(choices.taken_in(plan), "cyd")
    assert "New: 14 rows open again (cyd, just now)." in screen.run().text


def test_a_choice_that_a_colleague_takes_back_is_told(clash: Repository, screen: Screen) -> None:
    screen.open("Merge", source="bold", into="main").press("Rest from bold")
    choices = clash.choices("bold", "main")
    choices.undo(choices.taken_in(clash.plan_merge("bold")))
    assert "Taken back: 15 rows from bold (ada, just now)." in screen.run().text


def test_text_from_the_data_is_shown_as_it_is(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute('CREATE TABLE notes (id VARCHAR PRIMARY KEY, "a:red[b]" VARCHAR)')
    portfolio.main.execute("INSERT INTO notes VALUES ('**k**', 'x'), ('_l_', 'x')")
    bold = portfolio.create_branch("bold")
    for branch, text in ((bold, "# one"), (portfolio.main, ":red[two]")):
        branch.execute('UPDATE notes SET "a:red[b]" = $t', {"t": text})
    screen.open("Merge", source="bold", into="main")
    (radio,) = screen.part("conflict-card", "radio")
    assert plainly(radio.label) == "a:red[b]"
    assert radio.options[:2] == ["main\\: \\:red\\[two\\]", "bold\\: \\# one"]
    assert "portfolio" not in _captions(screen)[0]


def test_a_column_that_both_renamed_says_who_did(portfolio: Repository, screen: Screen) -> None:
    portfolio.create_branch("bold").execute("ALTER TABLE portfolio RENAME COLUMN shares TO units", author="ada")
    portfolio.main.execute("ALTER TABLE portfolio RENAME COLUMN shares TO pieces", author="eve")
    screen.open("Merge", source="bold", into="main")
    assert "main: eve, just now · bold: ada, just now" in screen.text
