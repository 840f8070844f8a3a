"""Branches are isolated, and forks start from what their parent was."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchNotFound
from tests.core.shares import shares

pytestmark = pytest.mark.every_backend


def test_writes_on_a_branch_do_not_reach_main(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    branch.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
    assert (shares(branch)["AAPL"], shares(main)["AAPL"]) == (200, 100)


def test_writes_on_main_do_not_reach_a_branch(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    main.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    main.execute("CREATE TABLE notes (text VARCHAR)")
    assert shares(branch) == {"AAPL": 100, "GOOGL": 50, "MSFT": 75}
    assert list(branch.tables()) == ["portfolio"]


def test_a_fork_of_a_fork_starts_from_its_parent(repo: Repository, main: Branch) -> None:
    child = repo.create_branch("child")
    child.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    grandchild = repo.create_branch("grandchild", parent="child")
    child.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    assert (shares(grandchild)["AAPL"], shares(child)["AAPL"], shares(main)["AAPL"]) == (1, 2, 100)


def test_a_fork_at_an_older_version_has_the_rows_of_then(repo: Repository, main: Branch) -> None:
    then = main.head
    main.execute("DELETE FROM portfolio WHERE ticker <> 'AAPL'")
    main.execute("INSERT INTO portfolio SELECT 'X' || range, range, 1, 1 FROM range(10)")
    main.execute("ALTER TABLE portfolio ADD COLUMN sector VARCHAR")
    branch = repo.create_branch("then", at=then)
    assert shares(branch) == {"AAPL": 100, "GOOGL": 50, "MSFT": 75}
    assert branch.query("SELECT count(*) AS n, max(shares) AS most FROM portfolio") == [{"n": 3, "most": 100}]
    assert "sector" not in branch.table("portfolio").column_names
    assert branch.head == then


def test_a_fork_at_an_older_version_can_be_written_and_merged(repo: Repository, main: Branch) -> None:
    then = main.head
    main.execute("INSERT INTO portfolio VALUES ('NVDA', 1, 1, 1)")
    branch = repo.create_branch("then", at=then)
    branch.execute("UPDATE portfolio SET shares = 7 WHERE ticker = 'MSFT'")
    repo.merge("then")
    assert shares(main) == {"AAPL": 100, "GOOGL": 50, "MSFT": 7, "NVDA": 1}


def test_files_that_a_fork_forgot_do_not_hide_its_own_rows(repo: Repository, main: Branch) -> None:
    """DuckLake hands out ids of files again; statistics of the forgotten file must not apply to the new one."""
    then = main.head
    main.execute("INSERT INTO portfolio VALUES ('ZZZ', 9000, 1, 1)")
    branch = repo.create_branch("then", at=then)
    branch.execute("INSERT INTO portfolio VALUES ('AAA', 5, 1, 1)")
    metadata = repo._store.engine.metadata(branch.id, "ducklake_file_column_stats")
    with repo._store.engine.session(branch.id) as cursor:
        twice = f"SELECT 1 FROM {metadata} GROUP BY data_file_id, column_id HAVING count(*) > 1"
        assert cursor.execute(twice).fetchall() == []
    assert branch.query("SELECT ticker FROM portfolio WHERE shares = 5") == [{"ticker": "AAA"}]


@pytest.mark.parametrize("version", [-1, 99])
def test_a_version_that_never_was_cannot_be_forked_or_read(
    shared_repo: Repository, shared_main: Branch, version: int
) -> None:
    with pytest.raises(BranchNotFound, match=f"there is no version {version}"):
        shared_repo.create_branch("never", at=version)
    with pytest.raises(BranchNotFound, match=f"there is no version {version}"):
        shared_main.at(version)
    assert "never" not in [info.name for info in shared_repo.branches("all")]


def test_the_list_says_where_a_branch_comes_from(repo: Repository, main: Branch) -> None:
    repo.create_branch("growth", description="buy more tech", author="eve")
    first, second = repo.branches()
    assert (first.name, first.parent, first.is_main) == ("main", None, True)
    assert (second.parent, second.base, second.head, second.author) == ("main", main.head, main.head, "eve")
    assert second.description == "buy more tech"


def test_the_list_shows_a_commit_at_once(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    before = {info.name: info.head for info in repo.branches()}
    branch.execute("DELETE FROM portfolio")
    assert {info.name: info.head for info in repo.branches()} == {**before, "growth": before["growth"] + 1}


def test_another_reader_sees_every_commit_at_once(repo: Repository, main: Branch, place: str) -> None:
    with Repository.open(place, author="bob") as other:
        for _ in range(20):
            main.execute("UPDATE portfolio SET shares = shares + 1")
            assert other.main.head == main.head == other.branches()[0].head
