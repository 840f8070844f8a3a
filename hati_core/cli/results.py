"""Rows of queries, in the form that somebody asked for."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import Any

from hati_core.cli.plain_json import dumped, plain
from hati_core.cli.printing import say, table
from hati_core.model import Row


def show(results: Sequence[Sequence[Row]], form: str) -> None:
    """Write the rows of one or several queries to standard output, as ``table``, ``csv`` or ``json``."""
    if form == "json":
        say(dumped(results[0] if len(results) == 1 else results))
        return
    for at, rows in enumerate(results):
        if at:
            say()
        if form == "csv":
            _write_csv(rows)
        else:
            say(table(rows) if rows else "No rows.")


def _write_csv(rows: Sequence[Row]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if rows:
        writer.writerow(rows[0])
    writer.writerows([_csv_cell(value) for value in row.values()] for row in rows)


def _csv_cell(value: Any) -> str:
    """A value as the export writes it: an empty one is nothing, and what has parts is JSON."""
    found = plain(value)
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    return dumped(found) if isinstance(found, dict | list) else str(found)
