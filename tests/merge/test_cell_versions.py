"""Who made each cell of a conflict, on each side."""

from __future__ import annotations

from merge_desk import Desk

from hati_core import Branch, Conflict, Side


def _change(branch: Branch, sql: str, author: str) -> int:
    branch.execute(sql, author=author)
    return branch.head


def _set(branch: Branch, what: str, author: str, ticker: str = "AAPL") -> int:
    return _change(branch, f"UPDATE portfolio SET {what} WHERE ticker = '{ticker}'", author)


def _made(desk: Desk, branch: Branch) -> dict[tuple[object, ...], dict[Side, dict[str, int]]]:
    plan = desk.plan(branch)
    conflicts: list[Conflict] = list(plan.conflicts)
    found = plan.cell_versions(conflicts)
    return {one.key: {side: dict(cells) for side, cells in found[one.id].items()} for one in conflicts}


def test_each_cell_of_a_row_has_the_commit_that_made_it_and_not_the_last_that_touched_the_row(desk: Desk) -> None:
    branch = desk.fork()
    alice = _set(branch, "shares = 200", "alice")
    carol = _set(branch, "price = 9", "carol")
    _change(branch, "ALTER TABLE portfolio ADD COLUMN sector VARCHAR DEFAULT 'IT'", "eve")
    bob = _set(desk.trunk, "shares = 300", "bob")
    dave = _set(desk.trunk, "price = 8", "dave")
    assert _made(desk, branch) == {
        ("AAPL",): {Side.OURS: {"shares": bob, "price": dave}, Side.THEIRS: {"shares": alice, "price": carol}}
    }


def test_a_cell_that_was_changed_twice_has_the_later_commit_and_one_set_back_and_again_too(desk: Desk) -> None:
    branch = desk.fork()
    for shares in (200, 100, 200):
        last = _set(branch, f"shares = {shares}", "ada")
    _set(branch, "price = 7", "eve")
    theirs = _set(desk.trunk, "shares = 5", "bob")
    assert _made(desk, branch) == {("AAPL",): {Side.OURS: {"shares": theirs}, Side.THEIRS: {"shares": last}}}


def test_a_row_that_a_side_removed_has_no_cells_there(desk: Desk) -> None:
    branch = desk.fork("DELETE FROM portfolio WHERE ticker = 'AAPL'")
    edited = _set(desk.trunk, "shares = 5", "bob")
    assert _made(desk, branch) == {("AAPL",): {Side.OURS: {"shares": edited}, Side.THEIRS: {}}}


def test_rows_that_both_sides_added_are_followed_from_there(desk: Desk) -> None:
    branch = desk.fork()
    added = _change(branch, "INSERT INTO portfolio VALUES ('TSLA', 1, 1)", "ada")
    priced = _set(branch, "price = 2", "eve", ticker="TSLA")
    both = _change(desk.trunk, "INSERT INTO portfolio VALUES ('TSLA', 3, 4)", "bob")
    assert _made(desk, branch) == {
        ("TSLA",): {Side.OURS: {"shares": both, "price": both}, Side.THEIRS: {"shares": added, "price": priced}}
    }


def test_a_key_of_two_columns_and_a_renamed_column_are_found(desk: Desk) -> None:
    for sql in (
        'CREATE TABLE lots (day DATE, "no." INTEGER, paid DECIMAL(9, 2), PRIMARY KEY (day, "no."))',
        "INSERT INTO lots VALUES ('2024-02-29', 1, 1.5), ('2024-02-29', 2, 2.5)",
    ):
        desk.trunk.execute(sql)
    branch = desk.fork()
    paid = _change(branch, 'UPDATE lots SET paid = 3 WHERE "no." = 2', "ada")
    _change(branch, "ALTER TABLE lots RENAME COLUMN paid TO cost", "eve")
    ours = _change(desk.trunk, "UPDATE lots SET paid = 4", "bob")
    (made,) = _made(desk, branch).values()
    assert made == {Side.OURS: {"cost": ours}, Side.THEIRS: {"cost": paid}}


def test_rows_without_a_key_are_followed_by_their_numbers(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE notes (text VARCHAR, stars INTEGER)")
    desk.trunk.execute("INSERT INTO notes VALUES ('a', 1), ('a', 1), ('b', 2)")
    branch = desk.fork()
    stars = _change(branch, "UPDATE notes SET stars = 5 WHERE text = 'b'", "ada")
    _change(branch, "UPDATE notes SET text = 'B' WHERE text = 'b'", "eve")
    ours = _change(desk.trunk, "UPDATE notes SET stars = 4 WHERE text = 'b'", "bob")
    (made,) = _made(desk, branch).values()
    assert made == {Side.OURS: {"stars": ours}, Side.THEIRS: {"stars": stars}}


def test_a_table_made_anew_tells_of_no_cell(desk: Desk) -> None:
    branch = desk.fork("CREATE OR REPLACE TABLE portfolio AS SELECT ticker, shares + 1 AS shares, price FROM portfolio")
    ours = _set(desk.trunk, "shares = 5", "bob")
    made = _made(desk, branch).get(("AAPL",), {Side.OURS: {"shares": ours}})
    assert Side.THEIRS not in made
