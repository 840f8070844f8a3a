"""Amounts of money are shown in the repository's currency; what they are stays as it is."""

from __future__ import annotations

import pytest

from hati_core import Branch, Breakdown, Repository, Unit
from hati_core.errors import InvalidCurrency
from hati_core.scenarios.metrics import Metric
from hati_core.scenarios.units import valid_symbol

VALUE = "Portfolio value"


def units(repo: Repository) -> dict[str, Unit]:
    return {one.metric.name: one.metric.unit for one in repo.metrics()}


@pytest.mark.every_backend
def test_the_currency_is_kept_with_the_repository(place: str) -> None:
    with Repository.open(place) as repo:
        assert repo.currency == "$"
        assert repo.set_currency(" CHF ") == "CHF"
    with Repository.open(place) as repo:
        assert repo.currency == "CHF"
        repo.set_currency("€")
        assert repo.currency == "€"


def test_every_metric_in_money_takes_it_and_no_other(repo: Repository, main: Branch) -> None:
    repo.set_metric("Paid", "SELECT sum(shares * avg_cost) FROM portfolio", unit=Unit.MONEY)
    repo.set_currency("€")
    found = units(repo)
    assert {name for name, unit in found.items() if unit.symbol == "€"} == {
        name for name, unit in found.items() if unit.is_money
    }
    assert found["Paid"] == found[VALUE] == Unit.MONEY.in_currency("€")
    assert found["Positions"] == Unit.NUMBER
    assert found["Largest weight"] == Unit.PERCENT
    assert repo.set_metric("Spent", "SELECT 1", unit=Unit.MONEY).unit.symbol == "€"
    assert repo.rename_metric("Spent", "Gone").unit.symbol == "€"
    repo.set_currency("CHF")
    assert units(repo)["Gone"].symbol == units(repo)[VALUE].symbol == "CHF"


def test_a_metric_is_kept_by_its_kind_of_unit_alone() -> None:
    metric = Metric("Paid", "SELECT 1", Unit.MONEY.in_currency("€"), Breakdown("t", "a", ("k",)))
    assert metric.definition()["unit"] == "money"
    assert Metric.from_definition(metric.definition()) == metric.in_currency("$")
    kept = {"name": "Share", "sql": "SELECT 1", "unit": "percent", "breakdown": None}
    assert Metric.from_definition(kept).unit == Unit.PERCENT


def test_values_that_were_measured_are_not_measured_again(repo: Repository, main: Branch) -> None:
    (before,) = repo.measures.values(main, repo.measures.metrics(main)[:1])
    known = repo._store.registry.measured({(main.id, main.head)})
    repo.set_currency("¥")
    (after,) = repo.measures.values(main, repo.measures.metrics(main)[:1])
    assert (before.value, before.metric.unit.symbol) == (after.value, "$")
    assert after.metric.unit.symbol == "¥"
    assert known
    assert repo._store.registry.measured({(main.id, main.head)}) == known


@pytest.mark.parametrize("symbol", ["$", "€", "CHF", "kr", "Fr.", "R$", "NT$", "S/", "zł", "د.إ", "₹"])
def test_symbols_of_currencies_are_taken(symbol: str) -> None:
    assert valid_symbol(f" {symbol} ") == symbol


@pytest.mark.parametrize(
    ("symbol", "sentence"),
    [
        ("", "Give the symbol of a currency"),
        (" \t", "Give the symbol of a currency"),
        ("Franken", "“Franken” has 7 characters"),
        ("€2", "has no “2” in it"),
        ("-€", "has no “-” in it"),
        ("k r", "has no “ ” in it"),
        ("<b>", "has no “<” in it"),
        ("*€*", "has no “\\*” in it"),
        ("a\u202eb", "has no characters that cannot be seen in it"),
        ("€\n", None),
        ("$a$", "is no symbol"),
        ("./", "is no symbol"),
    ],
)
def test_what_cannot_stand_before_a_number_is_refused_and_nothing_changes(
    shared_repo: Repository, symbol: str, sentence: str | None
) -> None:
    if sentence is None:
        assert valid_symbol(symbol) == "€"
        return
    with pytest.raises(InvalidCurrency, match=sentence):
        shared_repo.set_currency(symbol)
    assert shared_repo.currency == "$"
