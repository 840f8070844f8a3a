"""What all pages share: the branch selector, who signs, and a repository that cannot be opened."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from hati_core import Repository
from pages.parts.session import repository
from tests.app.screen import PAGES, Screen
from tests.conftest import NewPlace


def test_the_choice_of_a_branch_lasts_from_page_to_page(branches: Repository, screen: Screen) -> None:
    screen.open("Overview").choose_branch("conservative-hedge")
    for page in PAGES:
        assert screen.open(page).branch == "conservative-hedge"
        assert screen.at.query_params["branch"] == "conservative-hedge"


def test_the_address_decides_on_entering_a_page_and_the_selector_afterwards(
    branches: Repository, screen: Screen
) -> None:
    screen.open("Overview").choose_branch("conservative-hedge")
    assert screen.open("Data", branch="aggressive-growth").branch == "aggressive-growth"
    assert screen.choose_branch("main").branch == "main"
    assert screen.run().branch == "main"


def test_another_persons_choice_is_their_own(branches: Repository, screen: Screen) -> None:
    screen.open("Overview").choose_branch("conservative-hedge")
    assert Screen().open("Overview").branch == "main"


def test_an_unknown_branch_in_the_address_is_named_once_and_main_shown(branches: Repository) -> None:
    for page in PAGES:
        screen = Screen().open(page, branch="moonshot")
        assert "There is no branch “moonshot” any more. You are looking at main." in screen.text
        assert screen.branch == "main"
        assert screen.problems == []
        assert "There is no branch" not in screen.run().text


def test_a_branch_that_somebody_discarded_meanwhile_is_named_and_main_shown(branches: Repository) -> None:
    for page in PAGES:
        screen = Screen().open(page, branch="aggressive-growth")
        branches.discard("aggressive-growth")
        assert "There is no branch “aggressive-growth” any more. You are looking at main." in screen.run().text
        assert screen.branch == "main"
        assert screen.problems == []
        branches.undiscard("aggressive-growth")


def test_commits_carry_the_name_that_the_session_signs_with(portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").fill("Your name", "  grace ").press("Sign as this")
    assert "Your commits are signed grace." in screen.text
    sql = "UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'"
    screen.fill("SQL", sql).press("Run").press("Run on main")
    assert portfolio.main.log(1)[0].author == "grace"
    other = Screen().open("Data").fill("SQL", sql.replace("= 1", "= 2"))
    other.press("Run").press("Run on main")
    assert other.problems == []
    assert portfolio.main.log(1)[0].author == "ada"


def test_no_name_is_the_name_of_before(portfolio: Repository, screen: Screen) -> None:
    screen.open("Overview").fill("Your name", "   ").press("Sign as this")
    assert "Your commits are signed ada." in screen.text


@pytest.mark.parametrize("page", PAGES)
def test_a_place_that_cannot_be_a_repository_is_explained(
    page: str, screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.txt").write_text("not a folder")
    monkeypatch.setenv("HATI_HOME", str(tmp_path / "notes.txt" / "hati"))
    screen.open(page)
    assert screen.at.title.values == [page]
    (problem,) = screen.problems
    assert problem.startswith("The storage is not available. The repository in")
    assert "is a file, not a folder; choose another place" in problem
    assert screen.metrics == {}
    assert "Start the tutorial" not in screen.text


def test_a_repository_on_a_server_is_opened_by_its_address(
    screen: Screen, new_server: NewPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Repository.open(address := new_server()) as repo:
        repo.main.execute("CREATE TABLE portfolio AS SELECT 'AAPL' AS ticker, 100 AS shares, 185.0 AS current_price")
        repo.create_branch("growth").execute("UPDATE portfolio SET shares = 200")
    monkeypatch.setenv("HATI_HOME", address)
    screen.open("Overview")
    assert screen.problems == []
    assert "growth" in screen.text
    repository().close()


def test_a_server_that_does_not_answer_is_explained_without_its_password(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HATI_HOME", "postgresql://ada:s3cr3t@127.0.0.1:1/hati?data=s3://bucket/x")
    screen.open("Overview")
    (problem,) = screen.problems
    assert "postgresql://ada@127.0.0.1:1/hati" in problem
    assert "nothing answers there" in problem
    assert "s3cr3t" not in repr(screen.at.main)


def test_a_repository_of_a_newer_version_is_left_alone(screen: Screen, home: Path, portfolio_template: Path) -> None:
    shutil.copytree(portfolio_template, home)
    registry = sqlite3.connect(home / "registry.sqlite")
    with registry:
        registry.execute("UPDATE about SET value = '99' WHERE name = 'format'")
    registry.close()
    screen.open("Overview")
    (problem,) = screen.problems
    assert problem.startswith("The repository needs a newer version. The repository in")
    assert "has format 99" in problem
    assert "Install the newest version to open it." in problem
    assert screen.metrics == {}


def test_a_place_that_was_mended_is_opened_without_a_restart(
    screen: Screen, tmp_path: Path, portfolio_template: Path, home: Path
) -> None:
    home.write_text("in the way")
    assert screen.open("Overview").problems
    home.unlink()
    shutil.copytree(portfolio_template, home)
    screen.run()
    assert screen.problems == []
    assert screen.metrics["Portfolio value"] == "$58,750"


@pytest.mark.parametrize("page", PAGES)
def test_a_branch_of_a_repository_without_tables_is_shown_on_every_page(
    page: str, empty: Repository, screen: Screen
) -> None:
    empty.create_branch("trial")
    screen.open(page, branch="trial")
    assert screen.branch == "trial"
    assert screen.problems == []


@pytest.mark.parametrize("page", PAGES)
def test_a_table_that_is_on_a_branch_only_does_not_break_a_page(page: str, empty: Repository) -> None:
    branch = empty.create_branch("pricing")
    branch.execute("CREATE TABLE prices (product VARCHAR PRIMARY KEY, price DOUBLE, quantity INTEGER)")
    branch.execute("INSERT INTO prices VALUES ('desk', 200.0, 3)")
    for name in ("main", "pricing"):
        screen = Screen().open(page, branch=name)
        assert screen.branch == name
        assert screen.problems == []


def test_what_stopped_the_upkeep_is_shown(home: Path, portfolio_template: Path) -> None:
    shutil.copytree(portfolio_template, home)
    with Repository.open(home) as before:
        for ticker in ("AAPL", "MSFT"):
            before.main.execute(f"DELETE FROM portfolio WHERE ticker = '{ticker}'")
        catalog = home / "catalogs" / f"{before.main.id}.sqlite"
    with sqlite3.connect(catalog) as connection:
        damaged = connection.execute("UPDATE ducklake_files_scheduled_for_deletion SET schedule_start = 'yesterday'")
        assert damaged.rowcount
    connection.close()
    with repository() as opened:
        opened.keep_up().close()
        screen = Screen().open("Overview")
        assert "Tidying up stopped" in screen.text
        assert "yesterday" in screen.text
        assert "Your data is as it was" in screen.text
