"""DuckLake's change feed of one table: every row that went and every row that came, by version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from hati_core.merge.shape import TableAt
from hati_core.model import Key
from hati_core.quote import identifier, literal

UNSETTLED_ROWID = 10**18
"""DuckLake numbers rows that one transaction both inserts and updates from here on, anew in every transaction."""


def logged_rows(there: TableAt, image: str, first: int, last: int, wanted: str = "true") -> str:
    """The query for ``version``, ``row_id``, ``image`` and ``coming`` from version ``first`` to ``last``, with both.

    ``image`` and the condition ``wanted`` are SQL over the columns of ``feed``; ``wanted`` may speak of rows, and not
    of versions.

    From DuckLake's own functions: ``table_changes`` would scan twice to tell updates from the rest. A row deleted in a
    file of which the same transaction deletes the rest is reported twice, in a compacted file once by the version
    that made it. A place in a file goes once, and goes last: hence the place and the newest version. A row that a
    transaction writes anew and deletes goes twice, from two places, though both rows may be equal.
    """
    assert there.info is not None
    arguments = f"{literal(there.catalog.alias)}, 'main', {literal(there.info.name)}, {int(first)}, {int(last)}"
    return (
        f"SELECT max(feed.snapshot_id) AS version, any_value(feed.rowid) AS row_id, any_value({image}) AS image, "
        f"false AS coming FROM ducklake_table_deletions({arguments}) AS feed WHERE {wanted} "
        "GROUP BY feed.filename, feed.file_row_number UNION ALL "
        f"SELECT feed.snapshot_id, feed.rowid, {image}, true FROM ducklake_table_insertions({arguments}) AS feed "
        f"WHERE {wanted}"
    )


def of_keys(names: Sequence[str], keys: Collection[Key]) -> tuple[str, list[Any]]:
    """A condition ``wanted`` for the rows of some keys in these columns, and the values that it is asked with."""
    places = iter(range(1, len(names) * len(keys) + 1))
    row = ", ".join(f"feed.{identifier(name)}" for name in names)
    wanted = ", ".join(f"({', '.join(f'${next(places)}' for _ in names)})" for _ in keys)
    return f"({row}) IN ({wanted})", [part for key in keys for part in key]
