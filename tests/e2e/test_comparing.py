"""Somebody is sent a link to a comparison, narrows it down, and takes the numbers along."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import expect

from hati_core import Repository
from tests.e2e.conftest import App, Server, click
from tests.sample import load_sample


def _seed(server: Server) -> None:
    with Repository.open(server.home, author="ada") as repository:
        load_sample(repository)
        tech = repository.create_branch("tech-heavy")
        tech.execute("UPDATE portfolio SET shares = shares * 2 WHERE sector = 'Information Technology'")
        tech.execute("INSERT INTO portfolio VALUES ('BND', 'Bond fund', 'Bonds', 1500, 72.0, 74.0)")
        repository.create_branch("no-cost").execute("ALTER TABLE portfolio DROP COLUMN avg_cost")


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as content:
        return list(csv.reader(content))


def test_a_metric_that_fails_on_one_branch_says_so_there_and_nowhere_else(app: App, server: Server) -> None:
    _seed(server)
    app.open("compare?with=main|tech-heavy|no-cost")
    cells = app.page.get_by_test_id("stTable").get_by_role("row", name=re.compile("Unrealised P&L")).get_by_role("cell")
    expect(cells).to_have_count(4)
    expect(cells.nth(3)).to_contain_text("avg_cost")
    expect(cells.filter(has_text="!")).to_have_count(1)
    for branch in ("main", "tech-heavy"):
        app.open(f"?branch={branch}")
        expect(app.metric("Unrealised P&L")).to_contain_text("$")
    app.open("?branch=no-cost")
    expect(app.metric("Portfolio value")).to_contain_text("$2,153,580")
    expect(app.metric("Unrealised P&L")).not_to_contain_text("$")


def test_a_comparison_by_link_is_filtered_and_taken_along(app: App, server: Server) -> None:
    _seed(server)
    app.open("compare?with=main|tech-heavy&diff-column=c:shares&cells=two")
    matrix = app.page.get_by_test_id("stTable")
    expect(matrix.get_by_role("row", name=re.compile("Portfolio value"))).to_contain_text("▲ +$619,668 · +28.8 %")
    expect(matrix).to_contain_text("AAPL shares 900 → 1,800")
    figures = app.page.get_by_role("figure")
    expect(figures).to_have_count(5)
    expect(app.page.get_by_role("combobox", name="Changed column")).to_have_value("shares")

    app.page.get_by_role("searchbox", name="Cell contains").fill("apple")
    app.page.get_by_role("searchbox", name="Cell contains").press("Enter")
    expect(app.page).to_have_url(re.compile("diff-text=apple"))
    app.settled()
    differences = app.page.locator(".st-key-differences")
    with app.page.expect_download() as saved:
        click(differences.get_by_role("button", name="CSV", exact=True))
    header, *rows = _rows(saved.value.path())
    assert header[:3] == ["change", "ticker · main", "ticker · tech-heavy"]
    assert [row[2] for row in rows] == ["AAPL"]
    assert rows[0][header.index("shares · tech-heavy")] == "1800"

    history = app.page.locator(".st-key-through-time")
    with app.page.expect_download() as saved:
        click(history.get_by_role("button", name="CSV", exact=True))
    header, *rows = _rows(saved.value.path())
    assert header == ["day", "main", "tech-heavy"]
    assert (len(rows), rows[-1][0], float(rows[-1][1])) == (101, "2022-05-31", 2_153_580.05)

    with app.page.expect_download() as saved:
        click(history.get_by_role("button", name="HTML", exact=True))
    assert b"plotly.js" in saved.value.path().read_bytes()
    with app.page.expect_download() as saved:
        history.get_by_role("figure").first.hover()
        click(history.locator(".modebar-btn").first)
    assert saved.value.suggested_filename == "through-time.png"
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
