"""What a PostgreSQL server refuses, as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy.exc
from psycopg import errors

from hati_core.errors import StorageUnavailable
from hati_core.storage.address import Address

_AT_CONNECT = {
    "password authentication failed": "the password or the user is wrong; correct the address, PGPASSWORD or ~/.pgpass",
    "no password supplied": "it wants a password; put it into PGPASSWORD or ~/.pgpass",
    "no pg_hba.conf entry": "it does not let this user in from here; its pg_hba.conf has to",
    "Connection refused": "nothing answers there; check host and port, and that the server runs",
    "timeout expired": "it does not answer; check host, port and the network",
    "could not translate host name": "there is no such host; correct the address",
    "Name or service not known": "there is no such host; correct the address",
    "No such file or directory": "nothing answers there; check host and port, and that the server runs",
    "too many": "it has no connection left; close another program, or raise its max_connections",
}
"""What a refused connection says, which has no error code."""


@contextmanager
def explained(address: Address) -> Iterator[None]:
    """Raise what the server refuses as a sentence that shows no password.

    Raises:
        StorageUnavailable: for anything the driver raises.
    """
    try:
        yield
    except psycopg.Error as error:
        raise _failure(address, error) from error
    except sqlalchemy.exc.DBAPIError as error:
        raise _failure(address, error.orig or error) from error


def _failure(address: Address, error: BaseException) -> StorageUnavailable:
    return StorageUnavailable(f"The repository {address} cannot be used: {_reason(address, error)}.")


def _reason(address: Address, error: BaseException) -> str:
    text = str(error).strip()
    if isinstance(error, errors.InsufficientPrivilege):
        return f"its user lacks a right ({text}); have it granted"
    if isinstance(error, errors.DiskFull):
        return "the server's disk is full; free some space and try again"
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return "the server takes no writes; it may be a replica"
    if "database" in text and "does not exist" in text:
        return f"the server has no database “{address.database}”; make it, or correct the address"
    for sign, reason in _AT_CONNECT.items():
        if sign in text:
            return f"the server refuses: {reason}" if "FATAL" in text else reason
    return " ".join(text.split()).rstrip(".")
