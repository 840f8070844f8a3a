"""Repositories that show the app empty, small, with a conflict, with other data, and large."""

from __future__ import annotations

from datetime import timedelta

from hati_core import Repository
from hati_core.agent import Access, AgentDesk
from hati_core.runs import RunLimits
from tests.benchmarks.others import COLUMNS, rows_query
from tests.sample import load_sample, load_tutorial

ROWS = 100_000
GOALS = {
    "Raise the portfolio value with at most 10 % more cost": "Portfolio value",
    "Cut the cost": "Cost",
    "No position above 6 %": "Largest weight",
    "Lower the concentration": "Concentration (HHI)",
}
"""What runs of the agent were sent off for, with the metric."""


def empty(repo: Repository) -> None:
    """Nothing at all."""


def tutorial(repo: Repository) -> None:
    """Three positions; aggressive-growth and ``main`` changed AAPL's shares, conservative-hedge added bonds."""
    load_tutorial(repo)
    growth = repo.create_branch("aggressive-growth", description="What if chips keep growing?")
    with growth.transaction(message="Bet on chips") as tx:
        tx.execute("INSERT INTO portfolio VALUES ('NVDA', 200, 800.0, 950.0)")
        tx.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
    hedge = repo.create_branch("conservative-hedge", ttl=timedelta(days=14), author="bob")
    hedge.execute("INSERT INTO portfolio VALUES ('BND', 500, 72.0, 74.0)", message="Buy bonds", author="bob")
    repo.main.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", message="Sell ten AAPL", author="bob")


def sample(repo: Repository) -> None:
    """33 holdings with their prices, three branches of some commits each, one of them merged."""
    load_sample(repo)
    tech = repo.create_branch("tech-heavy", description="Twice the IT sector")
    tech.execute(
        "UPDATE portfolio SET shares = shares * 2 WHERE sector = 'Information Technology'",
        message="Double the IT sector",
    )
    trimmed = repo.create_branch("trim-energy", author="bob")
    trimmed.execute("UPDATE portfolio SET shares = shares // 2 WHERE sector = 'Energy'", message="Halve energy")
    repo.merge("trim-energy", "branch_wins")
    defensive = repo.create_branch("defensive", ttl=timedelta(days=30))
    defensive.execute(
        "INSERT INTO portfolio VALUES ('BND', 'Bond fund', 'Bonds', 1500, 72.0, 74.0)", message="Buy bonds"
    )
    defensive.execute("UPDATE portfolio SET shares = shares - 20 WHERE shares > 200", message="Trim what is large")
    tech.execute("UPDATE portfolio SET shares = shares + 40 WHERE ticker = 'NVDA'", message="More NVDA", author="eve")


def agent(repo: Repository) -> None:
    """The sample with runs by rule: one is to be decided on, one approved, one rejected, one merged by hand."""
    load_sample(repo)
    desk = AgentDesk(repo, access=Access(None, None))
    for goal, metric in GOALS.items():
        branch = repo.create_branch(f"{metric.casefold()} plan")
        run = desk.wait(desk.explore(goal, metric, branch=branch.name, limits=RunLimits(scenarios=2)).id)
        (proposal,) = desk.proposals(run=run.id)
        if metric == "Cost":
            desk.approve(proposal.id, desk.review(proposal.id).plan, author="bob")
        elif metric == "Largest weight":
            desk.reject(proposal.id, "Too much turnover for one quarter", author="bob")
        elif metric == "Concentration (HHI)":
            repo.merge(proposal.source, "branch_wins", branch.name)


def pricing(repo: Repository) -> None:
    """What a company sells, by product and tier, with a rise and a discount tried on branches."""
    repo.main.execute(
        "CREATE TABLE pricing (product VARCHAR, tier VARCHAR, price DECIMAL(10,2), quantity INTEGER, "
        "PRIMARY KEY (product, tier))",
        message="Set up the price list",
    )
    rows = [
        f"('{product}', '{tier}', {price}, {quantity})"
        for product, factor in (("Analytics", 3), ("Backup", 1), ("Storage", 2))
        for tier, price, quantity in (
            ("Basic", 9 * factor, 420 // factor),
            ("Pro", 24 * factor, 160 // factor),
            ("Team", 49 * factor, 60 // factor),
        )
    ]
    repo.main.execute(f"INSERT INTO pricing VALUES {', '.join(rows)}", message="The price list of the year")
    rise = repo.create_branch("raise pro tier")
    rise.execute(
        "UPDATE pricing SET price = price * 1.1, quantity = quantity - 4 WHERE tier = 'Pro'",
        message="Pro costs 10 % more",
    )
    discount = repo.create_branch("discount basic", author="bob")
    discount.execute(
        "UPDATE pricing SET price = price * 0.8, quantity = quantity * 3 // 2 WHERE tier = 'Basic'",
        message="Basic costs 20 % less",
        author="bob",
    )


def large(repo: Repository) -> None:
    """A table of 100,000 rows with a branch that changed a thousand of them."""
    repo.main.execute(f"CREATE TABLE portfolio ({COLUMNS})")
    repo.main.execute(f"INSERT INTO portfolio {rows_query(ROWS)}", message=f"Import {ROWS:,} positions")
    repo.set_key("portfolio", ["ticker"])
    repo.create_branch("shift").execute("UPDATE portfolio SET shares = shares + 5 WHERE ticker < 'T00001000'")
