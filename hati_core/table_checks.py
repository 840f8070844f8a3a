"""The checks of the tables that one transaction writes, and of all branches when one is set."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import duckdb

from hati_core.errors import InvalidCheck
from hati_core.merge.checks import absent_column, missing_columns, refusal, require_fit, violation
from hati_core.model import BranchStatus, Check, Row, Violation
from hati_core.names import folded
from hati_core.open_branch import OpenBranch
from hati_core.quote import identifier
from hati_core.sql.checks import default_name
from hati_core.storage.results import rows_of
from hati_core.storage.uncommitted import new_rows
from hati_core.store import Store, named

LONGEST_NAME = 80


class TableChecks:
    """Which checks hold for which table of a transaction, and whether the rows that it wrote pass them."""

    def __init__(self, on: OpenBranch) -> None:
        self._on = on
        self._set: dict[str, tuple[Check, ...]] = {}
        self._written: dict[str, bool] = {}

    def of(self, table: str) -> tuple[Check, ...]:
        """The checks of a table as this transaction leaves them."""
        known = self._set.get(table.casefold())
        return self._on.store.checks(self._on.id, self._on.head, table) if known is None else known

    def wrote(self, table: str, *, altered: bool = False) -> None:
        """Rows of a table were inserted or updated, or its columns altered, which puts every row to the test."""
        self._written[table] = altered or self._written.get(table, False)

    def gone(self, table: str) -> None:
        """A table was dropped or renamed."""
        self._written = {name: all_ for name, all_ in self._written.items() if name.casefold() != table.casefold()}

    def renamed(self, table: str, new: str) -> None:
        """A renamed table keeps its checks."""
        self._set[new.casefold()] = self.of(table)
        self.gone(table)
        self.wrote(new)

    def created(self, table: str, own: Iterable[Check], columns: Iterable[str]) -> None:
        """A new table has its own checks, and those of the one it takes the place of, where it has their columns."""
        names = list(columns)
        checks = {check.name.casefold(): check for check in self.of(table) if not missing_columns(check, names)}
        for check in own:
            require_fit(check, table, self._on.name, self._query, identifier(table), names)
            checks[check.name.casefold()] = check
        self._set[table.casefold()] = tuple(checks.values())
        self.wrote(table)

    def note(self, checks: Mapping[str, tuple[Check, ...]]) -> None:
        """What the checks of some tables are from now on."""
        self._set.update({table.casefold(): found for table, found in checks.items()})

    def add(self, table: str, name: str | None, expression: str) -> None:
        """A check is set by a statement: it holds on every branch, so every branch has to pass it.

        Raises:
            InvalidCheck, CheckViolation: it does not fit the table, or rows break it.
        """
        info = named(self._on.store.tables(self._on.id, self._on.head), table)
        columns = [row["column_name"] for row in self._query(f"DESCRIBE {identifier(table)}")]
        mine = self.of(table)
        taken = {other.name.casefold() for other in mine}
        check = Check(valid_check_name(name or default_name(table, expression, taken)), expression)
        if check.name.casefold() in taken:
            raise InvalidCheck(
                f"“{table}” has a check “{check.name}” already. Drop that one first, or give this one another name.",
                branch=self._on.name,
                table=table,
            )
        require_fit(check, table, self._on.name, self._query, identifier(table), columns)
        if info:
            require_everywhere(self._on.store, {info.uuid}, check, but_not=self._on.copied or self._on.id)
        self._set[table.casefold()] = (*mine, check)
        self.wrote(table, altered=True)

    def require_columns(self, table: str, columns: Iterable[str]) -> None:
        """Check that every check still has its columns.

        Raises:
            InvalidCheck: one was dropped or renamed.
        """
        names = list(columns)
        before = named(self._on.store.tables(self._on.id, self._on.head), table)
        for check in self.of(table):
            never = missing_columns(check, before.column_names) if before else []
            for column in missing_columns(check, [*names, *never]):
                raise InvalidCheck(
                    f"“{column}” is part of the check “{check.name}” of “{table}” on every branch ({check.expression}) "
                    "and cannot be dropped or renamed. Drop the check first, and set it anew afterwards.",
                    branch=self._on.name,
                    table=table,
                )

    def enforce(self) -> None:
        """Check the rows that this transaction wrote.

        Raises:
            CheckViolation: some break a check.
        """
        for table in sorted(self._written):
            if broken := self._broken(table):
                advice = f"Nothing was written to “{self._on.name}”."
                raise refusal(broken, self._on.name, table, advice)

    def violations(self) -> list[Violation]:
        """The checks that the rows which this transaction wrote break."""
        return [found for table in sorted(self._written) for found in self._broken(table)]

    def _broken(self, table: str) -> list[Violation]:
        checks = self.of(table)
        columns = [row["column_name"] for row in self._query(f"DESCRIBE {identifier(table)}")] if checks else []
        # A column that only another branch has so far comes by a merge, and its checks with it.
        applying = [check for check in checks if not missing_columns(check, columns)]
        return [found for check in applying if (found := self._violation(table, check, self._written[table]))]

    def _violation(self, table: str, check: Check, every_row: bool) -> Violation | None:
        key = self._on.store.declared_key(self._on.id, self._on.head, table)
        rows = identifier(table) if every_row else new_rows(self._on.cursor, table)
        info = named(self._on.store.tables(self._on.id, self._on.head), table)
        return violation(check, info.name if info else table, self._on.name, key, self._query, rows)

    def journal(self) -> dict[str, tuple[Check, ...]]:
        """The checks that the commit has to remember, by the table's name in lower case."""
        return {table: checks for table, checks in self._set.items() if checks}

    def _query(self, sql: str) -> list[Row]:
        return rows_of(self._on.cursor.execute(sql))


def require_everywhere(store: Store, lineages: Collection[str], check: Check, *, but_not: str | None = None) -> None:
    """Check that the rows of a table pass a check on every live branch that has its columns.

    Raises:
        InvalidCheck: it does not fit the table, or none of these branches has its columns.
        CheckViolation: rows break it; with those of every branch.
    """
    broken: list[Violation] = []
    misfit: InvalidCheck | None = None
    fits = but_not is not None
    for row in store.registry.branches():
        if row.status is not BranchStatus.ACTIVE or row.id == but_not:
            continue
        head = store.catch_up(row.id)
        info = next((i for i in store.tables(row.id, head).values() if i.uuid in lineages), None)
        if info is None:
            continue
        relation, key = store.catalog(row.id).at(info.name, head), store.declared_key(row.id, head, info.name)
        with store.engine.session(row.id) as cursor:

            def query(sql: str, cursor: duckdb.DuckDBPyConnection = cursor) -> list[Row]:
                return rows_of(cursor.execute(sql))

            if missing_columns(check, info.column_names):
                misfit = misfit or absent_column(check, info.name, row.name, info.column_names)
                continue
            fits = True
            require_fit(check, info.name, row.name, query, relation, info.column_names)
            found = violation(check, info.name, row.name, key, query, relation)
        broken += [found] if found else []
    if misfit and not fits:
        raise misfit
    if broken:
        advice = "Correct these rows first, or choose another rule. The check was not set."
        raise refusal(broken, None, broken[0].table, advice)


def valid_check_name(name: str) -> str:
    """The name of a check as it is kept.

    Raises:
        InvalidCheck: it is empty or too long.
    """
    given = name.strip()
    if not folded(given) or len(given) > LONGEST_NAME:
        raise InvalidCheck(f"Give the check a name of 1 to {LONGEST_NAME} characters.")
    return given
