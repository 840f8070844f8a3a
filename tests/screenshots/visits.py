"""What there is to see: a page of a repository, and what is done on it before the picture is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import expect

from hati_core import Repository
from tests.e2e.conftest import App
from tests.screenshots import repositories


@dataclass(frozen=True)
class Visit:
    """One picture: its name, the address of the page, and the steps that lead to what it shows."""

    name: str
    path: str
    steps: Callable[[App], None] = lambda app: None


@dataclass(frozen=True)
class Tour:
    """A repository and the pictures taken of it."""

    name: str
    make: Callable[[Repository], None]
    visits: tuple[Visit, ...]


def tab(name: str) -> Callable[[App], None]:
    """Open one of the tabs."""

    def steps(app: App) -> None:
        app.page.get_by_role("tab", name=name).click()
        app.settled()

    return steps


def pressed(name: str, shows: str) -> Callable[[App], None]:
    """Press a button that opens something, in which that text is to be seen."""

    def steps(app: App) -> None:
        app.press(name)
        app.sees(shows)

    return steps


def _action_preview(app: App) -> None:
    tab("Actions")(app)
    expect(app.page.locator(".st-key-action-outcome")).to_be_visible()


def _console_preview(app: App) -> None:
    app.ask_sql("UPDATE portfolio SET shares = shares * 2 WHERE shares < 100")
    app.sees("What this would change on")


def _console_result(app: App) -> None:
    app.ask_sql("SELECT * FROM portfolio")


def _conflict_left(app: App) -> None:
    app.page.locator(".st-key-conflict-card").scroll_into_view_if_needed()


def _file(app: App) -> None:
    app.press("Import a file")
    app.upload("more.csv", b"ticker,shares,avg_cost,current_price\nAAPL,150,145.00,185.00\nAMD,40,abc,160.25\n")
    app.sees("cannot be taken in")


def _run_of(goal: str) -> Callable[[App], None]:
    """Open the run of a goal from the list."""

    def steps(app: App) -> None:
        row = app.page.locator("[class*=st-key-run-]").filter(has_text=goal)
        row.get_by_role("button", name="Open").click()
        expect(app.page.locator(".st-key-run-in-view")).to_be_visible()
        app.settled()

    return steps


def _pages(branch: str) -> tuple[Visit, ...]:
    names = ("branches", "data", "compare", "merge", "agent", "history", "settings")
    return (Visit("overview", f"?branch={branch}"), *(Visit(name, f"{name}?branch={branch}") for name in names))


_SETTINGS = tuple(
    Visit(f"settings-{name}", f"settings?section={name}")
    for name in ("currency", "tables", "merging", "storage", "model")
)
_HISTORY = (
    Visit("history-commit", "history?branch=aggressive-growth&version=2"),
    Visit("history-table", "history?branch=aggressive-growth&view=table"),
    Visit("history-versions", "history?branch=aggressive-growth&view=versions"),
    Visit("history-cells", "history?branch=aggressive-growth&view=cells"),
)
TOURS = (
    Tour(
        "empty",
        repositories.empty,
        (*_pages("main"), Visit("import", "", pressed("Choose a file", "CSV, Excel or Parquet file"))),
    ),
    Tour(
        "tutorial",
        repositories.tutorial,
        (
            *_pages("aggressive-growth"),
            Visit("overview-main", ""),
            Visit("new-branch", "branches", pressed("New branch", "Create branch")),
            Visit("data-sql", "data?branch=aggressive-growth", _console_result),
            Visit("data-sql-preview", "data?branch=aggressive-growth", _console_preview),
            Visit("data-actions", "data?branch=aggressive-growth", _action_preview),
            Visit(
                "data-import", "data?branch=aggressive-growth", pressed("Import a file", "CSV, Excel or Parquet file")
            ),
            Visit("data-import-file", "data?branch=aggressive-growth", _file),
            Visit("data-tables", "data?branch=aggressive-growth", pressed("Change tables", "Create a table")),
            Visit("data-export", "data?branch=aggressive-growth", pressed("Export", "Write portfolio into a file")),
            Visit("merge-conflict", "merge?source=aggressive-growth&into=main", _conflict_left),
            *_HISTORY,
            *_SETTINGS,
            Visit("settings-add-metric", "settings", pressed("Add a metric", "Name")),
        ),
    ),
    Tour("sample", repositories.sample, (*_pages("defensive"), Visit("overview-main", ""))),
    Tour("pricing", repositories.pricing, (*_pages("discount basic"), Visit("data-actions", "data", tab("Actions")))),
    Tour(
        "agent",
        repositories.agent,
        (
            Visit("agent-form", "agent"),
            Visit("agent-runs", "agent?agent=runs"),
            *(
                Visit(f"agent-{name}", "agent?agent=runs", _run_of(goal))
                for name, goal in zip(("proposed", "approved", "rejected", "by-hand"), repositories.GOALS, strict=True)
            ),
        ),
    ),
    Tour("large", repositories.large, _pages("shift")),
)
