"""Where in a text of SQL an error is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hati_core.errors import HatiError, SyntaxRefused

_FRAME = re.compile(r"LINE (\d+): (.*)\n( *)\^")
_SHORTENED = "..."


@dataclass(frozen=True)
class Position:
    """A line and a column, both counted from 1, and the text of that line."""

    line: int
    column: int
    text: str

    @property
    def marked(self) -> str:
        """The line with a mark under the place."""
        number = f"{self.line} | "
        return f"{number}{self.text}\n{' ' * (len(number) + self.column - 1)}^"


def position_of(error: HatiError, sql: str, statement: str | None = None) -> Position | None:
    """Where in ``sql`` the error is, as the parser or the database says; None where neither does.

    ``statement`` is the part of it that was run, where there are several.
    """
    begin = max(sql.find(statement), 0) if statement else 0
    if isinstance(error, SyntaxRefused) and error.line is not None and error.column is not None:
        return _moved(sql, begin, error.line, error.column)
    frame = _FRAME.search(str(error.__cause__ or ""))
    if frame is None:
        return None
    line, shown = int(frame[1]), frame[2]
    column = len(frame[3]) - len(f"LINE {line}: ") + 1
    lines = sql[begin:].split("\n")
    if not 1 <= line <= len(lines):
        return None
    if shown.startswith(_SHORTENED):
        # A long line is cut on both sides around the place.
        part = shown.removeprefix(_SHORTENED).removesuffix(_SHORTENED)
        column += lines[line - 1].find(part) - len(_SHORTENED)
    return _moved(sql, begin, line, column)


def _moved(sql: str, begin: int, line: int, column: int) -> Position | None:
    """A place in a part of the text that begins somewhere, as one in the whole."""
    above = sql[:begin]
    whole_line = above.count("\n") + line
    if line == 1:
        column += len(above) - (above.rfind("\n") + 1)
    lines = sql.split("\n")
    if not (1 <= whole_line <= len(lines) and 1 <= column <= len(lines[whole_line - 1]) + 1):
        return None
    return Position(whole_line, column, lines[whole_line - 1])
