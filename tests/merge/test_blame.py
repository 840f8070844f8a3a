"""Who last changed a cell: over commits, forks and merges, and what stood there before."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from merge_desk import Desk, set_up

from hati_core import Branch, BranchView, CellBlame, CellChange, Repository, Side
from hati_core.errors import InvalidKey, TableNotFound


def _blamed(where: BranchView, key: tuple[Any, ...] = ("AAPL",), table: str = "portfolio") -> dict[str, CellBlame]:
    return {cell.column: cell for cell in where.blame(table, key)}


def _change(branch: Branch, what: str, author: str, ticker: str = "AAPL") -> int:
    branch.execute(f"UPDATE portfolio SET {what} WHERE ticker = '{ticker}'", author=author)
    return branch.head


def test_each_cell_names_the_commit_that_changed_it_last(desk: Desk) -> None:
    added = desk.trunk.head
    first = _change(desk.trunk, "shares = 1", "ann")
    last = _change(desk.trunk, "shares = 2", "bob")
    _change(desk.trunk, "shares = 7", "eve", ticker="MSFT")
    found = _blamed(desk.trunk)
    assert list(found) == ["ticker", "shares", "price"]
    shares = found["shares"]
    assert (shares.value, shares.before, shares.how) == (2, 1, CellChange.CHANGED)
    assert (shares.commit.version, shares.commit.author, shares.commit.branch) == (last, "bob", desk.trunk.name)
    assert (found["price"].how, found["price"].before, found["price"].commit.version) == (
        CellChange.ROW_ADDED,
        None,
        added,
    )
    assert _blamed(desk.trunk.at(first))["shares"].commit.author == "ann"


def test_writing_the_value_that_is_there_changes_nothing(desk: Desk) -> None:
    first = _change(desk.trunk, "shares = 1", "ann")
    _change(desk.trunk, "shares = 1", "bob")
    _change(desk.trunk, "price = 'nan'", "cyd")
    nan = desk.trunk.head
    _change(desk.trunk, "price = 'nan'", "dan")
    found = _blamed(desk.trunk)
    assert (found["shares"].commit.version, found["price"].commit.version) == (first, nan)


def test_a_fork_goes_on_into_the_history_of_its_parents(desk: Desk) -> None:
    _change(desk.trunk, "shares = 1", "ann")
    parent = desk.fork()
    _change(parent, "price = 9", "bob")
    child = desk.fork(parent=parent)
    desk.repo.discard(parent.name)
    _change(desk.trunk, "shares = 5", "later")
    found = _blamed(child)
    assert (found["shares"].commit.author, found["shares"].commit.branch) == ("ann", desk.trunk.name)
    assert (found["price"].commit.author, found["price"].commit.branch) == ("bob", parent.name)


def test_a_merge_is_named_with_the_author_on_the_merged_branch(desk: Desk) -> None:
    branch = desk.fork()
    written = _change(branch, "shares = 1", "ann")
    branch.execute("INSERT INTO portfolio VALUES ('NVDA', 1, 9)", author="bob")
    _change(desk.trunk, "price = 3", "cyd")
    desk.merge(branch)
    found = _blamed(desk.trunk)
    shares = found["shares"]
    assert (shares.commit.version, shares.commit.merged_from, shares.before) == (desk.trunk.head, branch.name, 100)
    assert shares.origin is not None
    assert (shares.origin.author, shares.origin.branch, shares.origin.version) == ("ann", branch.name, written)
    assert (found["price"].commit.author, found["price"].origin) == ("cyd", None)
    added = _blamed(desk.trunk, ("NVDA",))["shares"]
    assert (added.how, added.origin and added.origin.author) == (CellChange.ROW_ADDED, "bob")


def test_a_value_that_went_through_two_merges_names_who_wrote_it(desk: Desk) -> None:
    outer = desk.fork()
    inner = desk.fork(parent=outer)
    _change(inner, "shares = 1", "ann")
    desk.merge(inner, into=outer)
    desk.merge(outer)
    origin = _blamed(desk.trunk)["shares"].origin
    assert origin is not None
    assert (origin.author, origin.branch) == ("ann", inner.name)


def test_a_value_typed_in_while_merging_is_the_merge_s_own(desk: Desk) -> None:
    branch = desk.fork()
    _change(branch, "shares = 1", "ann")
    _change(desk.trunk, "shares = 2", "bob")
    plan = desk.plan(branch)
    desk.repo.apply_merge(plan.with_resolution(plan.conflicts[0].id, {"shares": 120}), author="cyd")
    cell = _blamed(desk.trunk)["shares"]
    assert (cell.value, cell.before, cell.commit.author, cell.origin) == (120, 2, "cyd", None)


def test_a_conflict_kept_as_it_was_is_no_change(desk: Desk) -> None:
    branch = desk.fork()
    _change(branch, "shares = 1", "ann")
    kept = _change(desk.trunk, "shares = 2", "bob")
    desk.merge(branch, side=Side.OURS)
    assert _blamed(desk.trunk)["shares"].commit.version == kept


def test_a_merge_from_a_branch_that_was_discarded_still_names_its_author(desk: Desk) -> None:
    branch = desk.fork()
    _change(branch, "shares = 1", "ann")
    desk.merge(branch)
    desk.repo.discard(branch.name)
    origin = _blamed(desk.trunk)["shares"].origin
    assert origin is not None
    assert origin.author == "ann"


def test_undoing_a_commit_is_a_change_of_its_own(desk: Desk) -> None:
    wrong = _change(desk.trunk, "shares = 1", "ann")
    undo = desk.repo.apply_merge(desk.repo.plan_revert(desk.trunk.name, wrong), author="bob")
    cell = _blamed(desk.trunk)["shares"]
    assert (cell.value, cell.before, cell.commit.version, cell.commit.reverts) == (100, 1, undo.version, wrong)


def test_a_row_that_went_and_came_again_begins_anew(desk: Desk) -> None:
    _change(desk.trunk, "price = 3", "ann")
    desk.trunk.execute("DELETE FROM portfolio WHERE ticker = 'AAPL'")
    desk.trunk.execute("INSERT INTO portfolio VALUES ('AAPL', 1, 3)", author="bob")
    assert {cell.commit.author for cell in desk.trunk.blame("portfolio", ("AAPL",))} == {"bob"}


def test_a_row_deleted_and_inserted_by_one_commit_was_changed(desk: Desk) -> None:
    added = desk.trunk.head
    with desk.trunk.transaction(author="ann") as tx:
        tx.execute("DELETE FROM portfolio WHERE ticker = 'AAPL'")
        tx.execute("INSERT INTO portfolio VALUES ('AAPL', 1, 1.5)")
    found = _blamed(desk.trunk)
    assert (found["shares"].how, found["shares"].before) == (CellChange.CHANGED, 100)
    assert found["price"].commit.version == added


def test_a_row_is_followed_under_the_key_that_it_had_before(desk: Desk) -> None:
    _change(desk.trunk, "shares = 1", "ann")
    renamed = _change(desk.trunk, "ticker = 'APPL'", "bob")
    _change(desk.trunk, "price = 3", "cyd", ticker="APPL")
    found = _blamed(desk.trunk, ("APPL",))
    assert [cell.commit.author for cell in found.values()] == ["bob", "ann", "cyd"]
    assert (found["ticker"].before, found["ticker"].commit.version) == ("AAPL", renamed)


def test_a_key_changed_before_columns_were_is_followed_too(desk: Desk) -> None:
    _change(desk.trunk, "shares = 1", "ann")
    _change(desk.trunk, "ticker = 'APPL'", "bob")
    desk.trunk.execute("ALTER TABLE portfolio RENAME shares TO pieces")
    desk.trunk.execute("ALTER TABLE portfolio ALTER pieces TYPE BIGINT")
    desk.trunk.execute("ALTER TABLE portfolio ADD COLUMN note VARCHAR", author="cyd")
    found = _blamed(desk.trunk, ("APPL",))
    assert (found["ticker"].commit.author, found["ticker"].before) == ("bob", "AAPL")
    assert (found["pieces"].commit.author, found["note"].commit.author) == ("ann", "cyd")


def test_columns_renamed_widened_and_added_keep_their_story(desk: Desk) -> None:
    _change(desk.trunk, "shares = 1", "ann")
    desk.trunk.execute("ALTER TABLE portfolio RENAME shares TO pieces")
    desk.trunk.execute("ALTER TABLE portfolio ALTER pieces TYPE BIGINT")
    desk.trunk.execute("ALTER TABLE portfolio ADD COLUMN note VARCHAR DEFAULT 'none'", author="bob")
    desk.trunk.execute("ALTER TABLE portfolio RENAME TO holdings")
    found = _blamed(desk.trunk, table="holdings")
    assert (found["pieces"].commit.author, found["pieces"].before) == ("ann", 100)
    assert (found["note"].commit.author, found["note"].how, found["note"].value) == (
        "bob",
        CellChange.COLUMN_ADDED,
        "none",
    )


def test_a_column_renamed_since_the_merge_still_names_its_author(desk: Desk) -> None:
    branch = desk.fork()
    _change(branch, "shares = 1", "ann")
    desk.merge(branch)
    desk.trunk.execute("ALTER TABLE portfolio RENAME shares TO pieces")
    origin = _blamed(desk.trunk)["pieces"].origin
    assert origin is not None
    assert origin.author == "ann"


def test_rows_without_a_key_are_followed_by_their_numbers(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE log (a INTEGER, b DOUBLE)")
    desk.trunk.execute("INSERT INTO log VALUES (1, 1), (1, 1)")
    second = desk.trunk.page("log").keys[1]
    branch = desk.fork()
    branch.execute(f"UPDATE log SET b = 9 WHERE rowid = {second[0]}", author="ann")
    desk.merge(branch)
    found = _blamed(desk.trunk, second, "log")
    assert (found["b"].before, found["b"].commit.merged_from) == (1, branch.name)
    assert found["b"].origin is not None
    assert found["b"].origin.author == "ann"
    assert found["a"].how is CellChange.ROW_ADDED


def test_a_row_of_several_key_columns_and_a_table_made_anew(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE prices (day DATE, ticker VARCHAR, price DOUBLE, PRIMARY KEY (day, ticker))")
    desk.trunk.execute("INSERT INTO prices VALUES ('2024-01-31', 'AAPL', 1), ('2024-01-31', 'MSFT', 2)", author="ann")
    desk.trunk.execute("UPDATE prices SET price = 3 WHERE ticker = 'MSFT'", author="bob")
    key = (date(2024, 1, 31), "MSFT")
    assert _blamed(desk.trunk, key, "prices")["price"].commit.author == "bob"
    desk.trunk.execute("CREATE OR REPLACE TABLE prices AS FROM prices", author="cyd")
    assert {cell.commit.author for cell in desk.trunk.blame("prices", key)} == {"cyd"}


def test_what_compaction_put_together_tells_the_same(desk: Desk) -> None:
    for shares in range(8):
        _change(desk.trunk, f"shares = {shares}", f"author {shares}")
    before = desk.trunk.blame("portfolio", ("AAPL",))
    desk.repo.compact(desk.trunk.name)
    assert desk.trunk.blame("portfolio", ("AAPL",)) == before
    assert before[1].commit.author == "author 7"


def test_a_row_or_table_that_is_not_there_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidKey, match="No row of “portfolio”"):
        desk.trunk.blame("portfolio", ("NONE",))
    with pytest.raises(InvalidKey, match="named by ticker"):
        desk.trunk.blame("portfolio", ("AAPL", 1))
    with pytest.raises(TableNotFound):
        desk.trunk.blame("nothing", ("AAPL",))


def test_what_hides_the_commits_is_said(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE odd (id INTEGER PRIMARY KEY, snapshot_id INTEGER)")
    desk.trunk.execute("INSERT INTO odd VALUES (1, 1)")
    with pytest.raises(InvalidKey, match="snapshot_id"):
        desk.trunk.blame("odd", (1,))


def test_the_rows_of_a_branch_whose_source_was_collected_name_the_merge_alone(repo: Repository) -> None:
    desk = set_up(repo)
    branch = desk.fork()
    _change(branch, "shares = 1", "ann")
    desk.merge(branch)
    repo.discard(branch.name)
    repo._store.registry.set_collected(branch.id)
    cell = _blamed(desk.trunk)["shares"]
    assert (cell.commit.merged_from, cell.origin) == (branch.name, None)
