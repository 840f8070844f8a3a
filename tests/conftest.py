"""Fixtures that several folders of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hati_core import Repository


@pytest.fixture
def repo(tmp_path: object) -> Iterator[Repository]:
    """A fresh repository."""
    with Repository.open(f"{tmp_path}/hati", author="ada") as repository:
        yield repository


@pytest.fixture(scope="module")
def shared_repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """A repository for all tests of a module, whose ``main`` stays empty: a test works on branches of its own."""
    with Repository.open(tmp_path_factory.mktemp("shared") / "hati", author="ada") as repository:
        yield repository
