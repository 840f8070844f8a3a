"""Looking at some commits out of many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TABLES = "CASE WHEN json_valid(commit_extra_info) THEN json_extract_string(commit_extra_info, '$.touched[*].table') END"
"""The names of the tables that a commit touched, as SQL over DuckLake's record of it."""
_IS_LANDING = "(commit_extra_info LIKE '%\"merged\":%' OR commit_extra_info LIKE '%\"reverts\":%')"


@dataclass(frozen=True)
class CommitFilter:
    """Which commits to look at: of one author, of one table, with a text in message or author, or landings alone.

    What is None or empty leaves all of them; the text is found without regard to case. A table goes by the name that
    it had when it was touched. A landing is a commit that merged or undid something.
    """

    author: str | None = None
    table: str | None = None
    text: str = ""
    landings: bool = False

    def __bool__(self) -> bool:
        return self != CommitFilter()

    @property
    def condition(self) -> str:
        """As SQL over DuckLake's record of commits, to be run with :attr:`params`."""
        conditions = [
            *(["author = $author"] if self.author is not None else []),
            *([f"list_contains({TABLES}, $table)"] if self.table is not None else []),
            *(["contains(lower(concat_ws(' ', commit_message, author)), lower($text))"] if self.text else []),
            *([_IS_LANDING] if self.landings else []),
        ]
        return " AND ".join(conditions) or "true"

    @property
    def params(self) -> dict[str, Any]:
        """The values of :attr:`condition`."""
        wanted = {"author": self.author, "table": self.table, "text": self.text or None}
        return {name: value for name, value in wanted.items() if value is not None}
