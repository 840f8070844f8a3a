"""Looking back in the browser: the graph, undoing, restoring, and who changed a cell."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from hati_core import Repository
from tests.e2e.conftest import ROOT, App, Server, click

TUTORIAL = ROOT / "assets" / "sample" / "tutorial.csv"


@pytest.fixture
def told(server: Server) -> Server:
    """``main`` with an edit by bob (version 2), and the branch bold, whose edit by cyd was merged (version 3)."""
    with Repository.open(server.home, author="ada") as repository, TUTORIAL.open("rb") as content:
        importer = repository.importer("tutorial.csv", content)
        importer.load(repository.main, "portfolio", ("ticker",), has_header=True)
        importer.close()
        bold = repository.create_branch("bold")
        bold.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'", author="cyd", message="Bet on Apple")
        repository.main.execute("UPDATE portfolio SET shares = 60 WHERE ticker = 'GOOGL'", author="bob", message="Buy")
        repository.apply_merge(repository.plan_merge("bold"))
    return server


def _shares(server: Server) -> list[int]:
    with Repository.open(server.home) as repository:
        return [row["shares"] for row in repository.main.query("SELECT shares FROM portfolio ORDER BY ticker")]


def test_a_commit_is_opened_from_the_graph_undone_and_an_older_version_restored(told: Server, app: App) -> None:
    app.open("?branch=main")
    dots = app.page.locator(".js-plotly-plot .points path")
    dots.last.scroll_into_view_if_needed()
    dots.last.click(force=True)
    expect(app.page).to_have_url(re.compile(r"/history\?.*version=3"))
    app.sees("merged bold")
    app.press("Undo this commit")
    dialog = app.page.get_by_role("dialog")
    expect(app.metric("Portfolio value", within=dialog)).to_contain_text("from $79,000")
    assert _shares(told) == [200, 60, 75]
    click(dialog.get_by_role("button", name="Undo on main"))
    expect(dialog).to_have_count(0)
    app.sees("undid version 3")
    expect(app.page).to_have_url(re.compile("version=4"))
    assert _shares(told) == [100, 60, 75]
    app.press("All commits")
    app.press("Version 1", exact=True)
    app.press("Restore this version")
    click(dialog.get_by_role("button", name="Restore main"))
    expect(dialog).to_have_count(0)
    app.sees("back to version 1")
    assert _shares(told) == [100, 50, 75]
    app.page.reload()
    app.sees("back to version 1")


def test_a_cell_names_who_changed_it_through_the_merge_to_the_commit(told: Server, app: App) -> None:
    app.open("history?branch=main&view=cells")
    app.sees("Select a row to see who changed each of its cells last.")
    app.grid().locator(".dvn-scroller").click(position={"x": 15, "y": 35 + 17})
    app.sees("merged as main version 3 by ada")
    row = app.page.get_by_role("row").filter(has_text="shares").filter(has_text="200")
    expect(row).to_contain_text("cyd")
    app.press("Version 3 · shares")
    app.sees("merged bold")
    expect(app.page).to_have_url(re.compile("version=3"))
