"""Statements that make and change tables, as text: what a form on a screen asks for, for the gate and the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hati_core.errors import StatementRefused
from hati_core.quote import identifier, identifiers, literal

TYPES = ("VARCHAR", "BIGINT", "DOUBLE", "DECIMAL(18,2)", "DATE", "TIMESTAMP", "TIME", "BOOLEAN")
"""Types that a person may choose from for a new column."""
_WIDER = {
    "TINYINT": ("SMALLINT", "INTEGER", "BIGINT"),
    "SMALLINT": ("INTEGER", "BIGINT"),
    "INTEGER": ("BIGINT",),
    "UTINYINT": ("USMALLINT", "UINTEGER", "UBIGINT"),
    "USMALLINT": ("UINTEGER", "UBIGINT"),
    "UINTEGER": ("UBIGINT",),
    "FLOAT": ("DOUBLE",),
}
"""What DuckLake widens a column to in place; https://ducklake.select/docs/stable/duckdb/usage/schema_evolution."""


@dataclass(frozen=True)
class NewColumn:
    """A column to be made; ``default`` is a value as a person types it, of the column's type."""

    name: str
    type: str
    default: str | None = None

    def definition(self) -> str:
        """The column in a CREATE TABLE or ADD COLUMN."""
        default = "" if self.default is None else f" DEFAULT {self._value()}"
        return f"{identifier(named(self.name, 'column'))} {self.type}{default}"

    def _value(self) -> str:
        assert self.default is not None
        # A column that is added may have a plain value only, which a cast is not.
        plain = self.type == "VARCHAR" or not _is_number(self.default)
        return literal(self.default) if plain else self.default.strip()


def create_table(name: str, columns: Sequence[NewColumn], key: Sequence[str] = ()) -> str:
    """A new table with its key.

    Raises:
        StatementRefused: a name is missing, or there is no column.
    """
    if not columns:
        raise StatementRefused("Give the table at least one column.")
    parts = [column.definition() for column in columns]
    parts += [f"PRIMARY KEY ({identifiers(key)})"] if key else []
    return f"CREATE TABLE {identifier(named(name, 'table'))} ({', '.join(parts)})"


def create_table_as(name: str, query: str) -> str:
    """A new table out of what a query gives.

    Raises:
        StatementRefused: the name is missing, or there is no query.
    """
    # On lines of its own, since a comment may end it.
    text = query.strip().rstrip(";").strip()
    if not text:
        raise StatementRefused("Write the query whose rows the table is to have.")
    return f"CREATE TABLE {identifier(named(name, 'table'))} AS\n{text}\n"


def fill_from(name: str, source: str, columns: Sequence[str]) -> str:
    """All rows of one table into another."""
    names = identifiers(columns)
    return f"INSERT INTO {identifier(name)} ({names}) SELECT {names} FROM {identifier(source)}"


def rename_table(name: str, new: str) -> str:
    """Another name for a table.

    Raises:
        StatementRefused: the name is missing.
    """
    return f"ALTER TABLE {identifier(name)} RENAME TO {identifier(named(new, 'table'))}"


def drop_table(name: str) -> str:
    """A table and its rows go."""
    return f"DROP TABLE {identifier(name)}"


def add_column(table: str, column: NewColumn) -> str:
    """One more column, which rows that are there have filled with its default.

    Raises:
        StatementRefused: the name is missing.
    """
    return f"ALTER TABLE {identifier(table)} ADD COLUMN {column.definition()}"


def rename_column(table: str, column: str, new: str) -> str:
    """Another name for a column.

    Raises:
        StatementRefused: the name is missing.
    """
    return f"ALTER TABLE {identifier(table)} RENAME COLUMN {identifier(column)} TO {identifier(named(new, 'column'))}"


def drop_column(table: str, column: str) -> str:
    """A column and its values go."""
    return f"ALTER TABLE {identifier(table)} DROP COLUMN {identifier(column)}"


def widen_column(table: str, column: str, type: str) -> str:
    """A type that holds every value that the column has, and more."""
    return f"ALTER TABLE {identifier(table)} ALTER COLUMN {identifier(column)} SET DATA TYPE {type}"


def wider_types(type: str) -> tuple[str, ...]:
    """The types that a column of ``type`` can be widened to; none where a new column is the only way."""
    return _WIDER.get(type, ())


def named(name: str, what: str) -> str:
    """A name without spaces around it.

    Raises:
        StatementRefused: nothing is left.
    """
    given = name.strip()
    if not given:
        raise StatementRefused(f"Give the {what} a name.")
    return given


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip().lower().lstrip("+-") not in ("nan", "inf", "infinity")
