"""Which tables there are in a transaction, as its statements make, alter, rename and drop them."""

from __future__ import annotations

from hati_core.errors import StatementRefused
from hati_core.open_branch import OpenBranch
from hati_core.store import named


class TableDefinitions:
    """What became of the tables of a branch since the transaction began; names are compared as SQL does."""

    def __init__(self, on: OpenBranch) -> None:
        self._on = on
        self._present: dict[str, bool] = {}
        self._made: set[str] = set()
        self._altered: set[str] = set()
        self._retyped: dict[str, str] = {}

    def exists(self, table: str) -> bool:
        """Whether there is a table of that name now."""
        known = self._present.get(table.casefold())
        return named(self._on.store.tables(self._on.id, self._on.head), table) is not None if known is None else known

    def created(self, table: str) -> None:
        """A table was created, or took the place of another."""
        self._present[table.casefold()] = True
        self._made.add(table.casefold())

    def gone(self, table: str) -> None:
        """A table was dropped."""
        self._present[table.casefold()] = False
        self._retyped.pop(table.casefold(), None)

    def renamed(self, table: str, new: str) -> None:
        """A table was given another name."""
        if table.casefold() in self._made:
            self._made.add(new.casefold())
        self._present[new.casefold()] = True
        self.gone(table)

    def altered(self, table: str) -> None:
        """The columns of a table were changed."""
        if table.casefold() not in self._made:
            self._altered.add(table.casefold())

    def retyped(self, table: str) -> None:
        """A column of a table got another type."""
        self._retyped[table.casefold()] = table

    @property
    def to_settle(self) -> list[str]:
        """The tables of which a column got another type, in order of their names."""
        return sorted(self._retyped.values())

    def require_renamable(self, table: str) -> None:
        """Check that a rename is one that DuckLake (of DuckDB 1.5.5) can keep.

        Raises:
            StatementRefused: the table was changed before, and nobody could read the catalog afterwards.
        """
        if table.casefold() in self._altered:
            raise StatementRefused(
                f"“{table}” cannot be renamed after its columns were changed in the same commit. "
                "Rename the table first, or in a commit of its own. Nothing was written.",
                part="RENAME TO",
            )
