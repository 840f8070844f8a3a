"""Every error as PostgreSQL tells of one: SQLSTATE, message, hint, position."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from hati_core import errors
from hati_core.errors import HatiError
from hati_core.serve.messages import ProtocolError
from hati_core.sql.position import position_of
from hati_core.storage.failures import bare

ADMIN_SHUTDOWN = "57P01"
TOO_MANY_CONNECTIONS = "53300"
WRONG_PASSWORD = "28P01"
NO_SUCH_DATABASE = "3D000"
IDLE_IN_TRANSACTION = "25P03"

_STATES: Mapping[type[HatiError], str] = {
    errors.SyntaxRefused: "42601",
    errors.StatementRefused: "42501",
    errors.QueryTimeout: "57014",
    errors.QueryError: "42000",
    errors.TableNotFound: "42P01",
    errors.TableExists: "42P07",
    errors.KeyViolation: "23505",
    errors.InvalidKey: "42830",
    errors.CheckViolation: "23514",
    errors.InvalidCheck: "42611",
    errors.InvalidValue: "22P02",
    errors.StaleEdit: "40001",
    errors.DataError: "22000",
    errors.InvalidBranchName: "42602",
    errors.BranchExists: "42710",
    errors.BranchNotFound: "3D000",
    errors.BranchDiscarded: "3D000",
    errors.BranchMoved: "40001",
    errors.BranchBusy: "40001",
    errors.BranchError: "55000",
    errors.UnknownStrategy: "22023",
    errors.MergeError: "55000",
    errors.EngineRestarted: "40001",
    errors.StorageUnavailable: "58030",
    errors.RepositoryError: "58000",
}
"""SQLSTATE of each kind of error; one that is not here has that of its parent."""

_BY_WORDS = (
    (re.compile(r"column .*(not found|does not exist)|does not have a column|Referenced column", re.I), "42703"),
    (re.compile(r"Referenced table", re.I), "42P01"),
    (re.compile(r"(function|aggregate) .*does not exist|No function matches|best candidate function", re.I), "42883"),
    (re.compile(r"view .*already exists", re.I), "42P07"),
    (re.compile(r"Ambiguous reference", re.I), "42702"),
    (re.compile(r"must appear in the GROUP BY", re.I), "42803"),
    (re.compile(r"NOT NULL constraint", re.I), "23502"),
    (re.compile(r"Schema .*does not exist|Catalog .*does not exist", re.I), "3F000"),
    (re.compile(r"Cannot compare|Cannot (explicitly |implicitly )?cast|Type .*does not exist", re.I), "42804"),
    (re.compile(r"columns but \d+ values were supplied", re.I), "42601"),
    (re.compile(r"division by zero", re.I), "22012"),
    (re.compile(r"Values were not provided", re.I), "42P02"),
)
"""What DuckDB says only in words."""
_LACKING = re.compile(r"is not available on a branch|(is|are) not kept on a branch|there are no |have no indexes")
_UNKNOWN_TYPE = re.compile(r"The type .* is not one that a branch session knows")
_UNKNOWN_FUNCTION = re.compile(r"is not one that a branch session knows|There is no function")
_NEXT = re.compile(r"(?<=[.;]) (?=[A-Z])")


class Refusal(HatiError):
    """What the server itself refuses, with the SQLSTATE for it and a hint."""

    kind, title = "refusal", "The server cannot do this"

    def __init__(self, state: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.state = state
        self.hint = hint


@dataclass(frozen=True)
class Failure:
    """An error as a client is told of it; ``position`` counts characters of the statement from 1."""

    state: str
    message: str
    hint: str = ""
    position: int | None = None

    @property
    def fields(self) -> dict[str, str]:
        """By the letters of the protocol."""
        fields = {"C": self.state, "M": self.message}
        if self.hint:
            fields["H"] = self.hint
        if self.position is not None:
            fields["P"] = str(self.position)
        return fields


def failure_of(error: BaseException, sql: str = "", statement: str | None = None) -> Failure:
    """What a client is told of an error; ``statement`` is the part of ``sql`` that was run."""
    if isinstance(error, Refusal):
        return Failure(error.state, error.message, error.hint)
    if isinstance(error, ProtocolError):
        return Failure("08P01", f"The message cannot be read: {error}.")
    if not isinstance(error, HatiError):
        return Failure("XX000", "Something went wrong inside of the server; its log has the details.")
    message, hint = _parts(error)
    return Failure(_state(error), message, hint, _position(error, sql, statement))


def _state(error: HatiError) -> str:
    if isinstance(error, errors.StatementRefused) and _LACKING.search(error.message):
        return "0A000"
    if isinstance(error, errors.StatementRefused) and "no branch called" in error.message:
        return "3F000"
    if isinstance(error, errors.StatementRefused) and _UNKNOWN_TYPE.search(error.message):
        return "42704"
    if isinstance(error, errors.StatementRefused) and _UNKNOWN_FUNCTION.search(error.message):
        return "42883"
    if type(error) in (errors.QueryError, errors.DataError, errors.TableNotFound, errors.InvalidValue):
        said = bare(error.__cause__) if isinstance(error.__cause__, duckdb.Error) else error.message
        for words, state in _BY_WORDS:
            if words.search(said):
                return state
    return next((_STATES[kind] for kind in type(error).__mro__ if kind in _STATES), "XX000")


def _parts(error: HatiError) -> tuple[str, str]:
    """Our messages say first what happened and then what to do, which PostgreSQL calls a hint."""
    first, *rest = _NEXT.split(error.message)
    is_of_duckdb = error.__cause__ is not None and not isinstance(error, errors.EngineRestarted)
    if not rest or is_of_duckdb:
        return error.message, ""
    return first, " ".join(rest)


def _position(error: HatiError, sql: str, statement: str | None) -> int | None:
    found = position_of(error, sql, statement) if sql else None
    if found is None:
        return None
    return sum(len(line) + 1 for line in sql.split("\n")[: found.line - 1]) + found.column
