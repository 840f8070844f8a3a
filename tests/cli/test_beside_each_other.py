"""The app, the command line and others on one repository at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from hati_core import Repository
from tests.app_server import becomes_healthy, free_port
from tests.core.conftest import set_up
from tests.core.processes import ROOT


def start(place: Path, *words: str) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    command = [sys.executable, "-m", "hati_core", "--repo", str(place), "--author", "eve", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> str:
    """What a command wrote, once it is over and went well."""
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return out


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A repository with the three positions."""
    with Repository.open(tmp_path / "hati", author="ada") as repo:
        set_up(repo)
    return tmp_path / "hati"


@pytest.fixture
def app(place: Path) -> Iterator[str]:
    """The address of the app, started by the command line."""
    port = free_port()
    process = start(place, "app", "--port", str(port), "--headless")
    try:
        if not becomes_healthy(f"http://127.0.0.1:{port}", process):
            raise AssertionError(f"the app did not start: {process.communicate(timeout=5)[1]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_commands_of_several_processes_write_one_branch_and_lose_nothing(place: Path) -> None:
    add = "UPDATE portfolio SET shares = shares + 1 WHERE ticker = 'AAPL'"
    with Repository.open(place, author="ada") as repo:
        others = [start(place, "sql", add) for _ in range(2)]
        for _ in range(10):
            repo.main.execute(add)
        for other in others:
            assert "1 row affected" in ended(other)
        assert repo.main.query("SELECT shares FROM portfolio WHERE ticker = 'AAPL'") == [{"shares": 112}]
        assert [commit.author for commit in repo.main.log(20)].count("eve") == 2


def test_the_app_is_started_by_a_command_and_stopped_with_it(app: str) -> None:
    with urllib.request.urlopen(app, timeout=5) as answer:
        assert b"<title>Streamlit</title>" in answer.read()


def test_an_app_that_is_not_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from hati_core.cli import starting
    from hati_core.cli.commands import main

    monkeypatch.setattr(starting, "_ROOT", tmp_path)
    assert main(["app"]) == 1
    assert "there is no app.py in" in capsys.readouterr().err


def test_a_place_means_the_same_from_every_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from hati_core.cli.starting import absolute

    monkeypatch.chdir(tmp_path)
    assert absolute(".hati") == os.path.join(tmp_path, ".hati")
    assert absolute("postgresql://ada@db/hati?data=s3://b/p") == "postgresql://ada@db/hati?data=s3://b/p"
