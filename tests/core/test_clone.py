"""A fork's catalog is the parent's, value for value, whatever is written in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hati_core import Repository
from hati_core.errors import StorageUnavailable
from hati_core.storage.clone import clone

ODD_TEXTS = ['it\'s "quoted"', "naïve 🎈 ﷽", "a\x00b", "line\nbreak\\", "", "null", "[1]", '{"a": 1}']


def test_every_value_of_the_catalog_is_copied(tmp_path: Path) -> None:
    with Repository.open(tmp_path / "r", author="ada") as repo:
        main = repo.main
        main.execute(
            'CREATE TABLE "select ""x"" 🎈" (k BIGINT PRIMARY KEY, "it\'s" VARCHAR DEFAULT \'a\'\'b\', d DOUBLE)'
        )
        for number, text in enumerate(ODD_TEXTS):
            main.execute('INSERT INTO "select ""x"" 🎈" VALUES ($1, $2, $3)', [2**62 + number, text, number / 3])
        main.execute("INSERT INTO \"select \"\"x\"\" 🎈\" VALUES (-9223372036854775808, NULL, 'nan'), (1, 'x', '-inf')")
        main.execute('DELETE FROM "select ""x"" 🎈" WHERE k > 0', message="It's “gone” 🎈")
        main.execute('CREATE VIEW totals AS SELECT count(*) AS "n\'s" FROM "select ""x"" 🎈"')
        repo.create_branch("fork")
    ours = tmp_path / "r" / "catalogs" / f"{main.id}.sqlite"
    (fork,) = set(ours.parent.glob("*.sqlite")) - {ours}
    assert contents(fork) == contents(ours)
    assert len(contents(fork)) > 20


def test_a_catalog_that_cannot_be_written_says_so(repo: Repository, tmp_path: Path) -> None:
    engine = repo.main._store.engine
    with (
        engine.metadata_session(repo.main.id) as cursor,
        pytest.raises(StorageUnavailable, match="cannot be written: unable to open"),
    ):
        clone(cursor, f"__ducklake_metadata_{engine.attach(repo.main.id)}", tmp_path / "missing" / "fork.tmp")


def contents(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row and definition in a catalog that nothing has open."""
    with closing(sqlite3.connect(file)) as catalog:
        definitions = catalog.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1").fetchall()
        tables = {name: catalog.execute(f"SELECT rowid, * FROM {name}").fetchall() for name, _ in definitions}
    return {"definitions": definitions, **tables}
