"""The registry: newer formats, damage, and two processes at once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hati_core import Repository
from hati_core.errors import RepositoryError, RepositoryTooNew, StorageUnavailable
from tests.core.processes import outputs, start_python


def test_a_newer_repository_is_refused_and_nothing_of_it_changes(tmp_path: Path) -> None:
    with Repository.open(tmp_path) as repo:
        repo.main.execute("CREATE TABLE t (k INTEGER)")
    with sqlite3.connect(tmp_path / "registry.sqlite") as registry:
        registry.execute("UPDATE about SET value = '2' WHERE name = 'format'")
        registry.execute("DROP TABLE metrics")
    registry.close()
    before = contents(tmp_path)
    with pytest.raises(RepositoryTooNew, match=r"format 2; this program reads up to 1.*newest version"):
        Repository.open(tmp_path)
    assert contents(tmp_path) == before


def contents(root: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("damage", [b"this is not a database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_registry_is_said_to_be_damaged(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "registry.sqlite").write_bytes(damage)
    with pytest.raises(StorageUnavailable, match=r"registry.*damaged.*Restore it from a backup"):
        Repository.open(tmp_path)
    assert (tmp_path / "registry.sqlite").read_bytes() == damage


def test_two_processes_may_make_the_same_repository(tmp_path: Path) -> None:
    program = "from hati_core import Repository; print(Repository.open(sys.argv[1]).main.id)"
    assert len(set(outputs([start_python(program, tmp_path) for _ in range(2)]))) == 1
    with Repository.open(tmp_path) as repo:
        assert [info.name for info in repo.branches()] == ["main"]


def test_closing_one_leaves_the_other_open(tmp_path: Path) -> None:
    first, second = Repository.open(tmp_path), Repository.open(tmp_path)
    first.close()
    first.close()
    second.main.execute("CREATE TABLE t AS SELECT 1 AS a")
    assert second.main.query("FROM t") == [{"a": 1}]
    main = second.main
    second.close()
    with pytest.raises(RepositoryError, match="was closed"):
        main.query("FROM t")
    with Repository.open(tmp_path) as third:
        assert third.main.query("FROM t") == [{"a": 1}]


def test_a_place_with_unusual_characters_works(tmp_path: Path) -> None:
    with Repository.open(tmp_path / "it's 100 % ünusual? #1") as repo:
        repo.main.execute("CREATE TABLE t AS SELECT 1 AS a")
        assert repo.create_branch("b").query("FROM t") == [{"a": 1}]


def test_only_folders_and_postgresql_are_places() -> None:
    with pytest.raises(RepositoryError, match="“mysql://” are not known"):
        Repository.open("mysql://ada:secret@localhost/hati")
