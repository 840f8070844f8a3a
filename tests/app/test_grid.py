"""The grid keeps edits by position; what is saved goes by row key."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hati_core import TableEdits, TableInfo
from hati_core.model import Column, KeyOrigin
from pages.parts.draft import Draft
from pages.parts.grid import GridPage, edits_of

INFO = TableInfo(
    "portfolio",
    "uuid",
    (
        Column("ticker", "VARCHAR"),
        Column("shares", "BIGINT"),
        Column("price", "DECIMAL(9,2)"),
        Column("bought", "DATE"),
    ),
    ("ticker",),
    KeyOrigin.DECLARED,
)
ROWS: list[dict[str, Any]] = [
    {"ticker": "AAPL", "shares": 100, "price": Decimal("0.10"), "bought": date(2020, 1, 31)},
    {"ticker": "GOOGL", "shares": None, "price": Decimal("175.00"), "bought": None},
    {"ticker": "MSFT", "shares": 75, "price": Decimal("420.00"), "bought": date(2021, 1, 31)},
]
PAGE = GridPage(INFO, 1, ROWS, len(ROWS), 0)


def _edits(
    edited: dict[Any, dict[str, Any]] | None = None,
    added: list[dict[str, Any]] | None = None,
    deleted: list[int] | None = None,
    page: GridPage = PAGE,
) -> TableEdits:
    state = {"edited_rows": edited or {}, "added_rows": added or [], "deleted_rows": deleted or []}
    return edits_of(page, state)


def test_nothing_done_is_nothing_to_save() -> None:
    assert not _edits()
    assert not edits_of(PAGE, {})


def test_an_edited_cell_goes_by_the_key_of_its_row() -> None:
    edits = _edits({2: {"shares": 80}})
    assert edits.updates == {("MSFT",): {"shares": 80}}
    assert not edits.inserts
    assert not edits.deletes


def test_positions_come_from_the_browser_as_text() -> None:
    assert _edits({"0": {"shares": 1}}).updates == {("AAPL",): {"shares": 1}}


def test_an_emptied_and_a_filled_cell_are_edits() -> None:
    edits = _edits({0: {"shares": None}, 1: {"shares": 5}})
    assert edits.updates == {("AAPL",): {"shares": None}, ("GOOGL",): {"shares": 5}}


def test_a_deleted_row_goes_by_its_key_and_edits_of_it_are_dropped() -> None:
    edits = _edits({0: {"shares": 1}}, deleted=[0])
    assert list(edits.deletes) == [("AAPL",)]
    assert edits.updates == {}


def test_an_added_row_has_what_was_filled_in() -> None:
    edits = _edits(added=[{"ticker": "NVDA", "shares": 200, "price": None}])
    assert list(edits.inserts) == [{"ticker": "NVDA", "shares": 200}]


def test_a_row_added_and_left_empty_is_nothing_to_save() -> None:
    assert not _edits(added=[{}, {"ticker": None, "_index": 3}])


def test_another_key_is_another_row() -> None:
    edits = _edits({0: {"ticker": "APPL", "shares": 7}})
    assert list(edits.deletes) == [("AAPL",)]
    assert list(edits.inserts) == [{**ROWS[0], "ticker": "APPL", "shares": 7}]
    assert edits.updates == {}


def test_a_cell_edited_back_is_nothing_to_save() -> None:
    assert not _edits({0: {"shares": 100}, 1: {"shares": None}})


def test_a_decimal_edited_back_is_nothing_to_save() -> None:
    assert not _edits({0: {"price": "0.10"}})


def test_a_date_edited_back_is_nothing_to_save() -> None:
    assert not _edits({0: {"bought": "2020-01-31"}})


def test_a_key_of_two_columns_names_the_row_by_both() -> None:
    info = TableInfo(
        "prices",
        "u",
        (Column("day", "DATE"), Column("ticker", "VARCHAR"), Column("price", "DOUBLE")),
        ("day", "ticker"),
    )
    rows = [{"day": date(2020, 1, 31), "ticker": ticker, "price": 1.0} for ticker in ("A", "B")]
    edits = _edits({1: {"price": 2.0}}, deleted=[0], page=GridPage(info, 1, rows, 2, 0))
    assert edits.updates == {(date(2020, 1, 31), "B"): {"price": 2.0}}
    assert list(edits.deletes) == [(date(2020, 1, 31), "A")]


def test_a_cell_typed_back_cancels_what_was_kept_of_it() -> None:
    draft = Draft(1)
    first = {"edited_rows": {0: {"shares": 200}}}
    draft.take(PAGE, first)
    draft.drawn_anew("first")
    assert draft.edits.updates == {("AAPL",): {"shares": 200}}
    back = {"edited_rows": {0: {"shares": 100}}}
    draft.take(PAGE, back)
    assert not draft


def test_a_grid_drawn_anew_shows_what_is_unsaved_and_goes_on_from_there() -> None:
    draft = Draft(1)
    draft.take(PAGE, {"edited_rows": {0: {"shares": 200}}, "deleted_rows": [1]})
    draft.drawn_anew("first")
    page = PAGE.beginning_with(draft.drawn)
    assert [row["ticker"] for row in page.shown] == ["AAPL", "MSFT"]
    assert page.shown[0]["shares"] == 200
    draft.take(page, {"edited_rows": {0: {"price": 0.5}, 1: {"ticker": "META"}}})
    assert draft.edits.updates == {("AAPL",): {"shares": 200, "price": 0.5}}
    assert list(draft.edits.deletes) == [("GOOGL",), ("MSFT",)]
    assert draft.before[("AAPL",)]["shares"] == 100


def test_a_row_that_gets_another_key_takes_what_is_unsaved_along() -> None:
    page = PAGE.beginning_with(_edits({0: {"shares": 200}}))
    edits = _edits({0: {"ticker": "APPL"}}, page=page)
    assert list(edits.inserts) == [{**ROWS[0], "ticker": "APPL", "shares": 200}]


NEXT = GridPage(INFO, 1, [{"ticker": "NVDA", "shares": 1, "price": None, "bought": None}], len(ROWS) + 1, len(ROWS))


def _turned(state_on_turning: dict[str, Any]) -> Draft:
    """A draft whose page was turned to the next; that grid is drawn."""
    draft = Draft(1)
    draft.drawn_anew("first")
    draft.take(PAGE, {"added_rows": [{"ticker": "AA"}]})
    draft.catch_up("next", {"first": state_on_turning})
    draft.drawn_anew("next")
    draft.take(NEXT.beginning_with(draft.drawn), {})
    return draft


def test_a_cell_that_is_typed_while_the_page_is_turned_is_kept() -> None:
    draft = _turned({"edited_rows": {0: {"shares": 7}}, "added_rows": [{"ticker": "AA"}]})
    assert draft.edits.updates == {("AAPL",): {"shares": 7}}
    assert list(draft.edits.inserts) == [{"ticker": "AA"}]


def test_a_cell_that_arrives_after_the_page_was_turned_is_kept_once_and_on_its_row() -> None:
    draft = _turned({"added_rows": [{"ticker": "AA"}]})
    late = {"edited_rows": {0: {"shares": 7}}, "added_rows": [{"ticker": "AA"}]}
    for _ in range(2):
        draft.catch_up("next", {"first": late, "next": {}})
        draft.take(NEXT.beginning_with(draft.drawn), {"edited_rows": {0: {"shares": 2}}})
    assert draft.edits.updates == {("AAPL",): {"shares": 7}, ("NVDA",): {"shares": 2}}
    assert list(draft.edits.inserts) == [{"ticker": "AA"}]
    assert draft.before[("AAPL",)]["shares"] == 100


def test_an_edit_from_a_grid_of_an_older_version_is_kept_and_remembers_how_old_it_is() -> None:
    older = Draft(1)
    older.drawn_anew("old")
    older.take(PAGE, {})
    draft = Draft(2, left=older.outgoing)
    draft.drawn_anew("new")
    draft.take(PAGE, {})
    assert not draft
    draft.catch_up("new", {"old": {"edited_rows": {0: {"shares": 7}}}, "new": {}})
    assert draft.edits.updates == {("AAPL",): {"shares": 7}}
    assert draft.oldest == 1


def test_new_rows_go_along_to_the_next_grid_and_can_be_changed_and_taken_out_there() -> None:
    draft = Draft(1)
    draft.take(PAGE, {"added_rows": [{"ticker": "AA", "shares": "1"}, {"ticker": "BB"}]})
    draft.drawn_anew("second")
    page = PAGE.beginning_with(draft.drawn)
    assert [row["ticker"] for row in page.shown] == ["AAPL", "GOOGL", "MSFT", "AA", "BB"]
    state = {
        "edited_rows": {0: {"shares": 7}, 3: {"shares": "5"}},
        "deleted_rows": [4],
        "added_rows": [{"ticker": "C"}],
    }
    for _ in range(2):
        draft.take(page, state)
    assert list(draft.edits.inserts) == [{"ticker": "AA", "shares": "5"}, {"ticker": "C"}]
    assert draft.edits.updates == {("AAPL",): {"shares": 7}}
    assert list(draft.edits.deletes) == []


def test_a_row_added_that_arrives_after_the_page_was_turned_is_in_the_grid_that_takes_its_place() -> None:
    draft = _turned({"added_rows": [{"ticker": "AA"}]})
    late = {"added_rows": [{"ticker": "AA"}, {"ticker": "BB"}]}
    draft.catch_up("next", {"first": late, "next": {"edited_rows": {0: {"shares": 2}}}})
    assert draft.redrawn == 1
    draft.catch_up("next again", {"first": late, "next": {"edited_rows": {0: {"shares": 2}}}})
    draft.drawn_anew("next again")
    assert list(draft.drawn.inserts) == [{"ticker": "AA"}, {"ticker": "BB"}]
    assert draft.drawn.updates == {("NVDA",): {"shares": 2}}


def test_a_row_that_got_another_key_keeps_its_empty_cells_in_the_next_grid() -> None:
    draft = Draft(1)
    draft.take(PAGE, {"edited_rows": {1: {"ticker": "GOOG"}}})
    draft.drawn_anew("second")
    draft.take(PAGE.beginning_with(draft.drawn), {"edited_rows": {2: {"bought": "2021-01-31"}}})
    assert list(draft.edits.inserts) == [{**ROWS[1], "ticker": "GOOG", "bought": "2021-01-31"}]
    draft.take(PAGE.beginning_with(draft.drawn), {"edited_rows": {2: dict.fromkeys(INFO.column_names)}})
    assert list(draft.edits.inserts) == []
