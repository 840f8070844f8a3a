"""A picture of every page in its main states, light and dark, wide and narrow.

Run: ``make screenshots``, or ``.venv/bin/python -m tests.screenshots --only sample --readme``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Error, expect

from hati_core import Repository
from tests.e2e.conftest import ROOT, App, Server, chromium, serving, window
from tests.screenshots.repositories import sample
from tests.screenshots.visits import TOURS, Tour, Visit

COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1440, 800)
_LEAST, _MOST = 900, 4000
_HEIGHT = """() => {
    const main = document.querySelector("[data-testid=stMain]");
    return main ? main.scrollHeight : 0;
}"""


def take(app: App, visit: Visit, file: Path) -> str | None:
    """Go there and write one picture, as high as the page is; returns what went wrong."""
    page = app.page
    try:
        width = page.viewport_size["width"] if page.viewport_size else WIDTHS[0]
        page.set_viewport_size({"width": width, "height": _LEAST})
        app.open(visit.path)
        visit.steps(app)
        if page.get_by_role("dialog").count() == 0:
            height = min(_MOST, max(_LEAST, page.evaluate(_HEIGHT)))
            page.set_viewport_size({"width": width, "height": height})
        app.settled()
        # Charts and tables are drawn after the page, and only once they come into view.
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        page.screenshot(path=file, animations="disabled")
    except (Error, AssertionError) as error:
        page.screenshot(path=file)
        return f"{file.name}: {str(error).splitlines()[0]}"
    return None


def tour(browser: Browser, told: Tour, folder: Path, widths: tuple[int, ...], only: str) -> list[str]:
    """All pictures of one repository; returns what went wrong."""
    visits = [visit for visit in told.visits if only in f"{told.name}-{visit.name}"]
    problems: list[str | None] = []
    with tempfile.TemporaryDirectory() as place:
        with Repository.open(Path(place) / "hati", author="ada") as repository:
            told.make(repository)
        with serving(Path(place)) as server:
            for width in widths:
                for colours in COLOURS:
                    with window(server, browser, width, colours) as app:
                        for visit in visits:
                            file = folder / f"{told.name}-{visit.name}-{colours}-{width}.png"
                            problems.append(take(app, visit, file))
    return [problem for problem in problems if problem]


def readme(browser: Browser) -> None:
    """README's picture: the overview of the sample, with a branch in view."""
    with tempfile.TemporaryDirectory() as place:
        with Repository.open(Path(place) / "hati", author="ada") as repository:
            sample(repository)
        with serving(Path(place)) as server, window(server, browser) as app:
            _picture(server, app)


def _picture(server: Server, app: App) -> None:
    app.open("?branch=defensive")
    expect(app.page.get_by_test_id("stSkeleton")).to_have_count(0)
    app.page.screenshot(path=ROOT / "assets" / "screenshot.png", animations="disabled")


def main() -> None:
    """Take the pictures and say where they are and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--only", default="", help="part of a picture's name, such as tutorial-merge")
    parser.add_argument("--width", type=int, choices=WIDTHS, help="one width instead of both")
    parser.add_argument("--readme", action="store_true", help="take README's picture alone")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    os.environ.pop("HATI_HOME", None)
    widths = (options.width,) if options.width else WIDTHS
    with chromium() as browser:
        if options.readme:
            readme(browser)
            return
        problems = []
        for told in TOURS:
            if any(options.only in f"{told.name}-{visit.name}" for visit in told.visits):
                problems += tour(browser, told, options.folder, widths, options.only)
    print(*problems, f"The pictures are in {options.folder}.", sep="\n")
    raise SystemExit(bool(problems))


if __name__ == "__main__":
    main()
