"""Looking through a table: which rows a look leaves, in which order, page by page."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from hati_core.browsing import Filter, Look, Operator, count_rows, dump_filters, load_filters, read_rows
from hati_core.errors import InvalidValue


@pytest.fixture(scope="module")
def table(shared_repo: Repository) -> Branch:
    """Seven rows with empty cells and equal ones."""
    branch = shared_repo.create_branch("looked through")
    branch.execute('CREATE TABLE t (k INTEGER PRIMARY KEY, name VARCHAR, "x %" DOUBLE, day DATE)')
    branch.execute(
        "INSERT INTO t VALUES (1, 'Apple', 5, '2024-01-01'), (2, 'pear', NULL, NULL), (3, NULL, 5, '2024-03-01'), "
        "(4, 'Pineapple', 7.5, '2024-02-01'), (5, 'fig', -1, NULL), (6, '50% off', 0, NULL), (7, 'kiwi', NULL, NULL)"
    )
    return branch


def _keys(branch: Branch, look: Look, offset: int = 0, limit: int = 10) -> list[int]:
    info = branch.table("t")
    total = count_rows(branch, info, look)
    return [row["k"] for row in read_rows(branch, info, look, offset, limit, total)]


@pytest.mark.parametrize(
    ("look", "keys"),
    [
        (Look(), [1, 2, 3, 4, 5, 6, 7]),
        (Look(search="APPLE"), [1, 4]),
        (Look(search="%"), [6]),
        (Look(search="7.5"), [4]),
        (Look(search="7,5", comma=True), [4]),
        (Look(search="2024-0"), [1, 3, 4]),
        (Look(filters=(Filter("x %", Operator.EQUAL, "5"),)), [1, 3]),
        (Look(filters=(Filter("x %", Operator.UNEQUAL, "5"),)), [2, 4, 5, 6, 7]),
        (Look(filters=(Filter("x %", Operator.AT_LEAST, "5"), Filter("name", Operator.FILLED))), [1, 4]),
        (Look(filters=(Filter("x %", Operator.LESS, "0"),)), [5]),
        (Look(filters=(Filter("x %", Operator.EMPTY),)), [2, 7]),
        (Look(filters=(Filter("name", Operator.BEGINS, "p"),)), [2, 4]),
        (Look(filters=(Filter("day", Operator.GREATER, "2024-01-15"),)), [3, 4]),
        (Look(filters=(Filter("day", Operator.CONTAINS, "-03-"),)), [3]),
        (Look(search="a", filters=(Filter("k", Operator.AT_MOST, "3"),)), [1, 2]),
        (Look(sort="x %"), [5, 6, 1, 3, 4, 2, 7]),
        (Look(sort="x %", descending=True), [4, 1, 3, 6, 5, 2, 7]),
    ],
)
def test_a_look_leaves_these_rows_in_this_order(look: Look, keys: list[int], table: Branch) -> None:
    assert _keys(table, look) == keys


@pytest.mark.parametrize("look", [Look(), Look(sort="x %"), Look(sort="x %", descending=True), Look(search="i")])
@pytest.mark.parametrize("far", [0, 20_000])
def test_pages_put_together_are_the_whole(look: Look, far: int, table: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hati_core.browsing._FAR", far - 1)
    whole = _keys(table, look)
    assert [key for start in range(0, 9, 2) for key in _keys(table, look, start, 2)] == whole


@pytest.mark.parametrize(
    ("look", "found"),
    [
        (Look("1,010"), [7, 1010]),
        (Look("1010"), [1010]),
        (Look("1.010", comma=True), [1010]),
        (Look("1,500.5"), [1500]),
        (Look("1.500,5", comma=True), [1500]),
        (Look("1,010 sheets"), [7]),
    ],
)
def test_a_number_is_found_as_it_is_shown(look: Look, found: list[int], shared_repo: Repository) -> None:
    branch = shared_repo.create_branch(f"numbers {look}"[:40])
    branch.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, note VARCHAR, price DECIMAL(18,2))")
    branch.execute("INSERT INTO t VALUES (1010, 'a', 2), (1500, 'b', 1500.50), (7, '1,010 sheets', 3)")
    assert _keys(branch, look) == sorted(found)


def test_a_value_that_does_not_fit_its_column_is_said_so(table: Branch) -> None:
    with pytest.raises(InvalidValue):
        _keys(table, Look(filters=(Filter("x %", Operator.LESS, "many"),)))


def test_filters_stand_in_an_address_and_whatever_else_stands_there_is_none() -> None:
    filters = (Filter('a","b', Operator.AT_LEAST, "5"), Filter("x %", Operator.EMPTY))
    assert load_filters(dump_filters(filters)) == filters
    assert dump_filters(()) == ""
    for broken in ("", "[1]", '[["a","~","b"]]', "{", "null", '[["a"]]'):
        assert load_filters(broken) == ()


def test_a_look_of_another_table_is_cut_to_what_fits(table: Branch) -> None:
    look = Look("x", (Filter("gone", Operator.EQUAL, "1"), Filter("k", Operator.EQUAL, "1")), "gone", True)
    assert look.fitting(table.table("t")) == Look("x", (Filter("k", Operator.EQUAL, "1"),))
