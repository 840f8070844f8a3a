"""A conflict is seen and settled on screen, and the choice lands."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from hati_core import Repository
from tests.e2e.conftest import ROOT, App, Server, click

TUTORIAL = ROOT / "assets" / "sample" / "tutorial.csv"


def _both_change_shares(app: App) -> None:
    """``main`` and the branch change the same cell; the branch changes another one of the row besides."""
    app.open()
    app.press("Start the tutorial")
    app.create_branch("aggressive-growth")
    app.go("Data")
    app.run_sql("UPDATE portfolio SET shares = 200, avg_cost = 155 WHERE ticker = 'AAPL'")
    app.sees("1 row changed on aggressive-growth.")
    app.choose_branch("main")
    click(app.page.get_by_role("button", name="Signed as ada"))
    app.page.get_by_role("textbox", name="Your name").fill("bob")
    app.press("Sign as this")
    app.run_sql("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'")
    app.sees("1 row changed on main.")
    app.choose_branch("aggressive-growth")
    app.go("Merge")


@pytest.fixture
def clash(app: App, server: Server) -> None:
    """The page Merge, where the same changes, which were made without the browser, meet."""
    with Repository.open(server.home, author="ada") as repository, TUTORIAL.open("rb") as content:
        importer = repository.importer("tutorial.csv", content)
        importer.load(repository.main, "portfolio", ("ticker",), has_header=True)
        importer.close()
        growth = repository.create_branch("aggressive-growth")
        growth.execute("UPDATE portfolio SET shares = 200, avg_cost = 155 WHERE ticker = 'AAPL'")
        repository.main.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author="bob")
    app.open("merge?source=aggressive-growth&into=main")
    expect(app.metric("! Conflicts left")).to_contain_text("1 of 1")


def test_the_choice_for_a_conflicting_cell_lands(app: App, server: Server) -> None:
    _both_change_shares(app)
    card = app.page.locator(".st-key-conflict-card")
    expect(card).to_contain_text("portfolio · AAPL")
    expect(card).to_contain_text(
        re.compile(r"main: bob, (just now|\d+ min ago) · aggressive-growth: ada, (just now|\d+ min ago)")
    )
    expect(card).to_contain_text("Merged by itself: avg_cost 150 → 155 (aggressive-growth)")
    expect(card).to_contain_text("main $16,650 · aggressive-growth $37,000 (+$20,350)")
    expect(app.metric("! Conflicts left")).to_contain_text("1 of 1")
    expect(app.page.get_by_role("button", name="Merge into main")).to_be_disabled()

    click(card.get_by_text("aggressive-growth: 200"))
    expect(app.metric("! Conflicts left")).to_contain_text("0 of 1")
    expect(app.metric("Portfolio value", app.page.locator(".st-key-finish"))).to_contain_text("$77,250")
    app.press("Merge into main")
    app.sees("Portfolio value of main: $56,900 → $77,250")

    with Repository.open(server.home) as repository:
        rows = repository.main.query("SELECT shares, avg_cost FROM portfolio WHERE ticker = 'AAPL'")
        assert rows == [{"shares": 200, "avg_cost": 155.0}]
        assert repository.main.log(1)[0].author == "bob"


@pytest.mark.usefixtures("clash")
def test_a_typed_value_is_checked_and_lands(app: App, server: Server) -> None:
    card = app.page.locator(".st-key-conflict-card")
    click(card.get_by_text("another value"))
    card.get_by_role("textbox", name="Value of shares").fill("lots")
    click(card.get_by_role("button", name="Use it"))
    app.sees("“lots” does not fit “shares” of “portfolio”")
    expect(app.metric("! Conflicts left")).to_contain_text("1 of 1")

    card.get_by_role("textbox", name="Value of shares").fill("120")
    click(card.get_by_role("button", name="Use it"))
    expect(app.metric("! Conflicts left")).to_contain_text("0 of 1")
    app.press("Merge into main")
    app.sees("aggressive-growth was merged into main")
    with Repository.open(server.home) as repository:
        rows = repository.main.query("SELECT shares FROM portfolio WHERE ticker = 'AAPL'")
        assert rows == [{"shares": 120}]


@pytest.mark.usefixtures("clash")
def test_a_strategy_settles_what_has_no_choice_and_the_merge_can_be_undone(app: App, server: Server) -> None:
    click(app.page.get_by_text("Stop if anything conflicts"))
    expect(app.page.get_by_role("button", name="Merge into main")).to_be_disabled()
    click(app.page.get_by_text("main wins", exact=True))
    expect(app.metric("Portfolio value", app.page.locator(".st-key-finish"))).to_contain_text("$56,900")
    app.press("Merge into main")
    app.sees("aggressive-growth was merged into main")
    with Repository.open(server.home) as repository:
        rows = repository.main.query("SELECT shares, avg_cost FROM portfolio WHERE ticker = 'AAPL'")
        assert rows == [{"shares": 90, "avg_cost": 155.0}]

    app.press("Undo this merge")
    click(app.page.get_by_role("dialog").get_by_role("button", name="Undo", exact=True))
    app.sees("The merge was undone on main")
    with Repository.open(server.home) as repository:
        rows = repository.main.query("SELECT shares, avg_cost FROM portfolio WHERE ticker = 'AAPL'")
        assert rows == [{"shares": 90, "avg_cost": 150.0}]


@pytest.mark.usefixtures("clash")
def test_a_colleague_moving_main_keeps_the_choice_that_still_fits(app: App, server: Server) -> None:
    click(app.page.locator(".st-key-conflict-card").get_by_text("main: 90"))
    expect(app.metric("! Conflicts left")).to_contain_text("0 of 1")
    with Repository.open(server.home, author="eve") as repository:
        repository.main.execute("UPDATE portfolio SET current_price = 400 WHERE ticker = 'MSFT'")
    app.press("Merge into main")
    app.sees("“main” has changed meanwhile. The merge was worked out anew; look at it again.")
    expect(app.metric("! Conflicts left")).to_contain_text("0 of 1")
    app.press("Merge into main")
    app.sees("aggressive-growth was merged into main")
    with Repository.open(server.home) as repository:
        assert repository.main.query("SELECT current_price AS price FROM portfolio WHERE ticker = 'MSFT'") == [
            {"price": 400.0}
        ]
