"""PostgreSQL's own tables for one session, in a scratch database that holds nothing but them.

Clients ask there what branches, tables, columns and keys there are. DuckLake's own tables are never shown, and the
scratch database has no way out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
from sqlglot import exp

from hati_core.errors import QueryTimeout
from hati_core.names import MAIN
from hati_core.quote import literal
from hati_core.repository import Repository
from hati_core.serve import catalog_schema, catalog_sql
from hati_core.serve.answers import AnswerColumn, Columns, Rows
from hati_core.serve.catalog_functions import add_functions
from hati_core.serve.catalog_rows import OWNER, namespace_of, rows_of
from hati_core.serve.catalog_sql import Here
from hati_core.serve.control import Control
from hati_core.serve.failures import Refusal
from hati_core.serve.settings import SERVER_VERSION, Settings
from hati_core.storage.failures import translated
from hati_core.storage.fences import raise_fences

_PG = catalog_schema.PG
_MOST_ROWS = 100_000
VERSION = f"PostgreSQL {SERVER_VERSION} (Hati on DuckDB {duckdb.__version__})"


class Catalog:
    """Answers what a client asks PostgreSQL's own tables; the scratch database is made when it first does."""

    def __init__(self, repository: Repository, control: Control) -> None:
        self._repository = repository
        self._control = control
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._state: object = None

    def read(self, tree: exp.Expr, values: Sequence[Any], branch: str, settings: Settings) -> Rows:
        """Answer a query.

        Raises:
            HatiError: it cannot be run.
        """
        connection, query = self._ready(tree, branch, settings)
        with self._running(connection):
            result = connection.execute(query, list(values)) if values else connection.execute(query)
            columns = _columns((column[0], str(column[1])) for column in result.description or ())
            # What is asked next has the same connection, and nothing here is long.
            found = result.fetchmany(_MOST_ROWS + 1)
        if len(found) > _MOST_ROWS:
            raise Refusal(
                "54000", f"This gives more than {_MOST_ROWS:,} rows of PostgreSQL's tables.", "Narrow it down."
            )
        return Rows(columns, found)

    def describe(self, tree: exp.Expr, branch: str, settings: Settings) -> Columns:
        """The columns of a query, without running it.

        Raises:
            HatiError: it cannot be run.
        """
        connection, query = self._ready(tree, branch, settings)
        with self._running(connection):
            found = connection.execute(f"DESCRIBE {query}").fetchall()
        return _columns((row[0], row[1]) for row in found)

    def close(self) -> None:
        """Forget the scratch database."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _ready(self, tree: exp.Expr, branch: str, settings: Settings) -> tuple[duckdb.DuckDBPyConnection, str]:
        connection = self._connection = self._connection or _scratch(settings["session_authorization"])
        state = (self._repository.state(), branch, tuple(settings.all.items()))
        if state != self._state:
            self._fill(connection, branch, settings)
            self._state = state
        return connection, catalog_sql.rewritten(tree, _here(branch, settings))

    @contextmanager
    def _running(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        self._control.add(connection.interrupt)
        with translated():
            try:
                yield
            except duckdb.InterruptException as error:
                raise QueryTimeout("The statement was stopped.") from error

    def _fill(self, connection: duckdb.DuckDBPyConnection, branch: str, settings: Settings) -> None:
        rows, here = rows_of(self._repository), namespace_of(self._repository, branch)
        rows.add("pg_here", {"namespace": here})
        add_functions(rows, here)
        for name, value in settings.all.items():
            known = {"name": name, "setting": value, "context": "user", "vartype": "string", "source": "session"}
            rows.add("pg_settings", {**known, "boot_val": value, "reset_val": value, "pending_restart": False})
        rows.add("pg_roles", _role(settings["session_authorization"]))
        connection.execute("BEGIN")
        for table in catalog_schema.FILLED_TABLES:
            connection.execute(f"DELETE FROM {_PG}.{table}")
            if entries := rows.tables.get(table):
                _insert(connection, table, entries)
        connection.execute("COMMIT")


def _columns(described: Iterable[tuple[str, str]]) -> Columns:
    """Columns of PostgreSQL's own tables, which have text where others have VARCHAR, and lists of numbers of things."""
    own = {"VARCHAR": "TEXT", "VARCHAR[]": "TEXT[]", "BIGINT[]": "OID[]"}
    return tuple(AnswerColumn(name, own.get(kind, kind)) for name, kind in described)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, entries: Sequence[dict[str, Any]]) -> None:
    described = connection.execute(f"DESCRIBE {_PG}.{table}").fetchall()
    kinds = {name: kind for name, kind, *_ in described if name in entries[0]}
    shape = ", ".join(f"{json.dumps(name)}: {json.dumps(kind)}" for name, kind in kinds.items())
    # One text is taken in at once; thousands of bound rows would take seconds.
    connection.execute(
        f"INSERT INTO {_PG}.{table} BY NAME "
        f"SELECT unnest(from_json($1::JSON, {literal('[{' + shape + '}]')}), recursive := true)"
        if not any(kind.endswith("[]") for kind in kinds.values())
        else f"INSERT INTO {_PG}.{table} BY NAME SELECT unnest(row) FROM "
        f"(SELECT unnest(from_json($1::JSON, {literal('[{' + shape + '}]')})) AS row)",
        [json.dumps(entries)],
    )


def _role(name: str) -> dict[str, Any]:
    may = ("rolsuper", "rolinherit", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication", "rolbypassrls")
    return {"oid": OWNER, "rolname": name, "rolconnlimit": -1} | {right: right == "rolcanlogin" for right in may}


def _scratch(user: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": "1", "memory_limit": "512MB"})
    for statement in catalog_schema.statements(literal(MAIN), literal(user)):
        connection.execute(statement)
    raise_fences(connection)
    return connection


def _here(branch: str, settings: Settings) -> Here:
    name, user = exp.Literal.string(branch), exp.Literal.string(settings["session_authorization"])
    schemas = exp.Array(expressions=[exp.Literal.string("pg_catalog"), name])
    functions: dict[str, exp.Expr] = {
        "version": exp.Literal.string(VERSION),
        "current_schema": name,
        "current_schemas": schemas,
        "current_database": name,
        "current_catalog": name,
    }
    functions |= dict.fromkeys(("current_user", "session_user", "user", "current_role"), user)
    return Here(functions)
