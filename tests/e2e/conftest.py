"""A real server with a fresh repository and a real Chromium for each browser test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests import machine
from tests.app_server import START_SECONDS, becomes_healthy, free_port
from tests.e2e.install_browser import find

ROOT = Path(__file__).parents[2]
WAIT_MS = 20_000
_LINES_OF_LOG = 40
_CLICKS = 4
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
expect.set_options(timeout=WAIT_MS)
_HEARS_ANSWERS = """(() => {
    const send = WebSocket.prototype.send, heard = new WeakSet();
    WebSocket.prototype.send = function (data) {
        if (!heard.has(this)) {
            heard.add(this);
            this.addEventListener("message", () => { window.isAsking = false; });
        }
        window.isAsking = true;
        return send.call(this, data);
    };
})()"""
"""What a press asks of a busy server is answered late; until then the page looks as if nothing were under way."""
_STAYS_DRAWN = """() => {
    const drawn = document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
        && !document.querySelector("[data-testid=stSkeleton]");
    window.drawnSince = drawn && !window.isAsking ? window.drawnSince ?? performance.now() : undefined;
    return window.drawnSince !== undefined && performance.now() - window.drawnSince > 200;
}"""
"""The grid sends what was typed 150 ms after the last key, and some presses lead to two runs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what it is understood by: what stands on each page, and what the server said last."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.when == "call" and report.failed and browser is not None:
        for page in (page for context in browser.contexts for page in context.pages):
            state = page.get_by_test_id("stApp").first.get_attribute("data-test-script-state", timeout=1000)
            shown = page.get_by_test_id("stMain").aria_snapshot(timeout=1000)
            report.sections.append((f"page {page.url}, {state}", shown))
        for server in (value for value in item.funcargs.values() if hasattr(value, "log")):
            said = server.log.read_text(errors="replace").splitlines()
            report.sections.append((f"server {server.url}", "\n".join(said[-_LINES_OF_LOG:])))
    return report


@dataclass
class Server:
    """A running app: where it is served and where its repository lives."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    log: Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The app, serving a repository that does not exist yet."""
    with serving(tmp_path) as running:
        yield running


@contextmanager
def serving(place: Path, **more: str) -> Iterator[Server]:
    """The app with its repository in ``place``, from starting to stopping the server; ``more`` is its environment's."""
    port = free_port()
    # No test asks a model of which the machine happens to have a key.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    environment = {**inherited, "HATI_HOME": str(place / "hati"), "HATI_AUTHOR": "ada", **more}
    # A real server has the whole machine, and DuckDB as many threads as it likes.
    environment.pop(machine.CORES, None)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    log = place / "server.log"
    with log.open("wb") as written:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=written, stderr=written)
    try:
        url = f"http://127.0.0.1:{port}"
        if not becomes_healthy(url, process):
            raise RuntimeError("the app did not start")
        yield Server(url, place / "hati", process, log)
    finally:
        # An orderly end takes a second, and nobody needs what the server would put away.
        process.kill()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with chromium() as started:
        yield started


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium, from starting to closing it."""
    executable = find()
    assert executable is not None, "no Chromium: run make test, which installs one"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        yield started
        started.close()


def settled(page: Page, within_ms: int = WAIT_MS) -> None:
    """Wait until a page has been drawn and stays so for a moment."""
    page.wait_for_function(_STAYS_DRAWN, polling=50, timeout=within_ms)


def click(control: Locator) -> None:
    """Click when the page stands still: what is drawn meanwhile can move from under the pointer."""
    settled(control.page)
    control.click()


class App:
    """What a person does in the app, by what they see."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def open(self, path: str = "") -> None:
        """Go to an address of the app."""
        self.page.goto(f"{self.url}/{path}")
        # The first page that a server shows waits for all that it imports.
        self.settled(within_ms=START_SECONDS * 1000)

    def settled(self, within_ms: int = WAIT_MS) -> None:
        """Wait until the page has been drawn and stays so for a moment, and nothing went wrong on it."""
        settled(self.page, within_ms)
        expect(self.page.get_by_test_id("stException")).to_have_count(0)

    def go(self, name: str) -> None:
        """Use the menu."""
        click(self.page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True))
        expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible()
        self.settled()

    def press(self, name: str, *, exact: bool = False) -> None:
        """Press a button, and wait for what comes of it."""
        click(self.page.get_by_role("button", name=name, exact=exact))
        self.settled()

    def sees(self, text: str | re.Pattern[str]) -> None:
        """The text is on the page, and the run of the script that drew it has ended."""
        expect(self.page.get_by_text(text).first).to_be_visible()
        self.settled()

    def choose_branch(self, name: str) -> None:
        """Use the one branch selector."""
        box = self.page.get_by_test_id("stSidebar").get_by_role("combobox", name="Branch")
        click(box)
        click(self.page.get_by_role("option", name=name, exact=True))
        expect(box).to_have_value(name)
        expect(self.page).to_have_url(re.compile(f"[?&]branch={quote(name)}(&|$)"))
        self.settled()

    def create_branch(self, name: str) -> None:
        """Make a branch of main by the dialog."""
        self.press("New branch")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Name", exact=True).fill(name)
        click(dialog.get_by_role("button", name="Create branch"))
        expect(dialog).to_have_count(0)
        self.settled()

    def ask_sql(self, sql: str) -> None:
        """Press Run for a statement in the console of the page Data; one that writes is only shown by that."""
        click(self.page.get_by_role("tab", name="SQL"))
        self.page.get_by_role("textbox", name="SQL").fill(sql)
        # The button's name goes on with its shortcut.
        click(self.page.locator("[class*=st-key-run-sql] button"))
        self.settled()

    def run_sql(self, sql: str) -> None:
        """Run a statement in the console of the page Data; one that writes is looked at first."""
        self.ask_sql(sql)
        if not sql.lstrip().upper().startswith(("SELECT", "FROM")):
            expect(self.page.get_by_text("What this would change on")).to_be_visible()
            click(self.page.get_by_role("button", name="Run on"))
            self.settled()

    def problem(self, text: str) -> None:
        """The page complains in these words, and shows no stack trace."""
        expect(self.page.get_by_test_id("stAlertContentError").filter(has_text=text)).to_be_visible()
        expect(self.page.get_by_text("Traceback")).to_have_count(0)

    def upload(self, name: str, content: bytes | Path) -> Locator:
        """Choose a file in the dialog that takes one in; returns the dialog."""
        dialog = self.page.get_by_role("dialog")
        field = dialog.get_by_test_id("stFileUploaderDropzoneInput")
        if isinstance(content, Path):
            field.set_input_files(content)
        else:
            field.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
        self.settled()
        return dialog

    def metric(self, label: str, within: Locator | None = None) -> Locator:
        """The card of one metric."""
        cards = (within or self.page).get_by_test_id("stMetric")
        return cards.filter(has=self.page.get_by_text(label, exact=True))

    def grid(self) -> Locator:
        """The editable grid."""
        return self.page.get_by_test_id("stDataFrame").first

    def edit_cell(self, row: int, column: int, value: str) -> None:
        """Type into a cell of the grid; rows and columns count from 0."""
        self.go_to_cell(row, column)
        self.page.keyboard.press("Enter")
        editor = self.page.get_by_test_id("portal").locator(".gdg-input")
        editor.fill(value)
        editor.press("Enter")
        expect(editor).to_have_count(0)
        self.settled()

    def go_to_cell(self, row: int, column: int) -> None:
        """Select a cell of the grid; where the grid is made anew in the moment of the click, by another click."""
        self.settled()
        first = self._cell(0, 0).and_(self.page.locator("[aria-selected=true]"))
        for _ in range(_CLICKS):
            self.grid().locator(".dvn-scroller").click(position={"x": 70, "y": 35 + 17})
            with suppress(PlaywrightTimeoutError):
                first.wait_for(state="attached", timeout=WAIT_MS / _CLICKS)
                break
        for key, times in (("ArrowDown", row), ("ArrowRight", column)):
            for _ in range(times):
                self.page.keyboard.press(key)
        expect(self._cell(row, column)).to_have_attribute("aria-selected", "true")

    def _cell(self, row: int, column: int) -> Locator:
        return self.grid().get_by_test_id(f"glide-cell-{column + 1}-{row}")


@pytest.fixture
def app(server: Server, browser: Browser) -> Iterator[App]:
    """The app in a window of its own; no page may have shown an exception."""
    with window(server, browser) as opened:
        yield opened


@contextmanager
def window(
    server: Server, browser: Browser, width: int = 1440, colours: Literal["light", "dark"] = "light"
) -> Iterator[App]:
    """A window of its own on a running app, ``width`` pixels wide, looked over for errors when it closes."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=colours)
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(_HEARS_ANSWERS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield App(page, server.url)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert errors == []
    context.close()
