"""SQL on the branch in view: results, refusals, and a write as one commit."""

from __future__ import annotations

import pytest

from hati_core import Repository
from hati_core.exports import ExportFormat
from pages.parts import console
from tests.app.screen import Screen
from tests.endless import ENDLESS, ENDLESS_WRITE


def _result(screen: Screen) -> list[dict[str, object]]:
    (table,) = screen.part("sql-result", "dataframe")
    return table.value.to_dict("records")  # type: ignore[no-any-return]


def test_a_query_shows_its_rows_and_the_version_they_are_of(branches: Repository, screen: Screen) -> None:
    screen.open("Data", branch="aggressive-growth").run_sql(
        "SELECT sum(shares * current_price) AS worth FROM portfolio"
    )
    assert _result(screen) == [{"worth": 267250.0}]
    assert "1 row · as of version 2" in screen.text
    assert screen.problems == []


def test_a_result_stays_until_another_branch_is_in_view(branches: Repository, screen: Screen) -> None:
    screen.open("Data", branch="aggressive-growth").run_sql("SELECT count(*) AS n FROM portfolio")
    screen.open("Overview").open("Data")
    assert _result(screen) == [{"n": 4}]
    assert screen.choose_branch("main").part("sql-result", "dataframe") == []


@pytest.mark.parametrize(
    ("sql", "title"),
    [
        ("SELEC * FROM portfolio", "The statement cannot be read"),
        ("", "The statement cannot be read"),
        ("ATTACH '/tmp/x.db'", "The statement is not allowed here"),
        ("SELECT * FROM read_csv('/etc/passwd')", "The statement is not allowed here"),
        ("SELECT 1; DROP TABLE portfolio", "The statement is not allowed here"),
        ("SELECT * FROM moonshots", "No such table"),
        ("SELECT shares + 'x' FROM portfolio", "A value does not fit its column"),
    ],
)
def test_a_statement_that_cannot_run_is_explained_and_changes_nothing(
    sql: str, title: str, portfolio: Repository, screen: Screen
) -> None:
    screen.open("Data").run_sql(sql)
    (problem,) = screen.problems
    assert problem.startswith(f"{title}. ")
    assert len(problem) > len(title) + 3
    assert screen.at.text_area[0].value == sql
    assert screen.part("sql-result", "dataframe") == []
    assert portfolio.main.head == 1


def test_a_write_is_one_commit_and_says_how_many_rows(branches: Repository, screen: Screen) -> None:
    sql = "UPDATE portfolio SET current_price = current_price * 1.1"
    screen.open("Data", branch="aggressive-growth").run_sql(sql)
    assert "What this would change on aggressive-growth" in screen.text
    assert screen.metrics["Portfolio value"] == "$293,975"
    assert branches.branch("aggressive-growth").head == 2
    screen.press("Run on aggressive-growth")
    assert "4 rows changed on aggressive-growth." in screen.text
    (commit,) = branches.branch("aggressive-growth").log(1)
    assert (commit.version, commit.author, commit.message) == (3, "ada", sql)
    assert branches.main.head == 1


def test_a_write_that_breaks_the_key_is_explained_and_nothing_is_written(portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").run_sql("INSERT INTO portfolio VALUES ('AAPL', 1, 1.0, 1.0)")
    (problem,) = screen.problems
    assert "AAPL" in problem
    assert "Run on main" not in screen.buttons
    assert portfolio.main.head == 1


def test_several_statements_are_one_commit_and_somebody_elses_save_asks_again(
    portfolio: Repository, screen: Screen
) -> None:
    sql = "UPDATE portfolio SET shares = 1;\nDELETE FROM portfolio WHERE ticker = 'MSFT'"
    screen.open("Data").run_sql(sql)
    portfolio.main.execute("UPDATE portfolio SET avg_cost = 1", author="bob")
    screen.run()
    assert "bob saved meanwhile." in screen.text
    assert "Run on main" not in screen.buttons
    screen.run_sql().press("Run on main")
    assert portfolio.main.head == 3
    assert portfolio.main.query("SELECT ticker, shares FROM portfolio ORDER BY ticker") == [
        {"ticker": "AAPL", "shares": 1},
        {"ticker": "GOOGL", "shares": 1},
    ]


def test_the_place_of_an_error_is_marked(portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").run_sql("SELECT ticker,\n  prize\nFROM portfolio")
    assert [code.value for code in screen.at.code] == ["2 |   prize\n      ^"]


def test_what_was_run_can_be_used_again(portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").run_sql("SELECT 1 AS one")
    screen.fill("SQL", "SELECT 2 AS two")
    assert "ada · just now" in screen.text
    screen.press("Use")
    assert screen.at.text_area[0].value == "SELECT 1 AS one"


def test_what_a_colleague_ran_is_kept_with_the_branch(portfolio: Repository, screen: Screen) -> None:
    portfolio.create_branch("bold")
    portfolio.main.note_statement("SELECT 'of yesterday'", "grace")
    screen.open("Data")
    assert [code.value for code in screen.at.code] == ["SELECT 'of yesterday'"]
    assert "grace · just now" in screen.text
    assert len(screen.choose_branch("bold").at.code) == 0


def test_a_long_result_can_be_turned_page_by_page(portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").run_sql("SELECT range AS n FROM range(2500) -- all")
    (toggle,) = [box for box in screen.at.toggle if box.label == "Count them and turn pages"]
    toggle.set_value(True)
    screen.run()
    screen.at.pagination[-1].set_value(3)
    screen.run()
    assert "Rows 2,001 to 2,500 of 2,500" in screen.text
    assert _result(screen)[0] == {"n": 2000}


def test_a_statement_for_a_branch_that_was_discarded_meanwhile_does_not_run_on_main(
    branches: Repository, screen: Screen
) -> None:
    screen.open("Data", branch="aggressive-growth").fill("SQL", "DELETE FROM portfolio")
    branches.discard("aggressive-growth")
    screen.run_sql()
    assert branches.main.query("SELECT count(*) AS n FROM portfolio") == [{"n": 3}]
    assert "There is no branch “aggressive-growth” any more. You are looking at main." in screen.text


@pytest.mark.parametrize("sql", [ENDLESS, ENDLESS_WRITE])
def test_what_runs_for_long_can_be_stopped(portfolio: Repository, screen: Screen, sql: str) -> None:
    before = portfolio.main.head
    screen.open("Data").fill("SQL", sql).press("Run").press("Stop").run_to_its_end()
    (problem,) = screen.problems
    assert problem.startswith("Stopped. The statement was stopped.")
    assert (portfolio.main.head, screen.at.text_area[0].value) == (before, sql)


def test_a_long_result_is_cut_and_says_so(portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").run_sql("SELECT * FROM range(5000)")
    assert len(_result(screen)) == 1000
    assert "The first 1,000 rows; there are more" in screen.text


def test_a_result_without_rows_says_so(portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").run_sql("SELECT ticker FROM portfolio WHERE shares < 0")
    assert screen.problems == []
    assert "0 rows · as of version 1" in screen.text


def test_two_columns_of_one_name_are_both_shown(portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").run_sql("SELECT a.ticker, b.ticker FROM portfolio AS a JOIN portfolio AS b USING (shares)")
    assert screen.problems == []
    assert len(_result(screen)[0]) == 2


@pytest.mark.parametrize(
    "value", ["[1, 2]", "{'a': 1}", "NULL", "DATE '2020-01-31'", "INTERVAL 1 DAY", "1::HUGEINT << 100", "'NaN'::DOUBLE"]
)
def test_any_type_of_value_is_shown(value: str, portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").run_sql(f"SELECT {value} AS x")
    assert screen.problems == []
    assert "1 row · as of version 1" in screen.text


@pytest.mark.parametrize("sql", [ENDLESS_WRITE, ENDLESS])
def test_a_statement_that_runs_too_long_is_stopped_and_undone(
    portfolio: Repository, screen: Screen, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr(console, "SECONDS", 0.2)
    before = portfolio.main.head
    (problem,) = screen.open("Data").run_sql(sql).problems
    assert problem.startswith("The statement took too long. The statement ran for 0.2 seconds and was stopped.")
    assert portfolio.main.head == before


def test_a_result_that_no_sheet_holds_is_said_so_and_is_written_as_another_file(
    portfolio: Repository, screen: Screen
) -> None:
    screen.open("Data").run_sql("SELECT repeat('x', 40000) AS long")
    screen.at.session_state["sql-export"] = True
    screen.at.session_state["sql-export-form"] = ExportFormat.EXCEL
    screen.run().press("Write the whole result into a file")
    (problem,) = screen.problems
    assert problem.startswith("This cannot be exported. A cell holds 32,767 characters")
    screen.at.session_state["sql-export-form"] = ExportFormat.CSV
    screen.run().press("Write the whole result into a file")
    assert screen.problems == []
    assert [button.label for button in screen.at.get("download_button")] == ["Save main result\\.csv · 40.0 kB"]
