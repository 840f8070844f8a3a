"""Data that the tests of the core share."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator

import pytest

from hati_core import Branch, Repository
from hati_core.imports import Importer
from tests.core.importing import Take


@pytest.fixture
def main(repo: Repository) -> Branch:
    """``main`` of a fresh repository, with the founding document's three positions, keyed by ticker."""
    return set_up(repo)


@pytest.fixture(scope="module")
def shared_main(shared_repo: Repository) -> Branch:
    """The same for all tests of a module, which leave it as it is."""
    return set_up(shared_repo)


@pytest.fixture
def branch(shared_repo: Repository, shared_main: Branch) -> Branch:
    """A fresh branch with those positions, for tests that need no repository of their own."""
    return shared_repo.create_branch(f"test {uuid.uuid4()}")


@pytest.fixture
def checked(repo: Repository, main: Branch) -> Branch:
    """``main`` with its three positions, whose shares have to be positive."""
    repo.set_check("portfolio", "positive", "shares > 0")
    return main


@pytest.fixture
def take(repo: Repository) -> Iterator[Take]:
    """Take a file in by its name and content."""
    taken: list[Importer] = []

    def taking(name: str, content: str | bytes) -> Importer:
        data = content.encode() if isinstance(content, str) else content
        taken.append(repo.importer(name, io.BytesIO(data)))
        return taken[-1]

    yield taking
    for importer in taken:
        importer.close()
    assert list(repo._store.engine.place.scratch.glob("upload-*")) == []


def set_up(repo: Repository) -> Branch:
    """Put the three positions on ``main``."""
    with repo.main.transaction("Set up") as tx:
        tx.execute(
            "CREATE TABLE portfolio (ticker VARCHAR PRIMARY KEY, shares INTEGER, avg_cost DOUBLE, current_price DOUBLE)"
        )
        tx.execute(
            "INSERT INTO portfolio VALUES ('AAPL', 100, 150.0, 185.0), ('GOOGL', 50, 120.0, 175.0), "
            "('MSFT', 75, 310.0, 420.0)"
        )
    return repo.main
