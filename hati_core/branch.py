"""A branch as its users hold it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from hati_core.acting import act
from hati_core.applying import apply_plan
from hati_core.branch_view import BranchView
from hati_core.edits import write_edits
from hati_core.errors import BranchMoved
from hati_core.history import no_version
from hati_core.mandate import Mandate
from hati_core.merge.lineage import Point
from hati_core.merge.plan import MergePlan, PlanKind
from hati_core.merge.planner import plan_points
from hati_core.model import Commit, PastStatement, TableEdits
from hati_core.names import key_text
from hati_core.previews import Preview, preview
from hati_core.scenarios.action import Action
from hati_core.storage.limits import Stop
from hati_core.storage.results import Params
from hati_core.store import Store
from hati_core.transaction import Transaction, transaction


class Branch(BranchView):
    """An isolated, writable line of the tables."""

    def __init__(self, store: Store, branch_id: str, name: str) -> None:
        super().__init__(store, branch_id, name, None)

    @property
    def head(self) -> int:
        """The newest version."""
        return self._store.head(self.id)

    def at(self, version: int) -> BranchView:
        """The branch as it was at a version.

        Raises:
            BranchNotFound: the branch has no such version.
        """
        if not 0 <= version <= self.head:
            raise no_version(self.name, self.head, version)
        return BranchView(self._store, self.id, self.name, version)

    def execute(
        self,
        sql: str,
        params: Params = None,
        message: str | None = None,
        *,
        author: str | None = None,
        timeout: float | None = None,
        stop: Stop | None = None,
        mandate: Mandate | None = None,
    ) -> int:
        """Run one statement as one commit; returns the rows affected. ``timeout`` is in seconds.

        Raises:
            SyntaxRefused, StatementRefused: the gate does not let it through.
            QueryError, DataError: the database cannot run it, or it breaks a key or a check; nothing is written.
            QueryTimeout: it ran longer than ``timeout``, or was stopped; nothing is written.
            BranchBusy, BranchDiscarded: the branch cannot be written.
        """
        with self.transaction(message=message, author=author, timeout=timeout, stop=stop, mandate=mandate) as tx:
            return tx.execute(sql, params)

    def preview(
        self, what: str | Sequence[str] | Action, *, timeout: float | None = None, stop: Stop | None = None
    ) -> Preview:
        """Work out what statements or an action would change, without writing anything to the branch.

        They run on a copy of it, which nobody else sees and which goes again; a key or a check that they would
        break is listed. ``timeout`` is in seconds for all of it.

        Raises:
            SyntaxRefused, StatementRefused: the gate does not let one through.
            QueryError, DataError: the database cannot run one, or the action does not fit its table.
            QueryTimeout: it ran longer than ``timeout``, or was stopped.
            BranchBusy, BranchDiscarded: the branch cannot be copied.
        """
        return preview(self._store, self, what, timeout=timeout, stop=stop)

    def act(
        self,
        action: Action,
        message: str | None = None,
        *,
        author: str | None = None,
        expected_version: int | None = None,
        mandate: Mandate | None = None,
    ) -> Commit:
        """Carry out a scenario action as one commit, called by its own sentence unless there is a message.

        Look at it first by :meth:`preview`; ``expected_version`` is that of the preview.

        Raises:
            InvalidAction: it does not fit the table, names rows that are not there, or changes none.
            QueryError, DataError: a value does not fit, or a key or a check would be broken.
            BranchMoved: the head is not ``expected_version`` any more.
            BranchBusy, BranchDiscarded: the branch cannot be written.
        """
        return act(self._store, self.id, self.name, action, message, author, expected_version, mandate)

    @contextmanager
    def transaction(
        self,
        message: str | None = None,
        *,
        author: str | None = None,
        timeout: float | None = None,
        stop: Stop | None = None,
        mandate: Mandate | None = None,
    ) -> Iterator[Transaction]:
        """Several statements as one commit, made when the block ends without an error.

        ``timeout`` is in seconds from here to the commit, and does not count waiting for other writers. A ``mandate``
        takes the place of ``stop``.

        Raises:
            BranchBusy, BranchDiscarded: the branch cannot be written.
            KeyViolation, CheckViolation: a declared key or a check would be broken; nothing is written.
            TooManyRows: it would change more rows than the mandate allows; nothing is written.
            QueryTimeout: a statement was stopped; nothing is written.
        """
        with transaction(
            self._store,
            self.id,
            self.name,
            author=author or self._store.author,
            message=message,
            timeout=timeout,
            stop=stop,
            mandate=mandate,
        ) as tx:
            yield tx

    def edit(
        self,
        table: str,
        edits: TableEdits,
        expected_version: int | None = None,
        message: str | None = None,
        *,
        author: str | None = None,
        mandate: Mandate | None = None,
    ) -> Commit:
        """Insert, update and delete rows of one table by key, as one commit.

        Raises:
            BranchMoved: the head is not ``expected_version`` any more.
            InvalidKey, InvalidValue, StaleEdit, KeyViolation: the edits do not fit the table; nothing is written.
        """
        with self.transaction(message or _edit_message(table, edits), author=author, mandate=mandate) as tx:
            if expected_version is not None and tx.head != expected_version:
                raise BranchMoved(
                    f"“{self.name}” has changed since you opened “{table}”. Nothing was written; "
                    "look at what is new, then save again.",
                    branch=self.name,
                    expected=expected_version,
                    actual=tx.head,
                    table=table,
                )
            write_edits(tx, self._store.table(self.id, tx.head, table), edits)
        return self._store.catalog(self.id).commits(1, until=tx.head + 1)[0]

    def plan_restore(self, version: int) -> MergePlan:
        """Work out how to make every table what it was at a version, as one more commit; nothing is written.

        Raises:
            BranchNotFound: the branch has no such version.
        """
        head = self._store.point(self.id)
        if not 0 <= version <= head.version:
            raise no_version(self.name, head.version, version)
        then = self._store.lineage().normal(Point(self.id, version))
        # A key that is inferred from the rows of today need not tell those of then apart; their lineage does.
        context = replace(self._store.merge_context(), infers=False)
        return plan_points(context, PlanKind.RESTORE, head, head, then, {})

    def restore(self, version: int, message: str | None = None, *, author: str | None = None) -> Commit:
        """Make every table what it was at a version, as one more commit; later versions stay in the history.

        Columns that were dropped since, or given a wider type, come back as the last ones of their tables.

        Raises:
            BranchNotFound: the branch has no such version.
            CheckViolation, InvalidKey: rows of that version break a rule that was set since; nothing is written.
            BranchMoved: somebody else committed meanwhile.
        """
        return apply_plan(self._store, self.plan_restore(version), message, author)

    def note_statement(self, sql: str, author: str) -> None:
        """Keep a statement that somebody ran, for :meth:`statements`; one of the same text is kept once."""
        self._store.registry.statements.add(self.id, sql, author)

    def statements(self, limit: int = 50) -> list[PastStatement]:
        """The statements that were kept last, newest first; of each branch the last hundred are."""
        return self._store.registry.statements.newest(self.id, limit)


def _edit_message(table: str, edits: TableEdits) -> str:
    """One changed row is named with its cells; more are counted."""
    if len(edits.updates) == 1 and not edits.inserts and not edits.deletes:
        ((key, cells),) = edits.updates.items()
        return f"{key_text(key)}: {_listed(cells)}"
    counts = [
        f"{word} {len(rows):,}"
        for word, rows in (("add", edits.inserts), ("change", edits.updates), ("delete", edits.deletes))
        if rows
    ]
    return f"{table}: {', '.join(counts)}"


def _listed(cells: Mapping[str, object]) -> str:
    return ", ".join(f"{column} = {value}" for column, value in cells.items())
