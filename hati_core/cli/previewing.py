"""What statements would change, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hati_core.cli.changes import (
    metric_documents,
    metric_lines,
    table_document,
    tables_lines,
    violation_documents,
    violation_lines,
)
from hati_core.cli.printing import visible
from hati_core.previews import Preview


def preview_document(found: Preview, limit: int) -> Mapping[str, Any]:
    """A preview as JSON has it, with so many rows of each table."""
    return {
        "branch": found.branch,
        "version": found.version,
        "rows": found.affected,
        "tables": {name: table_document(one, limit) for name, one in found.tables.items()},
        "violations": violation_documents(found.violations),
        "metrics": metric_documents(found.before, found.after),
    }


def preview_lines(found: Preview, limit: int) -> Iterator[str]:
    """A preview as lines."""
    does = "would write this" if found.tables else "would change nothing"
    yield visible(f"On {found.branch}@{found.version} it {does}. Nothing was written.")
    yield from violation_lines(found.violations)
    yield from metric_lines(found.before, found.after)
    yield from tables_lines(found.tables.values(), limit)
