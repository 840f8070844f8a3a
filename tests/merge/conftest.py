"""A portfolio on a branch of its own, for each test that merges by hand."""

from __future__ import annotations

import pytest
from merge_desk import Desk, numbers

from hati_core import Repository


@pytest.fixture
def desk(shared_repo: Repository) -> Desk:
    trunk = shared_repo.create_branch(f"trunk {next(numbers)}")
    with trunk.transaction() as tx:
        tx.execute("CREATE TABLE portfolio (ticker VARCHAR PRIMARY KEY, shares INTEGER NOT NULL, price DOUBLE)")
        tx.execute("INSERT INTO portfolio VALUES ('AAPL', 100, 1.5), ('MSFT', 75, 2.5), ('XOM', 10, 4.5)")
    return Desk(shared_repo, trunk)
