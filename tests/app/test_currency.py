"""The currency of amounts: chosen on Settings, read on every page."""

from __future__ import annotations

import pytest

from hati_core import Repository
from tests.app.screen import Screen, plainly


def test_a_usual_symbol_is_chosen_and_every_amount_of_a_page_has_it(branches: Repository, screen: Screen) -> None:
    screen.open("Settings", section="currency")
    assert "Amounts read $1,235, −$0.75, $2,500,000." in screen.text
    screen.pick("Symbol", "€")
    assert branches.currency == "€"
    assert "Amounts are shown in € from now on." in screen.text
    assert "Amounts read €1,235, −€0.75, €2,500,000." in screen.text
    screen.open("Overview", branch="aggressive-growth")
    assert screen.metrics["Portfolio value"] == "€267,250"
    assert plainly(screen.at.metric[0].delta) == "+€208,500"
    assert screen.figure("value bars").endswith("main €58,750; aggressive-growth €267,250; conservative-hedge €95,750")
    assert screen.table()["Δ"].tolist() == ["", "+€208,500", "+€37,000"]
    assert "$" not in screen.text


def test_another_symbol_is_typed_and_stays_among_the_choices(portfolio: Repository, screen: Screen) -> None:
    screen.open("Settings", section="currency").fill("Another one", " kr ")
    assert portfolio.currency == "kr"
    assert screen.field("Another one") == ""
    (symbols,) = [control for control in screen.at.segmented_control if control.label == "Symbol"]
    assert symbols.value == "kr"
    assert [plainly(option) for option in symbols.options] == ["$", "€", "£", "¥", "CHF", "kr"]
    screen.pick("Symbol", "$")
    assert portfolio.currency == "$"


def test_what_is_no_symbol_says_why_and_changes_nothing(portfolio: Repository, screen: Screen) -> None:
    screen.open("Settings", section="currency").fill("Another one", "€2")
    assert screen.problems == [
        "This is no currency. A symbol of a currency has no “2” in it. Use letters, signs such as € and dots, "
        "as in CHF, R$ or kr."
    ]
    assert (portfolio.currency, screen.field("Another one")) == ("$", "€2")
    screen.fill("Another one", "R$")
    assert (portfolio.currency, screen.problems) == ("R$", [])


def test_before_there_is_a_table_the_currency_can_be_chosen(empty: Repository, screen: Screen) -> None:
    screen.open("Settings", section="currency").pick("Symbol", "CHF")
    assert "Three positions worth CHF\u202f58,750." in screen.open("Overview").text


@pytest.mark.parametrize(("symbol", "told"), [("€", "€"), ("CHF", "CHF\u202f"), ("R$", "R$")])
def test_branches_are_compared_and_merged_in_the_currency(
    branches: Repository, screen: Screen, symbol: str, told: str
) -> None:
    branches.set_currency(symbol)
    screen.open("Compare", branch="aggressive-growth")
    assert screen.matrix()["aggressive-growth"]["Portfolio value"] == f"{told}267,250\n▲ +{told}208,500 · +354.9 %"
    assert screen.figure("waterfall") == f"main to aggressive-growth: NVDA +{told}190,000; AAPL +{told}18,500"
    screen.open("Merge", source="aggressive-growth", into="main")
    assert screen.metrics["Portfolio value"] == f"{told}267,250"


def test_a_change_while_a_merge_is_in_hand_shows_in_its_preview(branches: Repository, screen: Screen) -> None:
    screen.open("Merge", source="aggressive-growth", into="main")
    assert screen.metrics["Portfolio value"] == "$267,250"
    branches.set_currency("£")
    assert screen.run().metrics["Portfolio value"] == "£267,250"


def test_a_metric_is_written_in_the_currency(branches: Repository, screen: Screen) -> None:
    branches.set_currency("€")
    screen.open("Settings", branch="main")
    with screen.dialog("Add a metric"):
        (unit,) = [box for box in screen.at.selectbox if box.label == "Shown as"]
        assert unit.options == ["Money, in €", "Number", "Percent, of a fraction of 1"]
        screen.fill("Name", "Paid").fill("What each row adds", "shares * avg_cost")
        assert screen.metrics["On main now"] == "€44,250"
        screen.press("Save for every branch")
    branches.set_currency("$")
    screen.open("Settings", branch="main")
    with screen.dialog("change-Paid"):
        assert screen.metrics["On main now"] == "$44,250"
