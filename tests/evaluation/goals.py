"""Twenty goals with outcomes that can be checked, on data of several kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hati_core import Repository
from hati_core.agent import Progress
from hati_core.runs import Direction, RunStatus, Scenario

SAMPLE = Path(__file__).parents[2] / "assets" / "sample"
_TUTORIAL = (
    "CREATE TABLE portfolio (ticker VARCHAR PRIMARY KEY, shares INTEGER, avg_cost DOUBLE, current_price DOUBLE)",
    "INSERT INTO portfolio VALUES ('AAPL', 100, 150, 185), ('GOOGL', 50, 120, 175), ('MSFT', 75, 310, 420)",
)
_LOSER = "INSERT INTO portfolio VALUES ('XRX', 400, 60, 20), ('BND', 100, 72, 74)"
_PLANS = (
    "CREATE TABLE plans (product VARCHAR PRIMARY KEY, tier VARCHAR, price DECIMAL(9,2), units INTEGER, "
    "unit_cost DOUBLE)",
    "INSERT INTO plans VALUES ('S', 'basic', 10, 900, 4), ('M', 'basic', 20, 400, 15), ('L', 'pro', 90, 120, 30), "
    "('XL', 'pro', 200, 30, 60)",
)
_STAFF = (
    "CREATE TABLE staff (id INTEGER PRIMARY KEY, team VARCHAR, hours DOUBLE, rate DOUBLE)",
    "INSERT INTO staff VALUES (1, 'shop', 30, 20), (2, 'shop', 35, 22), (3, 'lab', 38, 40)",
)

Data = Callable[[Repository], None]
Check = Callable[[Repository, Progress], bool]


@dataclass(frozen=True)
class Goal:
    """A goal with its data, and what has to be true of what a run of it leaves."""

    data: Data
    text: str
    check: Check
    metric: str | None = None
    direction: Direction | None = None


def sql(*statements: str) -> Data:
    """Data from statements."""

    def set_up(repo: Repository) -> None:
        for statement in statements:
            repo.main.execute(statement)

    return set_up


def sample(repo: Repository) -> None:
    """The 33 holdings that the app ships."""
    with (SAMPLE / "holdings.csv").open("rb") as content:
        importer = repo.importer("holdings.csv", content)
        try:
            importer.load(repo.main, "holdings", ["ticker"], has_header=True)
        finally:
            importer.close()


def best(found: Progress) -> Scenario | None:
    """The scenario that came first."""
    return next((one for one in found.scenarios if one.rank == 1), None)


def proposed(*, by: float = 0.0, facts: bool = False) -> Check:
    """Something is proposed that moves the metric by a share at least, and changes no facts."""

    def check(_repo: Repository, found: Progress) -> bool:
        first = best(found)
        if first is None or first.delta is None or not found.proposals or (first.assumes and not facts):
            return False
        return abs(first.delta) >= by * abs(first.before or 0) and first.delta != 0

    return check


def within(query: str, most: float, *, by: float = 0.0) -> Check:
    """As :func:`proposed`, and a query on its branch gives at most so many times what it gives on ``main``."""

    def check(repo: Repository, found: Progress) -> bool:
        first = best(found)
        if first is None or not proposed(by=by)(repo, found):
            return False
        (after,) = repo.branch(first.branch).query(query)[0].values()
        (before,) = repo.main.query(query)[0].values()
        return float(after) <= most * float(before) + 1e-9

    return check


def holds(query: str) -> Check:
    """As :func:`proposed`, and a query on its branch gives a true value."""

    def check(repo: Repository, found: Progress) -> bool:
        first = best(found)
        return first is not None and bool(next(iter(repo.branch(first.branch).query(query)[0].values())))

    return check


def says_no(_repo: Repository, found: Progress) -> bool:
    """Nothing is proposed, and the run says why."""
    is_over = found.run.status in (RunStatus.FAILED, RunStatus.DONE)
    return is_over and not found.proposals and bool(found.run.outcome)


_COST, _VALUE = (f"SELECT sum(shares * {price}) FROM {{}}" for price in ("avg_cost", "current_price"))
_HOLDINGS, _BOOK = sql(*_TUTORIAL), sql(*_TUTORIAL, _LOSER)
_LOWER = Direction.LOWER

GOALS = (
    Goal(
        _HOLDINGS,
        "Raise the portfolio value with at most 10 % more cost",
        within(_COST.format("portfolio"), 1.1, by=0.05),
    ),
    Goal(
        _HOLDINGS,
        "Grow the value, spending no more than 5% of the cost",
        within(_COST.format("portfolio"), 1.05, by=0.02),
    ),
    Goal(_HOLDINGS, "Lower concentration", within(_VALUE.format("portfolio"), 1.0, by=0.1), "Largest weight", _LOWER),
    Goal(_HOLDINGS, "Diversify: equal weights", proposed(by=0.1), "Concentration (HHI)", _LOWER),
    Goal(
        _HOLDINGS,
        "Hedge with bonds: add 500 BND at 74",
        holds("SELECT count(*) = 1 FROM portfolio WHERE ticker = 'BND'"),
    ),
    Goal(_HOLDINGS, "Cut the cost", proposed(by=0.05), "Cost", _LOWER),
    Goal(_HOLDINGS, "Raise the portfolio value at no extra cost", says_no),
    Goal(_BOOK, "Hedge with bonds", proposed(), "Largest weight", _LOWER),
    Goal(
        _BOOK,
        "Improve the unrealised P&L",
        holds("SELECT shares < 400 FROM portfolio WHERE ticker = 'XRX'"),
        "Unrealised P&L",
    ),
    Goal(_BOOK, "Reduce the largest position", proposed(by=0.1), "Largest weight", _LOWER),
    Goal(
        sample, "Raise the portfolio value with at most 10 % more cost", within(_COST.format("holdings"), 1.1, by=0.05)
    ),
    Goal(
        sample,
        "No position above 6 %",
        holds("SELECT max(shares * current_price) / sum(shares * current_price) <= 0.0605 FROM holdings"),
        "Largest weight",
        _LOWER,
    ),
    Goal(sample, "Lower concentration", within(_VALUE.format("holdings"), 1.0, by=0.1), "Concentration (HHI)", _LOWER),
    Goal(sample, "Make it more defensive", proposed(), "Largest weight", _LOWER),
    Goal(sample, "Sell what loses money", proposed(), "Unrealised P&L", Direction.RAISE),
    Goal(
        sql(*_PLANS),
        "Raise revenue, no price up by more than 3 %",
        within("SELECT max(price) FROM plans", 1.031, by=0.02),
        "Revenue",
    ),
    Goal(sql(*_PLANS), "Raise gross profit", proposed(by=0.02), "Gross profit"),
    Goal(sql(*_PLANS), "Lower the average price", proposed(by=0.01), "Average price", _LOWER),
    Goal(sql(*_STAFF), "Reduce the wages", proposed(by=0.05), "Wages", _LOWER),
    Goal(sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, text VARCHAR)"), "Raise the mood", says_no),
)
