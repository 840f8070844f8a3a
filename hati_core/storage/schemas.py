"""Schemas of a PostgreSQL database that hold DuckLake's own tables: made, copied, filled and dropped.

What is done with one connection is part of its transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg import sql

from hati_core.quote import identifier
from hati_core.storage.advisory import Connection

_LIKE = "CREATE TABLE {0}.{2} (LIKE {1}.{2} INCLUDING ALL)"


def names(connection: Connection) -> list[str]:
    """Every schema of the database."""
    return [str(name) for (name,) in connection.execute("SELECT nspname FROM pg_namespace")]


def columns(connection: Connection, schema: str) -> dict[str, set[str]]:
    """The columns of the tables of a schema, by table."""
    rows = connection.execute(
        "SELECT relname::text, array_agg(attname::text) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
        "WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped "
        "GROUP BY relname ORDER BY relname",
        [identifier(schema)],
    )
    return {str(table): set(found) for table, found in rows if isinstance(found, list)}


def make_like(connection: Connection, source: str, target: str) -> None:
    """Make a schema with the tables of another one, empty."""
    _make(connection, source, target, _LIKE)


def copy(connection: Connection, source: str, target: str) -> None:
    """Make a schema with the tables of another one, and their rows."""
    _make(connection, source, target, f"{_LIKE}; INSERT INTO {{0}}.{{2}} TABLE {{1}}.{{2}}")


def fill(connection: Connection, schema: str, contents: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Put rows in place of what the tables of a schema hold; rows are by table, values by column."""
    for table in columns(connection, schema):
        connection.execute(sql.SQL("TRUNCATE {}.{}").format(sql.Identifier(schema), sql.Identifier(table)))
    for table, rows in contents.items():
        if rows:
            fields = sql.SQL(", ").join(sql.Identifier(name) for name in rows[0])
            into = sql.SQL("COPY {}.{} ({}) FROM STDIN").format(sql.Identifier(schema), sql.Identifier(table), fields)
            with connection.cursor() as cursor, cursor.copy(into) as copied:
                for row in rows:
                    copied.write_row([_storable(value) for value in row.values()])


def drop(connection: Connection, schema: str) -> None:
    """Remove a schema with everything in it; one that is gone already is no error."""
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def _make(connection: Connection, source: str, target: str, statement: LiteralString) -> None:
    """Everything in one round trip; ``statement`` takes the target, the source and the table."""
    into, like = sql.Identifier(target), sql.Identifier(source)
    made = [sql.SQL(statement).format(into, like, sql.Identifier(table)) for table in columns(connection, source)]
    connection.execute(sql.SQL("; ").join([sql.SQL("CREATE SCHEMA {}").format(into), *made]))


def _storable(value: Any) -> Any:
    """PostgreSQL knows no NUL in text; DuckLake leaves out the smallest and largest values that have one."""
    return None if isinstance(value, str) and "\0" in value else value
