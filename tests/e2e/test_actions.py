"""A scenario action in the browser, from its preview to the commit and back."""

from __future__ import annotations

from playwright.sync_api import expect

from hati_core import Repository
from tests.e2e.conftest import ROOT, App, Server, click

TUTORIAL = ROOT / "assets" / "sample" / "tutorial.csv"


def test_an_action_is_previewed_applied_and_undone(server: Server, app: App) -> None:
    with Repository.open(server.home, author="ada") as repository, TUTORIAL.open("rb") as content:
        importer = repository.importer("tutorial.csv", content)
        importer.load(repository.main, "portfolio", ("ticker",), has_header=True)
        importer.close()
        repository.create_branch("bear")
    app.open("data?branch=bear")
    click(app.page.get_by_role("tab", name="Actions"))
    app.sees("Lower current_price by 10 %")
    app.page.get_by_role("spinbutton", name="Change in %").fill("-50")
    app.page.get_by_role("spinbutton", name="Change in %").press("Enter")
    app.sees("Lower current_price by 50 %")
    outcome = app.page.locator(".st-key-action-outcome")
    expect(outcome.get_by_text("~ 3 rows changed")).to_be_visible()
    expect(app.metric("Portfolio value", outcome)).to_contain_text("$29,375")

    app.press("Apply to bear")
    app.sees("Applied as version 2 of bear. Portfolio value: $58,750 → $29,375.")
    app.press("Undo this")
    dialog = app.page.get_by_role("dialog")
    expect(app.metric("Portfolio value", dialog)).to_contain_text("$58,750")
    click(dialog.get_by_role("button", name="Undo on bear"))
    expect(dialog).to_have_count(0)
    app.sees("was undone on bear.")
    with Repository.open(server.home) as repository:
        messages = [commit.message for commit in repository.branch("bear").log(2)]
        assert messages == ["Undo version 2 of bear", "Lower current_price by 50 %"]
        assert repository.diff("bear").changed_rows == 0
        assert repository.main.head == 1
