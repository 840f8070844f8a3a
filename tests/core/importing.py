"""Taking a file in, for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hati_core.imports import FilePreview, Importer, ImportMode, ImportOrder, TakenColumn

Take = Callable[[str, str | bytes], Importer]


def into(preview: FilePreview, table: str, mode: ImportMode, **names: str) -> ImportOrder:
    """All columns of a file into those of the same names, or of ``names``, of a table that is there."""
    columns = tuple(TakenColumn(c.name, names.get(c.name, c.name), c.type) for c in preview.columns)
    return replace(preview.order(table, ()), mode=mode, columns=columns)
