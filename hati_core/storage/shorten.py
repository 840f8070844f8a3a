"""Writing a Parquet file of DuckLake anew, without the rows of later versions.

DuckLake keeps rows of several versions in one file where it folds deletes together, and where
small files were merged; a column tells them apart.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from hati_core.quote import identifier, literal

_VERSION = "_ducklake_internal_snapshot_id"


@dataclass(frozen=True)
class Shortened:
    """What the catalog has to know of the new file; sizes in bytes."""

    name: str
    rows: int
    last_version: int
    size: int
    footer_size: int


def shorten(cursor: duckdb.DuckDBPyConnection, folder: str, name: str, version: int, suffix: str) -> Shortened:
    """Write the rows of a file up to ``version`` to a new one beside it; ``folder`` ends with a separator."""
    new_name = f"ducklake-{uuid.uuid4()}{suffix}.parquet"
    kept = f"FROM read_parquet({literal(folder + name)}) WHERE {_VERSION} <= {int(version)}"
    new = literal(folder + new_name)
    field_ids = ", ".join(_field_ids(cursor, folder + name))
    cursor.execute(f"COPY ({kept}) TO {new} (FORMAT parquet, FIELD_IDS {{{field_ids}}})")
    rows, last = cursor.execute(f"SELECT count(*), max({_VERSION}) {kept}").fetchall()[0]
    sizes = cursor.execute(f"SELECT file_size_bytes, footer_size FROM parquet_file_metadata({new})")
    size, footer = sizes.fetchall()[0]
    return Shortened(new_name, rows, last, size, footer)


@dataclass(frozen=True)
class _Element:
    name: str
    children: int
    field_id: int | None


def _field_ids(cursor: duckdb.DuckDBPyConnection, file: str) -> list[str]:
    """The numbers by which DuckLake knows the columns of a file, as entries of COPY's FIELD_IDS."""
    rows = cursor.execute("SELECT name, coalesce(num_children, 0), field_id FROM parquet_schema($1)", [file]).fetchall()
    elements = iter([_Element(*row) for row in rows])
    return _entries(elements, next(elements).children)


def _entries(elements: Iterator[_Element], count: int) -> list[str]:
    """Entries for the next ``count`` elements; those without a number only hold others together, as in a list."""
    entries = []
    for _ in range(count):
        element = next(elements)
        inner = _entries(elements, element.children)
        if element.field_id is None:
            entries += inner
        elif inner:
            parts = ", ".join([f"__duckdb_field_id: {element.field_id}", *inner])
            entries.append(f"{identifier(element.name)}: {{{parts}}}")
        else:
            entries.append(f"{identifier(element.name)}: {element.field_id}")
    return entries
