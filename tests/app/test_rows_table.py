"""Changed rows as a table."""

from __future__ import annotations

from hati_core import RowChange
from pages.parts.rows_table import changes_frame

COLUMNS = ("ticker", "shares")


def test_a_changed_cell_shows_both_values_and_others_one() -> None:
    change = RowChange(("AAPL",), {"ticker": "AAPL", "shares": 100}, {"ticker": "AAPL", "shares": 1200}, ("shares",))
    assert changes_frame([change], COLUMNS).to_dict("records") == [
        {"": "~ changed", "ticker": "AAPL", "shares": "100 → 1,200"}
    ]


def test_an_added_and_a_removed_row_show_their_one_side() -> None:
    added = RowChange(("BND",), None, {"ticker": "BND", "shares": 500}, COLUMNS)
    removed = RowChange(("MSFT",), {"ticker": "MSFT", "shares": 75}, None, COLUMNS)
    frame = changes_frame([added, removed], COLUMNS)
    assert frame[""].tolist() == ["+ added", "− removed"]
    assert frame["shares"].tolist() == ["500", "75"]


def test_an_emptied_cell_says_so() -> None:
    change = RowChange(("AAPL",), {"ticker": "AAPL", "shares": 100}, {"ticker": "AAPL", "shares": None}, ("shares",))
    assert changes_frame([change], COLUMNS)["shares"].tolist() == ["100 → empty"]


def test_no_changes_leave_the_headings() -> None:
    assert changes_frame([], COLUMNS).columns.tolist() == ["", "ticker", "shares"]


def test_a_column_that_one_side_does_not_have_is_empty_there() -> None:
    change = RowChange(("AAPL",), {"ticker": "AAPL"}, {"ticker": "AAPL", "shares": 3}, ("shares",))
    assert changes_frame([change], COLUMNS)["shares"].tolist() == ["empty → 3"]
