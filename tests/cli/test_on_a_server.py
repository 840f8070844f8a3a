"""Commands on a repository whose branches lie in PostgreSQL and whose rows lie in a bucket."""

from __future__ import annotations

import json

import pytest

from hati_core import Repository
from hati_core.cli.commands import main as run
from tests.conftest import NewPlace


def test_the_whole_way_from_making_a_repository_to_merging(
    new_server: NewPlace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = new_server()
    monkeypatch.setenv("HATI_HOME", address)
    commands = (
        ["init"],
        ["sql", "CREATE TABLE t (k INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 10), (2, 20)"],
        ["branch", "create", "growth"],
        ["sql", "-b", "growth", "UPDATE t SET n = 11 WHERE k = 1"],
        ["merge", "growth"],
        ["branch", "rename", "growth", "grown"],
        ["revert", "growth", "--yes"],
        ["discard", "grown"],
        ["gc", "--grace", "0m"],
        ["sql", "FROM t ORDER BY k", "--json"],
    )
    # One that is open all the time spares each command to start the engine anew.
    with Repository.open(address):
        for words in commands:
            capsys.readouterr()
            assert run(words) == 0, capsys.readouterr()
    assert json.loads(capsys.readouterr().out) == [{"k": 1, "n": 10}, {"k": 2, "n": 20}]
