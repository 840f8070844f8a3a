"""The rules of a repository: checks that rows of a table pass on every branch, and how strictly rows merge."""

from __future__ import annotations

from hati_core.errors import InvalidCheck
from hati_core.model import BranchStatus, Check
from hati_core.sql.checks import columns_of
from hati_core.store import Store, named
from hati_core.table_checks import require_everywhere, valid_check_name


class Rules:
    """What a repository holds every branch to."""

    _store: Store

    def checks(self, table: str) -> tuple[Check, ...]:
        """The checks of a table, in order of their names.

        Raises:
            TableNotFound: no live branch has the table.
        """
        known = self._store.registry.checks()
        found = {check.name.casefold(): check for uuid in self._lineages(table) for check in known.get(uuid, ())}
        return tuple(found[name] for name in sorted(found))

    def set_check(self, table: str, name: str, expression: str) -> Check:
        """Hold the rows of a table to an expression on every branch, or replace the check of that name.

        The expression is over the columns of one row and must not be false; NULL passes.

        Raises:
            TableNotFound: no live branch has the table.
            InvalidCheck: the expression cannot be a check of the table.
            CheckViolation: rows of some branch break it; nothing is set.
        """
        check = Check(valid_check_name(name), expression.strip())
        columns_of(check.expression)
        lineages = self._lineages(table)
        require_everywhere(self._store, lineages, check)
        self._store.registry.set_checks(dict.fromkeys(lineages, (check,)))
        return check

    def drop_check(self, table: str, name: str) -> None:
        """Hold the rows of a table to a check no longer, on any branch.

        Raises:
            TableNotFound: no live branch has the table.
            InvalidCheck: it has no check of that name.
        """
        if not self._store.registry.drop_check(self._lineages(table), name):
            names = ", ".join(f"“{check.name}”" for check in self.checks(table)) or "none"
            raise InvalidCheck(f"“{table}” has no check “{name}”. Its checks are: {names}.", table=table)

    @property
    def row_level_merge(self) -> bool:
        """Whether two edits of one row conflict even in different cells; they do not unless somebody asked for it."""
        return self._store.row_level_merge()

    def set_row_level_merge(self, on: bool) -> None:
        """Let two edits of one row conflict even in different cells, in every merge planned from now on, or not."""
        self._store.set_row_level_merge(on)

    def _lineages(self, table: str) -> set[str]:
        """The lineages of the table of that name on all live branches."""
        live = [row for row in self._store.registry.branches() if row.status is BranchStatus.ACTIVE]
        infos = [named(self._store.tables(row.id, self._store.catch_up(row.id)), table) for row in live]
        found = {info.uuid for info in infos if info}
        if not found:
            self._store.table(live[0].id, self._store.head(live[0].id), table)
        return found
