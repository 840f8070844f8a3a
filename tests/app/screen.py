"""The app as a person reads and uses it, without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

ROOT = Path(__file__).parents[2]
PAGES = {
    "Overview": "app.py",
    "Branches": "pages/branches.py",
    "Data": "pages/data.py",
    "Compare": "pages/compare.py",
    "Merge": "pages/merge.py",
    "Agent": "pages/agent.py",
    "History": "pages/history.py",
    "Settings": "pages/settings.py",
}
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()<>#+\-.!|~$:&\"'@/])")
_LATELY = re.compile(r"\b\d+ min ago\b")
"""What was just now when a test did it, on a machine that takes its time."""
_READ = ("title", "markdown", "caption", "warning", "info", "error", "success", "toast", "page_link")


class Screen:
    """One person's session, which begins at ``app.py``."""

    def __init__(self) -> None:
        self.at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        self._opener: str | None = None

    def open(self, page: str, /, **address: str) -> Screen:
        """Go to a page by its address."""
        self.at.query_params = dict(address)
        self.at.switch_page(PAGES[page])
        return self.run()

    def run(self) -> Screen:
        """Draw the page anew."""
        if self._opener:
            self._button(self._opener).click()
        self.at.run()
        assert not self.at.exception, self.at.exception
        return self

    def press(self, name: str) -> Screen:
        """Press the button that has this label, or this key."""
        self._button(name).click()
        return self.run()

    def run_sql(self, sql: str | None = None) -> Screen:
        """Run what is typed, or what stands there, in the console, and wait for what comes of it."""
        if sql is not None:
            self.fill("SQL", sql)
        return self.press("Run").run_to_its_end()

    def run_to_its_end(self) -> Screen:
        """Wait for what comes of a statement that runs."""
        while any(button.key == "sql-stop" for button in self.at.button):
            self.run()
        return self

    def _button(self, name: str) -> Button:
        (button,) = [button for button in self.at.button if name in (button.key, plainly(button.label))]
        assert not button.disabled, f"{name} cannot be pressed"
        return button

    @contextmanager
    def dialog(self, opener: str) -> Iterator[None]:
        """A dialog runs alone in the browser; here the whole page does, with the button that opens it held down."""
        self.press(opener)
        self._opener = opener
        yield
        self._opener = None

    def fill(self, label: str, value: str) -> Screen:
        """Type into the field that has this label."""
        return self.type(label, value).run()

    def type(self, label: str, value: str) -> Screen:
        """Type into a field of a form, of which the app hears when the form is sent."""
        (field,) = [field for field in [*self.at.text_input, *self.at.text_area] if plainly(field.label) == label]
        field.set_value(value)
        return self

    def field(self, label: str) -> str:
        """What stands in the field that has this label."""
        (field,) = [field for field in self.at.text_input if plainly(field.label) == label]
        return str(field.value)

    def pick(self, label: str, value: Any) -> Screen:
        """Choose in the select box, radio or segmented control that has this label."""
        controls = [*self.at.selectbox, *self.at.radio, *self.at.segmented_control, *self.at.multiselect]
        (control,) = [control for control in controls if plainly(control.label) == label]
        control.set_value(value)
        return self.run()

    def choose(self, label: str, option: str) -> Screen:
        """Choose in the radio that has this label the option that reads so."""
        (radio,) = [radio for radio in self.at.radio if plainly(radio.label) == label]
        (position,) = [place for place, shown in enumerate(radio.options) if plainly(shown) == option]
        radio.set_value(radio.options[position])
        return self.run()

    def edit_grid(
        self,
        edited: dict[int, dict[str, Any]] | None = None,
        added: Iterable[dict[str, Any]] = (),
        deleted: Iterable[int] = (),
    ) -> Screen:
        """Leave these edits in the grid, by position, as the browser sends them."""
        (grid,) = self.at.data_editor
        self.at.session_state[grid.key] = {
            "edited_rows": edited or {},
            "added_rows": list(added),
            "deleted_rows": list(deleted),
        }
        return self.run()

    def unsaved(self) -> str:
        """What the panel of unsaved changes says, or nothing where there is none."""
        return "\n".join(plainly(item.value) for item in self.part("unsaved", "markdown", "caption", "warning"))

    def bar(self) -> str:
        """What the line above the grid says."""
        return "\n".join(plainly(item.value) for item in self.part("rows-bar", "markdown", "caption"))

    def part(self, key: str, *kinds: str) -> list[Any]:
        """The elements of these kinds inside the container of that key."""
        try:
            container = self.at.get_by_key(key)
        except KeyError:
            return []
        return [element for kind in kinds for element in container.get(kind)]

    @property
    def text(self) -> str:
        """Everything that can be read as text, a line a piece, as it looks on the screen."""
        read = [element.value for kind in _READ for element in self.at.get(kind)]
        labels = [part.label for part in (*self.at.button, *self.at.metric, *self.at.expander)]
        return "\n".join(plainly(piece) for piece in [*read, *labels])

    @property
    def problems(self) -> list[str]:
        """What the page complains about."""
        return [plainly(error.value) for error in self.at.error]

    @property
    def metrics(self) -> dict[str, str]:
        """The values on the cards, by label."""
        return {plainly(metric.label): plainly(metric.value) for metric in self.at.metric}

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons that can be pressed."""
        return [plainly(button.label) for button in self.at.button if not button.disabled]

    @property
    def branch(self) -> str:
        """What the one branch selector says."""
        (selector,) = [box for box in self.at.selectbox if box.label == "Branch"]
        return str(selector.value)

    def choose_branch(self, name: str) -> Screen:
        """Use the one branch selector."""
        return self.pick("Branch", name)

    def figure(self, key: str) -> str:
        """What a figure says to those who cannot see it."""
        return str(self.at.get_by_key(key).proto.alt)

    def table(self) -> pd.DataFrame:
        """The first table on the page."""
        return self.at.dataframe[0].value

    def matrix(self) -> pd.DataFrame:
        """The metrics in rows and branches in columns, as they read; a line break in a cell is a line."""
        frame = self.at.table[0].value
        return frame.map(_read).set_axis([_read(name) for name in frame.columns], axis="columns").set_index("")

    def changes(self) -> pd.DataFrame:
        """The last table on the page, which lists changed rows."""
        return self.at.dataframe[-1].value

    def listed(self, key: str) -> pd.DataFrame:
        """The table inside the container of that key which lists changed rows."""
        return self.part(key, "dataframe")[0].value


def _read(cell: str) -> str:
    """A cell of a table without its sizes, colours and dots."""
    bare = re.sub(r":color\[●\]\{[^}]*\} |:(?:small|gray|green|red)\[|(?<!\\)\]", "", cell)
    return plainly(bare.replace("  \n", "\n").replace("\u00a0", " "))


def plainly(markdown: object) -> str:
    """Markdown without its escapes, its bold and its icons; minutes ago read as just now."""
    return _LATELY.sub("just now", _ESCAPED.sub(r"\1", re.sub(r"(?<!\\)\*\*", "", str(markdown))))
