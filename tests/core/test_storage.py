"""Storage that fails says how; storage that moves still works; nothing is ever inlined."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from hati_core import Branch, Repository
from hati_core.errors import StorageUnavailable
from hati_core.storage.extensions import connect_with
from hati_core.storage.failures import storage_failure, translated
from tests.core.shares import shares


def test_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnavailable, match=r"file/hati cannot be used: a part of that path is a file"):
        Repository.open(tmp_path / "file" / "hati")
    with pytest.raises(StorageUnavailable, match=r"file cannot be used: a part of that path is a file"):
        Repository.open(tmp_path / "file")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place where nothing can be made")
def test_a_place_where_nothing_can_be_made_is_refused() -> None:
    with pytest.raises(StorageUnavailable, match=r"/proc/hati cannot be used: .*choose another place"):
        Repository.open("/proc/hati")


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "may not write there")],
)
def test_an_error_of_the_system_becomes_a_sentence(number: int, sentence: str) -> None:
    assert sentence in storage_failure(Path("x"), OSError(number, os.strerror(number))).message


def test_a_full_disk_while_writing_becomes_a_sentence() -> None:
    with pytest.raises(StorageUnavailable, match=r"The disk is full\. Nothing was written"), translated():
        raise duckdb.IOException('IO Error: Could not write file "a.parquet": No space left on device')


def test_a_moved_repository_opens(tmp_path: Path) -> None:
    with Repository.open(tmp_path / "here") as repo:
        repo.main.execute("CREATE TABLE t AS SELECT 1 AS a")
        repo.create_branch("b").execute("UPDATE t SET a = 2")
    (tmp_path / "here").rename(tmp_path / "there")
    with Repository.open(tmp_path / "there") as repo:
        assert repo.main.query("FROM t") == [{"a": 1}]
        assert repo.branch("b").execute("UPDATE t SET a = a + 1") == 1
        assert repo.branch("b").query("FROM t") == [{"a": 3}]
    assert not (tmp_path / "here").exists()


def test_data_is_never_inlined(repo: Repository, main: Branch) -> None:
    """Inlined data lose history when they are flushed: duckdb/ducklake #1074, #1084, #1364."""
    child = repo.create_branch("child", at=main.head - 1)
    grandchild = repo.create_branch("grandchild", parent="child")
    for branch in (main, child, grandchild):
        branch.execute("CREATE TABLE IF NOT EXISTS small (a INTEGER)")
        branch.execute("INSERT INTO small VALUES (1)")
        branch.execute("UPDATE small SET a = 2")
        branch.execute("DELETE FROM small")
        with repo._store.engine.session(branch.id) as cursor:
            metadata = f"__ducklake_metadata_b_{branch.id}"
            assert cursor.execute(f'FROM "{metadata}".ducklake_inlined_data_tables').fetchall() == []
            limit = f"SELECT value FROM \"{metadata}\".ducklake_metadata WHERE key = 'data_inlining_row_limit'"
            assert cursor.execute(limit).fetchall() == [("0",)]


def test_rows_are_stored_so_that_they_are_quick_to_read(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    for number in range(3):
        branch.execute(f"INSERT INTO portfolio VALUES ('N{number}', 1, 1.0, 1.0)")
    assert repo.compact("growth").files_before > 1
    files = list((repo.root / "data").rglob("*.parquet"))
    codecs = {pq.ParquetFile(file).metadata.row_group(0).column(0).compression for file in files}
    assert (len(files) > 3, codecs) == (True, {"LZ4"})


def test_a_failed_fork_leaves_nothing(repo: Repository, main: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted((repo.root / "catalogs").iterdir())
    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(StorageUnavailable, match="disk is full"):
        repo.create_branch("growth")
    assert sorted((repo.root / "catalogs").iterdir()) == before
    monkeypatch.undo()
    assert shares(repo.create_branch("growth")) == shares(main)


def test_only_what_was_shipped_is_trusted_without_a_signature() -> None:
    with connect_with(["sqlite_scanner"]) as connection:
        assert connection.execute("SELECT current_setting('allow_unsigned_extensions')").fetchone() == (False,)
