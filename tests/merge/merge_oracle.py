"""Merging three dicts of rows in plain Python: what the engine is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Cells = Mapping[str, object]
Table = Mapping[int, Cells]
"""Rows by key; a NaN is written as the text ``nan``, so that it equals itself."""


@dataclass(frozen=True)
class Clash:
    """A conflict as the oracle sees it."""

    kind: str
    key: int
    columns: tuple[str, ...]

    def swapped(self) -> Clash:
        kinds = {"edit_delete": "delete_edit", "delete_edit": "edit_delete"}
        return Clash(kinds.get(self.kind, self.kind), self.key, self.columns)


@dataclass(frozen=True)
class Expected:
    """What merging should come to: the clashes, and the table when ours or theirs wins them."""

    clashes: frozenset[Clash]
    ours_wins: Table
    theirs_wins: Table


def merge(base: Table, ours: Table, theirs: Table) -> Expected:
    """The merge of three tables, row by row and then cell by cell."""
    clashes, by_side = set(), ({}, {})
    for key in base.keys() | ours.keys() | theirs.keys():
        b, o, t = base.get(key), ours.get(key), theirs.get(key)
        clash, rows = _merge_row(key, b, o, t)
        if clash:
            clashes.add(clash)
        for merged, row in zip(by_side, rows, strict=True):
            if row is not None:
                merged[key] = row
    return Expected(frozenset(clashes), *by_side)


def _merge_row(
    key: int, b: Cells | None, o: Cells | None, t: Cells | None
) -> tuple[Clash | None, tuple[Cells | None, Cells | None]]:
    if o == t or t == b:
        return None, (o, o)
    if o == b:
        return None, (t, t)
    if o is None or t is None:
        edited = o or t or {}
        kind = "delete_edit" if o is None else "edit_delete"
        return Clash(kind, key, changed(b or {}, edited)), (o, t)
    if b is None:
        return Clash("insert_insert", key, changed(o, t)), (o, t)
    clashing = tuple(c for c in b if b[c] != o[c] and b[c] != t[c] and o[c] != t[c])
    merged = {c: o[c] if o[c] != b[c] else t[c] for c in b}
    rows = ({**merged, **{c: side[c] for c in clashing}} for side in (o, t))
    return (Clash("edit_edit", key, clashing) if clashing else None), (next(rows), next(rows))


def changed(before: Cells, after: Cells) -> tuple[str, ...]:
    """The columns in which two rows differ."""
    return tuple(column for column in before if before[column] != after[column])
