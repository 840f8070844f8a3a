"""The autopilot in the browser, from a goal to the merged result."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from hati_core import Repository
from tests.e2e.conftest import App, Server
from tests.sample import load_sample

WORTH = "SELECT sum(shares * current_price) AS worth FROM portfolio"
RUN_MS = 90_000


def _worth(server: Server) -> float:
    with Repository.open(server.home, author="ada") as repository:
        return float(repository.main.query(WORTH)[0]["worth"])


def test_the_autopilot_goes_on_through_a_reload_and_what_it_proposes_is_merged(app: App, server: Server) -> None:
    with Repository.open(server.home, author="ada") as repository:
        load_sample(repository)
    before = _worth(server)
    app.open("agent")
    app.page.get_by_label("Goal").fill("Raise the portfolio value with at most 10 % more cost")
    app.page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Autopilot").click()
    expect(app.page).to_have_url(re.compile("[?&]run="))
    expect(app.page.get_by_role("button", name="Stop")).to_be_visible()
    app.page.reload()
    approve = app.page.get_by_role("button", name="Approve and merge")
    expect(approve).to_be_visible(timeout=RUN_MS)
    app.settled()
    expect(app.page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(app.page.locator("[class*=st-key-scenario-]")).to_have_count(3)
    approve.click()
    app.sees("Approved")
    assert _worth(server) > before
    app.page.get_by_role("link", name="Look at the merge into main, or undo it").click()
    app.sees(re.compile("was merged into main by ada"))
    expect(app.page.get_by_role("button", name="Undo this merge")).to_be_visible()
