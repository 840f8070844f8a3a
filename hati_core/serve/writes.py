"""What a transaction has written, kept so that it can be written again up to a savepoint: DuckDB has no savepoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from hati_core.branch import Branch
from hati_core.serve.failures import Refusal
from hati_core.sql import steady
from hati_core.sql.gate import Statement
from hati_core.storage.limits import Limits
from hati_core.transaction import Transaction

MOST, LARGEST = 1_000, 16_000_000
"""Statements and characters that are kept, a second's work to write again; a client that loads rows sends far more."""


@dataclass(frozen=True)
class Write:
    """One statement that writes, as the client wrote it: ``run`` does it, and returns the rows affected."""

    run: Callable[[Transaction], int]
    text: str
    values: Sequence[Any]
    repeats: Callable[[], bool]
    """Whether writing it again gives the same rows."""

    @property
    def size(self) -> int:
        """Characters of the statement, and characters and bytes of its values."""
        return len(self.text) + sum(len(value) for value in self.values if isinstance(value, str | bytes))


class Writes:
    """The statements that a transaction has written, in order."""

    def __init__(self) -> None:
        self._kept: list[tuple[Write, int]] = []
        self._room = LARGEST
        self.count = 0

    def add(self, write: Write, affected: int) -> None:
        """A statement was written."""
        self.count += 1
        self._room -= write.size
        if self.count <= MOST and self._room >= 0:
            self._kept.append((write, affected))

    def back_to(self, count: int, tx: Transaction, limits: Limits) -> None:
        """Have the transaction hold what its first ``count`` statements wrote, and nothing else.

        Raises:
            Refusal: they cannot be written again, or would not give the same.
            HatiError: one cannot be run again.
        """
        if count > len(self._kept):
            much = f"{MOST:,} statements or {LARGEST // 1_000_000} MB"
            raise Refusal("0A000", f"More than {much} were written before it")
        if odd := next((write for write, _ in self._kept[:count] if not write.repeats()), None):
            raise Refusal("0A000", f"{_short(odd.text)} would give other values when it is written again")
        tx.start_over()
        tx.limits = limits
        for write, affected in self._kept[:count]:
            if write.run(tx) != affected:
                raise Refusal("40001", f"{_short(write.text)} no longer changes as many rows")
        del self._kept[count:]
        self.count = count
        self._room = LARGEST - sum(write.size for write, _ in self._kept)


def repeats(statement: Statement, branch: Branch) -> bool:
    """Whether a statement, run again on the same rows of its branch, writes the same."""
    if statement.elsewhere or not steady.repeats(statement.sql):
        return False
    reads = {name.casefold() for name in statement.reads}
    if reads and any(view.name.casefold() in reads for view in branch.views()):
        return False
    if not isinstance(statement.tree, exp.Insert | exp.Merge):
        return True
    written = {name.casefold() for name in statement.writes}
    tables = (table for table in branch.declared_tables() if table.name.casefold() in written)
    return all(steady.repeats(column.default or "") for table in tables for column in table.columns)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text if len(text) <= 60 else f'{text[:59]}…'}”"
