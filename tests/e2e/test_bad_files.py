"""Taking in files that are not as they should be, and things that somebody else did meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from hati_core import Repository
from tests.e2e.conftest import App, Server, click, serving, window

IMPORT_MS = 60_000


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all tests of this module, each of which takes in a file of its own name."""
    with serving(tmp_path_factory.mktemp("office")) as server:
        with Repository.open(server.home, author="ada") as repository:
            repository.main.execute("CREATE TABLE taken (id INTEGER PRIMARY KEY)")
        yield server


@pytest.fixture
def desk(office: Server, browser: Browser) -> Iterator[App]:
    """The page Data on ``main``, with the dialog that takes in a file."""
    with window(office, browser) as app:
        app.open("data")
        app.press("Import a file")
        yield app


def _tables(server: Server) -> set[str]:
    with Repository.open(server.home) as repository:
        return set(repository.main.tables())


def _take_in(dialog: Locator, rows: str) -> None:
    click(dialog.get_by_role("button", name=f"Import {rows}"))


def _choose_key(dialog: Locator, app: App, *columns: str) -> None:
    click(dialog.get_by_role("button", name="Clear all"))
    app.settled()
    for column in columns:
        click(dialog.get_by_role("combobox", name="Key: the columns that identify a row"))
        click(app.page.get_by_role("option", name=column, exact=True))
        app.settled()
    app.page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("twice.csv", b"ticker,shares,shares\nA,1,2\n", "“twice.csv” has more than one column called “shares”"),
        ("nothing.csv", b"", "“nothing.csv” is empty: it has no columns and no rows"),
        ("picture.parquet", b"\x89PNG\r\n\x1a\n and so on", "“picture.parquet” cannot be read"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "“picture.csv” is not a text file"),
    ],
)
def test_a_file_that_cannot_be_a_table_is_refused_in_a_sentence(
    name: str, content: bytes, sentence: str, desk: App, office: Server
) -> None:
    dialog = desk.upload(name, content)
    desk.problem(sentence)
    expect(dialog.get_by_role("button", name="Import")).to_have_count(0)
    assert name.split(".")[0] not in _tables(office)


def test_a_file_of_another_kind_is_not_even_sent(desk: App) -> None:
    dialog = desk.upload("notes.pdf", b"%PDF-1.7")
    expect(dialog).to_contain_text("files are not allowed")
    expect(dialog.get_by_role("button", name="Import")).to_have_count(0)


def test_a_file_without_a_header_is_said_to_have_none_and_is_taken_in(desk: App, office: Server) -> None:
    dialog = desk.upload("bare.csv", b"AAPL,100,185\nMSFT,75,420\n")
    expect(dialog).to_contain_text("The first line looks like data, so the columns are numbered.")
    _take_in(dialog, "2 rows")
    desk.sees("2 rows imported into bare on main.")
    with Repository.open(office.home) as repository:
        assert repository.main.query("SELECT count(*) AS n FROM bare") == [{"n": 2}]


def test_the_first_line_can_be_said_to_be_names(desk: App, office: Server) -> None:
    dialog = desk.upload("years.csv", b"2019,2020\n1,2\n3,4\n")
    click(dialog.get_by_text("Column names", exact=True))
    expect(dialog.get_by_role("button", name="Import 2 rows")).to_be_visible()
    _take_in(dialog, "2 rows")
    desk.sees("2 rows imported into years on main.")
    with Repository.open(office.home) as repository:
        assert repository.main.table("years").column_names == ("2019", "2020")


def test_a_column_of_numbers_and_words_is_named_and_taken_in_as_text(desk: App, office: Server) -> None:
    dialog = desk.upload("mixed.csv", b"ticker,shares\nA,1\nB,2\nC,many\n")
    expect(dialog).to_contain_text("“shares” is read as text: 1 of 3 values are not numbers, such as “many”.")
    _take_in(dialog, "3 rows")
    desk.sees("3 rows imported into mixed on main.")
    with Repository.open(office.home) as repository:
        assert repository.main.query("SELECT shares FROM mixed WHERE ticker = 'C'") == [{"shares": "many"}]


def test_rows_that_nothing_tells_apart_are_said_so_and_taken_in_without_a_key(desk: App, office: Server) -> None:
    dialog = desk.upload("twins.csv", b"ticker,shares\nA,1\nA,1\nB,2\n")
    expect(dialog).to_contain_text("No column, and no pair of columns, is unique.")
    _take_in(dialog, "3 rows")
    desk.sees("3 rows imported into twins on main.")
    with Repository.open(office.home) as repository:
        assert repository.main.table("twins").key == ()


def test_a_file_without_rows_makes_an_empty_table(desk: App, office: Server) -> None:
    dialog = desk.upload("later.csv", b"ticker,shares,price\n")
    expect(dialog).to_contain_text("There are column names but no rows: the table will be empty.")
    _take_in(dialog, "0 rows")
    desk.sees("0 rows imported into later on main.")
    with Repository.open(office.home) as repository:
        assert repository.main.query("SELECT count(*) AS n FROM later") == [{"n": 0}]


def test_rows_that_do_not_fit_are_listed_by_line_and_the_others_can_be_taken_in(desk: App, office: Server) -> None:
    dialog = desk.upload("gaps.csv", b"ticker,shares\nA,1\n,2\nA,3\nC,4\n")
    _choose_key(dialog, desk, "ticker")
    expect(dialog).to_contain_text("2 rows cannot be taken in, of 4.")
    expect(dialog.get_by_role("button", name="Import 2 rows")).to_be_disabled()
    with desk.page.expect_download() as download:
        click(dialog.get_by_role("button", name="Download the rejected rows"))
    rejected = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert rejected == [
        "line,reason,ticker,shares",
        "3,“ticker” is empty,,2",
        '4,"“ticker” = A stands in the file already, in line 2",A,3',
    ]
    click(dialog.get_by_text("Take in the rows that fit"))
    desk.settled()
    _take_in(dialog, "2 rows")
    desk.sees("2 rows imported into gaps on main.")
    with Repository.open(office.home) as repository:
        assert repository.main.table("gaps").key == ("ticker",)


def test_a_table_name_that_is_taken_is_explained_and_another_can_be_chosen(desk: App, office: Server) -> None:
    dialog = desk.upload("taken.csv", b"id\n1\n2\n")
    desk.problem("“main” has a table called “taken”. Choose another name, or put the rows into it.")
    field = dialog.get_by_label("Table name")
    field.fill("free")
    field.press("Enter")
    desk.settled()
    _take_in(dialog, "2 rows")
    desk.sees("2 rows imported into free on main.")
    assert {"taken", "free"} <= _tables(office)


def test_a_million_rows_arrive(desk: App, office: Server, tmp_path: Path) -> None:
    file = tmp_path / "million.csv"
    with file.open("w") as lines:
        lines.write("id,amount\n")
        lines.writelines(f"{number},{number % 97}.5\n" for number in range(1_000_000))
    dialog = desk.upload(file.name, file)
    expect(dialog.get_by_role("button", name="Import 1,000,000 rows")).to_be_visible(timeout=IMPORT_MS)
    _take_in(dialog, "1,000,000 rows")
    expect(desk.page.get_by_text("1,000,000 rows imported into million on main.").first).to_be_visible(
        timeout=IMPORT_MS
    )
    with Repository.open(office.home) as repository:
        (row,) = repository.main.query("SELECT count(*) AS n, max(id) AS last FROM million")
        assert row == {"n": 1_000_000, "last": 999_999}
        assert repository.main.table("million").key == ("id",)


def test_a_pricing_table_is_taken_in_on_the_first_run_and_is_worth_its_sum(app: App) -> None:
    app.open()
    app.press("Choose a file")
    dialog = app.upload(
        "pricing.csv", b"product,tier,price,quantity\nbasic,starter,10,100\npro,team,25.5,40\nmax,company,99,10\n"
    )
    expect(dialog).to_contain_text("3 rows, 4 columns")
    _take_in(dialog, "3 rows")
    app.sees("3 rows imported into pricing on main.")
    expect(app.metric("Revenue")).to_contain_text("$3,010")
    app.sees("Next: make a branch and try something")
    expect(app.page.get_by_role("button", name="Start the tutorial")).to_have_count(0)


def test_a_branch_name_that_is_taken_is_explained_and_another_can_be_typed(app: App, server: Server) -> None:
    app.open()
    app.press("Start the tutorial")
    app.create_branch("trial")
    app.press("New branch")
    dialog = app.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Trial")
    dialog.get_by_label("Name", exact=True).press("Enter")
    app.problem("The name is taken.")
    dialog.get_by_label("Name", exact=True).fill("trial-2")
    click(dialog.get_by_role("button", name="Create branch"))
    expect(dialog).to_have_count(0)
    app.sees("trial-2 is yours to change.")
    with Repository.open(server.home) as repository:
        assert [info.name for info in repository.branches()] == ["main", "trial", "trial-2"]


def test_a_branch_that_somebody_discarded_meanwhile_is_named_and_main_is_not_written(app: App, server: Server) -> None:
    app.open()
    app.press("Start the tutorial")
    app.create_branch("trial")
    app.go("Data")
    app.edit_cell(0, 1, "200")
    app.sees("Not saved yet on trial: 1 row changed")
    with Repository.open(server.home) as repository:
        repository.discard("trial")
    app.press("Save to trial")
    app.sees("There is no branch “trial” any more. You are looking at main.")
    with Repository.open(server.home) as repository:
        assert repository.main.head == 1
        assert repository.undiscard("trial").head == 1


def test_a_branch_that_somebody_discarded_first_is_not_discarded_twice(app: App, server: Server) -> None:
    app.open()
    app.press("Start the tutorial")
    app.create_branch("trial")
    app.go("Branches")
    app.press("Discard")
    confirm = app.page.get_by_role("dialog").get_by_role("button", name="Discard")
    expect(confirm).to_be_visible()
    with Repository.open(server.home) as repository:
        repository.discard("trial")
    click(confirm)
    app.problem("The branch was discarded.")
    app.open("branches")
    app.sees("Discarded branches (1)")
