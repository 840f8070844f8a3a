"""What is changed in a grid and not saved: kept by row key, so that turning the page or leaving loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hati_core import TableEdits
from hati_core.model import Key, Row
from pages.parts.grid import GridPage, added_before, edits_of, typed_back


def joined(earlier: TableEdits, later: TableEdits) -> TableEdits:
    """Both edits as one; of two for the same row, the later counts."""
    updates = {key: dict(cells) for key, cells in earlier.updates.items() if key not in set(later.deletes)}
    for key, cells in later.updates.items():
        updates[key] = {**updates.get(key, {}), **cells}
    deletes = [key for key in earlier.deletes if key not in later.updates and key not in set(later.deletes)]
    return TableEdits([*earlier.inserts, *later.inserts], updates, [*deletes, *later.deletes])


@dataclass(frozen=True)
class Left:
    """A grid that is not drawn any more: its rows, what was kept when it was drawn, and what it said last."""

    key: str
    page: GridPage
    kept: TableEdits
    said: TableEdits

    def still_adding(self, state: Mapping[str, Any]) -> TableEdits:
        """What was kept, with the new rows among it as that grid has them now."""
        return TableEdits(added_before(self.page, state), self.kept.updates, self.kept.deletes)


@dataclass
class Draft:
    """Unsaved edits of one table at the version that the grid was opened at.

    A grid forgets its edits when it is not drawn. ``said`` is what the one that is drawn said last; when another is
    drawn, or the same anew, that goes over to ``kept``, and the new grid shows it: ``drawn`` is what it began with,
    which must not change under it. ``before`` has the rows as they are stored.

    The new rows in ``kept`` are those that the grid began with, as it has them now.

    A cell that is being typed when the page is turned reaches the server with the turning, or only after it: ``left``
    is the grid that it belongs to. What comes so late is not in the grid that is drawn: ``redrawn`` counts how often
    another took its place to show it. ``oldest`` is the oldest version that any of the edits was made at.
    """

    version: int
    kept: TableEdits = field(default_factory=TableEdits)
    said: TableEdits = field(default_factory=TableEdits)
    drawn: TableEdits = field(default_factory=TableEdits)
    before: dict[Key, Row] = field(default_factory=dict)
    key: str = ""
    page: GridPage | None = None
    left: Left | None = None
    redrawn: int = 0
    oldest: int = field(init=False)

    def __post_init__(self) -> None:
        self.oldest = self.version

    def __bool__(self) -> bool:
        return bool(self.edits)

    @property
    def edits(self) -> TableEdits:
        """Everything unsaved, as one."""
        return joined(self.kept, self.said)

    @property
    def outgoing(self) -> Left | None:
        """The grid that is drawn, as one that will not be any more."""
        return Left(self.key, self.page, self.kept, self.said) if self.page else self.left

    def catch_up(self, key: str, states: Mapping[Any, Any]) -> None:
        """Take in what grids other than that of ``key`` have to say; ``states`` has what each says, by its key."""
        if self.page and self.key != key and self.key in states:
            self.take(self.page, states[self.key])
        left = self.left
        if left and left.key in states and any(states[left.key].values()):
            said, earlier = edits_of(left.page, states[left.key]), left.still_adding(states[left.key])
            if (said and said != left.said) or list(earlier.inserts) != list(left.kept.inserts):
                if self.page and self.key in states:
                    self.take(self.page, states[self.key])
                self.left = Left(left.key, left.page, earlier, said)
                self.kept, self.page = joined(earlier, said), None
                self.redrawn += 1
                self.oldest = min(self.oldest, left.page.version)
                self._note(left.page, said)

    def drawn_anew(self, key: str) -> None:
        """A grid is about to be drawn that has said nothing yet."""
        if self.page and self.key != key:
            self.left = self.outgoing
            self.page = None
        self.key = key
        self.kept, self.said = self.edits, TableEdits()
        self.drawn = self.kept

    def settle(self, edits: TableEdits) -> None:
        """Go on from these edits in place of all that the grids said, which are not listened to any more."""
        self.kept, self.said = edits, TableEdits()
        self.page = self.left = None

    def take(self, page: GridPage, state: Mapping[str, Any]) -> None:
        """What the grid says now; cells that were typed back to what is stored are not changed any more."""
        self.page, self.said = page, edits_of(page, state)
        self.kept = TableEdits(added_before(page, state), self.kept.updates, self.kept.deletes)
        back = typed_back(page, state)
        if back:
            updates = {
                key: {column: value for column, value in cells.items() if column not in back.get(key, ())}
                for key, cells in self.kept.updates.items()
            }
            changed = {key: cells for key, cells in updates.items() if cells}
            self.kept = TableEdits(self.kept.inserts, changed, self.kept.deletes)
        self._note(page, self.said)

    def _note(self, page: GridPage, edits: TableEdits) -> None:
        touched = {*edits.updates, *edits.deletes}
        shown = {page.key_of(position): row for position, row in enumerate(page.rows)} if touched else {}
        self.before.update({key: shown[key] for key in touched})
