"""A fork of an older version has that version's rows, whatever happened to their files since."""

from __future__ import annotations

from itertools import product

import pytest

from hati_core import Repository

pytestmark = pytest.mark.every_backend

DELETE, UPDATE = "DELETE FROM t WHERE k = {}", "UPDATE t SET s = s + 100 WHERE k = {}"
ON_THE_FORK = {
    "nothing": [],
    "another table": ["CREATE TABLE other AS SELECT 1 AS a", "INSERT INTO other VALUES (2)"],
    "a delete": [DELETE.format(3), DELETE.format(4)],
    "an update": [UPDATE.format(3), UPDATE.format(4), UPDATE.format(4)],
}


@pytest.mark.parametrize(("before", "after"), list(product((DELETE, UPDATE), repeat=2)), ids=lambda sql: sql.split()[0])
def test_what_came_later_stays_away_from_a_fork_of_an_old_version(repo: Repository, before: str, after: str) -> None:
    main = repo.main
    main.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, s INTEGER)")
    main.execute("INSERT INTO t SELECT range, range FROM range(10)")
    main.execute(before.format(1))
    version, rows = main.head, {row["k"]: row["s"] for row in main.query("FROM t")}
    for key in (7, 8):
        main.execute(after.format(key))
    for number, (name, statements) in enumerate(ON_THE_FORK.items()):
        fork = repo.create_branch(f"fork {number}", at=version)
        expected = dict(rows)
        for statement in statements:
            fork.execute(statement)
            key = int(statement.rsplit("= ", 1)[1]) if " t " in statement else None
            if key is not None and statement.startswith("DELETE"):
                del expected[key]
            elif key is not None:
                expected[key] += 100
        assert {row["k"]: row["s"] for row in fork.query("FROM t")} == expected, name
        assert fork.query("SELECT count(*) AS n FROM t") == [{"n": len(expected)}], name
        plan = repo.plan_merge(fork.name)
        touched = {key for key in rows if expected.get(key) != rows[key]}
        changes = plan.tables["t"].rows() if "t" in plan.tables else []
        assert {change.key[0] for change in changes} == touched, name
        assert len(plan.conflicts) == 0, name


def test_a_fork_of_a_fork_of_an_old_version_has_the_same_rows(repo: Repository) -> None:
    main = repo.main
    main.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, s INTEGER)")
    main.execute("INSERT INTO t SELECT range, range FROM range(10)")
    for key in (1, 2, 3):
        main.execute(DELETE.format(key))
    first = repo.create_branch("first", at=main.head - 1)
    first.execute(DELETE.format(5))
    second = repo.create_branch("second", parent="first", at=first.head - 1)
    second.execute(DELETE.format(6))
    assert sorted(row["k"] for row in first.query("FROM t")) == [0, 3, 4, 6, 7, 8, 9]
    assert sorted(row["k"] for row in second.query("FROM t")) == [0, 3, 4, 5, 7, 8, 9]
    assert sorted(row["k"] for row in main.query("FROM t")) == [0, 4, 5, 6, 7, 8, 9]


def test_files_of_a_fork_of_an_old_version_get_numbers_of_their_own(repo: Repository) -> None:
    main = repo.main
    for table in ("t", "other"):
        main.execute(f"CREATE TABLE {table} (k INTEGER PRIMARY KEY)")
    main.execute("INSERT INTO t SELECT range FROM range(10)")
    version = main.head + 1
    for key in range(6):
        main.execute(DELETE.format(key))
    fork = repo.create_branch("fork", at=version)
    fork.execute("INSERT INTO other SELECT range FROM range(10)")
    for key in range(6):
        fork.execute(DELETE.replace(" t ", " other ").format(key))
    assert [fork.query(f"SELECT count(*) AS n FROM {table}") for table in ("t", "other")] == [[{"n": 9}], [{"n": 4}]]
