"""Each test gets a repository of its own: a copy of one that was made once for all."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

from hati_core import Repository
from pages.parts.session import repository
from tests.app.screen import ROOT, Screen
from tests.sample import load_sample

_TUTORIAL = ROOT / "assets" / "sample" / "tutorial.csv"


@pytest.fixture(scope="session", autouse=True)
def components() -> Iterator[None]:
    """Streamlit reads what every installed package says of itself for each test's first page; once will do."""
    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the app looks for its repository; what it remembers of one is forgotten after the test."""
    monkeypatch.setenv("HATI_HOME", str(tmp_path / "hati"))
    monkeypatch.setenv("HATI_AUTHOR", "ada")
    yield tmp_path / "hati"
    repository.clear()
    st.cache_data.clear()


@pytest.fixture
def screen(home: Path) -> Screen:
    """A person in front of the app; ask for what is in the repository by another fixture."""
    return Screen()


@pytest.fixture
def empty(home: Path) -> Iterator[Repository]:
    """The app's repository without any table."""
    with repository() as opened:
        yield opened


@pytest.fixture
def portfolio(home: Path, portfolio_template: Path) -> Iterator[Repository]:
    """The app's repository with the tutorial portfolio on ``main`` and no branch."""
    with _copied(portfolio_template, home) as opened:
        yield opened


@pytest.fixture
def branches(home: Path, branches_template: Path) -> Iterator[Repository]:
    """As ``portfolio``, with the branches aggressive-growth ($267,250) and conservative-hedge ($95,750)."""
    with _copied(branches_template, home) as opened:
        yield opened


@pytest.fixture
def conflict(home: Path, conflict_template: Path) -> Iterator[Repository]:
    """As ``portfolio``, with the branch bold; it and ``main`` (by bob) changed AAPL's shares."""
    with _copied(conflict_template, home) as opened:
        yield opened


@pytest.fixture
def sample(home: Path, sample_template: Path) -> Iterator[Repository]:
    """The 33 holdings with their prices, with the branches tech-heavy (twice the IT shares) and defensive (BND new)."""
    with _copied(sample_template, home) as opened:
        yield opened


@contextmanager
def _copied(template: Path, home: Path) -> Iterator[Repository]:
    shutil.copytree(template, home)
    with repository() as opened:
        yield opened


@pytest.fixture(scope="session")
def portfolio_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("portfolio") / "hati"
    with Repository.open(place, author="ada") as repo, _TUTORIAL.open("rb") as content:
        importer = repo.importer("tutorial.csv", content)
        importer.load(repo.main, "portfolio", ("ticker",), has_header=True)
        importer.close()
    return place


@pytest.fixture(scope="session")
def sample_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sample") / "hati"
    with Repository.open(place, author="ada") as repo:
        load_sample(repo)
        tech = repo.create_branch("tech-heavy")
        tech.execute("UPDATE portfolio SET shares = shares * 2 WHERE sector = 'Information Technology'")
        defensive = repo.create_branch("defensive")
        defensive.execute("INSERT INTO portfolio VALUES ('BND', 'Bond fund', 'Bonds', 1500, 72.0, 74.0)")
    return place


@pytest.fixture(scope="session")
def branches_template(tmp_path_factory: pytest.TempPathFactory, portfolio_template: Path) -> Path:
    place = shutil.copytree(portfolio_template, tmp_path_factory.mktemp("branches") / "hati")
    with Repository.open(place, author="ada") as repo:
        growth = repo.create_branch("aggressive-growth")
        with growth.transaction(message="Bet on chips") as tx:
            tx.execute("INSERT INTO portfolio VALUES ('NVDA', 200, 800.0, 950.0)")
            tx.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
        hedge = repo.create_branch("conservative-hedge", author="bob")
        hedge.execute("INSERT INTO portfolio VALUES ('BND', 500, 72.0, 74.0)", author="bob")
    return place


@pytest.fixture(scope="session")
def conflict_template(tmp_path_factory: pytest.TempPathFactory, portfolio_template: Path) -> Path:
    place = shutil.copytree(portfolio_template, tmp_path_factory.mktemp("conflict") / "hati")
    with Repository.open(place, author="ada") as repo:
        bold = repo.create_branch("bold")
        bold.execute("UPDATE portfolio SET shares = 200, avg_cost = 155 WHERE ticker = 'AAPL'")
        repo.main.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author="bob")
    return place
