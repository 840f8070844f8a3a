"""Rows of a file into a table that is there: what would be done is said first, and done as one commit."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchMoved, ImportRefused, TableNotFound
from hati_core.imports import ImportMode, TakenColumn
from tests.core.importing import Take, into

NEW_PRICES = "ticker,shares,avg_cost,current_price\nAAPL,100,150,185\nMSFT,80,310,420\nNVDA,200,800,950\n"


def _shares(branch: Branch) -> dict[str, int]:
    return {row["ticker"]: row["shares"] for row in branch.query("SELECT ticker, shares FROM portfolio")}


@pytest.mark.parametrize(
    ("mode", "counts", "shares", "summary"),
    [
        (ImportMode.UPSERT, (1, 1, 1, 0), {"AAPL": 100, "GOOGL": 50, "MSFT": 80, "NVDA": 200}, "portfolio +1 ~1"),
        (ImportMode.REPLACE, (1, 1, 1, 1), {"AAPL": 100, "MSFT": 80, "NVDA": 200}, "portfolio +1 ~1 −1"),
    ],
)
def test_rows_are_matched_by_key_and_only_what_differs_is_written(
    mode: ImportMode,
    counts: tuple[int, ...],
    shares: dict[str, int],
    summary: str,
    repo: Repository,
    main: Branch,
    take: Take,
) -> None:
    importer = take("new.csv", NEW_PRICES)
    order = into(importer.preview(), "Portfolio", mode)
    plan = importer.plan(main, order)
    assert (plan.added, plan.changed, plan.unchanged, plan.removed) == counts
    assert (plan.rejected, plan.version, plan.is_idle) == (0, main.head, False)
    before = main.head
    importer.run(main, order, expected_version=plan.version, message="New prices", author="bob")
    (commit,) = main.log(1)
    assert (commit.version, commit.message, commit.author, commit.summary) == (before + 1, "New prices", "bob", summary)
    assert _shares(main) == shares
    assert importer.plan(main, order).is_idle


def test_rows_that_would_change_are_shown_before_and_after(main: Branch, take: Take) -> None:
    importer = take("new.csv", "ticker,shares,avg_cost\nMSFT,75,300\nBND,1,2\nGOOGL,50,120\nAAPL,9,150\n")
    plan = importer.plan(main, into(importer.preview(), "portfolio", ImportMode.UPSERT))
    assert [(change.key, change.columns) for change in plan.changes] == [
        (("MSFT",), ("avg_cost",)),
        (("AAPL",), ("shares",)),
    ]
    assert (plan.changes[1].before or {})["shares"] == 100
    assert (plan.changes[1].after or {})["shares"] == 9


def test_rows_that_are_there_already_are_rejected_when_rows_are_added(main: Branch, take: Take) -> None:
    importer = take("new.csv", NEW_PRICES)
    order = into(importer.preview(), "portfolio", ImportMode.APPEND)
    plan = importer.plan(main, order)
    assert (plan.added, plan.rejected, plan.good) == (1, 2, 1)
    assert [(row.line, row.reason) for row in plan.rejects] == [
        (2, "“ticker” = AAPL is in “portfolio” already"),
        (3, "“ticker” = MSFT is in “portfolio” already"),
    ]
    importer.run(main, order, only_good=True)
    assert _shares(main) == {"AAPL": 100, "GOOGL": 50, "MSFT": 75, "NVDA": 200}


def test_every_reason_is_said_with_its_line_and_nothing_is_written_unless_asked(checked: Branch, take: Take) -> None:
    importer = take(
        "bad.csv",
        "ticker,shares,avg_cost\nA,1,1\nB,many,1\n,3,1\nA,4,1\nC,-5,1\nD,6.5,x\nE,7\nF,8,2\n",
    )
    order = into(importer.preview(), "portfolio", ImportMode.UPSERT)
    plan = importer.plan(checked, order)
    assert [(row.line, row.reason) for row in plan.rejects] == [
        (3, "“shares” is not a whole number: many"),
        (4, "“ticker” is empty"),
        (5, "“ticker” = A stands in the file already, in line 2"),
        (6, "it breaks the check “positive”: shares > 0"),
        (7, "“shares” is not a whole number: 6.5; “avg_cost” is not a number: x"),
        (8, "it has fewer values than there are columns"),
    ]
    assert (plan.rows, plan.good, plan.added, plan.rejected) == (8, 2, 2, 6)
    before = checked.head
    with pytest.raises(ImportRefused, match="6 of 8 rows"):
        importer.run(checked, order)
    assert checked.head == before
    importer.run(checked, order, only_good=True)
    assert set(_shares(checked)) == {"AAPL", "GOOGL", "MSFT", "A", "F"}


def test_rejected_rows_come_back_as_a_file_with_line_and_reason(main: Branch, take: Take) -> None:
    importer = take("bad.csv", "ticker,shares\nA,1\nB,many\n")
    file = importer.rejected_file(main, into(importer.preview(), "portfolio", ImportMode.APPEND))
    with file.open(encoding="utf-8-sig", newline="") as content:
        assert list(csv.reader(content)) == [
            ["line", "reason", "ticker", "shares"],
            ["3", "“shares” is not a whole number: many", "B", "many"],
        ]


def test_what_the_file_has_not_stays_as_it_is_and_is_read_by_checks(checked: Branch, take: Take) -> None:
    importer = take("prices.csv", "symbol,price\nAAPL,200\nGOOGL,180\n")
    order = into(importer.preview(), "portfolio", ImportMode.UPSERT, symbol="ticker", price="current_price")
    importer.run(checked, order)
    assert _shares(checked)["AAPL"] == 100
    assert checked.query("SELECT current_price FROM portfolio WHERE ticker = 'AAPL'") == [{"current_price": 200.0}]


def test_an_import_that_was_looked_at_before_somebody_else_saved_asks_again(main: Branch, take: Take) -> None:
    importer = take("new.csv", NEW_PRICES)
    order = into(importer.preview(), "portfolio", ImportMode.REPLACE)
    plan = importer.plan(main, order)
    main.execute("UPDATE portfolio SET shares = 1")
    with pytest.raises(BranchMoved, match="look at what it would do now"):
        importer.run(main, order, expected_version=plan.version)
    assert _shares(main)["AAPL"] == 1


def test_rows_without_a_key_are_added_or_replace_all_but_are_never_matched(repo: Repository, take: Take) -> None:
    repo.main.execute("CREATE TABLE trades (ticker VARCHAR, shares INTEGER)")
    repo.main.execute("INSERT INTO trades VALUES ('A', 1), ('A', 1)")
    importer = take("trades.csv", "ticker,shares\nA,1\nB,2\n")
    preview = importer.preview()
    importer.run(repo.main, into(preview, "trades", ImportMode.APPEND))
    assert repo.main.query("SELECT count(*) AS n FROM trades") == [{"n": 4}]
    with pytest.raises(ImportRefused, match="No column tells the rows of “trades” apart"):
        importer.plan(repo.main, into(preview, "trades", ImportMode.UPSERT))
    plan = importer.run(repo.main, into(preview, "trades", ImportMode.REPLACE))
    assert (plan.added, plan.removed) == (2, 4)
    assert repo.main.query("SELECT count(*) AS n FROM trades") == [{"n": 2}]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ((), "No column is taken in"),
        ((TakenColumn("ticker", "symbol", ""),), "“portfolio” has no column “symbol”"),
        ((TakenColumn("shares", "shares", ""),), "nothing for “ticker”"),
        ((TakenColumn("ticker", "ticker", ""), TakenColumn("shares", "TICKER", "")), "would become “ticker”"),
        ((TakenColumn("gone", "ticker", ""),), "has no column “gone”"),
        ((TakenColumn("ticker", " ", ""),), "Give the column “ticker” a name"),
    ],
)
def test_an_order_that_does_not_fit_is_explained(
    columns: tuple[TakenColumn, ...], sentence: str, main: Branch, take: Take
) -> None:
    importer = take("new.csv", NEW_PRICES)
    order = replace(into(importer.preview(), "portfolio", ImportMode.UPSERT), columns=columns)
    with pytest.raises(ImportRefused, match=sentence):
        importer.plan(main, order)


def test_new_rows_need_what_cannot_be_empty(repo: Repository, take: Take) -> None:
    repo.main.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER NOT NULL, c INTEGER DEFAULT 7)")
    importer = take("t.csv", "a\n1\n")
    with pytest.raises(ImportRefused, match="“b” of “t” cannot be empty, and the file has nothing for it"):
        importer.plan(repo.main, into(importer.preview(), "t", ImportMode.APPEND))
    importer = take("t.csv", "a,b\n1,2\n")
    importer.run(repo.main, into(importer.preview(), "t", ImportMode.APPEND))
    assert repo.main.query("FROM t") == [{"a": 1, "b": 2, "c": 7}]


def test_a_table_that_is_not_there_is_named(main: Branch, take: Take) -> None:
    importer = take("new.csv", NEW_PRICES)
    with pytest.raises(TableNotFound):
        importer.plan(main, into(importer.preview(), "moonshots", ImportMode.APPEND))


def test_columns_may_have_any_names(repo: Repository, take: Take) -> None:
    importer = take("odd.csv", 'place,why,v0,"a ""b"" c",other\n1,x,2,3,4\n')
    preview = importer.preview()
    importer.run(repo.main, preview.order("odd", ("place",)))
    assert repo.main.query("FROM odd") == [{"place": 1, "why": "x", "v0": 2, 'a "b" c': 3, "other": 4}]
    assert importer.plan(repo.main, into(preview, "odd", ImportMode.UPSERT)).unchanged == 1
