"""What a statement answers: rows that are fetched bit by bit, or a tag that says what was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import duckdb

from hati_core.quote import identifier
from hati_core.sql.gate import Statement

Tuples = list[tuple[Any, ...]]
Opened = Callable[[Statement], Any]
"""A context manager that runs a read and lends the cursor which has its result."""


@dataclass(frozen=True)
class AnswerColumn:
    """A column of an answer; ``type`` is DuckDB's name for it."""

    name: str
    type: str


Columns = tuple[AnswerColumn, ...]


def texts(*names: str) -> Columns:
    """Columns of text."""
    return tuple(AnswerColumn(name, "VARCHAR") for name in names)


@dataclass(frozen=True)
class Done:
    """A statement without rows is done; None is an empty one."""

    tag: str | None


class Rows:
    """Rows of an answer; ``verb`` is what its tag begins with, and ``counted`` whether it ends with their number."""

    def __init__(
        self,
        columns: Columns,
        rows: Iterable[tuple[Any, ...]] = (),
        *,
        fetch: Callable[[int], Tuples] | None = None,
        close: Callable[[], None] | None = None,
        verb: str = "SELECT",
        counted: bool = True,
    ) -> None:
        self.columns = columns
        self.verb = verb
        self.counted = counted
        self._iterator: Iterator[tuple[Any, ...]] = iter(rows)
        self._fetch = fetch or (lambda count: list(islice(self._iterator, count)))
        self._close = close

    def fetch(self, count: int) -> Tuples:
        """Up to so many more rows; fewer only at the end."""
        return self._fetch(count)

    def hold(self) -> None:
        """Take all that is left into memory, because what it is read from is about to do something else."""
        held: Tuples = []
        while rows := self._fetch(10_000):
            held += rows
        self.close()
        self._iterator = iter(held)
        self._fetch = lambda count: list(islice(self._iterator, count))

    def close(self) -> None:
        """Let go of what the rows are read from; once is enough."""
        closing, self._close = self._close, None
        self._fetch = lambda count: []
        if closing:
            closing()

    def tag(self, sent: int) -> str:
        """What a client is told when the last row was sent."""
        return f"{self.verb} {sent}" if self.counted else self.verb


Answer = Done | Rows


@dataclass(frozen=True)
class Plan:
    """A statement that is ready to be run once; ``columns`` may have to run it to know, where that changes nothing."""

    start: Callable[[], Answer]
    columns: Callable[[], Columns | None]
    is_write: bool = False
    forget: Callable[[], None] = lambda: None
    """Lets go of what asking for the columns has begun, where the statement is not started after all."""


def read(statement: Statement, opened: Opened, *, verb: str = "SELECT", counted: bool = True) -> Rows:
    """Run a read; its rows are made as they are fetched."""
    stack, cursor, columns = _open(statement, opened)
    if any("INTERVAL" in column.type and "(" not in column.type for column in columns):
        # Python has no months in its intervals, so they come as DuckDB's text.
        stack.close()
        stack, cursor, _ = _open(_with_texts(statement, columns), opened)
    return Rows(columns, fetch=_fetching(stack, cursor), close=stack.close, verb=verb, counted=counted)


def _open(statement: Statement, opened: Opened) -> tuple[ExitStack, duckdb.DuckDBPyConnection, Columns]:
    stack = ExitStack()
    cursor = stack.enter_context(opened(statement))
    return stack, cursor, tuple(AnswerColumn(column[0], str(column[1])) for column in cursor.description or ())


def _fetching(stack: ExitStack, cursor: duckdb.DuckDBPyConnection) -> Callable[[int], Tuples]:
    def fetch(count: int) -> Tuples:
        try:
            return cursor.fetchmany(count)
        except BaseException as error:
            # Those that lent the cursor say what the error means.
            stack.__exit__(type(error), error, error.__traceback__)
            raise

    return fetch


def _with_texts(statement: Statement, columns: Columns) -> Statement:
    names = [identifier(f"c{number}") for number in range(len(columns))]
    cast = {"INTERVAL": "VARCHAR", "INTERVAL[]": "VARCHAR[]"}
    cells = ", ".join(
        f"CAST({name} AS {cast[column.type]})" if column.type in cast else name
        for name, column in zip(names, columns, strict=True)
    )
    return replace(statement, sql=f"SELECT {cells} FROM (\n{statement.sql}\n) AS whole({', '.join(names)})")


def one_row(columns: Columns, *values: Any, verb: str = "SELECT", counted: bool = True) -> Rows:
    """An answer of one row."""
    return Rows(columns, [values], verb=verb, counted=counted)


def from_dicts(columns: Columns, rows: Iterable[dict[str, Any]]) -> Rows:
    """An answer whose rows are dicts with the columns' names."""
    names: Sequence[str] = [column.name for column in columns]
    return Rows(columns, (tuple(row[name] for name in names) for row in rows))
