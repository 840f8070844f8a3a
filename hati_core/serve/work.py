"""The transaction of a session: what is open on its branch, and how it ends.

Nothing is held before the first write. Until then every statement reads the head of the branch, or with REPEATABLE
READ the version that the first one saw; so a session that only reads stands in nobody's way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass

import duckdb

from hati_core.branch import Branch
from hati_core.errors import BranchMoved, EngineRestarted, HatiError
from hati_core.serve.answers import Rows
from hati_core.serve.failures import Refusal
from hati_core.serve.writes import Write, Writes
from hati_core.sql.gate import Statement
from hati_core.storage.failures import translated
from hati_core.storage.limits import Limits, Stop
from hati_core.storage.results import Params
from hati_core.transaction import Transaction

_PINNED = ("repeatable read", "serializable")


@dataclass(frozen=True)
class _Savepoint:
    """A point to go back to; ``writes`` counts the statements that had been written when it was set."""

    name: str
    writes: int


class Work:
    """What is under way; ``is_block`` between BEGIN and its end, ``has_failed`` after an error in there."""

    def __init__(self) -> None:
        self.is_block = False
        self.has_failed = False
        self.is_read_only = False
        self.isolation = ""
        self.stop = Stop()
        self._stack: ExitStack | None = None
        self._tx: Transaction | None = None
        self._pinned: int | None = None
        self._savepoints: list[_Savepoint] = []
        self._writes = Writes()
        self._reading: list[Rows] = []
        self.lost: Refusal | None = None
        """Why a transaction has failed that its client takes for one that is back at a savepoint."""

    @property
    def status(self) -> str:
        """As the protocol says it: I idle, T in a transaction, E in one that failed."""
        return ("E" if self.has_failed else "T") if self.is_block else "I"

    @property
    def has_written(self) -> bool:
        """Whether something is written that is not committed."""
        return self._tx is not None

    def begin(self, isolation: str, *, is_read_only: bool) -> None:
        """Open a block; nothing is held yet."""
        self.is_block, self.lost = True, None
        self.set_modes(isolation, is_read_only=is_read_only)

    def set_modes(self, isolation: str, *, is_read_only: bool) -> None:
        """What the block that is open may do."""
        self.isolation = isolation
        self.is_read_only = is_read_only

    def version(self, branch: Branch) -> int | None:
        """The version that a block reads; None is the head."""
        if not self.is_block or self.isolation not in _PINNED:
            return None
        if self._pinned is None:
            self._pinned = branch.head
        return self._pinned

    def write(
        self,
        opened: Callable[[Stop], AbstractContextManager[Transaction]],
        timeout: float | None,
        write: Write,
    ) -> int:
        """Write to the branch of the session, which is held from the first write to the commit."""
        if self.is_read_only:
            raise Refusal("25006", "This transaction reads only.", "Begin one with READ WRITE.")
        tx = self._tx or self._open(opened)
        self._hold_answers()
        tx.limits = Limits(timeout, self.stop)
        affected = write.run(tx)
        self._writes.add(write, affected)
        return affected

    def _open(self, opened: Callable[[Stop], AbstractContextManager[Transaction]]) -> Transaction:
        self.stop = Stop()
        self._stack = ExitStack()
        tx = self._tx = self._stack.enter_context(opened(self.stop))
        if self._pinned is not None and tx.head != self._pinned:
            raise BranchMoved(
                f"“{tx.branch}” has changed since this transaction began. Nothing was written; begin it again.",
                branch=tx.branch,
                expected=self._pinned,
                actual=tx.head,
            )
        return tx

    @contextmanager
    def reading(
        self, statement: Statement, params: Params, timeout: float | None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Read what this transaction has written too."""
        assert self._tx is not None
        self._hold_answers()
        self._tx.limits = Limits(timeout, self.stop)
        with self._tx.reading(statement, params) as result:
            yield result

    def watch(self, rows: Rows) -> Rows:
        """Rows that are read from the transaction itself, which can do one thing at a time."""
        self._reading.append(rows)
        return rows

    def _hold_answers(self) -> None:
        for rows in self._reading:
            rows.hold()
        self._reading = []

    def commit(self) -> None:
        """Make one commit of what was written, and end the block.

        Raises:
            HatiError: it cannot be committed; nothing was written.
        """
        self._hold_answers()
        if self._tx:
            # The time of the last statement is no limit for what comes after it.
            self._tx.limits = Limits(None, self.stop)
        stack = self._end()
        if stack:
            stack.close()

    def abort(self, error: BaseException | None = None) -> None:
        """Undo what was written; a block stays open as one that failed, where there is an error.

        The branch stays held where the block can go back to a savepoint that has something before it.

        Raises:
            HatiError: the error as those say it that the transaction comes from.
        """
        is_block = self.is_block and error is not None
        if error and is_block and self._tx and _can_go_on(error) and any(saved.writes for saved in self._savepoints):
            self.has_failed = True
            self._reading = []
            with translated(self._tx.branch):
                raise error
        savepoints = self._savepoints
        stack = self._end()
        self.is_block = self.has_failed = is_block
        self._savepoints = savepoints if is_block else []
        if stack:
            reason = error or _RolledBack()
            with suppress(_RolledBack):
                stack.__exit__(type(reason), reason, reason.__traceback__)

    def _end(self) -> ExitStack | None:
        for rows in self._reading:
            rows.close()
        stack, self._stack, self._tx = self._stack, None, None
        self._reading, self._savepoints, self._pinned = [], [], None
        self._writes = Writes()
        self.is_block = self.has_failed = self.is_read_only = False
        self.isolation = ""
        return stack

    def save(self, name: str) -> None:
        """Set a savepoint."""
        if not self.is_block:
            raise Refusal("25P01", "A savepoint needs a transaction.", "BEGIN one first.")
        self._savepoints.append(_Savepoint(name, self._writes.count))

    def release(self, name: str) -> None:
        """Forget a savepoint and those after it."""
        del self._savepoints[self._saved(name) :]

    def roll_back_to(self, name: str, timeout: float | None) -> None:
        """Undo what came after a savepoint: where something was written before it, that is written again.

        Raises:
            Refusal: that cannot be done, and the whole transaction is lost.
        """
        at = self._saved(name)
        saved, before = self._savepoints[at], self._savepoints[: at + 1]
        if not saved.writes:
            isolation, is_read_only, pinned = self.isolation, self.is_read_only, self._pinned
            self.abort()
            self.begin(isolation, is_read_only=is_read_only)
            self._pinned = pinned
        elif saved.writes < self._writes.count or self.has_failed:
            self._write_again(saved, timeout)
        self._savepoints = before

    def _write_again(self, saved: _Savepoint, timeout: float | None) -> None:
        try:
            if self._tx is None:
                raise Refusal("40001", "The branch had to be given free")
            if not self.has_failed:
                self._hold_answers()
            self.stop.forget()
            self._writes.back_to(saved.writes, self._tx, Limits(timeout, self.stop))
        except Exception as error:
            with suppress(Exception):
                self.abort(_RolledBack())
            self.is_block = self.has_failed = True
            self.lost = _lost(saved.name, error)
            if isinstance(error, HatiError | duckdb.Error):
                raise self.lost from error
            raise
        self.has_failed = False

    def _saved(self, name: str) -> int:
        names = [saved.name for saved in self._savepoints]
        if not self.is_block or name not in names:
            raise Refusal("3B001", f"There is no savepoint “{name}”.")
        return len(names) - 1 - names[::-1].index(name)


def _can_go_on(error: BaseException) -> bool:
    """Whether the transaction in which an error came up can still be rolled back and begun again."""
    if isinstance(error, EngineRestarted | duckdb.FatalException | duckdb.InternalException):
        return False
    return isinstance(error, HatiError | duckdb.Error)


def _lost(savepoint: str, error: Exception) -> Refusal:
    """What a client is told of a transaction that cannot go back to its savepoint."""
    reason = f" {error.message.rstrip('.')}." if isinstance(error, HatiError) else ""
    return Refusal(
        error.state if isinstance(error, Refusal) else "40001",
        f"Nothing of this transaction is written: it cannot go back to the savepoint “{savepoint}”.{reason}",
        "ROLLBACK it, and begin it again without the savepoint.",
    )


class _RolledBack(Exception):
    """Ends a transaction that nobody wants any more."""
