"""Conflicts and broken rules are settled on screen, one by one and many at once, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from hati_core import Branch, Repository
from tests.clashing import clash_with_main
from tests.e2e.conftest import ROOT, App, Server, click, window

TUTORIAL = ROOT / "assets" / "sample" / "tutorial.csv"
MERGE = "merge?source=bold&into=main"


@contextmanager
def _opened(server: Server, author: str = "ada") -> Iterator[Repository]:
    with Repository.open(server.home, author=author) as repository:
        yield repository


def _seed(server: Server, edit: Callable[[Repository, Branch], None]) -> None:
    """The tutorial's portfolio, a branch bold of it, and what was done on both."""
    with _opened(server) as repository, TUTORIAL.open("rb") as content:
        importer = repository.importer("tutorial.csv", content)
        importer.load(repository.main, "portfolio", ("ticker",), has_header=True)
        importer.close()
        edit(repository, repository.create_branch("bold"))


def _portfolio(server: Server) -> dict[str, tuple[Any, ...]]:
    with _opened(server) as repository:
        rows = repository.main.query("SELECT * FROM portfolio ORDER BY ticker")
    return {row.pop("ticker"): tuple(row.values()) for row in rows}


def _many(repository: Repository, bold: Branch) -> None:
    """Fifteen conflicts of every kind, on another branch of that name."""
    repository.discard(bold.name)
    clash_with_main(repository)


@pytest.fixture
def many(app: App, server: Server) -> App:
    """The page Merge with fifteen conflicts."""
    _seed(server, _many)
    app.open(MERGE)
    _is_settled(app, 0, 15)
    return app


def _card(app: App) -> Locator:
    return app.page.locator(".st-key-conflict-card")


def _list(app: App) -> Locator:
    return app.page.get_by_role("radiogroup", name="Row in hand")


def _is_settled(app: App, done: int, total: int) -> None:
    expect(app.page.get_by_text(f"Conflicts · {done} of {total} settled")).to_be_visible()


def _in_hand(app: App, row: str) -> None:
    expect(_card(app)).to_contain_text(row)
    app.settled()


def _take(app: App, row: str) -> None:
    click(_list(app).get_by_text(row, exact=True))
    _in_hand(app, f"portfolio · {row}")


def _choose(app: App, control: str, option: str) -> None:
    """Choose in one control of the card."""
    group = _card(app).get_by_role("radiogroup", name=control, exact=True)
    click(group.get_by_text(option, exact=True))
    app.settled()
    if option != "another value":
        # The browser checks the button at once; the card says when the choice is kept.
        expect(_card(app)).to_contain_text(re.compile("[Cc]hosen by|[Mm]ended by"))
    expect(group.get_by_role("radio", name=option, exact=True)).to_be_checked()


def _merge(app: App) -> None:
    app.press("Merge into main")
    expect(app.page.get_by_text(re.compile("bold was merged into main")).first).to_be_visible()
    app.settled()


def test_cells_are_taken_from_either_branch_or_as_they_were(many: App, server: Server) -> None:
    _choose(many, "shares", "bold: 200")
    _is_settled(many, 0, 15)
    _in_hand(many, "portfolio · AAPL")
    _choose(many, "current_price", "main: 188")
    _is_settled(many, 1, 15)
    expect(_card(many)).to_contain_text(re.compile(r"chosen by ada, (just now|\d+ min ago)"))
    many.press("Next open")
    _in_hand(many, "portfolio · GOOGL")
    _take(many, "X00")
    _choose(many, "shares", "as it was: 10")
    _is_settled(many, 2, 15)
    many.press("Rest from main")
    _is_settled(many, 15, 15)
    _merge(many)
    found = _portfolio(server)
    assert (found["AAPL"], found["X00"], found["X01"]) == ((200, 150.0, 188.0), (10, 20.0, 25.0), (90, 20.0, 25.0))


def test_a_typed_value_is_held_to_type_and_checks_and_lands(app: App, server: Server) -> None:
    def edit(repository: Repository, bold: Branch) -> None:
        repository.set_check("portfolio", "some shares", "shares > 0")
        bold.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
        repository.main.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'")

    _seed(server, edit)
    app.open(MERGE)
    _choose(app, "shares", "another value")
    field = _card(app).get_by_role("textbox", name="Value of shares")
    for value, refused in (("lots", "“lots” does not fit “shares” of “portfolio”"), ("-5", "shares = −5")):
        field.fill(value)
        field.press("Enter")
        app.problem(refused)
        _is_settled(app, 0, 1)
    field.fill("1,200")
    field.press("Enter")
    _is_settled(app, 1, 1)
    expect(app.page.get_by_test_id("stAlertContentError")).to_have_count(0)
    _merge(app)
    assert _portfolio(server)["AAPL"][0] == 1200


@pytest.mark.parametrize("branch", ["bold", "main"])
def test_a_row_that_one_branch_deleted_goes_or_stays(branch: str, app: App, server: Server) -> None:
    def edit(repository: Repository, bold: Branch) -> None:
        bold.execute("DELETE FROM portfolio WHERE ticker = 'GOOGL'")
        repository.main.execute("UPDATE portfolio SET shares = 55 WHERE ticker = 'GOOGL'")
        bold.execute("UPDATE portfolio SET shares = 66 WHERE ticker = 'MSFT'")
        repository.main.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")

    _seed(server, edit)
    app.open(MERGE)
    kept = {"bold": "bold: keep it with shares 66", "main": "main: keep it with shares 55"}
    for row, option in (
        ("GOOGL", kept["main"] if branch == "main" else "bold: − delete the row"),
        ("MSFT", kept["bold"] if branch == "bold" else "main: − delete the row"),
    ):
        _take(app, row)
        _choose(app, "The row", option)
    _is_settled(app, 2, 2)
    _merge(app)
    found = _portfolio(server)
    expected = {"bold": (None, 66), "main": (55, None)}[branch]
    assert tuple(found[row][0] if row in found else None for row in ("GOOGL", "MSFT")) == expected


def test_a_row_that_both_added_takes_a_cell_from_each(app: App, server: Server) -> None:
    def edit(repository: Repository, bold: Branch) -> None:
        bold.execute("INSERT INTO portfolio VALUES ('NVDA', 60, 800, 950)")
        repository.main.execute("INSERT INTO portfolio VALUES ('NVDA', 20, 700, 950)")

    _seed(server, edit)
    app.open(MERGE)
    expect(_card(app)).to_contain_text("+ both added")
    expect(_card(app).get_by_role("radio", name=re.compile("as it was"))).to_have_count(0)
    _choose(app, "shares", "main: 20")
    _choose(app, "avg_cost", "bold: 800")
    _is_settled(app, 1, 1)
    _merge(app)
    assert _portfolio(server)["NVDA"] == (20, 800.0, 950.0)


def test_a_column_with_two_names_and_a_row_are_settled_on_one_screen(app: App, server: Server) -> None:
    def edit(repository: Repository, bold: Branch) -> None:
        bold.execute("ALTER TABLE portfolio RENAME COLUMN avg_cost TO paid")
        bold.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
        repository.main.execute("ALTER TABLE portfolio RENAME COLUMN avg_cost TO cost_basis")
        repository.main.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'")

    _seed(server, edit)
    app.open(MERGE)
    _choose(app, "Its name", "bold: paid")
    _is_settled(app, 1, 2)
    app.press("Next open")
    _choose(app, "shares", "main: 90")
    _is_settled(app, 2, 2)
    _merge(app)
    with _opened(server) as repository:
        assert repository.main.table("portfolio").column_names == ("ticker", "shares", "paid", "current_price")
    assert _portfolio(server)["AAPL"][0] == 90


def test_a_row_that_breaks_a_rule_is_mended(app: App, server: Server) -> None:
    def edit(repository: Repository, bold: Branch) -> None:
        repository.set_check("portfolio", "not too much", "shares * current_price <= 60000")
        bold.execute("UPDATE portfolio SET shares = 120 WHERE ticker = 'MSFT'")
        repository.main.execute("UPDATE portfolio SET current_price = 620 WHERE ticker = 'MSFT'")

    _seed(server, edit)
    app.open(MERGE)
    expect(_list(app)).to_contain_text("≠ breaks check “not too much”")
    expect(app.page.get_by_role("button", name="Merge into main")).to_be_disabled()
    field = _card(app).get_by_role("textbox", name="Value of shares")
    field.fill("110")
    app.press("Use these values")
    app.problem("shares = 110, current_price = 620. Choose another value.")
    field.fill("80")
    app.press("Use these values")
    app.sees("No conflicts · ✓ 1 row mended")
    _merge(app)
    assert _portfolio(server)["MSFT"] == (80, 310.0, 620.0)


def test_a_filter_says_for_which_rows_a_branch_is_taken_and_that_is_undone(many: App, server: Server) -> None:
    many.page.get_by_label("Key or value contains").fill("x0")
    many.page.keyboard.press("Enter")
    _in_hand(many, "portfolio · X00")
    many.press("Take bold for these 10")
    _is_settled(many, 10, 15)
    many.press("Undo choice")
    _is_settled(many, 0, 15)
    many.press("Redo choice")
    _is_settled(many, 10, 15)
    expect(many.page.get_by_role("button", name="Redo choice")).to_be_disabled()
    many.page.get_by_label("Key or value contains").fill("")
    many.page.keyboard.press("Enter")
    expect(_list(many)).to_contain_text("AAPL")
    many.settled()
    many.press("Rest from main")
    _merge(many)
    found = _portfolio(server)
    assert [found[row][0] for row in ("X00", "X09", "X10", "AAPL")] == [200, 200, 90, 90]


def test_a_reload_goes_on_where_it_was_left(many: App) -> None:
    _take(many, "NVDA")
    _choose(many, "shares", "bold: 200")
    _is_settled(many, 1, 15)
    expect(many.page).to_have_url(re.compile("[?&]conflict="))
    many.page.reload()
    many.settled()
    _is_settled(many, 1, 15)
    _in_hand(many, "portfolio · NVDA")
    expect(_card(many).get_by_role("radio", name="bold: 200")).to_be_checked()


def test_a_colleague_sees_the_choice_and_who_made_it(many: App, server: Server, browser: Browser) -> None:
    _choose(many, "shares", "bold: 200")
    with window(server, browser) as colleague:
        colleague.open(MERGE)
        _choose(colleague, "current_price", "bold: 190")
        _is_settled(colleague, 1, 15)
        colleague.press("Next open")
        _choose(colleague, "The row", "bold: − delete the row")
        _is_settled(colleague, 2, 15)
    many.press("Next", exact=True)
    _is_settled(many, 2, 15)
    expect(_card(many)).to_contain_text(re.compile(r"chosen by ada, (just now|\d+ min ago)"))
    expect(_card(many).get_by_role("radio", name="bold: − delete the row")).to_be_checked()


def test_main_moving_on_keeps_what_fits_and_names_what_does_not(many: App, server: Server) -> None:
    many.press("Rest from bold")
    _is_settled(many, 15, 15)
    with _opened(server, "eve") as repository:
        repository.main.execute("UPDATE portfolio SET shares = 91 WHERE ticker = 'X03'")
    many.press("Next", exact=True)
    many.sees("1 choice no longer fits, because the values have changed: portfolio · X03 · shares.")
    _is_settled(many, 14, 15)
    many.press("Next open")
    _in_hand(many, "portfolio · X03")
    _choose(many, "shares", "main: 91")
    _is_settled(many, 15, 15)
    _merge(many)
    found = _portfolio(server)
    assert (found["X02"][0], found["X03"][0]) == (200, 91)


def test_everything_is_within_reach_of_a_keyboard(many: App, server: Server) -> None:
    keyboard = many.page.keyboard
    _list(many).get_by_role("radio").first.focus()
    keyboard.press("ArrowDown")
    _in_hand(many, "portfolio · GOOGL")
    _tab_to(many, "Next", "button")
    keyboard.press("Enter")
    _in_hand(many, "portfolio · NVDA")
    _tab_to(many, "main: 90", "radio")
    keyboard.press("Space")
    _is_settled(many, 1, 15)
    many.settled()
    expect(_card(many).get_by_role("radio", name="main: 90")).to_be_focused()
    for option in ("bold: 200", "another value"):
        keyboard.press("ArrowDown")
        expect(_card(many).get_by_role("radio", name=option)).to_be_checked()
        many.settled()
    _is_settled(many, 1, 15)
    _tab_to(many, "Undo choice", "button", back=True)
    keyboard.press("Enter")
    _is_settled(many, 0, 15)
    # Where a control is switched off by what it did, the next Tab goes on from its place.
    expect(many.page.locator("[class*=st-key-choice-undo]")).to_be_focused()
    many.settled()
    _tab_to(many, "Rest from bold", "button")
    keyboard.press("Space")
    _is_settled(many, 15, 15)
    expect(many.page.locator("[class*=st-key-rest-theirs]")).to_be_focused()
    many.settled()
    _tab_to(many, "Merge into main", "button")
    keyboard.press("Enter")
    expect(many.page.get_by_text(re.compile("bold was merged into main")).first).to_be_visible()
    expect(many.page.locator(".st-key-merged")).to_be_focused()
    many.settled()
    assert _portfolio(server)["NVDA"][0] == 200


def _tab_to(app: App, name: str, role: Any, *, back: bool = False) -> None:
    """Press Tab until the control of that name has the focus."""
    wanted = app.page.get_by_role(role, name=name, exact=True).first
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        app.page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{name} cannot be reached by the keyboard")
