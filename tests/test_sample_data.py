"""The sample data set holds together: holdings and prices tell the same story."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest

SAMPLE = Path(__file__).resolve().parents[1] / "assets" / "sample"
SECTORS = {
    "Communication Services",
    "Consumer Discretionary",
    "Consumer Staples",
    "Energy",
    "Financials",
    "Health Care",
    "Industrials",
    "Information Technology",
    "Materials",
    "Multi-Sector ETF",  # not GICS: a fund across sectors
    "Real Estate",
    "Utilities",
}


@pytest.fixture(scope="module")
def holdings() -> pd.DataFrame:
    return pd.read_csv(SAMPLE / "holdings.csv")


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    return pd.read_csv(SAMPLE / "prices.csv", parse_dates=["date"], date_format="%Y-%m-%d")


def test_columns_are_the_documented_ones(holdings: pd.DataFrame, prices: pd.DataFrame) -> None:
    assert list(holdings) == ["ticker", "name", "sector", "shares", "avg_cost", "current_price"]
    assert list(prices) == ["date", "ticker", "price"]
    assert not holdings.isna().to_numpy().any()
    assert not prices.isna().to_numpy().any()


def test_keys_are_unique_and_prices_sorted(holdings: pd.DataFrame, prices: pd.DataFrame) -> None:
    assert holdings["ticker"].is_unique
    assert not prices.duplicated(["date", "ticker"]).any()
    assert prices[["date", "ticker"]].equals(prices.sort_values(["date", "ticker"])[["date", "ticker"]])


def test_tickers_match(holdings: pd.DataFrame, prices: pd.DataFrame) -> None:
    assert len(holdings) >= 30
    assert set(holdings["ticker"]) == set(prices["ticker"])


def test_every_ticker_has_every_month_for_at_least_five_years(prices: pd.DataFrame) -> None:
    wide = prices.pivot(index="date", columns="ticker", values="price")
    assert not wide.isna().to_numpy().any()
    months = pd.DatetimeIndex(wide.index).to_period("M")
    assert months.equals(pd.period_range(months[0], months[-1], freq="M"))
    assert wide.index[-1] - wide.index[0] >= pd.Timedelta(days=5 * 365 + 2)


def test_prices_and_shares_are_positive(holdings: pd.DataFrame, prices: pd.DataFrame) -> None:
    assert (prices["price"] > 0).all()
    assert (holdings["avg_cost"] > 0).all()
    assert (holdings["shares"] > 0).all()
    assert (holdings["shares"] % 100 == 0).all()


def test_prices_have_at_most_four_decimals() -> None:
    texts = pd.read_csv(SAMPLE / "prices.csv", dtype=str)["price"]
    assert texts.str.fullmatch(r"\d+(\.\d{1,4})?").all()


def test_current_price_is_the_last_price(holdings: pd.DataFrame, prices: pd.DataFrame) -> None:
    last = prices.groupby("ticker")["price"].last()
    current = holdings.set_index("ticker")["current_price"]
    assert current.to_dict() == last.to_dict()


def test_avg_cost_is_an_earlier_price_to_the_cent() -> None:
    holdings = pd.read_csv(SAMPLE / "holdings.csv", dtype=str)
    prices = pd.read_csv(SAMPLE / "prices.csv", dtype=str)
    earlier = prices[prices["date"] < prices["date"].max()].groupby("ticker")["price"].agg(list)
    for ticker, cost in zip(holdings["ticker"], holdings["avg_cost"], strict=True):
        cents = {Decimal(price).quantize(Decimal("0.01"), ROUND_HALF_UP) for price in earlier[ticker]}
        assert Decimal(cost) in cents, ticker


def test_value_is_plausible_and_no_holding_dominates(holdings: pd.DataFrame) -> None:
    value = holdings["shares"] * holdings["current_price"]
    assert 1_000_000 <= value.sum() <= 3_000_000
    assert (value / value.sum()).max() <= 0.085


def test_sectors_are_known_and_spread(holdings: pd.DataFrame) -> None:
    assert set(holdings["sector"]) <= SECTORS
    value = (holdings["shares"] * holdings["current_price"]).groupby(holdings["sector"]).sum()
    assert len(value) >= 8
    assert (value / value.sum()).max() <= 0.35


def test_readme_states_count_window_and_value(holdings: pd.DataFrame, prices: pd.DataFrame) -> None:
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    value = (holdings["shares"] * holdings["current_price"]).sum()
    assert f"{len(holdings)} holdings" in readme
    assert f"{prices['date'].min():%Y-%m-%d} to {prices['date'].max():%Y-%m-%d}" in readme
    assert f"${value:,.2f}" in readme


def test_tutorial_rows() -> None:
    assert (SAMPLE / "tutorial.csv").read_text(encoding="utf-8").splitlines() == [
        "ticker,shares,avg_cost,current_price",
        "AAPL,100,150.0,185.0",
        "GOOGL,50,120.0,175.0",
        "MSFT,75,310.0,420.0",
    ]


def test_the_set_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir() if path.is_file()) < 1_000_000
