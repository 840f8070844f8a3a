"""Statements about the session itself: transactions, settings, cursors. None of them reaches DuckDB."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Begin:
    """BEGIN; ``isolation`` in lower case, empty where it is not said."""

    isolation: str = ""
    read_only: bool | None = None


@dataclass(frozen=True)
class SetTransaction(Begin):
    """SET TRANSACTION, for the one that is open."""


@dataclass(frozen=True)
class SetSession(Begin):
    """SET SESSION CHARACTERISTICS, for transactions to come."""


@dataclass(frozen=True)
class Commit:
    """COMMIT."""


@dataclass(frozen=True)
class Rollback:
    """ROLLBACK; ``to`` names a savepoint."""

    to: str | None = None


@dataclass(frozen=True)
class Savepoint:
    """SAVEPOINT."""

    name: str


@dataclass(frozen=True)
class Release:
    """RELEASE SAVEPOINT."""

    name: str


@dataclass(frozen=True)
class Set:
    """SET, or with None RESET."""

    name: str
    value: str | None


@dataclass(frozen=True)
class Show:
    """SHOW; ``all`` is a name too."""

    name: str


@dataclass(frozen=True)
class Discard:
    """DISCARD, DEALLOCATE, UNLISTEN, CLOSE ALL, RESET ALL: ``what`` is forgotten; None is all of it."""

    tag: str
    what: str | None


@dataclass(frozen=True)
class Declare:
    """DECLARE … CURSOR FOR a query."""

    name: str
    sql: str
    is_held: bool


@dataclass(frozen=True)
class Fetch:
    """FETCH or MOVE from a cursor; None is all that is left."""

    name: str
    count: int | None
    is_move: bool = False


@dataclass(frozen=True)
class Index:
    """CREATE INDEX or DROP INDEX, which change nothing; ``looked_at`` is a query that fails where the first would."""

    tag: str
    looked_at: str | None = None


Command = Begin | Commit | Rollback | Savepoint | Release | Set | Show | Discard | Declare | Fetch | Index
