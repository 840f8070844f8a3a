"""Looking back on a branch: pages of its log, tables as they were, two versions beside each other."""

from __future__ import annotations

import pytest

from hati_core import Branch, ChangeKind, CommitFilter, Repository
from hati_core.errors import BranchNotFound, TableNotFound


@pytest.fixture
def told(repo: Repository, main: Branch) -> Branch:
    """``main`` with three more commits, by ann, bob and ann."""
    main.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'", message="Sell Apple", author="ann")
    main.execute("CREATE TABLE notes AS SELECT 1 AS id, 'x' AS text", message="Take notes", author="bob")
    main.execute("INSERT INTO notes VALUES (2, '100 %')", message="More_notes", author="ann")
    return main


def test_pages_of_the_log_follow_each_other(told: Branch) -> None:
    everything = told.log(10)
    assert told.log(2) + told.log(2, offset=2) + told.log(10, offset=4) == everything
    assert told.commit_count() == len(everything) == told.head + 1
    assert told.log(2, offset=100) == []


@pytest.mark.parametrize(
    ("wanted", "messages"),
    [
        (CommitFilter(author="ann"), ["More_notes", "Sell Apple"]),
        (CommitFilter(table="notes"), ["More_notes", "Take notes"]),
        (CommitFilter(text="apple"), ["Sell Apple"]),
        (CommitFilter(text="BOB"), ["Take notes"]),
        (CommitFilter(text="e_n"), ["More_notes"]),
        (CommitFilter(author="ann", table="notes", text="more"), ["More_notes"]),
        (CommitFilter(author="nobody"), []),
        (CommitFilter(text="'; DROP TABLE notes --"), []),
    ],
)
def test_commits_are_found_by_author_table_and_text(told: Branch, wanted: CommitFilter, messages: list[str]) -> None:
    assert [commit.message for commit in told.log(wanted=wanted)] == messages
    assert told.commit_count(wanted) == len(messages)


def test_what_there_is_to_filter_by(told: Branch) -> None:
    assert {"ann", "bob"} <= set(told.authors())
    assert told.touched_tables() == ["notes", "portfolio"]
    assert told.at(told.head - 2).touched_tables() == ["portfolio"]


def test_commits_before_a_fork_bear_the_parents_name(repo: Repository, told: Branch) -> None:
    child = repo.create_branch("child")
    child.execute("DELETE FROM notes", message="Tidy")
    grandchild = repo.create_branch("grandchild", "child")
    grandchild.execute("DROP TABLE notes", message="Gone")
    assert [commit.branch for commit in grandchild.log(3)] == ["grandchild", "child", "main"]
    repo.discard("child")
    found = grandchild.commit(child.head)
    assert found is not None
    assert (found.branch, found.message) == ("child", "Tidy")
    assert grandchild.commit(1000) is None


def test_the_authors_of_rows_are_those_who_wrote_or_removed_them_since(told: Branch) -> None:
    before = told.head
    told.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'", author="bob")
    told.execute("UPDATE portfolio SET shares = 3 WHERE ticker = 'MSFT'", author="cyd")
    told.execute("DELETE FROM portfolio WHERE ticker = 'AAPL'", author="dan")
    assert told.authors_of("portfolio", [("AAPL",)], before) == ["bob", "dan"]
    assert told.authors_of("portfolio", [("AAPL",), ("MSFT",)], before) == ["bob", "cyd", "dan"]
    assert told.authors_of("portfolio", [("AAPL",)], before + 1) == ["dan"]
    assert told.authors_of("portfolio", [("GOOGL",)], before) == []
    assert told.authors_of("portfolio", [], before) == []
    assert told.authors(before + 1) == ["cyd", "dan"]


def test_a_restore_says_which_version_it_went_back_to(told: Branch) -> None:
    commit = told.restore(1)
    assert (commit.restores, commit.reverts, commit.merged_from) == (1, None, None)
    assert told.log(2)[1].restores is None


def test_a_page_of_a_table_is_in_key_order_with_its_keys(told: Branch) -> None:
    page = told.at(1).page("PORTFOLIO", offset=1, limit=1)
    assert (page.keys, page.rows[0]["shares"], page.total) == ((("GOOGL",),), 50, 3)
    assert told.page("portfolio", limit=1).rows[0]["shares"] == 1
    with pytest.raises(TableNotFound):
        told.at(1).page("notes")


@pytest.mark.parametrize(
    ("key", "row", "name"),
    [
        ("day DATE", "DATE '2024-01-31'", "2024-01-31"),
        ("price DECIMAL(9,2)", "1.5", "1.50"),
        ("moment TIMESTAMP", "TIMESTAMP '2024-01-31 09:30:00'", "2024-01-31 09:30:00"),
        ("name VARCHAR", "'Möbius [x] \"y\"'", 'Möbius [x] "y"'),
        ("account VARCHAR, number BIGINT", "'a,\"b', 7", '["a,\\"b","7"]'),
    ],
)
def test_a_row_is_found_again_by_the_name_of_its_key(repo: Repository, key: str, row: str, name: str) -> None:
    columns = [part.split()[0] for part in key.split(", ")]
    repo.main.execute(f"CREATE TABLE held ({key}, amount INTEGER, PRIMARY KEY ({', '.join(columns)}))")
    repo.main.execute(f"INSERT INTO held VALUES ({row}, 1)")
    page = repo.main.page("held")
    assert page.names == (name,)
    assert repo.main.key_named("HELD", name) == page.keys[0]
    for other in ("", "x", "[1", '["a"]', '{"a": 1}', "[" * 5_000):
        assert repo.main.key_named("held", other) is None


def test_two_versions_of_a_branch_beside_each_other(repo: Repository, told: Branch) -> None:
    diff = repo.diff("main", "main", source_version=2, target_version=1)
    assert (diff.source_version, diff.target_version) == (2, 1)
    table = diff.tables["portfolio"]
    assert (table.added, table.changed, table.removed) == (0, 1, 0)
    (change,) = table.rows(ChangeKind.CHANGED)
    assert change.before
    assert change.after
    assert (change.before["shares"], change.after["shares"]) == (100, 1)
    back = repo.diff("main", "main", source_version=1)
    assert back.tables["notes"].schema_changes == ("table dropped",)
    assert back.tables["portfolio"].rows()[0].after == change.before


def test_versions_of_two_branches_and_those_before_a_fork(repo: Repository, told: Branch) -> None:
    child = repo.create_branch("child")
    child.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    told.execute("UPDATE portfolio SET shares = 3 WHERE ticker = 'AAPL'")
    forked = child.head - 1
    assert not repo.diff("child", "main", source_version=forked, target_version=forked)
    (change,) = repo.diff("child", "main", target_version=1).tables["portfolio"].rows()
    assert change.before
    assert change.after
    assert (change.before["shares"], change.after["shares"]) == (100, 2)
    (change,) = repo.diff("main", "child", source_version=1).tables["portfolio"].rows()
    assert change.before
    assert change.after
    assert (change.before["shares"], change.after["shares"]) == (2, 100)


def test_the_log_of_a_branch_is_read_without_attaching_it(repo: Repository, told: Branch) -> None:
    child = repo.create_branch("child")
    child.execute("DELETE FROM notes", message="Tidy", author="ann")
    catalog, engine = repo._store.catalog(child.id), repo._store.engine
    wanted = CommitFilter(author="ann", table="notes", text="tidy")
    known = catalog.commits(9), catalog.commit_count(child.head, wanted), catalog.touched(child.head)
    engine.detach(child.id)
    assert (catalog.commits(9), catalog.commit_count(child.head, wanted), catalog.touched(child.head)) == known
    assert not [alias for alias in engine._instance.attached if child.id in alias]


@pytest.mark.parametrize("version", [-1, 1000])
def test_a_version_that_is_not_there_is_refused(repo: Repository, told: Branch, version: int) -> None:
    with pytest.raises(BranchNotFound, match=f"no version {version}"):
        repo.diff("main", "main", source_version=version)
