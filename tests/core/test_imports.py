"""Files that become tables: what is in them, what is said about them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from hati_core import HatiError, Repository
from hati_core.errors import ImportRefused, TableExists
from hati_core.imports import Importer, Reading, table_name
from tests.core.importing import Take, workbook


def _load(repo: Repository, importer: Importer, *, key: tuple[str, ...] | None = None, table: str | None = None) -> int:
    preview = importer.preview()
    return importer.run(repo.main, preview.order(table or preview.table, key)).good


def test_a_good_file_becomes_a_table_with_its_key_in_one_commit(repo: Repository, take: Take) -> None:
    importer = take("My holdings.csv", "ticker,shares,price\nMSFT,75,420.5\nAAPL,100,185\n")
    preview = importer.preview()
    assert preview.table == "my_holdings"
    assert [(column.name, column.type) for column in preview.columns] == [
        ("ticker", "VARCHAR"),
        ("shares", "BIGINT"),
        ("price", "DOUBLE"),
    ]
    assert (preview.rows, preview.suggested_key, preview.notes) == (2, ("ticker",), ())
    assert _load(repo, importer) == 2
    assert repo.main.head == 1
    assert repo.main.log(1)[0].message == "Import My holdings.csv into my_holdings"
    with pytest.raises(HatiError):
        repo.main.execute("INSERT INTO my_holdings VALUES ('AAPL', 1, 1)")


def test_two_columns_that_identify_a_row_together_are_suggested(take: Take) -> None:
    rows = "date,ticker,price\n2024-01-31,A,1\n2024-01-31,B,1\n2024-02-29,A,1\n2024-02-29,B,1\n"
    assert take("prices.csv", rows).preview().suggested_key == ("date", "ticker")


ORDERS = ["order_id,product,price,date"] + [f"{at},p{at % 7},{at}.25,2024-01-{at % 28 + 1:02}" for at in range(1, 41)]


def test_an_identifier_that_a_row_repeats_goes_before_a_number_that_happens_to_be_unique(
    repo: Repository, take: Take
) -> None:
    importer = take("orders.csv", "\n".join([*ORDERS, "7,p9,99.5,2024-02-01"]))
    preview = importer.preview()
    assert preview.suggested_key == ("order_id",)
    (rejected,) = importer.plan(repo.main, preview.order("orders")).rejects
    assert (rejected.line, rejected.reason) == (42, "“order_id” = 7 stands in the file already, in line 8")


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        (["price,item,weight", "1.5,A,2", "2.5,A,3", "3.5,B,3"], ("item", "weight")),
        (["price,kind", "1.5,A", "2.5,A", "3.5,B"], ()),
        (["price,kind", "1.5,A", "2.5,A", "n/a,B"], ()),
        (["day,Order No.", "2024-01-01,7", "2024-01-02,8"], ("Order No.",)),
        (["name,orderId", "A,7", "B,8"], ("orderId",)),
        (["paid,humid", "1.5,A", "2.5,B"], ("humid",)),
    ],
)
def test_a_measure_is_a_key_only_where_it_is_called_like_one(rows: list[str], key: tuple[str, ...], take: Take) -> None:
    assert take("rows.csv", "\n".join(rows)).preview().suggested_key == key


def test_text_that_is_mostly_dates_says_which_value_is_to_blame(take: Take) -> None:
    preview = take("days.csv", "id,date\n1,2024-02-01\n2,2024-02-31\n3,2024-02-03\n").preview()
    assert preview.notes == ("“date” is read as text: 1 of 3 values are not dates, such as “2024-02-31”.",)
    assert preview.notes_with({"date": "DATE"}) == ()


def test_the_first_rows_are_shown_by_the_types_that_are_chosen(take: Take) -> None:
    importer = take("mixed.csv", "t,price\nA,1.5\nB,n/a\n")
    rows = importer.sample(importer.preview(), {"price": "DOUBLE"})
    assert rows == ({"t": "A", "price": 1.5}, {"t": "B", "price": None})


def test_a_file_without_a_header_is_said_to_have_none(repo: Repository, take: Take) -> None:
    importer = take("plain.csv", "A,1\nB,2\n")
    preview = importer.preview()
    assert not preview.has_header
    assert "The first line looks like data" in preview.notes[0]
    assert _load(repo, importer) == 2


def test_a_person_may_say_that_the_first_line_holds_names(take: Take) -> None:
    preview = take("years.csv", "2023,2024\n1,2\n").preview(Reading(has_header=True))
    assert [column.name for column in preview.columns] == ["2023", "2024"]
    assert preview.rows == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", "", "is empty: it has no columns and no rows"),
        ("twice.csv", "a,b,A\n1,2,3\n", "more than one column called “A”"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not a text file"),
        ("broken.parquet", "nope", "cannot be read"),
        ("sheet.xlsx", "PK", "cannot be read as an Excel workbook"),
        ("notes.docx", "PK", "is not a CSV, Excel or Parquet file"),
    ],
)
def test_what_cannot_become_a_table_is_refused_with_a_sentence(
    repo: Repository, take: Take, name: str, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(ImportRefused, match=sentence) as refused:
        take(name, content).preview()
    assert str(repo.root) not in refused.value.message
    assert repo.main.tables() == {}


def test_a_column_of_mixed_values_is_text_and_says_which_value_is_to_blame(repo: Repository, take: Take) -> None:
    importer = take("mixed.csv", "t,price\nA,1.5\nB,n/a\nC,3\n")
    assert importer.preview().notes == ("“price” is read as text: 1 of 3 values are not numbers, such as “n/a”.",)
    assert _load(repo, importer) == 3
    assert repo.main.query("SELECT price FROM mixed ORDER BY t") == [{"price": "1.5"}, {"price": "n/a"}, {"price": "3"}]


def test_names_without_rows_make_an_empty_table(repo: Repository, take: Take) -> None:
    importer = take("zero.csv", "a,b\n")
    assert "no rows" in importer.preview().notes[0]
    assert _load(repo, importer) == 0
    assert list(repo.main.tables()["zero"].column_names) == ["a", "b"]


def test_lines_of_different_lengths_are_listed_and_the_others_taken_in(repo: Repository, take: Take) -> None:
    importer = take("ragged.csv", "a,b\n1,2\n3\n4,5,6\n7,8\n")
    preview = importer.preview()
    assert (preview.rows, preview.misread) == (2, 2)
    plan = importer.plan(repo.main, preview.order("ragged"))
    assert [(row.line, row.reason, row.values) for row in plan.rejects] == [
        (3, "it has fewer values than there are columns", ("3",)),
        (4, "it has more values than there are columns", ("4,5,6",)),
    ]
    with pytest.raises(ImportRefused, match=r"2 of 4 rows of “ragged\.csv” cannot be taken in"):
        importer.run(repo.main, preview.order("ragged"))
    assert repo.main.tables() == {}
    assert importer.run(repo.main, preview.order("ragged"), only_good=True).added == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,b\n1,1\n1,2\n", "line 3: “a” = 1 stands in the file already, in line 2"),
        ("a,b\n1,1\n,2\n", "line 3: “a” is empty"),
    ],
)
def test_a_key_that_is_none_is_refused_and_nothing_is_imported(
    repo: Repository, take: Take, content: str, sentence: str
) -> None:
    with pytest.raises(ImportRefused, match=sentence):
        _load(repo, take("keys.csv", content), key=("a",))
    assert repo.main.tables() == {}
    assert repo.main.head == 0


def test_a_file_without_a_unique_column_is_imported_without_a_key(repo: Repository, take: Take) -> None:
    importer = take("same.csv", "a,b\n1,1\n1,1\n")
    assert "unique" in importer.preview().notes[0]
    assert _load(repo, importer, key=()) == 2
    assert repo.main.tables()["same"].key == ()


def test_a_table_of_that_name_is_never_overwritten(repo: Repository, take: Take) -> None:
    repo.main.execute("CREATE TABLE Holdings AS SELECT 1 AS a")
    with pytest.raises(TableExists, match="Choose another name"):
        _load(repo, take("holdings.csv", "a\n2\n3\n"))
    assert repo.main.query("FROM Holdings") == [{"a": 1}]


def test_parquet_types_that_the_lake_has_not_are_stored_as_near_ones(
    repo: Repository, take: Take, tmp_path: Path
) -> None:
    file = tmp_path / "wide.parquet"
    with duckdb.connect() as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('good', 'bad')")
        connection.execute(
            f"COPY (SELECT 'good'::mood AS mood, 7::UTINYINT AS tiny, DATE '2024-02-29' AS day) TO '{file}'"
        )
    importer = take("wide.parquet", file.read_bytes())
    assert _load(repo, importer, key=()) == 1
    assert repo.main.query("SELECT mood, tiny, day::VARCHAR AS day FROM wide") == [
        {"mood": "good", "tiny": 7, "day": "2024-02-29"}
    ]


@pytest.mark.parametrize(
    ("file", "table"),
    [("Prices 2024.csv", "prices_2024"), ("2024.csv", "t_2024"), ("…!.csv", "t_"), ("a-b.parquet", "a_b")],
)
def test_a_table_is_named_after_its_file(file: str, table: str) -> None:
    assert table_name(file) == table


def test_a_sheet_that_is_one_of_several_names_its_table(take: Take) -> None:
    importer = take("book.xlsx", workbook({"Holdings": "ticker", "Q1.2024 Sales": "product"}))
    assert importer.preview().table == "holdings"
    assert importer.preview(Reading(sheet="Q1.2024 Sales")).table == "q1_2024_sales"
    assert take("book.xlsx", workbook({"Sheet1": "ticker"})).preview().table == "book"
