"""The founding document's story in a browser: its figures are read off the page."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import App, click


def test_branch_change_compare_merge_and_discard(app: App) -> None:
    app.open()
    app.press("Start the tutorial")
    expect(app.metric("Portfolio value")).to_contain_text("$58,750")
    expect(app.metric("Positions")).to_contain_text("3")

    app.create_branch("aggressive-growth")
    app.create_branch("conservative-hedge")
    app.go("Data")
    app.sees("Rows are told apart by ticker")
    app.run_sql("INSERT INTO portfolio VALUES ('BND', 500, 72.0, 74.0)")
    app.sees("1 row changed on conservative-hedge.")

    app.choose_branch("aggressive-growth")
    app.run_sql("INSERT INTO portfolio VALUES ('NVDA', 200, 800.0, 950.0)")
    app.sees("1 row changed on aggressive-growth.")
    click(app.page.get_by_role("tab", name="Rows"))
    app.edit_cell(0, 1, "200")
    app.sees("Not saved yet on aggressive-growth: 1 row changed")
    app.sees("AAPL: shares 100 → 200")
    app.press("Save to aggressive-growth")
    app.sees(re.compile(r"Portfolio value: \$248,750 → \$267,250"))

    app.go("Overview")
    expect(app.metric("Portfolio value")).to_contain_text("$267,250")
    expect(app.metric("Portfolio value")).to_contain_text("+$208,500")
    bars = app.page.get_by_role("figure", name="Portfolio value by branch")
    expect(bars).to_have_accessible_name(
        "Portfolio value by branch: main $58,750; aggressive-growth $267,250; conservative-hedge $95,750"
    )
    app.choose_branch("main")
    expect(app.metric("Positions")).to_contain_text("3")
    app.choose_branch("aggressive-growth")

    app.go("Compare")
    app.sees("main → aggressive-growth: +$208,500")
    expect(app.page.get_by_role("figure", name="main to aggressive-growth")).to_have_accessible_name(
        "main to aggressive-growth: NVDA +$190,000; AAPL +$18,500"
    )

    app.go("Merge")
    expect(app.metric("! Conflicts left")).to_contain_text("0")
    finish = app.page.locator(".st-key-finish")
    expect(app.metric("Portfolio value", finish)).to_contain_text("$267,250")
    expect(app.metric("Portfolio value", finish)).to_contain_text("from $58,750")
    app.press("Merge into main")
    app.sees("aggressive-growth was merged into main")
    app.sees("Portfolio value of main: $58,750 → $267,250")

    app.go("Branches")
    row = app.page.locator("[class*=st-key-branch-row-]").filter(has_text="conservative-hedge")
    expect(row).to_contain_text("$95,750")
    click(row.get_by_role("button", name="Discard"))
    click(app.page.get_by_role("dialog").get_by_role("button", name="Discard"))
    app.sees("conservative-hedge was discarded")
    expect(row).to_have_count(0)

    app.open("data?branch=main")
    click(app.page.get_by_role("tab", name="SQL"))
    app.run_sql(
        "SELECT string_agg(ticker || ' ' || shares || ' ' || current_price, ', ' ORDER BY ticker) FROM portfolio"
    )
    result = app.page.locator(".st-key-sql-result")
    expect(result.get_by_test_id("glide-cell-0-0")).to_have_text(
        "AAPL 200 185.0, GOOGL 50 175.0, MSFT 75 420.0, NVDA 200 950.0"
    )
