"""Merging in the browser: both directions, every strategy, the rows, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, expect

from hati_core import Repository
from tests.e2e.conftest import ROOT, App, Server, click, serving, window

TUTORIAL = ROOT / "assets" / "sample" / "tutorial.csv"
LEFT = "! Conflicts left"
_RUNS_ON = """() => {
    const runs = document.querySelector("[data-testid=stApp][data-test-script-state=running]");
    window.runningSince = runs ? window.runningSince ?? performance.now() : undefined;
    return runs && performance.now() - window.runningSince > 1500;
}"""
"""What a press leads to besides waiting takes less than that."""


@pytest.fixture
def clash(server: Server) -> Server:
    """The branch bold and ``main`` changed AAPL's shares; bold has bought NVDA besides."""
    with Repository.open(server.home, author="ada") as repository, TUTORIAL.open("rb") as content:
        importer = repository.importer("tutorial.csv", content)
        importer.load(repository.main, "portfolio", ("ticker",), has_header=True)
        importer.close()
        bold = repository.create_branch("bold")
        bold.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
        bold.execute("INSERT INTO portfolio VALUES ('NVDA', 10, 800.0, 950.0)")
        repository.main.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author="bob")
    return server


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a branch that changes 10,000 of 10,100 lots, adds 150 and removes 50; tests only look."""
    with serving(tmp_path_factory.mktemp("bulk")) as running:
        with Repository.open(running.home, author="ada") as repository:
            repository.main.execute("CREATE TABLE lots (id INTEGER PRIMARY KEY, shares INTEGER, price DOUBLE)")
            repository.main.execute("INSERT INTO lots SELECT i, 1, 10 FROM range(10100) AS t(i)")
            branch = repository.create_branch("bulk")
            with branch.transaction(message="Buy in bulk") as tx:
                tx.execute("UPDATE lots SET shares = 2 WHERE id < 10000")
                tx.execute("DELETE FROM lots WHERE id >= 10050")
                tx.execute("INSERT INTO lots SELECT i, 1, 10 FROM range(20000, 20150) AS t(i)")
        yield running


@pytest.fixture
def bulk_app(bulk: Server, browser: Browser) -> Iterator[App]:
    """A window of its own on the merge of bulk."""
    with window(bulk, browser) as opened:
        opened.open("merge?source=bulk&into=main")
        yield opened


def _shares(server: Server, branch: str) -> list[int]:
    with Repository.open(server.home) as repository:
        rows = repository.branch(branch).query("SELECT shares FROM portfolio ORDER BY ticker")
        return [row["shares"] for row in rows]


def _merge_button(app: App, target: str) -> Locator:
    return app.page.get_by_role("button", name=f"Merge into {target}")


def _strategy(app: App, name: str) -> None:
    click(app.page.get_by_role("radiogroup", name="Conflicts without a choice").get_by_text(name, exact=True))
    app.settled()


def test_an_empty_repository_says_where_to_begin(app: App) -> None:
    app.open("merge")
    app.sees("There is nothing to merge yet")
    expect(app.page.get_by_role("link", name="Begin on the overview")).to_be_visible()
    expect(_merge_button(app, "main")).to_have_count(0)


@pytest.mark.parametrize(
    ("strategy", "shares", "worth"),
    [("bold wins", [200, 50, 75, 10], "$86,750"), ("main wins", [90, 50, 75, 10], "$66,400")],
)
def test_a_strategy_says_what_it_will_do_and_does_it(
    strategy: str, shares: list[int], worth: str, clash: Server, app: App
) -> None:
    app.open("merge?source=bold&into=main")
    expect(_merge_button(app, "main")).to_be_disabled()
    app.sees(f"Portfolio value of main: {worth}")
    _strategy(app, strategy)
    expect(app.metric("Portfolio value", app.page.locator(".st-key-finish"))).to_contain_text(worth)
    expect(app.metric(LEFT)).to_contain_text(re.compile(f"1 of 1.*{strategy}", re.DOTALL))
    app.press("Merge into main")
    app.sees(f"Portfolio value of main: $56,900 → {worth}")
    assert _shares(clash, "main") == shares


def test_neither_one_by_one_nor_stopping_merges_with_a_conflict(clash: Server, app: App) -> None:
    app.open("merge?source=bold&into=main")
    app.sees("1 conflict to settle before merging.")
    _strategy(app, "Stop if anything conflicts")
    app.sees("This strategy stops at any conflict.")
    expect(_merge_button(app, "main")).to_be_disabled()
    assert _shares(clash, "main") == [90, 50, 75]


def test_main_is_brought_into_a_branch_on_the_same_screen(clash: Server, app: App) -> None:
    app.open("branches")
    click(app.page.get_by_role("link", name="Bring main in"))
    expect(app.page).to_have_url(re.compile(r"source=main&into=bold"))
    app.settled()
    _strategy(app, "main wins")
    app.press("Merge into bold")
    app.sees("main was merged into bold by ada")
    assert _shares(clash, "bold") == [90, 50, 75, 10]
    assert _shares(clash, "main") == [90, 50, 75]
    app.press("Bring bold into main instead")
    app.sees("What is new on bold goes into main; bold stays as it is.")
    expect(app.metric(LEFT)).to_contain_text("0")
    expect(_merge_button(app, "main")).to_be_enabled()


def test_a_merge_is_undone_after_a_reload_and_made_again(clash: Server, app: App) -> None:
    app.open("merge?source=bold&into=main")
    _strategy(app, "bold wins")
    app.press("Merge into main")
    app.sees("bold was merged into main by ada")
    with Repository.open(clash.home, author="eve") as repository:
        repository.main.execute("UPDATE portfolio SET shares = 51 WHERE ticker = 'GOOGL'")

    app.open("merge")
    app.press("Undo this merge")
    dialog = app.page.get_by_role("dialog")
    expect(app.metric("Portfolio value", dialog)).to_contain_text("$57,075")
    expect(dialog.get_by_role("figure", name=re.compile("NVDA −\\$9,500"))).to_be_visible()
    click(dialog.get_by_role("button", name="Undo", exact=True))
    app.sees("bold was taken out of main by ada")
    assert _shares(clash, "main") == [90, 51, 75]

    app.open("merge")
    app.press("Merge it again")
    click(app.page.get_by_role("dialog").get_by_role("button", name="Merge again"))
    app.sees("bold was merged into main by ada")
    assert _shares(clash, "main") == [200, 51, 75, 10]


def test_main_moving_before_the_press_is_looked_at_again(clash: Server, app: App) -> None:
    app.open("merge?source=bold&into=main")
    _strategy(app, "bold wins")
    with Repository.open(clash.home, author="eve") as repository:
        repository.main.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    app.press("Merge into main")
    app.sees("“main” has changed meanwhile. The merge was worked out anew; look at it again.")
    assert _shares(clash, "main") == [90, 50]
    expect(app.metric("Portfolio value", app.page.locator(".st-key-finish"))).to_contain_text("from $25,400")
    app.press("Merge into main")
    app.sees("bold was merged into main by ada")
    assert _shares(clash, "main") == [200, 50, 10]


def test_a_commit_in_the_very_moment_of_the_press_is_looked_at_first(clash: Server, app: App) -> None:
    app.open("merge?source=bold&into=main")
    _strategy(app, "bold wins")
    with Repository.open(clash.home, author="eve") as repository, repository.main.transaction("Sell") as tx:
        tx.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
        _merge_button(app, "main").click()
        # The merge waits for the writer.
        app.page.wait_for_function(_RUNS_ON, polling=50)
    app.sees("“main” has changed meanwhile. The merge was worked out anew; look at it again.")
    assert _shares(clash, "main") == [90, 50]


def test_the_address_gives_the_same_merge_to_somebody_else(clash: Server, app: App) -> None:
    with Repository.open(clash.home, author="ada") as repository:
        repository.create_branch("Tech +20 % (v2)", "bold").execute("DELETE FROM portfolio WHERE ticker = 'GOOGL'")
    app.open(f"merge?source={quote('Tech +20 % (v2)')}&into=bold")
    app.sees("What is new on Tech +20 % (v2) goes into bold; Tech +20 % (v2) stays as it is.")
    expect(app.metric("− Removed rows")).to_contain_text("1")
    expect(app.metric(LEFT)).to_contain_text("0")
    expect(_merge_button(app, "bold")).to_be_enabled()


def test_ten_thousand_rows_are_looked_at_by_kind_and_page(bulk_app: App) -> None:
    page, panel = bulk_app.page, bulk_app.page.locator(".st-key-merge-rows-panel")
    expect(bulk_app.metric("~ Changed rows")).to_contain_text("10,000")
    click(page.get_by_text("The rows: 10,200 changes"))
    bulk_app.settled()
    grid = panel.get_by_test_id("stDataFrame")
    expect(panel).to_contain_text("Rows 1 to 100 of 10,200")
    # What is out of sight is not drawn.
    grid.scroll_into_view_if_needed()
    expect(grid.get_by_test_id("glide-cell-0-0")).to_have_text("~ changed")
    click(panel.get_by_text("− 50 removed"))
    bulk_app.settled()
    expect(panel.get_by_text("Rows 1 to")).to_have_count(0)
    expect(grid.get_by_test_id("glide-cell-1-0")).to_have_text("10,050")
    click(panel.get_by_text("+ 150 added"))
    expect(panel).to_contain_text("Rows 1 to 100 of 150")
    click(panel.get_by_role("button", name="Next page"))
    expect(panel).to_contain_text("Rows 101 to 150 of 150")
    bulk_app.settled()
    expect(grid.get_by_test_id("glide-cell-1-0")).to_have_text("20,100")
