"""DuckDB's and the operating system's errors, turned into ours."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from hati_core.errors import (
    DataError,
    HatiError,
    InvalidValue,
    QueryError,
    QueryStopped,
    StorageUnavailable,
    SyntaxRefused,
    TableExists,
    TableNotFound,
)
from hati_core.storage.wording import in_words

_POSITION = re.compile(r"\n+LINE \d+:.*", re.DOTALL)
_GUESS = re.compile(r"\s*Did you mean.*", re.DOTALL)
_PREFIX = re.compile(r"^(?:[A-Z][\w ]*? Error|TransactionContext Error): ")
_ALIAS = re.compile(r'"?\bb_[0-9a-f]{12}(?:_v\d+)?\b"?\.(?:"?main"?\.)?')
_METADATA = re.compile(r"__ducklake_metadata_b_[0-9a-f]{12}(?:_v\d+)?|\bhati_server\b")
_STACK = re.compile(r"\n*\s*(?:Stack Trace:|This error signals an assertion failure).*", re.DOTALL)
_RELOADING = re.compile(r'because schema "\w+_[0-9a-f]{12}" does not exist')
"""A statement that does not bind makes DuckDB's PostgreSQL extension forget all schemas for a moment."""
_LOST = ("Unable to connect to Postgres", "connection to server", "server closed the connection", 'query "ROLLBACK"')
_FULL = ("No space left on device", "disk is full", "database or disk is full")


def plain(error: BaseException) -> str:
    """The message of a database error in a person's words, without its class, code frame and our internal names."""
    return in_words(bare(error))


def bare(error: BaseException) -> str:
    """The message of a database error as it words it, without its class, code frame and our internal names."""
    text = _PREFIX.sub("", _POSITION.sub("", _STACK.sub("", str(error))))
    return _METADATA.sub("the catalog", _ALIAS.sub("", text)).strip()


@contextmanager
def translated(branch: str | None = None) -> Iterator[None]:
    """Raise what DuckDB raises as one of ours.

    Raises:
        HatiError: the subclass that fits, with ``branch`` set.
    """
    try:
        yield
    except duckdb.Error as error:
        failure = _translate(error)
        failure.branch = branch
        raise failure from error


def _translate(error: duckdb.Error) -> HatiError:
    told = bare(error)
    words = in_words(told)
    text = words if words == told else f"{words}."
    if any(sign in text for sign in _FULL):
        return StorageUnavailable("The disk is full. Nothing was written; free some space and try again.")
    if "disk I/O error" in text:
        return StorageUnavailable(
            "The disk cannot be read or written; it may be full. Nothing was written; check it and try again."
        )
    if any(sign in text for sign in _LOST):
        return StorageUnavailable(
            "The PostgreSQL server cannot be reached any more. Look into the history of the branch whether the last "
            "change was written, then try again."
        )
    if _RELOADING.search(text):
        return StorageUnavailable("The catalogs on the server were being read again. Nothing was written; try again.")
    if isinstance(error, duckdb.ParserException):
        return SyntaxRefused(f"{text}.")
    if isinstance(error, duckdb.InterruptException):
        return QueryStopped("The statement was stopped. Nothing was written.")
    if isinstance(error, duckdb.CatalogException):
        if "does not exist" in told and "Table" in told:
            return TableNotFound(_GUESS.sub("", text))
        return TableExists(text) if "already exists" in text and "Table" in text else QueryError(text)
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        return InvalidValue(text)
    if isinstance(error, duckdb.ConstraintException):
        return DataError(f"{words}. Nothing was written.")
    if isinstance(error, duckdb.IOException | duckdb.PermissionException):
        return StorageUnavailable(text)
    return QueryError(text)


def storage_failure(root: Path, error: OSError) -> StorageUnavailable:
    """The sentence for a folder that cannot hold a repository, or not what is being written."""
    reasons = {
        errno.ENOSPC: "the disk is full; free some space or choose another place",
        errno.EROFS: "the disk is read-only; choose another place",
        errno.EACCES: "this user may not write there; change its permissions or choose another place",
        errno.EPERM: "this user may not write there; change its permissions or choose another place",
        errno.ENOTDIR: "a part of that path is a file, not a folder; choose another place",
        errno.EEXIST: "there is a file of that name; choose another place",
    }
    reason = reasons.get(error.errno or 0, f"{error.strerror or error}; choose another place")
    return StorageUnavailable(f"The repository in {root} cannot be used: {reason}. HATI_HOME names the place.")
