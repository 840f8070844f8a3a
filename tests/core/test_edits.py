"""What a grid saves: rows by key, with values that fit, as one commit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from hati_core import Branch, Repository, TableEdits
from hati_core.errors import BranchMoved, InvalidKey, InvalidValue, KeyViolation, StaleEdit, TableNotFound
from tests.core.shares import shares

pytestmark = pytest.mark.every_backend


def test_inserts_changes_and_deletes_are_one_commit(branch: Branch) -> None:
    before = branch.head
    commit = branch.edit(
        "portfolio",
        TableEdits(
            inserts=[{"ticker": "NVDA", "shares": 200}, {"ticker": "BND"}],
            updates={("AAPL",): {"shares": 120}, ("MSFT",): {"shares": None, "avg_cost": 1.5}},
            deletes=[("GOOGL",)],
        ),
        expected_version=before,
        author="eve",
    )
    assert shares(branch) == {"AAPL": 120, "BND": None, "MSFT": None, "NVDA": 200}
    assert branch.query("SELECT avg_cost FROM portfolio WHERE ticker = 'MSFT'") == [{"avg_cost": 1.5}]
    assert (commit.version, commit.author, commit.summary) == (before + 1, "eve", "portfolio +2 ~2 −1")


def test_one_changed_row_is_named_in_the_message(branch: Branch) -> None:
    assert branch.edit("portfolio", TableEdits(updates={("AAPL",): {"shares": 1}})).message == "AAPL: shares = 1"


def test_edits_of_a_branch_that_moved_are_refused(branch: Branch) -> None:
    seen = branch.head
    branch.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    with pytest.raises(BranchMoved, match="has changed since you opened “portfolio”") as caught:
        branch.edit("portfolio", TableEdits(updates={("AAPL",): {"shares": 1}}), expected_version=seen)
    assert (caught.value.expected, caught.value.actual) == (seen, seen + 1)
    assert shares(branch)["AAPL"] == 100


@pytest.mark.parametrize("edits", [TableEdits(updates={("XOM",): {"shares": 1}}), TableEdits(deletes=[("XOM",)])])
def test_a_row_that_is_gone_is_named(branch: Branch, edits: TableEdits) -> None:
    with pytest.raises(StaleEdit, match="XOM: no such row"):
        branch.edit("portfolio", edits)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("shares", "many"),
        ("shares", 1.5),
        ("shares", "2.5"),
        ("shares", 3_000_000_000),
        ("shares", date(2024, 1, 1)),
        ("avg_cost", "12,5"),
        ("ticker", None),
        ("colour", "red"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_column(branch: Branch, column: str, value: object) -> None:
    before = branch.head
    with pytest.raises(InvalidValue, match=column) as caught:
        branch.edit("portfolio", TableEdits(updates={("AAPL",): {column: value}}))
    assert caught.value.column == column
    assert branch.head == before


def test_values_keep_their_types(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, d DATE, m DECIMAL(10,2), l INTEGER[], s VARCHAR)")
    row = {"k": 1, "d": date(2024, 2, 29), "m": Decimal("0.10"), "l": [1, None], "s": "a'; DROP TABLE t; --"}
    repo.main.edit("t", TableEdits(inserts=[row]))
    assert repo.main.query("FROM t") == [row]


def test_a_row_is_found_by_a_composite_key(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE t (a INTEGER, b VARCHAR, v INTEGER, PRIMARY KEY (a, b))")
    repo.main.execute("INSERT INTO t VALUES (1, 'x', 0), (1, 'y', 0)")
    repo.main.edit("t", TableEdits(updates={(1, "y"): {"v": 5}}, deletes=[(1, "x")]))
    assert repo.main.query("FROM t") == [{"a": 1, "b": "y", "v": 5}]


def test_a_key_can_be_edited_but_not_to_one_that_is_taken(branch: Branch) -> None:
    branch.edit("portfolio", TableEdits(updates={("GOOGL",): {"ticker": "GOOG"}}))
    assert list(shares(branch)) == ["AAPL", "GOOG", "MSFT"]
    for edits in (TableEdits(updates={("GOOG",): {"ticker": "AAPL"}}), TableEdits(inserts=[{"ticker": "AAPL"}])):
        with pytest.raises(KeyViolation, match="AAPL"):
            branch.edit("portfolio", edits)


def test_a_table_without_a_key_takes_new_rows_only(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE t AS SELECT 1 AS a FROM range(2)")
    repo.main.edit("t", TableEdits(inserts=[{"a": 2}]))
    with pytest.raises(InvalidKey, match="has no key"):
        repo.main.edit("t", TableEdits(deletes=[(2,)]))


def test_empty_edits_write_nothing(branch: Branch) -> None:
    before = branch.head
    assert branch.edit("portfolio", TableEdits(updates={("AAPL",): {}})).version == before
    with pytest.raises(InvalidValue, match="has no values"):
        branch.edit("portfolio", TableEdits(inserts=[{}]))
    with pytest.raises(TableNotFound):
        branch.edit("nowhere", TableEdits(deletes=[(1,)]))
    assert branch.head == before
