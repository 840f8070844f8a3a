"""The keys of the tables that one transaction writes, and whether its rows keep to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hati_core.errors import DataError, InvalidKey, KeyViolation
from hati_core.merge.keys import has_no_key, repeated_keys, taken_message
from hati_core.model import Violation
from hati_core.open_branch import OpenBranch
from hati_core.quote import identifier, identifiers
from hati_core.storage.results import rows_of
from hati_core.storage.uncommitted import new_rows


class TableKeys:
    """Which declared key holds for which table of a transaction, and which tables have rows to be checked."""

    def __init__(self, on: OpenBranch) -> None:
        self._on = on
        self._set: dict[str, tuple[str, ...]] = {}
        self._written: set[str] = set()

    def of(self, table: str) -> tuple[str, ...]:
        """The key of a table as this transaction leaves it; empty where none is declared."""
        known = self._set.get(table.casefold())
        return self._on.store.declared_key(self._on.id, self._on.head, table) if known is None else known

    def wrote(self, table: str) -> None:
        """Rows of a table may have keys that it did not have."""
        self._written.add(table)

    def gone(self, table: str) -> None:
        """A table was dropped or renamed."""
        self._written = {name for name in self._written if name.casefold() != table.casefold()}

    def renamed(self, table: str, new: str) -> None:
        """A renamed table keeps its key."""
        self._set[new.casefold()] = self.of(table)
        self.gone(table)
        self.wrote(new)

    def created(self, table: str, own: tuple[str, ...], columns: Collection[str]) -> None:
        """A new table has its own key, or that of the one it takes the place of, where it has its columns."""
        inherited = self.of(table)
        self._set[table.casefold()] = own or (inherited if set(inherited) <= set(columns) else ())

    def note(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """What the keys of some tables are from now on."""
        self._set.update({table.casefold(): key for table, key in keys.items()})

    def require_columns(self, table: str, columns: Collection[str]) -> None:
        """Check that the key still has its columns; these are in lower case.

        Raises:
            InvalidKey: one was dropped or renamed, and the other branches go by it too.
        """
        for column in self.of(table):
            if column.casefold() not in columns:
                raise InvalidKey(
                    f"“{column}” is part of the key of “{table}” on every branch and cannot be dropped or renamed.",
                    branch=self._on.name,
                    table=table,
                )

    def enforce(self) -> None:
        """Check the rows that this transaction wrote.

        Raises:
            KeyViolation: two rows would share a key, or one would have none.
        """
        for table, key in self._in_question():
            self._require_unique(table, key)

    def violations(self) -> list[Violation]:
        """The keys that the rows which this transaction wrote break."""
        found = []
        for table, key in self._in_question():
            try:
                self._require_unique(table, key)
            except KeyViolation as error:
                found.append(Violation(table, f"PRIMARY KEY ({', '.join(key)})", error.message, error.rows, key))
        return found

    def _in_question(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(table, key) for table in sorted(self._written) if (key := self.of(table))]

    def _require_unique(self, table: str, key: tuple[str, ...]) -> None:
        written = new_rows(self._on.cursor, table)
        self._on.cursor.execute(f"CREATE OR REPLACE TEMP TABLE new_keys AS SELECT {identifiers(key)} FROM {written}")
        try:
            if self._on.cursor.execute(f"SELECT 1 FROM temp.new_keys WHERE {has_no_key(key)} LIMIT 1").fetchall():
                raise KeyViolation(
                    f"{' + '.join(key)} is the key of “{table}” and cannot be empty. "
                    f"Nothing was written to “{self._on.name}”.",
                    branch=self._on.name,
                    table=table,
                )
            repeated = rows_of(self._on.cursor.execute(repeated_keys("temp.new_keys", identifier(table), key)))
            if repeated:
                twice = rows_of(self._on.cursor.execute(repeated_keys("temp.new_keys", "temp.new_keys", key)))
                raise KeyViolation(
                    taken_message(table, f"“{self._on.name}”", key, repeated, is_there=not twice),
                    rows=repeated,
                    branch=self._on.name,
                    table=table,
                )
        finally:
            self._on.cursor.execute("DROP TABLE IF EXISTS temp.new_keys")

    def journal(self) -> dict[str, tuple[str, ...]]:
        """The keys that the commit has to remember, by the table's name in lower case."""
        return {table: key for table, key in self._set.items() if key}


def set_elsewhere(table: str, key: tuple[str, ...]) -> DataError:
    """The error for a statement that would set the key of a table that is there already."""
    return DataError(
        f"The key of “{table}” holds for every branch, so it is set for the repository: "
        f"repository.set_key({table!r}, {list(key)}), or on the page Data.",
        table=table,
    )
