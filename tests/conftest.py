"""Fixtures that several folders of tests share."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from hati_core import Repository
from tests import machine
from tests.servers import BUCKET, Postgres, running_postgres, running_s3

NewPlace = Callable[[], str]

machine.share_cores()
machine.keep_files_in_memory()

settings.register_profile(
    "quick",
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "soak", settings.get_profile("quick"), max_examples=300, phases=list(Phase), derandomize=False
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of files that are marked so on each kind of place."""
    if "backend" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("every_backend")
        metafunc.parametrize("backend", ["folder", "server"] if both else ["folder"], scope="module")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    """The url of an empty bucket, with what it takes to use it in the environment."""
    with running_s3() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield f"s3://{BUCKET}"


@pytest.fixture(scope="module")
def new_server(postgres: Postgres, bucket: str) -> NewPlace:
    """Makes addresses of places on a server that nobody has used."""
    database = postgres.create_database(f"test_{uuid.uuid4().hex}")
    numbers = itertools.count()

    def address() -> str:
        name = f"place_{next(numbers)}"
        return postgres.address(database, f"{bucket}/{database}/{name}", schema=name)

    return address


@pytest.fixture(scope="module")
def new_place(backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewPlace:
    """Makes addresses of places of one kind that nobody has used."""
    if backend == "folder":
        return lambda: str(tmp_path_factory.mktemp("place") / "hati")
    server: NewPlace = request.getfixturevalue("new_server")
    return server


@pytest.fixture
def place(new_place: NewPlace) -> str:
    """The address of a place that nobody has used."""
    return new_place()


@pytest.fixture
def repo(place: str) -> Iterator[Repository]:
    """A fresh repository."""
    with Repository.open(place, author="ada") as repository:
        yield repository


@pytest.fixture(scope="module")
def shared_place(new_place: NewPlace) -> str:
    """The address of ``shared_repo``."""
    return new_place()


@pytest.fixture(scope="module")
def shared_repo(shared_place: str) -> Iterator[Repository]:
    """A repository for all tests of a module, whose ``main`` stays empty: a test works on branches of its own."""
    with Repository.open(shared_place, author="ada") as repository:
        yield repository
