"""What the tests of the command line share: commands run in this process, on a small portfolio."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hati_core import Branch, Repository
from hati_core.cli.commands import main as run_command
from tests.core.conftest import set_up


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


Hati = Callable[..., Ended]
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def shared_main(shared_repo: Repository) -> Branch:
    """``main`` with the founding document's three positions; tests write branches of their own."""
    return set_up(shared_repo)


@pytest.fixture
def repo(shared_repo: Repository, shared_main: Branch) -> Repository:
    """The repository that the commands of a module work on: opening a fresh one each time would take most of it."""
    return shared_repo


@pytest.fixture
def trunk(repo: Repository) -> Branch:
    """A branch of this test alone, for what a test would do to ``main``."""
    return repo.create_branch(f"trunk {next(_NUMBERS)}")


@pytest.fixture
def growth(repo: Repository, trunk: Branch) -> Branch:
    """A branch of the trunk on which AAPL was doubled and MSFT sold."""
    branch = repo.create_branch(f"growth {next(_NUMBERS)}", trunk.name)
    with branch.transaction("Double Apple", author="bob") as tx:
        tx.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
        tx.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    return branch


@pytest.fixture
def raised(repo: Repository, trunk: Branch) -> Branch:
    """A branch of the trunk that merges without a conflict into a row that breaks a rule: low 8, high 5."""
    trunk.execute("CREATE TABLE plan (k INTEGER PRIMARY KEY, low INTEGER, high INTEGER, CHECK (low <= high))")
    trunk.execute("INSERT INTO plan VALUES (1, 0, 10)")
    branch = repo.create_branch(f"{trunk.name} raised", trunk.name)
    branch.execute("UPDATE plan SET low = 8")
    trunk.execute("UPDATE plan SET high = 5")
    return branch


@pytest.fixture
def hati(
    shared_place: str,
    repo: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Hati:
    """Runs a command in an empty folder on the repository of the test."""
    monkeypatch.setenv("HATI_HOME", shared_place)
    monkeypatch.setenv("HATI_AUTHOR", "eve")
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*words: str) -> Ended:
        capsys.readouterr()
        code = run_command(list(words))
        written = capsys.readouterr()
        assert "Traceback" not in written.err
        return Ended(code, written.out, written.err)

    return run
