"""The dialog that takes in a file."""

from __future__ import annotations

import pytest

from hati_core import Repository
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
    [("portfolio", "“main” has a table called “portfolio” already"), ("  ", "Give the table a name.")],
)
def test_a_table_name_that_cannot_be_is_explained_and_the_file_kept(
    table: str, sentence: str, portfolio: Repository, screen: Screen
) -> None:
    with screen.open("Data").dialog("Import a file"):
        _upload(screen, "pricing.csv", PRICING)
        screen.fill("Table name", table).press("upload-import")
        (problem,) = screen.problems
        assert sentence in problem
        assert "2 rows, 4 columns" in screen.text
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
