"""Compaction makes few files of many and changes nothing else."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchNotFound
from hati_core.storage.compaction import MANY_FILES, Compactor

pytestmark = pytest.mark.every_backend

EVERY_TYPE = {
    "flag": "BOOLEAN",
    "tiny": "TINYINT",
    "big": "UBIGINT",
    "price": "DECIMAL(38,10)",
    "ratio": "DOUBLE",
    "day": "DATE",
    "moment": "TIMESTAMPTZ",
    "exact": "TIMESTAMP_NS",
    "span": "INTERVAL",
    "raw": "BLOB",
    "id": "UUID",
    "doc": "JSON",
    "tags": "VARCHAR[]",
    "grid": "INTEGER[][]",
    "place": "STRUCT(x DOUBLE, names VARCHAR[], deep STRUCT(y INTEGER))",
    "prices": "MAP(VARCHAR, STRUCT(low DOUBLE, high DOUBLE))",
}
VALUES = (
    "true, -3, 18446744073709551615, 1.0000000001, 'nan', '2024-02-29', '2024-02-29 12:00:00+02', "
    "'2024-02-29 12:00:00.123456789', INTERVAL 3 DAYS, '\\xAA\\x00'::BLOB, '6ff8f5a3-04ad-4b32-9ae8-8b1fa1f2a4d1', "
    "'{\"a\": [1, null]}', ['x', NULL], [[1], []], {'x': 1.5, 'names': ['n'], 'deep': {'y': 7}}, "
    "MAP {'AAPL': {'low': 1, 'high': 2}}"
)


def history(repo: Repository, branch: Branch, table: str) -> list[object]:
    """Rows with their lineage at every version, and what was inserted and deleted from one to another."""
    catalog = repo._store.catalog(branch.id)
    found: list[object] = []
    with repo._store.engine.session(branch.id) as cursor:

        def rows(relation: str) -> None:
            found.append(cursor.execute(f"SELECT rowid, snapshot_id, * FROM {relation} ORDER BY ALL").fetchall())
            found.append(cursor.execute(f"SELECT count(*) FROM {relation}").fetchall())

        versions = [v for v in range(branch.head + 1) if table in repo._store.tables(branch.id, v)]
        for version in versions:
            rows(catalog.at(table, version))
        for first, last in [*pairwise(versions), (versions[0], versions[-1])]:
            for feed in ("insertions", "deletions"):
                rows(f"ducklake_table_{feed}('{catalog.alias}', 'main', '{table}', {first}, {last})")
    return found


def live_files(repo: Repository, branch: Branch) -> int:
    engine = repo._store.engine
    with engine.metadata_session(branch.id) as cursor:
        files = engine.metadata(branch.id, "ducklake_data_file")
        return int(cursor.execute(f"SELECT count(*) FROM {files} WHERE end_snapshot IS NULL").fetchall()[0][0])


def many_edits(branch: Branch) -> None:
    """Rows that were inserted, updated, updated back, deleted and inserted again, each in a commit of its own."""
    branch.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, a INTEGER)")
    branch.execute("INSERT INTO t SELECT range, range FROM range(20)")
    for key in range(4):
        branch.execute(f"UPDATE t SET a = a + 100 WHERE k = {key}")
    branch.execute("UPDATE t SET a = a - 100 WHERE k = 1")
    branch.execute("DELETE FROM t WHERE k IN (2, 3, 9)")
    branch.execute("INSERT INTO t VALUES (3, 30), (100, 1)")
    branch.execute("UPDATE t SET a = 31 WHERE k = 3")


def test_every_version_keeps_its_rows_their_lineage_and_its_changes(repo: Repository) -> None:
    many_edits(repo.main)
    for _ in range(2):
        before, head, files = history(repo, repo.main, "t"), repo.main.head, live_files(repo, repo.main)
        report = repo.compact("main")
        assert (history(repo, repo.main, "t"), repo.main.head) == (before, head)
        assert report.branches == ("main",)
        assert live_files(repo, repo.main) == files - report.files_before + report.files_after < files
        for key in (5, 6, 7, 8):
            repo.main.execute(f"UPDATE t SET a = -1 WHERE k = {key}")


def test_rows_keep_their_numbers_where_updates_follow_each_other(repo: Repository) -> None:
    """DuckLake's own merging numbers these rows anew."""
    repo.main.execute("CREATE TABLE t AS SELECT range AS k FROM range(8)")
    for key in range(8):
        repo.main.execute(f"UPDATE t SET k = k + 100 WHERE k = {key}")
    before = history(repo, repo.main, "t")
    assert repo.compact("main").files_before == 8
    assert history(repo, repo.main, "t") == before


def test_a_table_without_a_key_merges_cell_by_cell_across_a_compaction(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE t AS SELECT 1 AS a, 1 AS b FROM range(4)")
    repo.main.execute("UPDATE t SET a = 2 WHERE rowid = 0")
    branch = repo.create_branch("branch")
    for row in (0, 1, 2):
        branch.execute(f"UPDATE t SET a = 5 WHERE rowid = {row}")
        repo.main.execute(f"UPDATE t SET b = 7 WHERE rowid = {row}")
    repo.compact("main")
    assert repo.compact("branch").files_before == 3
    assert not repo.plan_merge("branch").conflicts
    repo.merge("branch")
    assert rows_of(repo.main) == [(1, 1), (5, 7), (5, 7), (5, 7)]


@pytest.mark.parametrize("key", ["k INTEGER PRIMARY KEY", "k INTEGER"])
def test_a_file_emptied_in_two_steps_by_one_commit_after_a_compaction_is_merged_and_undone(
    repo: Repository, key: str
) -> None:
    """DuckLake's feed tells of the rows of the first step twice, once by the version that made them."""
    repo.main.execute(f"CREATE TABLE t ({key}, a INTEGER)")
    for row in (1, 2, 3):
        repo.main.execute(f"INSERT INTO t VALUES ({row}, {row})")
    repo.compact("main")
    branch = repo.create_branch("branch")
    with branch.transaction() as tx:
        tx.execute("DELETE FROM t WHERE k = 1")
        tx.execute("UPDATE t SET a = a + 1")
    repo.main.execute("INSERT INTO t VALUES (4, 4)")
    repo.merge("branch")
    assert rows_of(repo.main) == [(2, 3), (3, 4), (4, 4)]
    repo.apply_merge(repo.plan_revert("main", repo.main.head))
    assert rows_of(repo.main) == [(1, 1), (2, 2), (3, 3), (4, 4)]
    branch.restore(branch.head - 1)
    assert rows_of(branch) == [(1, 1), (2, 2), (3, 3)]


def rows_of(branch: Branch) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in branch.query("FROM t ORDER BY ALL")]


def test_forks_of_every_older_version_have_that_versions_rows(repo: Repository) -> None:
    main = repo.main
    many_edits(main)
    repo.compact("main")
    main.execute("UPDATE t SET a = -1 WHERE k IN (0, 15)")
    for version in range(2, main.head + 1, 2):
        fork = repo.create_branch(f"fork {version}", at=version)
        rows = main.at(version).query("FROM t ORDER BY k")
        assert fork.query("FROM t ORDER BY k") == rows
        assert not repo.plan_merge(fork.name).tables
        for key in (0, 1, 11):
            fork.execute(f"UPDATE t SET a = 7 WHERE k = {key}")
        fork.execute("INSERT INTO t VALUES (77, 7)")
        expected = {row["k"]: 7 if row["k"] in (0, 1, 11) else row["a"] for row in rows} | {77: 7}
        assert {row["k"]: row["a"] for row in fork.query("FROM t")} == expected


def test_values_of_every_type_outlive_compaction_and_a_fork_of_an_older_version(repo: Repository) -> None:
    main = repo.main
    columns = ", ".join(f"{name} {kind}" for name, kind in EVERY_TYPE.items())
    main.execute(f"CREATE TABLE t (k INTEGER PRIMARY KEY, {columns})")
    main.execute(f"INSERT INTO t SELECT 1, {VALUES}")
    for key in (2, 3):
        main.execute(f"INSERT INTO t SELECT {key}, {VALUES}")
    main.execute("INSERT INTO t (k) VALUES (4)")
    rows = {version: str(main.at(version).query("FROM t ORDER BY k")) for version in range(1, main.head + 1)}
    assert repo.compact("main").files_before == 4
    for version, expected in rows.items():
        fork = repo.create_branch(f"fork {version}", at=version)
        fork.execute("INSERT INTO t (k) VALUES (50)")
        assert str(main.at(version).query("FROM t ORDER BY k")) == expected
        assert str(fork.query("FROM t WHERE k < 50 ORDER BY k")) == expected


def test_a_fork_of_a_version_before_a_column_was_added_can_add_another(repo: Repository) -> None:
    main = repo.main
    many_edits(main)
    before = main.head
    main.execute("ALTER TABLE t ADD COLUMN price INTEGER DEFAULT 9")
    for key in (0, 1, 5):
        main.execute(f"UPDATE t SET price = 10 WHERE k = {key}")
    found = history(repo, main, "t")
    repo.compact("main")
    assert history(repo, main, "t") == found
    fork = repo.create_branch("fork", at=before)
    fork.execute("ALTER TABLE t ADD COLUMN note INTEGER")
    assert fork.query("SELECT DISTINCT note FROM t") == [{"note": None}]


def test_a_table_that_was_renamed_and_one_that_was_dropped_are_no_hindrance(repo: Repository) -> None:
    many_edits(repo.main)
    repo.main.execute("CREATE TABLE gone AS SELECT 1 AS a")
    repo.main.execute("INSERT INTO gone VALUES (2)")
    repo.main.execute("ALTER TABLE t RENAME TO kept")
    repo.main.execute("DROP TABLE gone")
    rows = repo.main.query("FROM kept ORDER BY ALL")
    assert repo.compact("main").files_after == 1
    assert repo.main.query("FROM kept ORDER BY ALL") == rows
    assert repo.main.at(repo.main.head - 1).query("SELECT count(*) AS n FROM gone") == [{"n": 2}]


def test_what_a_branch_inherited_is_left_to_its_parent(repo: Repository) -> None:
    many_edits(repo.main)
    assert repo.compact(repo.create_branch("fork").name).branches == ()


def test_only_branches_with_many_small_files_are_compacted_in_passing(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE t (k INTEGER PRIMARY KEY)")
    for key in range(MANY_FILES - 1):
        repo.main.execute(f"INSERT INTO t VALUES ({key})")
    assert repo.compact().branches == ()
    repo.main.execute("INSERT INTO t VALUES (-1)")
    report = repo.compact()
    assert (report.branches, report.files_before, report.files_after) == (("main",), MANY_FILES, 1)


def test_files_that_were_put_together_go_after_the_grace_period_and_no_sooner(repo: Repository) -> None:
    many_edits(repo.main)
    repo.compact("main")
    data = repo._store.engine.place.data
    files = {file.name for file in data.list()}
    assert repo.gc().files == 0
    found = history(repo, repo.main, "t")
    assert repo.gc(timedelta(0)).files > 0
    assert {file.name for file in data.list()} < files
    assert history(repo, repo.main, "t") == found


def test_a_write_in_the_meantime_stands_and_the_branch_is_compacted_all_the_same(repo: Repository) -> None:
    many_edits(repo.main)
    main = repo.main

    class Interrupted(Compactor):
        """Lets a writer in between looking and replacing, where no lock is held."""

        def _still_stands(self, merged: object) -> bool:
            stands = super()._still_stands(merged)  # type: ignore[arg-type]
            seen.append(stands)
            return stands

        def _held(self):  # type: ignore[no-untyped-def]
            if len(seen) < 2:
                main.execute(f"UPDATE t SET a = {1000 + len(seen)} WHERE k = 12")
            return super()._held()

    seen: list[bool] = []
    before, after = Interrupted(repo._store.engine, main.id, "main", 0).run(2)
    assert seen == [False, False, True]
    assert before > after == 1
    assert main.query("SELECT a FROM t WHERE k = 12") == [{"a": 1001}]


def test_a_branch_that_is_not_there_cannot_be_compacted(repo: Repository) -> None:
    with pytest.raises(BranchNotFound):
        repo.compact("nowhere")
