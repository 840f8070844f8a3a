"""Data that the tests of the core share."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository


@pytest.fixture
def main(repo: Repository) -> Branch:
    """``main`` with the founding document's three positions, keyed by ticker."""
    with repo.main.transaction("Set up") as tx:
        tx.execute(
            "CREATE TABLE portfolio (ticker VARCHAR PRIMARY KEY, shares INTEGER, avg_cost DOUBLE, current_price DOUBLE)"
        )
        tx.execute(
            "INSERT INTO portfolio VALUES ('AAPL', 100, 150.0, 185.0), ('GOOGL', 50, 120.0, 175.0), "
            "('MSFT', 75, 310.0, 420.0)"
        )
    return repo.main
