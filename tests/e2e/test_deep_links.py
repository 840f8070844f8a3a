"""Every address of the app works as the first one that is opened, and gives the view again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from hati_core import Repository
from tests.e2e.conftest import ROOT, App, Server, click, serving, window

EMPTY = {
    "": ("Overview", "What would you like to explore?"),
    "branches": ("Branches", "There is nothing to branch yet"),
    "data": ("Data", "This branch has no tables yet"),
    "compare": ("Compare", "There is nothing to compare yet"),
    "merge": ("Merge", "There is nothing to merge yet"),
    "agent": ("Agent", "There is nothing to try ideas on yet"),
    "history": ("History", "Nothing has happened yet"),
    "settings": ("Settings", "main has nothing to measure yet"),
}


def _seed(server: Server) -> None:
    """The tutorial portfolio and a table of cash, with a branch worth $267,250 and one worth $95,750."""
    tutorial = ROOT / "assets" / "sample" / "tutorial.csv"
    with Repository.open(server.home, author="ada") as repository, tutorial.open("rb") as content:
        importer = repository.importer("tutorial.csv", content)
        importer.load(repository.main, "portfolio", ("ticker",), has_header=True)
        importer.close()
        repository.main.execute("CREATE TABLE cash (account VARCHAR PRIMARY KEY, amount DOUBLE)")
        repository.main.execute("INSERT INTO cash VALUES ('savings', 1000.0)")
        growth = repository.create_branch("aggressive-growth")
        growth.execute("INSERT INTO portfolio VALUES ('NVDA', 200, 800.0, 950.0)")
        growth.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
        hedge = repository.create_branch("conservative-hedge")
        hedge.execute("INSERT INTO portfolio VALUES ('BND', 500, 72.0, 74.0)")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose repository has branches before anybody visits it."""
    with serving(tmp_path_factory.mktemp("seeded")) as server:
        _seed(server)
        yield server


@pytest.fixture
def visitor(seeded: Server, browser: Browser) -> Iterator[App]:
    """Somebody who has never been to the app."""
    with window(seeded, browser) as app:
        yield app


@pytest.mark.parametrize("path", EMPTY)
def test_a_page_is_the_first_one_that_a_fresh_server_shows(path: str, app: App) -> None:
    title, sentence = EMPTY[path]
    app.open(path)
    expect(app.page.get_by_role("heading", name=title, level=1)).to_be_visible()
    app.sees(sentence)
    expect(app.page).to_have_title(f"{title} · Hati")
    expect(app.page.get_by_test_id("stSidebar").get_by_role("link", name="Merge", exact=True)).to_be_visible()
    expect(app.page.get_by_test_id("stAlert")).to_have_count(0)


def test_a_link_to_a_view_is_the_first_that_a_fresh_server_shows(app: App, server: Server) -> None:
    _seed(server)
    app.open("merge?source=aggressive-growth&into=conservative-hedge")
    expect(app.metric("+ Added rows")).to_contain_text("1")
    expect(app.metric("Portfolio value", app.page.locator(".st-key-finish"))).to_contain_text("$304,250")
    app.go("Overview")
    expect(app.metric("Portfolio value")).to_contain_text("$58,750")


def test_a_link_to_the_overview_shows_its_branch(visitor: App) -> None:
    visitor.open("?branch=aggressive-growth")
    expect(_branch(visitor.page)).to_have_value("aggressive-growth")
    expect(visitor.metric("Portfolio value")).to_contain_text("$267,250")
    expect(visitor.metric("Portfolio value")).to_contain_text("+$208,500")


def test_a_link_to_the_branches_marks_the_one_in_view(visitor: App) -> None:
    visitor.open("branches?branch=conservative-hedge")
    row = visitor.page.locator("[class*=st-key-branch-row-]").filter(has_text="conservative-hedge")
    expect(row).to_contain_text("in view")
    expect(row).to_contain_text("$95,750")


def test_a_link_to_the_data_shows_its_branch_and_table(visitor: App) -> None:
    visitor.open("data?branch=aggressive-growth&table=cash")
    expect(_branch(visitor.page)).to_have_value("aggressive-growth")
    expect(visitor.page.get_by_role("combobox", name="Table")).to_have_value("cash")
    visitor.sees("Rows are told apart by account")
    expect(visitor.page.get_by_text("everybody sees")).to_have_count(0)


def test_a_link_to_the_comparison_shows_its_branches_in_their_order(visitor: App) -> None:
    visitor.open("compare?branch=main&with=conservative-hedge|aggressive-growth")
    visitor.sees("conservative-hedge → aggressive-growth: +$171,500")
    expect(visitor.page.get_by_role("figure", name="Portfolio value by branch")).to_have_accessible_name(
        "Portfolio value by branch: conservative-hedge $95,750; aggressive-growth $267,250"
    )


def test_a_link_to_a_merge_shows_its_two_branches(visitor: App) -> None:
    visitor.open("merge?source=conservative-hedge&into=aggressive-growth")
    expect(visitor.page.get_by_role("combobox", name="Changes of")).to_have_value("conservative-hedge")
    expect(visitor.page.get_by_role("combobox", name="go into")).to_have_value("aggressive-growth")
    expect(visitor.page.get_by_role("button", name="Merge into aggressive-growth")).to_be_enabled()


def test_the_address_follows_what_is_chosen_and_gives_it_again(visitor: App, seeded: Server, browser: Browser) -> None:
    visitor.open("data")
    visitor.choose_branch("conservative-hedge")
    click(visitor.page.get_by_role("combobox", name="Table"))
    click(visitor.page.get_by_role("option", name="cash", exact=True))
    visitor.sees("Rows are told apart by account")
    expect(visitor.page).to_have_url(re.compile(r"branch=conservative-hedge"))
    expect(visitor.page).to_have_url(re.compile(r"table=cash"))
    with window(seeded, browser) as colleague:
        colleague.open(visitor.page.url.removeprefix(f"{seeded.url}/"))
        expect(_branch(colleague.page)).to_have_value("conservative-hedge")
        expect(colleague.page.get_by_role("combobox", name="Table")).to_have_value("cash")


def test_going_back_in_the_browser_goes_back_to_what_was_chosen_before(visitor: App) -> None:
    visitor.open("data?branch=conservative-hedge&table=portfolio")
    table = visitor.page.get_by_role("combobox", name="Table")
    search = visitor.page.get_by_role("textbox", name="Search")
    click(table)
    click(visitor.page.get_by_role("option", name="cash", exact=True))
    visitor.sees("Rows are told apart by account")
    visitor.page.go_back()
    expect(table).to_have_value("portfolio")
    visitor.sees("Rows are told apart by ticker")
    search.fill("MSFT")
    search.press("Enter")
    expect(visitor.page).to_have_url(re.compile("find=MSFT"))
    visitor.sees(re.compile("1 row.*with “MSFT”"))
    visitor.page.go_back()
    visitor.sees("4 rows")
    expect(search).to_have_value("")
    visitor.page.go_forward()
    visitor.sees(re.compile("1 row.*with “MSFT”"))
    expect(search).to_have_value("MSFT")


def test_reloading_keeps_the_view_and_who_signs(visitor: App) -> None:
    visitor.open("data")
    visitor.press("Signed as ada")
    visitor.page.get_by_role("textbox", name="Your name").fill("Søren; grace")
    visitor.press("Sign as this")
    visitor.choose_branch("aggressive-growth")
    expect(visitor.page).to_have_url(re.compile(r"branch=aggressive-growth"))
    visitor.page.reload()
    visitor.settled()
    expect(visitor.page.get_by_role("button", name="Signed as Søren; grace")).to_be_visible()
    expect(_branch(visitor.page)).to_have_value("aggressive-growth")


@pytest.mark.parametrize("path", EMPTY)
def test_an_unknown_branch_in_a_link_is_named_and_main_shown(path: str, visitor: App) -> None:
    visitor.open(f"{path}?branch=moonshot")
    visitor.sees("There is no branch “moonshot” any more. You are looking at main.")
    expect(_branch(visitor.page)).to_have_value("main")


def _branch(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar").get_by_role("combobox", name="Branch")
