"""What is changed in a grid and not saved: kept by row key, so that turning the page or leaving loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hati_core import TableEdits
from hati_core.model import Key, Row
from pages.parts.grid import GridPage


def joined(earlier: TableEdits, later: TableEdits) -> TableEdits:
    """Both edits as one; of two for the same row, the later counts."""
    updates = {key: dict(cells) for key, cells in earlier.updates.items() if key not in set(later.deletes)}
    for key, cells in later.updates.items():
        updates[key] = {**updates.get(key, {}), **cells}
    deletes = [key for key in earlier.deletes if key not in later.updates and key not in set(later.deletes)]
    return TableEdits([*earlier.inserts, *later.inserts], updates, [*deletes, *later.deletes])


@dataclass
class Draft:
    """Unsaved edits of one table at the version that the grid was opened at.

    A grid forgets its edits when it is not drawn. ``said`` is what the one that is drawn said last; when another is
    drawn, or the same anew, that goes over to ``kept``, and the new grid shows it: ``drawn`` is what it began with,
    which must not change under it. ``before`` has the rows as they are stored.
    """

    version: int
    kept: TableEdits = field(default_factory=TableEdits)
    said: TableEdits = field(default_factory=TableEdits)
    drawn: TableEdits = field(default_factory=TableEdits)
    before: dict[Key, Row] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.edits)

    @property
    def edits(self) -> TableEdits:
        """Everything unsaved, as one."""
        return joined(self.kept, self.said)

    def drawn_anew(self) -> None:
        """A grid is about to be drawn that has said nothing yet."""
        self.kept, self.said = self.edits, TableEdits()
        self.drawn = self.kept

    def take(self, page: GridPage, edits: TableEdits, typed_back: Mapping[Key, set[str]]) -> None:
        """What the grid says now; cells that were typed back to what is stored are not changed any more."""
        self.said = edits
        if typed_back:
            updates = {
                key: {column: value for column, value in cells.items() if column not in typed_back.get(key, ())}
                for key, cells in self.kept.updates.items()
            }
            changed = {key: cells for key, cells in updates.items() if cells}
            self.kept = TableEdits(self.kept.inserts, changed, self.kept.deletes)
        touched = {*edits.updates, *edits.deletes}
        shown = {page.key_of(position): row for position, row in enumerate(page.rows)} if touched else {}
        self.before.update({key: shown[key] for key in touched})
