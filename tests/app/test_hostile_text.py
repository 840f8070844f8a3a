"""Other people's text is shown as it is: nothing is made of it, wherever it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from hati_core import Repository
from pages.parts.words import plain
from tests.app.screen import PAGES, Screen

NASTY = "<script>alert(1)</script> **bold** $x$ [a](//evil) :red[r]"
_LIVE = re.compile(r"(?<!\\)<script|\*\*bold\*\*|\$x\$|\[a\]\(|:red\[r")
_TEXTS = ("title", "markdown", "caption", "warning", "info", "error", "success", "toast", "page_link")
_WIDGETS = ("button", "text_input", "text_area", "radio", "multiselect", "selectbox", "button_group", "metric")


def _rendered(screen: Screen) -> Iterator[str]:
    """Every piece of text that Streamlit renders as Markdown."""
    for kind in _TEXTS:
        yield from (element.value for element in screen.at.get(kind))
    for kind in _WIDGETS:
        for element in screen.at.get(kind):
            yield from (element.proto.label, element.proto.help)
    for radio in screen.at.radio:
        yield from (*radio.options, *radio.proto.captions)
    for control in screen.at.segmented_control:
        yield from (option.content for option in control.proto.options)
    yield from (metric.proto.delta_description for metric in screen.at.metric)
    yield from (expander.label for expander in screen.at.expander)
    yield from (popover.proto.popover.label for popover in screen.at.get("popover"))


def _shown_plainly(screen: Screen, times: int = 1) -> None:
    """The nasty text is there, nothing was made of it, and nothing on the page is html."""
    pieces = list(_rendered(screen))
    assert sum(piece.count(plain(NASTY)) for piece in pieces) >= times
    assert [piece for piece in pieces if _LIVE.search(piece)] == []
    assert not [element for element in screen.at.markdown if element.proto.allow_html]
    assert not screen.at.html


@pytest.fixture
def nasty_branch(portfolio: Repository) -> Repository:
    """The tutorial with a branch, an author, a message and a description that are nasty."""
    branch = portfolio.create_branch(NASTY, description=NASTY, author=NASTY)
    branch.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'", author=NASTY, message=NASTY)
    return portfolio


@pytest.fixture
def nasty_rows(portfolio: Repository) -> Repository:
    """The tutorial with a row whose key is nasty, changed on the branch trial."""
    portfolio.main.execute("INSERT INTO portfolio VALUES (?, 10, 1.0, 2.0)", [NASTY])
    branch = portfolio.create_branch("trial")
    branch.execute("UPDATE portfolio SET shares = 20 WHERE ticker = ?", [NASTY])
    return portfolio


@pytest.mark.parametrize("page", [page for page in PAGES if page != "Merge"])
def test_a_branch_and_its_author_on_every_page(page: str, nasty_branch: Repository, screen: Screen) -> None:
    screen.open(page, branch=NASTY)
    assert screen.branch == NASTY
    assert screen.problems == []
    _shown_plainly(screen)


def test_a_commit_and_who_changed_a_cell(nasty_branch: Repository, screen: Screen) -> None:
    screen.open("History", branch=NASTY, version="2")
    _shown_plainly(screen, times=3)
    screen.pick("What to look at", "cells")
    key = screen.at.dataframe[0].key
    screen.at.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    screen.run()
    _shown_plainly(screen)
    cells = [str(value) for table in screen.at.table for value in table.value.to_numpy().ravel()]
    assert any(plain(NASTY) in cell for cell in cells)
    assert not [cell for cell in cells if _LIVE.search(cell)]


def test_a_metric(portfolio: Repository, screen: Screen) -> None:
    portfolio.set_metric(NASTY, "SELECT 1 AS one")
    _shown_plainly(screen.open("Settings"))


def test_a_branch_that_is_gone(portfolio: Repository, screen: Screen) -> None:
    _shown_plainly(screen.open("Data", branch=NASTY))


def test_a_discarded_branch_and_the_dialog_that_discards_it(nasty_branch: Repository, screen: Screen) -> None:
    (info,) = [info for info in nasty_branch.branches() if not info.is_main]
    with screen.open("Branches").dialog(f"discard-{info.id}"):
        _shown_plainly(screen, times=3)
        screen.press("discard-confirm")
    _shown_plainly(screen, times=2)


def test_a_name_to_sign_with(portfolio: Repository, screen: Screen) -> None:
    screen.open("Overview").fill("Your name", NASTY).press("Sign as this")
    _shown_plainly(screen, times=2)


def test_a_row_that_is_edited_and_saved(nasty_rows: Repository, screen: Screen) -> None:
    screen.open("Data", branch="trial")
    position = screen.table()["ticker"].tolist().index(NASTY)
    screen.edit_grid({position: {"shares": 30}}, added=[{"ticker": NASTY + "2"}])
    _shown_plainly(screen, times=2)
    screen.press("Start over").edit_grid({position: {"shares": NASTY}}).press("Save to trial")
    assert screen.problems
    _shown_plainly(screen, times=2)


def test_a_row_that_differs(nasty_rows: Repository, screen: Screen) -> None:
    screen.open("Compare", branch="trial")
    assert screen.changes()["ticker"].tolist() == [NASTY]
    assert NASTY in screen.figure("waterfall")
    assert [piece for piece in _rendered(screen) if _LIVE.search(piece)] == []


def test_a_row_in_conflict(nasty_rows: Repository, screen: Screen) -> None:
    nasty_rows.main.execute("UPDATE portfolio SET shares = 15 WHERE ticker = ?", [NASTY])
    _shown_plainly(screen.open("Merge", branch="trial"))


def test_a_value_in_conflict(portfolio: Repository, screen: Screen) -> None:
    portfolio.main.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, note VARCHAR)")
    portfolio.main.execute("INSERT INTO notes VALUES (1, 'fine')")
    portfolio.create_branch("trial").execute("UPDATE notes SET note = ?", [NASTY])
    portfolio.main.execute("UPDATE notes SET note = 'hm'")
    _shown_plainly(screen.open("Merge", branch="trial"))


def test_a_conflict_with_a_nasty_branch_that_is_merged(nasty_branch: Repository, screen: Screen) -> None:
    nasty_branch.main.execute("UPDATE portfolio SET shares = 90 WHERE ticker = 'AAPL'", author=NASTY)
    screen.open("Merge", branch=NASTY)
    _shown_plainly(screen, times=5)
    screen.press(f"Rest from {NASTY}").press("Merge into main")
    assert screen.problems == []
    _shown_plainly(screen, times=3)


def test_several_branches_to_look_at_closer(nasty_branch: Repository, screen: Screen) -> None:
    nasty_branch.create_branch("trial")
    _shown_plainly(screen.open("Compare", **{"with": f"main|{NASTY}|trial"}))


def test_a_table_and_its_columns(portfolio: Repository, screen: Screen) -> None:
    name = "<script> $x$"
    portfolio.main.execute(f'CREATE TABLE "{name}" ("{NASTY}" VARCHAR, shares INTEGER, price DOUBLE)')
    portfolio.main.execute(f"INSERT INTO \"{name}\" VALUES ('a', 1, 1.0), ('b', 2, 2.0)")
    branch = portfolio.create_branch("trial")
    branch.execute(f'UPDATE "{name}" SET shares = 7 WHERE shares = 1')
    portfolio.main.execute(f'UPDATE "{name}" SET shares = 8 WHERE shares = 1')
    for page in ("Data", "Compare", "Merge", "History", "Settings"):
        screen.open(page, branch="trial", table=name)
        assert screen.problems == []
        assert [piece for piece in _rendered(screen) if _LIVE.search(piece)] == []


@pytest.mark.parametrize("sql", [f'SELECT "{NASTY}" FROM portfolio', f"SELECT '{NASTY}'::INTEGER", f"SELECT {NASTY}"])
def test_an_error_of_the_database(sql: str, portfolio: Repository, screen: Screen) -> None:
    screen.open("Data").run_sql(sql)
    assert screen.problems
    assert [piece for piece in _rendered(screen) if _LIVE.search(piece)] == []


def test_a_branch_name_that_cannot_be(portfolio: Repository, screen: Screen) -> None:
    portfolio.create_branch(NASTY)
    with screen.open("Branches").dialog("new-branch"):
        screen.fill("Name", NASTY).press("new-branch-create")
        assert screen.problems
        _shown_plainly(screen, times=2)
