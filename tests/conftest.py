"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from hati_core import Repository

settings.register_profile(
    "quick",
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("soak", settings.get_profile("quick"), max_examples=300, phases=list(Phase))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


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
