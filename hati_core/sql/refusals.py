"""Why a statement or a function is refused, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from hati_core.errors import StatementRefused
from hati_core.sql.functions_allowed import SCALARS_AND_AGGREGATES, TABLE_FUNCTIONS
from hati_core.sql.parser import Token

_FILES = "it reads or writes files. Load files with hati import or on the page Data, and save results with hati export"
_OTHER_DATABASES = "a branch session works on its own branch only. Open the other branch instead"
_EXTENSIONS = "extensions cannot be added in a branch session"
_SETTINGS = "settings belong to the whole program and cannot be read or changed in a branch session"
_TRANSACTIONS = "each statement is one commit by itself. Leave it out"
_PREPARED = "statements are prepared for you. Write the statement with ? or $name and pass the values beside it"
_RIGHTS = "there are no rights to give: whoever can connect works on every branch. Leave it out"
_MESSAGES = "there are no messages between sessions. Leave it out"
_SEQUENCES = "there are no sequences. Number rows with row_number() OVER () or uuid()"
_UPKEEP = "upkeep of the storage runs by itself. Leave it out"
_METADATA = "SHOW TABLES, DESCRIBE and SUMMARIZE tell what a branch holds"

STATEMENTS = {
    "ANALYZE": _UPKEEP,
    "ABORT": _TRANSACTIONS,
    "ATTACH": _OTHER_DATABASES,
    "BEGIN": _TRANSACTIONS,
    "CALL": "procedures cannot be called in a branch session",
    "CLUSTER": _UPKEEP,
    "CHECKPOINT": _UPKEEP,
    "COMMENT": "comments on tables are not kept. Leave it out",
    "COMMIT": _TRANSACTIONS,
    "COPY": _FILES,
    "DEALLOCATE": _PREPARED,
    "DETACH": _OTHER_DATABASES,
    "DO": "there are no procedures. Write the statements themselves",
    "END": _TRANSACTIONS,
    "EXECUTE": _PREPARED,
    "EXPORT": _FILES,
    "FORCE": f"{_EXTENSIONS}, and {_UPKEEP}",
    "GRANT": _RIGHTS,
    "IMPORT": _FILES,
    "INSTALL": _EXTENSIONS,
    "LISTEN": _MESSAGES,
    "LOAD": _EXTENSIONS,
    "LOCK": "there are no locks on tables. A transaction holds its branch from its first write on; leave it out",
    "NOTIFY": _MESSAGES,
    "PRAGMA": f"{_SETTINGS}. {_METADATA}",
    "PREPARE": _PREPARED,
    "REFRESH": "there are no materialized views. Leave it out",
    "REINDEX": _UPKEEP,
    "RESET": _SETTINGS,
    "REVOKE": _RIGHTS,
    "ROLLBACK": _TRANSACTIONS,
    "SET": _SETTINGS,
    "START": _TRANSACTIONS,
    "UPDATE EXTENSIONS": _EXTENSIONS,
    "USE": _OTHER_DATABASES,
    "VACUUM": _UPKEEP,
}

_USERS = "there are no users to make: the name that somebody connects or signs with is enough. Leave it out"

CREATIONS = {
    "DATABASE": "there are no databases. Make a branch with SELECT branch_create('name')",
    "DOMAIN": "there are no domains. Use the type itself, and a CHECK in CREATE TABLE",
    "EXTENSION": _EXTENSIONS,
    "FUNCTION": "functions are not kept on a branch. Write the expression out, or make a view",
    "INDEX": "tables on a branch have no indexes and need none. Leave it out",
    "MACRO": "macros are not kept on a branch. Write the expression out, or make a view",
    "MATERIALIZED": "there are no materialized views. Use CREATE VIEW, or CREATE TABLE … AS",
    "PERSISTENT": "secrets belong to the whole program",
    "POLICY": _RIGHTS,
    "RECURSIVE": "there are no recursive views. Use CREATE VIEW … AS WITH RECURSIVE …",
    "ROLE": _USERS,
    "SCHEMA": "a branch has one schema. Put its name into the name of the table",
    "SECRET": "secrets belong to the whole program",
    "SEQUENCE": _SEQUENCES,
    "TEMP": "a branch keeps no temporary tables. Use WITH, or an ordinary table and drop it afterwards",
    "TEMPORARY": "a branch keeps no temporary tables. Use WITH, or an ordinary table and drop it afterwards",
    "TRIGGER": "there are no triggers",
    "TYPE": "types of your own are not kept on a branch. Use VARCHAR instead of an ENUM, or write the type out",
    "UNIQUE": "tables on a branch have no indexes. Declare a PRIMARY KEY in CREATE TABLE",
    "UNLOGGED": "a branch keeps no temporary tables. Use an ordinary table",
    "USER": _USERS,
}

_NOT_PARSED = frozenset(("DATABASE", "DOMAIN", "EXTENSION", "POLICY", "ROLE", "SEQUENCE", "INDEX", "USER"))
_UNPARSED = (
    ("SELECT INTO", "SELECT … INTO is not available on a branch: write CREATE TABLE name AS SELECT …."),
    ("locking clause", "FOR UPDATE is not available on a branch: leave it out. A transaction holds its branch from its "
     "first write on."),
)  # fmt: skip
_BY_HAND = "Use INTEGER or BIGINT and give each row its number yourself, or UUID with uuid(): there are no sequences."
_TYPES = {
    "bigserial": _BY_HAND,
    "citext": "Use VARCHAR, and compare with lower(…).",
    "jsonb": "Use JSON.",
    "money": "Use DECIMAL(18, 2).",
    "serial": _BY_HAND,
    "serial2": _BY_HAND,
    "serial4": _BY_HAND,
    "serial8": _BY_HAND,
    "smallserial": _BY_HAND,
}
_INSTEAD = {
    "json_agg": "json_group_array",
    "json_build_array": "json_array",
    "json_build_object": "json_object",
    "json_object_agg": "json_group_object",
    "jsonb_agg": "json_group_array",
    "jsonb_build_array": "json_array",
    "jsonb_build_object": "json_object",
    "jsonb_object_agg": "json_group_object",
    "to_char": "strftime for dates, such as strftime(day, '%Y-%m-%d'), and format or printf for numbers",
    "to_date": "strptime(text, '%Y-%m-%d')::DATE",
    "to_number": "CAST(text AS DECIMAL(18, 2))",
}
"""What DuckDB calls functions of PostgreSQL."""

_FUNCTION_FAMILIES = (
    (("sleep", "pg_sleep"), "waiting is not a query"),
    (
        ("read_", "glob", "parquet_", "sniff_", "sqlite_", "arrow_", "pandas_", "postgres_", "mysql_", "iceberg_",
         "delta_", "st_read", "write_", "python_", "seq_scan"),
        _FILES,
    ),
    (("branch_",), "it stands alone in a statement, SELECT branch_…('name'), with plain values as arguments"),
    (("duckdb_", "pragma_", "pg_", "has_", "test_", "icu_", "sql_auto_complete", "summary"), _METADATA),
    (("ducklake_", "snapshots", "table_", "options", "set_commit"), "the history of a branch is shown by its log, "
     "older states by FROM table AT (VERSION => n)"),
    (("current_", "getenv", "getvariable", "in_search_path", "which_", "version", "user", "session_"), _SETTINGS),
    (("query", "json_execute", "json_serialize", "json_deserialize"), "it runs SQL hidden in a text. Write the "
     "query itself"),
    (("nextval", "currval"), CREATIONS["SEQUENCE"]),
    (("setseed",), "it would change the random numbers of everything in this session. Use hash(…) for numbers that "
     "repeat"),
)  # fmt: skip


def statement(word: str) -> StatementRefused:
    """The refusal of a statement that begins with ``word``."""
    reason = STATEMENTS.get(
        word, "a branch session runs queries, INSERT, UPDATE, DELETE, MERGE INTO, and changes to tables"
    )
    return StatementRefused(f"{word} is not allowed here: {reason}.", part=word)


def creation(verb: str, what: str) -> StatementRefused:
    """The refusal of CREATE, DROP or ALTER of something that is neither table nor view."""
    reason = CREATIONS.get(what, "only tables and views can be created, changed and dropped")
    return StatementRefused(f"{verb} {what} is not allowed here: {reason}.", part=f"{verb} {what}")


def unknown_kind(found: Sequence[Token]) -> StatementRefused | None:
    """The refusal of CREATE, DROP or ALTER of something that DuckDB's parser does not know either."""
    words = [token.word for token in found[:2]]
    return creation(*words) if len(words) == 2 and words[1] in _NOT_PARSED else None


def unparsed(message: str) -> StatementRefused | None:
    """The refusal of a part that DuckDB's parser knows and does not take, by what it says."""
    return next((StatementRefused(told) for sign, told in _UNPARSED if sign in message), None)


def identity(found: Sequence[Token]) -> StatementRefused | None:
    """The refusal of GENERATED … AS IDENTITY among columns."""
    words = [token.word for token in found]
    if "IDENTITY" in words and "GENERATED" in words[: words.index("IDENTITY")]:
        return StatementRefused(f"GENERATED … AS IDENTITY is not allowed here: {_SEQUENCES}.", part="GENERATED")
    return None


def unknown_type(name: str) -> StatementRefused:
    """The refusal of a type that is not DuckDB's own."""
    instead = _TYPES.get(name.lower(), "Use VARCHAR, or another type of DuckDB.")
    return StatementRefused(f"The type {name} is not one that a branch session knows. {instead}", part=name)


def function(name: str) -> StatementRefused:
    """The refusal of a function that is not on the allow-list."""
    lowered = name.lower()
    for prefixes, reason in _FUNCTION_FAMILIES:
        if lowered.startswith(prefixes):
            return StatementRefused(f"The function {name} is not allowed here: {reason}.", part=name)
    if lowered in _INSTEAD:
        return StatementRefused(
            f"The function {name} is not one that a branch session knows. Use {_INSTEAD[lowered]}.", part=name
        )
    close = difflib.get_close_matches(lowered, SCALARS_AND_AGGREGATES | TABLE_FUNCTIONS, n=1)
    hint = (
        f" Did you mean {close[0]}?"
        if close
        else " DuckDB's ordinary functions for numbers, text, dates and lists are."
    )
    return StatementRefused(f"The function {name} is not one that a branch session knows.{hint}", part=name)


def table_function(name: str) -> StatementRefused:
    """The refusal of a function used as a table."""
    if name.lower() in SCALARS_AND_AGGREGATES:
        return StatementRefused(
            f"The function {name} cannot be used as a table here. Call it in SELECT instead.", part=name
        )
    return function(name)


def catalog(parts: str) -> StatementRefused:
    """The refusal of a table outside the branch."""
    return StatementRefused(
        f"{parts} is outside this branch: write table names alone. For other branches, open them; {_METADATA}.",
        part=parts,
    )


def of_main(part: str, own: str) -> StatementRefused:
    """The refusal of ``main.`` on another branch, where DuckDB would take it for that branch's own rows."""
    table = part.partition(".")[2]
    return StatementRefused(
        f"{part} would not be a table of “main” here, but of “{own}”. For the rows of “{own}” write {table} alone; for "
        "those of “main” run the statement on “main”.",
        part=part,
    )


def metadata(name: str) -> StatementRefused:
    """The refusal of a table that describes the database itself."""
    return StatementRefused(f"{name} is not a table of this branch: {_METADATA}.", part=name)


def file(name: str) -> StatementRefused:
    """The refusal of a table name that DuckDB would take for a file."""
    return StatementRefused(
        f"{name} looks like a file, and files cannot be used here. Import the file as a table first; "
        "names of tables have no dots, slashes or colons.",
        part=name,
    )
