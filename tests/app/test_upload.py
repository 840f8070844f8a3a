"""The dialog that takes in a file."""

from __future__ import annotations

import pytest

from hati_core import Repository
from hati_core.imports import ImportMode
from tests.app.screen import Screen

PRICING = b"product,tier,price,quantity\nbasic,starter,10,100\npro,team,25.5,40\n"


def _upload(screen: Screen, name: str, content: bytes) -> None:
    screen.at.file_uploader[0].set_value((name, content, "text/csv"))
    screen.run()


def test_a_file_is_shown_before_it_is_taken_in(empty: Repository, screen: Screen) -> None:
    with screen.open("Overview").dialog("Choose a file"):
        _upload(screen, "pricing.csv", PRICING)
        assert "2 rows, 4 columns. The first rows:" in screen.text
        assert screen.table()["price"].tolist() == [10.0, 25.5]
        assert screen.field("Table name") == "pricing"
        assert empty.main.tables() == {}
        screen.press("upload-import")
    assert "2 rows imported into pricing on main." in screen.text
    assert screen.metrics["Revenue"] == "$2,020"
    assert empty.main.table("pricing").key == ("product",)
    assert empty.main.log(1)[0].author == "ada"


def test_what_a_row_is_worth_can_be_said(empty: Repository, screen: Screen) -> None:
    with screen.open("Overview").dialog("Choose a file"):
        _upload(screen, "stock.csv", b"part,kilos,rate\nbolt,10,2\nnut,5,3\n")
        screen.pick("A row is worth (optional)", "kilos").pick("times (optional)", "rate").press("upload-import")
    assert screen.problems == []
    assert screen.metrics == {"Value of stock": "$35"}
    assert screen.table()["Value of stock"].tolist() == ["$35"]


def test_what_a_row_is_worth_can_be_said_on_a_branch(portfolio: Repository, screen: Screen) -> None:
    portfolio.create_branch("trial")
    with screen.open("Data", branch="trial").dialog("Import a file"):
        _upload(screen, "stock.csv", b"part,kilos,rate\nbolt,10,2\nnut,5,3\n")
        screen.pick("A row is worth (optional)", "kilos").press("upload-import")
    assert screen.problems == []
    assert "2 rows imported into stock on trial." in screen.text
    assert set(portfolio.branch("trial").tables()) == {"portfolio", "stock"}


def test_what_a_row_is_worth_stands_beside_the_other_values(portfolio: Repository, screen: Screen) -> None:
    with screen.open("Data").dialog("Import a file"):
        _upload(screen, "stock.csv", b"part,kilos,rate\nbolt,10,2\nnut,5,3\n")
        screen.pick("A row is worth (optional)", "kilos").press("upload-import")
    screen.open("Overview")
    assert screen.metrics["Portfolio value"] == "$58,750"
    assert screen.metrics["Value of stock"] == "$15"


def test_another_file_brings_its_own_name_and_key(portfolio: Repository, screen: Screen) -> None:
    with screen.open("Data").dialog("Import a file"):
        _upload(screen, "pricing.csv", PRICING)
        _upload(screen, "staff.csv", b"person,room\nada,1\nbob,1\n")
        assert screen.field("Table name") == "staff"
        assert screen.at.multiselect[0].value == ["person"]
        screen.press("upload-import")
    assert screen.problems == []
    assert set(portfolio.main.tables()) == {"portfolio", "staff"}


def test_a_file_goes_to_the_branch_in_view(portfolio: Repository, screen: Screen) -> None:
    portfolio.create_branch("trial")
    with screen.open("Data", branch="trial").dialog("Import a file"):
        _upload(screen, "pricing.csv", PRICING)
        screen.press("upload-import")
    assert "2 rows imported into pricing on trial." in screen.text
    assert set(portfolio.main.tables()) == {"portfolio"}


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("portfolio", "“main” has a table called “portfolio”. Choose another name, or put"),
        ("  ", "Give the table a name."),
    ],
)
def test_a_table_name_that_cannot_be_is_explained_and_the_file_kept(
    table: str, sentence: str, portfolio: Repository, screen: Screen
) -> None:
    with screen.open("Data").dialog("Import a file"):
        _upload(screen, "pricing.csv", PRICING)
        (problem,) = screen.fill("Table name", table).problems
        assert sentence in problem
        assert "2 rows, 4 columns" in screen.text
        assert "upload-import" not in [button.key for button in screen.at.button]
    assert portfolio.main.head == 1


def test_a_table_name_that_is_no_table_name_is_explained(portfolio: Repository, screen: Screen) -> None:
    with screen.open("Data").dialog("Import a file"):
        _upload(screen, "pricing.csv", PRICING)
        screen.fill("Table name", 'x"; DROP TABLE portfolio').press("upload-import")
    assert "portfolio" in portfolio.main.tables()
    assert screen.open("Data").problems == []


def test_text_in_a_file_is_shown_as_it_is(portfolio: Repository, screen: Screen) -> None:
    with screen.open("Data").dialog("Import a file"):
        _upload(screen, "bold.csv", b"a,b\nx,1\ny,2\nz,**bold** <script>\n")
        (warning,) = [warning.value for warning in screen.at.warning if "is read as text" in warning.value]
    assert r"\*\*bold\*\* \<script\>" in warning


def test_a_file_without_rows_or_columns_is_explained(portfolio: Repository, screen: Screen) -> None:
    with screen.open("Data").dialog("Import a file"):
        _upload(screen, "nothing.csv", b"")
        assert "“nothing.csv” is empty: it has no columns and no rows." in screen.problems[0]
        assert "upload-import" not in [button.key for button in screen.at.button]


BAD = b"ticker,shares,avg_cost,current_price\nAAPL,90,150,185\nNVDA,many,800,950\nBND,500,72,74\n"


def _into_portfolio(screen: Screen, mode: ImportMode) -> None:
    _upload(screen, "new.csv", BAD)
    screen.pick("Into", "A table that is there").pick("What the rows do", mode)


def test_rows_that_do_not_fit_are_listed_and_keep_the_others_out_until_somebody_says_so(
    portfolio: Repository, screen: Screen
) -> None:
    with screen.open("Data").dialog("Import a file"):
        _into_portfolio(screen, ImportMode.UPSERT)
        assert "On main, in portfolio: :green[+ 1 added], :blue[~ 1 changed]." in screen.text
        assert "1 row cannot be taken in, of 3." in screen.text
        (rejected,) = screen.part("upload-rejected", "dataframe")
        assert rejected.value.to_dict("records") == [
            {"Line": 3, "Why not": "“shares” is not a whole number: many", "As written": "NVDA | many | 800 | 950"}
        ]
        assert "Import into portfolio" not in screen.buttons
        screen.choose("With these rows", "Take in the rows that fit").fill("Message", "From the bank")
        screen.press("upload-import")
    assert "portfolio: 1 added, 1 changed, 0 removed on main." in screen.text
    assert portfolio.main.query("SELECT ticker, shares FROM portfolio ORDER BY ticker")[:2] == [
        {"ticker": "AAPL", "shares": 90},
        {"ticker": "BND", "shares": 500},
    ]
    assert portfolio.main.log(1)[0].message == "From the bank"


def test_a_file_with_the_columns_of_the_table_in_view_is_meant_for_it(portfolio: Repository, screen: Screen) -> None:
    with screen.open("Data").dialog("Import a file"):
        _upload(screen, "new.csv", b"ticker,shares,avg_cost,current_price\nAAPL,90,150,185\nGOOGL,50,120,175\n")
        assert "On main, in portfolio: :blue[~ 1 changed], 1 as they are." in screen.text
        (changes,) = [frame.value for frame in screen.at.dataframe if "~ changed" in frame.value.to_numpy()]
        assert changes.to_dict("records") == [{"": "~ changed", "ticker": "AAPL", "shares": "100 → 90"}]
        _upload(screen, "pricing.csv", PRICING)
        assert screen.field("Table name") == "pricing"


def test_what_somebody_saved_meanwhile_is_looked_at_before_importing(portfolio: Repository, screen: Screen) -> None:
    with screen.open("Data").dialog("Import a file"):
        _into_portfolio(screen, ImportMode.APPEND)
        screen.choose("With these rows", "Take in the rows that fit")
        portfolio.main.execute("INSERT INTO portfolio VALUES ('BND', 1, 1.0, 1.0)", author="bob")
        screen.run()
        assert "3 rows cannot be taken in, of 3." in screen.text
        assert "Import into portfolio" not in screen.buttons


def test_the_dialog_follows_the_types_that_are_chosen(portfolio: Repository, screen: Screen) -> None:
    with screen.open("Data").dialog("Import a file"):
        _upload(screen, "orders.csv", b"order_id,price,kilos\n1,2.5,4\n2,n/a,ten\n3,5,6\n")
        worth = next(box for box in screen.at.selectbox if box.label.startswith("A row is worth"))
        assert worth.options == ["order_id"]
        assert "“price” is read as text" in screen.text
        _edit_columns(screen, {1: {"Type": "number"}, 2: {"Type": "whole number", "Name": "weight"}})
        assert "is read as text" not in screen.text
        (rows,) = [frame.value for frame in screen.at.dataframe if "kilos" in frame.value]
        assert rows["price"].tolist()[::2] == [2.5, 5.0]
        worth = next(box for box in screen.at.selectbox if box.label.startswith("A row is worth"))
        assert worth.options == ["price", "weight", "order_id"]
        screen.pick("A row is worth (optional)", "price").pick("times (optional)", "weight")
        screen.choose("With these rows", "Take in the rows that fit").press("upload-import")
    assert screen.problems == []
    assert screen.open("Overview").metrics["Value of orders"] == "$40"


def _edit_columns(screen: Screen, edited: dict[int, dict[str, object]]) -> None:
    (columns,) = [grid for grid in screen.at.data_editor if "upload-columns" in grid.key]
    screen.at.session_state[columns.key] = {"edited_rows": edited, "added_rows": [], "deleted_rows": []}
    screen.run()


def test_a_column_can_be_left_out_renamed_and_given_another_type(portfolio: Repository, screen: Screen) -> None:
    with screen.open("Data").dialog("Import a file"):
        _upload(screen, "pricing.csv", PRICING)
        _edit_columns(screen, {1: {"Take in": False}, 2: {"Name": "cost"}, 3: {"Type": "text"}})
        screen.press("upload-import")
    assert screen.problems == []
    table = portfolio.main.table("pricing")
    assert [(column.name, column.type) for column in table.columns] == [
        ("product", "VARCHAR"),
        ("cost", "DOUBLE"),
        ("quantity", "VARCHAR"),
    ]
